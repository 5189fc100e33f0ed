"""What the cells of a column are: from DHIS2's value types to Python's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

CellType: TypeAlias = Literal["text", "integer", "number", "boolean", "date", "datetime"]

_BY_VALUE_TYPE: dict[str, CellType] = {
    "NUMBER": "number",
    "UNIT_INTERVAL": "number",
    "PERCENTAGE": "number",
    "INTEGER": "integer",
    "INTEGER_POSITIVE": "integer",
    "INTEGER_NEGATIVE": "integer",
    "INTEGER_ZERO_OR_POSITIVE": "integer",
    "BOOLEAN": "boolean",
    "TRUE_ONLY": "boolean",
    "DATE": "date",
    "AGE": "date",
    "DATETIME": "datetime",
}
_BY_CLASS: dict[str, CellType] = {
    "java.lang.Double": "number",
    "java.lang.Integer": "integer",
    "java.lang.Long": "integer",
    "java.lang.Boolean": "boolean",
}
TRUTHS = {"1": True, "true": True, "0": False, "false": False}
"""How DHIS2 writes booleans in grids."""


def cell_type(value_type: str | None, java_class: str | None) -> CellType:
    """What the cells of a column are, by its header.

    A value type of its own wins, but for `NUMBER`, which stands for `Long` too.
    """
    by_class = _BY_CLASS.get(java_class or "")
    if value_type in (None, "NUMBER") and by_class:
        return by_class
    return _BY_VALUE_TYPE.get(value_type or "", "text")


def typed_column(cells: Sequence[Any], type: CellType) -> list[Any]:
    """The cells as what they are, empty text as None; all as text where one of them is something else.

    A column of an event query may hold codes or names in place of what its header says.
    """
    filled = [None if cell == "" else cell for cell in cells]
    read = _READERS.get(type)
    if read is None:
        return filled
    try:
        return [None if cell is None else read(cell) for cell in filled]
    except (ValueError, KeyError):
        return filled


def _integer(cell: Any) -> int:
    number = float(cell)  # 2.42 writes whole numbers of events as `10.0`
    if not number.is_integer():
        raise ValueError(cell)
    return int(cell) if isinstance(cell, str) and cell.lstrip("-").isdigit() else int(number)


def _datetime(cell: Any) -> datetime:
    return datetime.fromisoformat(str(cell))


def _date(cell: Any) -> date:
    moment = _datetime(cell)
    if moment.time() != datetime.min.time():
        raise ValueError(cell)
    return moment.date()


def _boolean(cell: Any) -> bool:
    return TRUTHS[str(cell).lower()]


_READERS: dict[CellType, Callable[[Any], Any]] = {
    "integer": _integer,
    "number": float,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}
