"""Names, codes and places in the hierarchy, joined to the identifiers of a grid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.json_value import as_object, as_text

if TYPE_CHECKING:
    from dhis2w_client.analytics.grid import Grid, GridHeader

Label: TypeAlias = Literal["name", "code", "hierarchy"]
Find: TypeAlias = Callable[[Any], "str | None"]


def labelled(grid: Grid, labels: Sequence[Label]) -> Grid:
    """A grid with columns of labels behind each column of identifiers.

    Raises:
        InvalidRequestError: The metadata of the result do not hold them, or there is no such label.
    """
    added: list[tuple[int, Label]] = [
        (at, label) for at, header in enumerate(grid.headers) for label in labels if _has(grid, header, label)
    ]
    finds: dict[Label, Find] = {label: _finder(grid, label) for label in labels}
    headers: list[GridHeader] = []
    for at, header in enumerate(grid.headers):
        headers.append(header)
        headers.extend(_header_of(header, label) for place, label in added if place == at)

    def row_of(cells: Sequence[Any]) -> list[Any]:
        row: list[Any] = []
        for at, cell in enumerate(cells):
            row.append(cell)
            row.extend(finds[label](cell) for place, label in added if place == at)
        return row

    return replace(grid, headers=tuple(headers), text_rows=tuple(map(row_of, grid.cells)), packed_rows=None)


def _has(grid: Grid, header: GridHeader, label: Label) -> bool:
    """Whether a column's identifiers have the label: those of a dimension, and of units alone a hierarchy."""
    if label == "hierarchy":
        return header.name == "ou"
    return header.name in as_object(grid.meta_data.get("dimensions"))


def _header_of(header: GridHeader, label: Label) -> GridHeader:
    return replace(
        header,
        name=f"{header.name}_{label}",
        column=f"{header.column} {label}".strip(),
        value_type="TEXT",
        type="java.lang.String",
        meta=False,
    )


def _finder(grid: Grid, label: Label) -> Find:
    if label == "hierarchy":
        return _place_finder(grid.meta_data)
    if label not in ("name", "code"):
        raise InvalidRequestError(f"Identifiers have no {label!r}; they have a name, a code and a hierarchy.")
    items = as_object(grid.meta_data.get("items"))
    if grid.cells and not items:
        raise InvalidRequestError("The result has no names, because the query left its metadata out (skip_meta).")
    texts = {key: as_text(as_object(item).get(label)) for key, item in items.items()}
    if label == "code" and grid.cells and not any("uid" in as_object(item) for item in items.values()):
        raise InvalidRequestError("The result has no codes.", next_step="Ask for them in the query: details=True.")
    return lambda cell: texts.get(str(cell))


def _place_finder(meta_data: Mapping[str, Any]) -> Find:
    """The names of the units above and of the unit itself, with slashes between."""
    names = {key: as_text(text) or "" for key, text in as_object(meta_data.get("ouNameHierarchy")).items()}
    if not names:
        raise InvalidRequestError(
            "The result does not say where its units are.", next_step="Ask for it in the query: hierarchy=True."
        )
    return lambda cell: names.get(str(cell))
