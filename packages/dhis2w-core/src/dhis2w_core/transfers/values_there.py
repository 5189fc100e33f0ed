"""Which of some data values a server has already as they are to be, after an answer was lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from dhis2w_client.data_values.data_value import ValueKey, is_true, key_of, problem_of, text_of
from dhis2w_client.data_values.selection import DataValueSelection
from dhis2w_client.data_values.value_reader import JsonValueReader
from dhis2w_client.errors import BadRequestError, ConflictError, ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.data_values.push_options import DataValueOptions

UNITS_AT_ONCE = 50
"""Organisation units that are read back with one request."""
DEFAULT_COMBO = frozenset({"HllvX50cXC0", "default"})
"""The UID, code and name of the combo that a value has which names none."""
Value = Mapping[str, Any]


class _Content(NamedTuple):
    """What is stored under a key, or is to be."""

    value: str
    comment: str
    follow_up: bool
    deleted: bool

    def is_done(self, sent: Value, *, deletes: bool) -> bool:
        """Whether it is what a row was to make of it."""
        return self.deleted if deletes or is_true(sent.get("deleted")) else self == _content(sent)


@dataclass(frozen=True, slots=True)
class ValuesThere:
    """Reads back what may have been sent before."""

    client: Dhis2Client
    options: DataValueOptions

    async def unsent(self, values: Sequence[Value]) -> Sequence[int]:
        """The positions of the values that have to be sent.

        Of several with one key the last one counts: is that stored, none of them is sent, else all are, in their
        order.

        Args:
            values: The values that may have been sent.
        """
        stored = await self._stored(values)
        keys = [_key(value) for value in values]
        last = dict(zip(keys, values, strict=True))
        deletes = self.options.strategy == "DELETE"
        done = {key for key, value in last.items() if key in stored and stored[key].is_done(value, deletes=deletes)}
        return [position for position, key in enumerate(keys) if key not in done]

    async def _stored(self, values: Sequence[Value]) -> dict[ValueKey, _Content]:
        """What the server has under the keys of some values; nothing, where the user may not read it."""
        keys = [_key(value) for value in values if problem_of(value, key_of(value), self.client.dialect) is None]
        units = sorted({key.org_unit for key in keys})
        found: dict[ValueKey, _Content] = {}
        for start in range(0, len(units), UNITS_AT_ONCE):
            some = frozenset(units[start : start + UNITS_AT_ONCE])
            of_them = [key for key in keys if key.org_unit in some]
            selection = DataValueSelection(
                data_elements=tuple(sorted({key.data_element for key in of_them})),
                periods=tuple(sorted({key.period for key in of_them})),
                org_units=tuple(sorted(some)),
                include_deleted=True,
                schemes=self.options.schemes,
            )
            with suppress(BadRequestError, ConflictError, ForbiddenError, NotFoundError):
                found |= {_key(row): _content(row) for row in await self._rows(selection)}
        return found

    async def _rows(self, selection: DataValueSelection) -> list[Value]:
        """The values of a selection; `client.data_values.rows` would warn of wrong identifiers in the file."""
        async with self.client.data_values.stream(selection) as pieces:
            content = b"".join([piece async for piece in pieces])
        reader = JsonValueReader()
        return [*reader.feed(content), *reader.end()] if content else []


def _key(value: Value) -> ValueKey:
    """The key of a value, the default combo as none."""
    key = key_of(value)
    if DEFAULT_COMBO.isdisjoint(key):
        return key
    combos = (key.category_option_combo, key.attribute_option_combo)
    category, attribute = ("" if combo in DEFAULT_COMBO else combo for combo in combos)
    return key._replace(category_option_combo=category, attribute_option_combo=attribute)


def _content(value: Value) -> _Content:
    mark = value.get("followup", value.get("followUp"))
    content = value.get("value")
    text = "" if content is None else text_of(content)
    return _Content(text, value.get("comment") or "", is_true(mark), is_true(value.get("deleted")))
