"""What a caller gives as data values: told apart from what is none, and cleaned of what only Python has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dhis2w_client.data_values.data_value import IDENTIFIERS, KNOWN, cleaned
from dhis2w_client.data_values.value_batch import ValueBatch, columns_of, only_scalars, only_texts
from dhis2w_client.errors import InvalidRequestError

if TYPE_CHECKING:
    from dhis2w_client.versions import Dialect


def batch_of(given: Iterable[Mapping[str, Any]], dialect: Dialect) -> ValueBatch:
    """The values as a batch.

    Raises:
        InvalidRequestError: They are none: a frame, one value alone, texts; or one has a key that no value has.
    """
    kind = type(given)
    if isinstance(given, str | bytes | Mapping) or hasattr(given, "columns") or not hasattr(given, "__iter__"):
        raise InvalidRequestError(
            f"A list of values is needed, not {kind.__name__}.",
            next_step="Of a frame give the rows: iter_rows(named=True) of polars, to_dict('records') of pandas, "
            "to_pylist() of Arrow.",
        )
    values = list(given)
    for of_value in set(map(type, values)):
        if not issubclass(of_value, Mapping):
            raise InvalidRequestError(f"A value is a dictionary with DHIS2's keys, not {of_value.__name__}.")
    columns = columns_of(values)
    _check_keys(columns.keys() - KNOWN)
    return ValueBatch(values, dialect, columns)


def cleaned_batch(batch: ValueBatch) -> ValueBatch:
    """The batch with texts where Python has something else, and without what is missing."""
    if batch.is_sound:
        return batch
    if all(_is_clean(name, column) for name, column in batch.all_columns.items()):
        return batch
    return ValueBatch([cleaned(value) for value in batch.values], batch.dialect)


def _is_clean(name: str, column: list[Any]) -> bool:
    """Whether a column has only what a `ValueBatch` copes with: texts, or beside identifiers what JSON has, but NaN."""
    if only_texts(column):
        return True
    return name not in IDENTIFIERS and only_scalars(column)


def _check_keys(unknown: set[str]) -> None:
    if not unknown:
        return
    from difflib import get_close_matches

    key = min(map(str, unknown))
    by_lower = {name.lower(): name for name in KNOWN}
    close = get_close_matches(key.lower().replace("_", ""), by_lower, 1)
    meant = f"; it may be {by_lower[close[0]]!r}" if close else ""
    raise InvalidRequestError(
        f"A value has the key {key!r}, which DHIS2 does not know and would pass over{meant}.",
        next_step=f"Rename it or leave it out. The keys: {', '.join(sorted(KNOWN))}.",
    )
