"""Printing a result: as a table, JSON, NDJSON, CSV or YAML."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any, TextIO, cast

from dhis2w_cli.cell import cell, printable
from dhis2w_core.errors import OperationError

if TYPE_CHECKING:
    from rich.table import Table

    from dhis2w_cli.settings import Settings

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
FIRST = {key: place for place, key in enumerate(("used", "done", "type", "profile", "id", "displayName", "name"))}
"""The columns that come first."""
WIDEST_VALUE = 300
"""Characters that a table shows of a value."""
NARROWEST = 12
"""Characters below which a column of a terminal is not squeezed: a UID has eleven."""
GAP = 2
"""Characters between two columns."""


def print_result(result: object, settings: Settings, out: TextIO) -> None:
    """Print a result as the settings say; `None` prints nothing."""
    value = chosen(plain(result), settings)
    if value is None:
        return
    for text in WRITERS[settings.output](value, settings):
        out.write(text)


def print_row(row: object, settings: Settings, out: TextIO) -> None:
    """Print one row of a result that is still coming, as a line of JSON."""
    value = chosen(plain(row), settings)
    out.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


def plain(result: object) -> Any:
    """A result as JSON values."""
    if isinstance(result, list):
        return [plain(each) for each in cast("list[object]", result)]
    if is_dataclass(result) and not isinstance(result, type):
        return asdict(result)
    dump = getattr(result, "model_dump", None)
    return dump(mode="json", by_alias=True, exclude_unset=True) if dump else result


def chosen(value: Any, settings: Settings) -> Any:
    """What `--fields` and `--query` leave of a value.

    Raises:
        OperationError: The query is no JMESPath.
    """
    if settings.fields:
        names = [name.strip() for name in settings.fields.split(",")]
        value = [_fields(row, names) for row in _rows(value)] if isinstance(value, list) else _fields(value, names)
    return searched(value, settings.query) if settings.query else value


def searched(value: Any, query: str) -> Any:
    """What a JMESPath expression finds.

    Raises:
        OperationError: The query is no JMESPath.
    """
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(query, value)
    except JMESPathError as error:
        raise OperationError(f"The query is no JMESPath: {error}") from None


def _fields(row: Any, names: Sequence[str]) -> Any:
    return {name: cast("dict[str, Any]", row).get(name) for name in names} if isinstance(row, dict) else row


def _json(value: Any, settings: Settings) -> Iterator[str]:  # noqa: ARG001 - every writer takes the settings
    yield json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n"


def _ndjson(value: Any, settings: Settings) -> Iterator[str]:  # noqa: ARG001
    for row in _rows(value):
        yield json.dumps(row, ensure_ascii=False, default=str) + "\n"


def _yaml(value: Any, settings: Settings) -> Iterator[str]:  # noqa: ARG001
    import yaml

    yield yaml.safe_dump(json.loads(json.dumps(value, default=str)), allow_unicode=True, sort_keys=False)


def _csv(value: Any, settings: Settings) -> Iterator[str]:
    import csv

    rows = [cast("dict[str, Any]", row) if isinstance(row, dict) else {"value": row} for row in _rows(value)]
    columns = columns_of(rows)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if columns:
        writer.writerow(_csv_text(name, safe=settings.csv_safe) for name in columns)
    writer.writerows([_csv_text(row.get(name), safe=settings.csv_safe) for name in columns] for row in rows)
    yield buffer.getvalue()


def _csv_text(value: object, *, safe: bool) -> str:
    text = (
        "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    )
    return f"'{text}" if safe and isinstance(value, str) and text.startswith(FORMULA) else text


def _table(value: Any, settings: Settings) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _pairs(cast("dict[str, Any]", value), settings)
    elif isinstance(value, list) and any(isinstance(row, dict) for row in cast("list[Any]", value)):
        yield from _grid(cast("list[Any]", value), settings)
    else:
        for each in _rows(value):
            yield (printable(each) if isinstance(each, str) else cell(each)) + "\n"


def _grid(rows: list[Any], settings: Settings) -> Iterator[str]:
    known = [cast("dict[str, Any]", row) if isinstance(row, dict) else {"value": row} for row in rows]
    columns = columns_of(known)
    lines = [[_cut(cell(row.get(name))) for name in columns] for row in known]
    yield from _columns(columns, lines, settings)


def _pairs(value: dict[str, Any], settings: Settings) -> Iterator[str]:
    lines = [[printable(name), _cut(cell(value[name]))] for name in columns_of([value])]
    yield from _columns(None, lines, settings)


def _columns(head: list[str] | None, lines: list[list[str]], settings: Settings) -> Iterator[str]:
    """Columns: in a terminal wrapped to its width by Rich, elsewhere as wide as they are."""
    rows = [*([head] if head else []), *lines]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
    if sys.stdout.isatty():
        yield from _in_terminal(head, lines, widths, settings)
        return
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() + "\n"


def _in_terminal(
    head: list[str] | None, lines: list[list[str]], widths: list[int], settings: Settings
) -> Iterator[str]:
    """A table of columns in which a UID stays whole; where they do not fit, what each row has, line by line."""
    from rich.console import Console

    console = Console(no_color=is_colorless(settings), highlight=False)
    narrow = [min(width, NARROWEST) for width in widths]
    with console.capture() as captured:
        if head and sum(narrow) + GAP * (len(narrow) - 1) > console.width:
            for number, line in enumerate(lines):
                console.print(*([""] if number else []), _rich_table(None, _filled(head, line), [0, 0]), sep="\n")
        else:
            console.print(_rich_table(head, lines, narrow))
    yield captured.get()


def _filled(head: list[str], line: list[str]) -> list[list[str]]:
    """Name and value of what a row has; what is empty is left out."""
    return [[name, text] for name, text in zip(head, line, strict=True) if text]


def _rich_table(head: list[str] | None, lines: list[list[str]], narrow: list[int]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=head is not None, pad_edge=False, padding=(0, GAP, 0, 0))
    for number, (name, width) in enumerate(zip(head or narrow, narrow, strict=True)):
        style = "bold" if head is None and number == 0 else None
        table.add_column(Text(str(name)), style=style, overflow="fold", min_width=width)
    for line in lines:
        table.add_row(*map(Text, line))
    return table


def is_colorless(settings: Settings) -> bool:
    """Whether no colors are wanted (https://no-color.org)."""
    return settings.no_color or bool(os.environ.get("NO_COLOR"))


def columns_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The keys of all rows in the order in which they first come, but what names an object before the rest."""
    return sorted(dict.fromkeys(key for row in rows for key in row), key=lambda key: FIRST.get(key, len(FIRST)))


def _rows(value: Any) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST_VALUE else f"{text[:WIDEST_VALUE]}…"


Writer = Callable[[Any, "Settings"], Iterator[str]]
WRITERS: dict[str, Writer] = {"table": _table, "json": _json, "ndjson": _ndjson, "yaml": _yaml, "csv": _csv}
