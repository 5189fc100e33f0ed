"""What agents do not see: secrets never; people, tracked values, free text, data stores, files and small cells by rule.

Objects of a kind that is withheld keep only the properties that say nothing about anybody (`OPEN`): what is not known
to be harmless is withheld. In all other objects the properties that are known to hold such content are.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from dhis2w_core.agent_rules import AgentRules, Withheld
from dhis2w_mcp.errors import WithheldError

SECRET = "(secret)"  # noqa: S105 # what stands in place of one
SECRET_KEY = re.compile(
    r"passw(or)?d|secret|token(?!s?Count)|api_?key|private_?key|credential|cookie|^auth$", re.IGNORECASE
)
"""Names of properties and settings whose texts are secrets, whatever they hold."""
TOKEN_SHAPE = re.compile(r"\bd2(?:p|pat)_[A-Za-z0-9]+")
"""A personal access token of DHIS2."""

KIND_OF_AREA: Mapping[str, Withheld] = {
    "user": "people",
    "messages": "free text",
    "files": "files",
    "tracker": "tracked values",
    "event": "tracked values",
    "enrollment": "tracked values",
    "analytics": "tracked values",
}
"""What the results of an area of operations are, where they are of a kind as a whole."""
AGGREGATES = frozenset({"analytics query", "analytics outliers"})
"""Operations of such an area whose results are sums, and about nobody."""
AREAS_OF_CELLS = frozenset({"analytics", "data"})
"""Areas whose results are counts about people."""
CELLS = frozenset({"value", "numerator", "denominator", "before", "deleted"})
"""The properties that have them."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.Z+-]*)?")
VALUES_OF_DATA_STORES = frozenset({"datastore get", "datastore query"})
"""Operations whose results are somebody's own JSON, of which no property is known."""
_WORDS = tomllib.loads(Path(__file__).with_name("withheld_words.toml").read_text(encoding="utf-8"))
KIND_OF_NAME: Mapping[str, Withheld] = {
    name.lower(): kind for kind, names in _WORDS["below"].items() for name in names.split()
}
"""What is below a property, or of a metadata type, by its name in lower case."""
PERSONAL = frozenset(_WORDS["properties"]["personal"].lower().split())
"""Properties about a person, by their names in lower case without `_`, wherever they are."""
_WHO_DID = re.compile(r"(ed|ten|wn)by$")
"""Names of properties that tell who did something: `storedBy`, `modified_by`."""
OPEN = frozenset(_WORDS["properties"]["open"].split())
"""Properties of withheld objects that are shown: identifiers, times, states, counts."""
OF_METADATA = frozenset(_WORDS["properties"]["metadata"].split())
"""Properties of withheld objects whose own content is metadata."""
REFUSED_IN_FIELDS = re.compile(r"rename|keyBy|pluck|::", re.IGNORECASE)
"""Transformations of `fields` that give a property another name: what it holds could not be told any more."""


