"""Filters of lists: a small typed builder, and the check that the server will read them as they were written.

```python
from dhis2w_client.filters import where

client.data_elements.iterate(filters=[where("name").like("malaria"), where("valueType").is_in(["NUMBER", "INTEGER"])])
```

From 2.42 on DHIS2 joins all filters of a request with commas and, where the whole has a comma, takes it apart again by
a pattern: of `name:like:a,b` only `name:like:a` is left. There is no way to quote a comma, so such filters are refused
here, before the server answers something else than what was asked.
Source: `GetObjectListParams.splitFilters`, `DefaultQueryParser`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, TypeAlias

from dhis2w_client.errors import InvalidRequestError

if TYPE_CHECKING:
    from dhis2w_client.versions import Dialect

_PARTS = re.compile(r"[a-zA-Z0-9.]+:[!$a-zA-Z]{2,10}(?::(?:\[[^\]]*\]|[^,\n\r]+))?")
"""By which DHIS2 takes joined filters apart."""

Value: TypeAlias = "str | int | float | bool | date"
"""What an object's property can be compared with; dates are sent as DHIS2 writes them."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a property; `str()` gives it as DHIS2 reads it."""

    property: str
    operator: str
    value: str | None = None

    def __str__(self) -> str:
        named = f"{self.property}:{self.operator}"
        return named if self.value is None else f"{named}:{self.value}"


Filters: TypeAlias = "str | Filter | Sequence[str | Filter] | None"
"""One filter or several, as DHIS2 writes them (`name:like:malaria`) or made by `where`."""


def where(property: str) -> Condition:
    """Begin a filter.

    Args:
        property: Name of a property, of a property of what it refers to (`categoryCombo.id`), or UID of an attribute.
    """
    return Condition(property)


@dataclass(frozen=True, slots=True)
class Condition:
    """A property, waiting for what it is compared with. Text is compared with case, unless the operator begins with i.

    Every method raises InvalidRequestError for an empty value, which DHIS2 answers with a failure of its own.
    """

    property: str

    def eq(self, value: Value) -> Filter:
        """Equal; of a collection: its size."""
        return self._with("eq", value)

    def ieq(self, value: str) -> Filter:
        """Equal, whatever the case."""
        return self._with("ieq", value)

    def ne(self, value: Value) -> Filter:
        """Not equal."""
        return self._with("!eq", value)

    def gt(self, value: Value) -> Filter:
        """Greater, or later; of a collection: its size."""
        return self._with("gt", value)

    def ge(self, value: Value) -> Filter:
        """Greater or equal."""
        return self._with("ge", value)

    def lt(self, value: Value) -> Filter:
        """Less, or earlier."""
        return self._with("lt", value)

    def le(self, value: Value) -> Filter:
        """Less or equal."""
        return self._with("le", value)

    def like(self, text: str) -> Filter:
        """Holds the text."""
        return self._with("like", text)

    def ilike(self, text: str) -> Filter:
        """Holds the text, whatever the case."""
        return self._with("ilike", text)

    def not_like(self, text: str) -> Filter:
        """Does not hold the text."""
        return self._with("!like", text)

    def not_ilike(self, text: str) -> Filter:
        """Does not hold the text, whatever the case."""
        return self._with("!ilike", text)

    def starts_with(self, text: str) -> Filter:
        """Begins with the text."""
        return self._with("$like", text)

    def istarts_with(self, text: str) -> Filter:
        """Begins with the text, whatever the case."""
        return self._with("$ilike", text)

    def ends_with(self, text: str) -> Filter:
        """Ends with the text."""
        return self._with("like$", text)

    def iends_with(self, text: str) -> Filter:
        """Ends with the text, whatever the case."""
        return self._with("ilike$", text)

    def token(self, words: str) -> Filter:
        """Holds words that begin with each of these words, whatever the case."""
        return self._with("token", words)

    def is_in(self, values: Iterable[Value]) -> Filter:
        """Is one of the values."""
        return self._among("in", values)

    def not_in(self, values: Iterable[Value]) -> Filter:
        """Is none of the values."""
        return self._among("!in", values)

    def is_null(self) -> Filter:
        """Has no value."""
        return Filter(self.property, "null")

    def not_null(self) -> Filter:
        """Has a value."""
        return Filter(self.property, "!null")

    def is_empty(self) -> Filter:
        """Is a collection without members."""
        return Filter(self.property, "empty")

    def not_empty(self) -> Filter:
        """Is a collection with members; as a size, because 2.41 does not know `!empty`."""
        return Filter(self.property, "gt", "0")

    def _with(self, operator: str, value: Value) -> Filter:
        return Filter(self.property, operator, self._text(value))

    def _among(self, operator: str, values: Iterable[Value]) -> Filter:
        texts = [self._text(value) for value in values]
        torn = next((text for text in texts if set(text) & set(",[]")), None)
        if torn is not None or not texts:
            raise InvalidRequestError(
                f"A list of values for {self.property!r} cannot "
                + ("be empty." if torn is None else f"have a comma or a bracket inside of a value: {torn!r}."),
                next_step="Ask for the values one by one with eq and root_junction='OR'." if torn else None,
            )
        return Filter(self.property, operator, f"[{','.join(texts)}]")

    def _text(self, value: Value) -> str:
        text = _value_text(value)
        if not text:
            raise InvalidRequestError(f"A filter of {self.property!r} has no value; use is_null for what is not there.")
        return text


def _value_text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def filter_texts(filters: Filters, dialect: Dialect) -> tuple[str, ...]:
    """The filters as they are sent.

    Raises:
        InvalidRequestError: the server would read something else, or fails on it.
    """
    given = (filters,) if isinstance(filters, (str, Filter)) else filters or ()
    texts = tuple(map(str, given))
    for text in texts:
        problem = _problem(text, dialect)
        if problem:
            raise InvalidRequestError(f"The filter {text!r} {problem}.")
    if dialect.splits_filters_at_commas:
        _check_splitting(texts, dialect)
    return texts


def _problem(text: str, dialect: Dialect) -> str | None:
    """Why DHIS2 would drop a filter without a word, or fail on it; None where it does not."""
    parts = text.split(":", 2)
    if len(parts) < 2 or not parts[0] or not parts[1]:
        return "has no operator; a filter is property:operator:value"
    operator = parts[1].lstrip("!")
    if len(parts) < 3 and operator not in ("null", "empty"):
        return "has no value"
    if parts[1] == "!empty" and not dialect.filters_not_empty:
        return f"needs 2.42; in 2.{dialect.version.number} compare the size: {parts[0]}:gt:0"
    return None


def _check_splitting(texts: tuple[str, ...], dialect: Dialect) -> None:
    found = split_as_server(texts)
    if found == texts:
        return
    culprit = next((text for text in texts if "," in text and split_as_server((text,)) != (text,)), texts[0])
    raise InvalidRequestError(
        f"DHIS2 2.{dialect.version.number} would split the filter {culprit!r} at its commas and read "
        f"{', '.join(found) or 'nothing'}.",
        next_step="Compare with a part of the value that has no comma, or pass several filters as a list.",
    )


def split_as_server(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The filters that DHIS2 2.42 and newer reads out of these."""
    joined = ",".join(texts)
    if "," not in joined:
        return texts
    return tuple(match[0] for match in _PARTS.finditer(joined))
