"""`client.metadata.expressions`: what DHIS2 makes of an expression, and what it refers to.

Source: `IndicatorController`, `ValidationRuleController`, `PredictorController`, `ProgramIndicatorController`,
`ProgramRuleController`, `ProgramRuleActionController` (all `…/description`); recordings `services/validation-run` and
`services/predictor-run`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dhis2w_client.errors import InvalidRequestError, ObjectNotFoundError, UnexpectedShapeError
from dhis2w_client.json_value import as_object, as_text
from dhis2w_client.metadata.metadata_api import MetadataApi, together
from dhis2w_client.refusals import error_of

ExpressionKind: TypeAlias = Literal[
    "indicator",
    "validation rule",
    "predictor",
    "predictor skip test",
    "program indicator",
    "program indicator filter",
    "program rule condition",
    "program rule data",
]
"""What an expression is for; each has functions and variables of its own."""

_PATHS: Mapping[str, str] = {
    "indicator": "indicators/expression/description",
    "validation rule": "validationRules/expression/description",
    "predictor": "predictors/expression/description",
    "predictor skip test": "predictors/skipTest/description",
    "program indicator": "programIndicators/expression/description",
    "program indicator filter": "programIndicators/filter/description",
    "program rule condition": "programRules/condition/description",
    "program rule data": "programRuleActions/data/expression/description",
}
_OF_A_PROGRAM = frozenset({"program rule condition", "program rule data"})
_ITEM = re.compile(r"(#|A|C|D|I|N|OUG|R)\{([^{}]*)\}")
_UID = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9]{10}(?![A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Description:
    """What DHIS2 says of an expression."""

    valid: bool
    """Whether it can be evaluated."""
    message: str
    """DHIS2's word for that: `Valid`, `Expression is not well-formed`."""
    description: str | None
    """The expression with names in place of UIDs; of an invalid one what is wrong, where DHIS2 says it."""


@dataclass(frozen=True, slots=True)
class ExpressionItem:
    """One item of an expression."""

    kind: str
    """Its sign: `#` data element, `I` program indicator, `C` constant, `D` program data element, `A` attribute,
    `R` reporting rate, `N` indicator, `OUG` organisation unit group."""
    ids: tuple[str, ...]
    """The UIDs in it: `#{element.combo}` has two."""


class ExpressionService:
    """Expressions: `client.metadata.expressions`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def describe(self, kind: ExpressionKind, expression: str, *, program: str | None = None) -> Description:
        """Have DHIS2 check an expression, and put it into words.

        Args:
            kind: What it is for.
            expression: The expression: `#{fbfJHSPpUQD} / 100`.
            program: UID of the program, for program rules.

        Raises:
            InvalidRequestError: The expression is empty, or a program rule has no program.
        """
        if not expression.strip():
            raise InvalidRequestError("An empty expression has no description.")
        if (program is None) is (kind in _OF_A_PROGRAM):
            raise InvalidRequestError(f"`program` is for program rules, and needed there; this is a {kind}.")
        reply = await self._api.ask(
            "POST", _PATHS[kind], params={"programId": program}, body=expression, content_type="text/plain"
        )
        if reply.status != 200:
            raise error_of(reply) or UnexpectedShapeError("DHIS2 gave no description.")
        return _description(reply.body)

    async def unknown_ids(self, expression: str) -> tuple[str, ...]:
        """The UIDs in an expression of which the server has no object; one request for each UID.

        Args:
            expression: The expression.
        """
        ids = list(dict.fromkeys(uid for item in items_of(expression) for uid in item.ids))
        known = await together([self._is_known(uid) for uid in ids])
        return tuple(uid for uid, there in zip(ids, known, strict=True) if not there)

    async def _is_known(self, id: str) -> bool:
        try:
            await self._api.read(f"identifiableObjects/{id}", {"fields": "id"})
        except ObjectNotFoundError:
            return False
        return True


def items_of(expression: str) -> tuple[ExpressionItem, ...]:
    """The items of an expression that name objects, in their order; works without a server."""
    found = ((match[1], tuple(_UID.findall(match[2]))) for match in _ITEM.finditer(expression))
    return tuple(ExpressionItem(kind, ids) for kind, ids in found if ids)


def _description(body: bytes) -> Description:
    """The description in an answer; an invalid expression is answered 200 with status `ERROR`, which is no refusal."""
    from pydantic_core import from_json

    answer = as_object(from_json(body))
    message = as_text(answer.get("message")) or ""
    return Description(
        valid=answer.get("status") == "OK" and message == "Valid",
        message=message,
        description=as_text(answer.get("description")),
    )