@dataclass(frozen=True, slots=True)
class Withholding:
    """What one profile withholds from agents.

    Args:
        rules: The profile's rules.
        secrets: The profile's secrets.
    """

    rules: AgentRules
    secrets: tuple[str, ...] = ()

    def result(self, value: Any, operation: str = "", type_name: str = "") -> Any:
        """A result without what is withheld.

        Args:
            value: Any JSON value.
            operation: The operation that gave it.
            type_name: The metadata type, or the property, that it is about.
        """
        if operation in VALUES_OF_DATA_STORES and "data store" not in self.rules.show:
            return "(withheld: data store)"
        area = operation.partition(" ")[0]
        if area == "analytics" and operation not in AGGREGATES and isinstance(value, Mapping):
            return self._cells(self._list_row(cast("Mapping[str, Any]", value)))
        kind = None if operation in AGGREGATES else KIND_OF_AREA.get(area) or KIND_OF_NAME.get(type_name.lower())
        shown = self._value("", value, kind)
        return self._cells(shown) if area in AREAS_OF_CELLS else shown

    def of_type(self, type_name: str, key: str, value: Any, operation: str = "") -> Any:
        """The value of one property of an object of a metadata type, or of what an operation would do."""
        (found,) = self._object({key: value}, KIND_OF_NAME.get(type_name.lower())).values()
        return self._cell(found) if key in CELLS and operation.partition(" ")[0] in AREAS_OF_CELLS else found

    def text(self, text: str) -> str:
        """A text without secrets."""
        for secret in self.secrets:
            text = text.replace(secret, SECRET)
        return TOKEN_SHAPE.sub(SECRET, text)

    def refuse_arguments(self, operation: str, arguments: Mapping[str, Any]) -> None:
        """Refuse what would get around withholding.

        Raises:
            WithheldError: `fields` gives properties other names, or a condition asks for what is withheld.
        """
        if operation in VALUES_OF_DATA_STORES and arguments.get("filter") and "data store" not in self.rules.show:
            raise WithheldError("A condition must not ask for values of a data store, which are withheld.")
        for name in ("fields", "parts"):
            if REFUSED_IN_FIELDS.search(str(arguments.get(name) or "")):
                raise WithheldError(
                    f"{name} must not give properties other names: what is withheld could not be told any more.",
                    next_step="Ask for the properties by their own names.",
                )
        for condition in [*arguments.get("filter", ()), *arguments.get("order", ()), *_conditions(arguments)]:
            asked = str(condition).partition(":")[0]
            if self._is_withheld(operation, asked):
                raise WithheldError(
                    f"A condition must not ask for what is withheld: {asked}.",
                    next_step="Ask by id, status, date, program or organisation unit.",
                )

    def _is_withheld(self, operation: str, asked: str) -> bool:
        """Whether a condition asks for a person's properties, or for tracked values."""
        names = asked.split(".")
        if operation not in AGGREGATES and KIND_OF_AREA.get(operation.partition(" ")[0]) == "tracked values":
            known = self.rules.attributes | OPEN
            return "tracked values" not in self.rules.show and names[-1] not in known
        of_people = any(_is_personal(name) or KIND_OF_NAME.get(_bare(name)) == "people" for name in names)
        return "people" not in self.rules.show and of_people and names[-1] not in OPEN

    def _list_row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of a line list: what is not open is a tracked value, of what its column is named after."""
        return {self.text(column): self._list_cell(column, value, row) for column, value in row.items()}

    def _list_cell(self, column: str, value: Any, row: Mapping[str, Any]) -> Any:
        if column in CELLS:
            return value
        of = column.rpartition(".")[2]
        return self._property(column, value, row, None if of in self.rules.attributes else "tracked values")

    def _cells(self, value: Any) -> Any:
        """The same with cells masked: small counts, and texts that a data set collects."""
        if isinstance(value, list):
            return [self._cells(each) for each in cast("list[Any]", value)]
        if isinstance(value, dict):
            row = cast("dict[str, Any]", value)
            return {key: self._cell(each) if key in CELLS else self._cells(each) for key, each in row.items()}
        return value

    def _cell(self, value: Any) -> Any:
        if isinstance(value, bool) or value is None:
            return value
        number = _number(value)
        if number is None:
            is_plain = str(value) in ("true", "false") or _DATE.fullmatch(str(value))
            return value if is_plain or "free text" in self.rules.show else "(withheld: free text)"
        return f"<{self.rules.smallest_cell}" if 0 < number < self.rules.smallest_cell else value

    def _value(self, name: str, value: Any, kind: Withheld | None) -> Any:
        if isinstance(value, Mapping):
            return self._object(cast("Mapping[str, Any]", value), kind)
        if isinstance(value, list | tuple):
            return [self._value(name, each, kind) for each in cast("list[Any]", value)]
        if value is None or isinstance(value, bool):
            return value
        if kind and kind not in self.rules.show and name not in OPEN and not _is_count(kind, value):
            return f"(withheld: {kind})"
        return self.text(value) if isinstance(value, str) else value

    def _object(self, row: Mapping[str, Any], kind: Withheld | None) -> dict[str, Any]:
        kind = kind or KIND_OF_NAME.get(str(row.get("type") or row.get("klass") or "").lower())
        secret_row = any(SECRET_KEY.search(str(row.get(key) or "")) for key in ("setting", "name", "key"))
        return {
            self._key(key, kind): SECRET
            if isinstance(value, str | list | dict) and _is_secret(key, secret_row=secret_row)
            else self._property(key, value, row, kind)
            for key, value in row.items()
        }

    def _property(self, key: str, value: Any, row: Mapping[str, Any], kind: Withheld | None) -> Any:
        if _is_personal(key):
            return self._value("", value, "people")
        if key == "value" and (of := _tracked(row)):
            return self._value("", value, None if of in self.rules.attributes else "tracked values")
        if key in OF_METADATA:
            return self._value(key, value, None)
        below = kind or KIND_OF_NAME.get(_bare(key))
        return self._value(key if kind else "", value, below)

    def _key(self, key: str, kind: Withheld | None) -> str:
        """Keys are texts too; of withheld objects only those that look like a property or a UID are shown."""
        hidden = kind and kind not in self.rules.show and not re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", key)
        return f"(withheld: {kind})" if hidden else self.text(key)


def _bare(name: str) -> str:
    """A name in lower case without `_`: `lastUpdatedBy` is `last_updated_by` where it is a field of ours."""
    return name.replace("_", "").lower()


def _is_personal(name: str) -> bool:
    bare = _bare(name)
    return bare in PERSONAL or bool(_WHO_DID.search(bare))


def _is_secret(key: str, *, secret_row: bool) -> bool:
    return bool(SECRET_KEY.search(key)) or (secret_row and key == "value")


def _tracked(row: Mapping[str, Any]) -> str | None:
    """The attribute or data element whose tracked value a row has; values of data sets have a period."""
    of = row.get("attribute") or row.get("dataElement")
    return of if isinstance(of, str) and "period" not in row else None


def _conditions(arguments: Mapping[str, Any]) -> list[str]:
    """The dimensions of a query that have a condition: `stage.element:IN:a;b`."""
    return [text for text in arguments.get("dimension", ()) if ":" in text]


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _is_count(kind: Withheld, value: Any) -> bool:
    """Whether a number says nothing about anybody."""
    return isinstance(value, int | float) and kind in ("people", "free text", "files")
