"""Which function answers which request: a table of endpoints, each with the evidence for its behaviour."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from dhis2w_sandbox.call import Call, Evidence, Reply

Handler = Callable[[Call], Reply]

ALL_VERSIONS = frozenset({"v41", "v42", "v43", "v44"})

# What a placeholder may be: `{uid:uid}`. Without a name it is one segment of any text.
KINDS = {
    "segment": r"[^/]+",
    "uid": r"[A-Za-z0-9]{11}",
    "rest": r".+",
}


@dataclass(frozen=True)
class Endpoint:
    """One row: a method and a path pattern such as `/api/{type}/{uid:uid}`, and what answers it."""

    method: str
    pattern: str
    handler: Handler
    evidence: Evidence
    versions: frozenset[str] = ALL_VERSIONS
    anonymous: bool = False
    """Whether it answers without credentials."""
    accepts: Callable[[Call], bool] | None = None
    """A further condition on path and parameters (`{type}` names a type of this version); None for always."""
    suffixes: frozenset[str] = frozenset()
    """Path suffixes beside `json` that it can answer in (`csv`, `geojson`); any other is 406. A request that asks for
    one of them by its `Accept` header arrives with `call.suffix` set, as if the path had ended in it. `*` stands for
    whatever is asked for: the handler looks for itself."""
    consumes: frozenset[str] = frozenset()
    """The content types that its body may have; any other is 415. Empty: the handler looks for itself."""
    requires: tuple[str, ...] = ()
    """Authorities, one of which (or `ALL`) the sender needs; otherwise 403 without an error code."""
    plain_before_38: bool = False
    """Whether 2.41 answers `/api/NN/` below 38 with the bare `response` and status 200."""
    own_security: bool = False
    """Whether it looks at the `Authorization` header itself, and answers without one: the call knows the session."""

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The pattern, compiled."""
        parts = re.split(r"(\{\w+(?::\w+)?\})", self.pattern)
        return re.compile("".join(_piece(part) for part in parts))

    @cached_property
    def rank(self) -> tuple[int, ...]:
        """Literal segments before placeholders, from left to right: the most literal pattern wins."""
        return tuple(_weight(segment) for segment in self.pattern.split("/"))

    def match(self, path: str) -> dict[str, str] | None:
        """What the placeholders match in a path; None where the path is another's."""
        found = self.regex.fullmatch(path)
        return found.groupdict() if found else None


def _piece(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    name, _, kind = part[1:-1].partition(":")
    return f"(?P<{name}>{KINDS[kind or 'segment']})"


def _weight(segment: str) -> int:
    if "{" not in segment:
        return 0
    return 3 if ":rest}" in segment else 1 if ":uid}" in segment else 2


class Endpoints:
    """Rows, added by decorators: each module of endpoints makes one of these, and the app joins them."""

    def __init__(self) -> None:
        self.rows: list[Endpoint] = []

    def add(
        self,
        method: str,
        pattern: str,
        evidence: Evidence,
        *,
        versions: Iterable[str] = ALL_VERSIONS,
        anonymous: bool = False,
        accepts: Callable[[Call], bool] | None = None,
        suffixes: Iterable[str] = (),
        consumes: Iterable[str] = (),
        requires: Iterable[str] = (),
        plain_before_38: bool = False,
        own_security: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Decorate the function that answers a method and a pattern; the rest as the fields of `Endpoint`."""

        def decorate(handler: Handler) -> Handler:
            row = Endpoint(
                method,
                pattern,
                handler,
                evidence,
                frozenset(versions),
                anonymous,
                accepts,
                frozenset(suffixes),
                frozenset(consumes),
                tuple(requires),
                plain_before_38,
                own_security,
            )
            self.rows.append(row)
            return handler

        return decorate
