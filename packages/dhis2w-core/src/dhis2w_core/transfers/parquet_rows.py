"""The rows of a Parquet file, some thousand at once; pyarrow is imported only here."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable, Generator, Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO

from dhis2w_client.analytics.errors import MissingExtraError
from dhis2w_core.errors import OperationError


def parquet_rows(
    file: BinaryIO, name: str, count: int, check: Callable[[list[str]], None] = lambda _: None
) -> Generator[list[dict[str, Any]]]:
    """The rows, `count` at once, without what is empty; each value as DHIS2 writes it.

    Whole numbers in a column of floating point are written without `.0`: tables that were made with pandas have them
    where a number is missing.

    Args:
        file: The file.
        name: What it is called in messages.
        count: Rows at once.
        check: Is told the columns before the first row.

    Raises:
        OperationError: It is no Parquet.
        MissingExtraError: pyarrow is not installed (`dhis2w-client[arrow]`).
    """
    try:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise MissingExtraError(
            "Parquet is read with pyarrow, which is not installed.",
            next_step="Install it with the client: pip install 'dhis2w-client[arrow]'.",
        ) from None
    try:
        table = parquet.ParquetFile(file)
        check(list(table.schema_arrow.names))
        batches: Iterator[Any] = table.iter_batches(count)
        for batch in batches:
            columns = {column: _written(values) for column, values in batch.to_pydict().items()}
            rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
            yield [{key: cell for key, cell in row.items() if cell not in (None, "")} for row in rows]
    except arrow.ArrowException as error:
        raise OperationError(f"{name} is no Parquet that can be read: {str(error).rstrip('.')}.") from None


def _written(values: list[Any]) -> list[Any]:
    """The values of a column as DHIS2 writes them."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return values
    return [None if value is None else _cell(value) for value in values]


def _cell(value: object) -> Any:
    return _WRITE.get(type(value), str)(value)


def _number(value: float) -> str | None:
    """A number without an exponent, which DHIS2 does not take; None for NaN: pandas writes so what is missing."""
    if math.isnan(value):
        return None
    return str(value) if math.isinf(value) else _decimal(Decimal(repr(value)))


def _decimal(value: Decimal) -> str:
    return format(value.to_integral_value() if value == value.to_integral_value() else value, "f")


_WRITE: dict[type, Callable[[Any], Any]] = {
    float: _number,
    Decimal: _decimal,
    bool: lambda value: "true" if value else "false",
    datetime: lambda value: value.isoformat(timespec="minutes") if value.time() != time() else value.date().isoformat(),
    date: date.isoformat,
    time: lambda value: value.isoformat(timespec="minutes"),
    dict: lambda value: value,
    list: lambda value: value,
}
