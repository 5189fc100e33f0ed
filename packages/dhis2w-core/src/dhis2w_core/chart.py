"""An analytics grid as a chart: bars in a terminal, or a picture as PNG."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dhis2w_client.analytics.errors import MissingExtraError
from dhis2w_client.json_value import as_array, as_object, as_text, is_number
from dhis2w_client.whole_file import written_whole
from dhis2w_core.errors import OperationError

if TYPE_CHECKING:
    from dhis2w_client.analytics import Grid

MOST_SERIES = 8
"""Series that can be told apart."""
MOST_PLACES = 100
"""Bars of one series."""
VALUE = "value"
PERIOD = "pe"
TERMINAL = "-"
"""Where a chart is drawn that is no file."""
_EIGHTHS = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True, slots=True)
class Chart:
    """Numbers along one dimension, in one series or several."""

    title: str
    """What all numbers have in common."""
    along: tuple[str, ...]
    """The names along the dimension."""
    series: Mapping[str, Sequence[float | None]]
    """The numbers of each series, as many as there are names; None where there is none."""
    is_time: bool
    """Whether the dimension is time."""

    def drawn(self, width: int | None = None) -> str:
        """The chart as bars of text; those of numbers below zero are dotted.

        Args:
            width: Columns. Default: those of the terminal.
        """
        width = width or shutil.get_terminal_size().columns
        numbers = [number for numbers in self.series.values() for number in numbers if number is not None]
        highest = max(map(abs, numbers))
        label = max(map(len, self.along))
        room = max(10, width - label - max(len(f"{number:,.10g}") for number in numbers) - 3)
        lines = [self.title] if self.title else []
        for name, values in self.series.items():
            lines += ["", name] if len(self.series) > 1 else []
            for place, number in zip(self.along, values, strict=True):
                bar = "" if number is None else f"{_bar(number, highest, room)} {number:,.10g}"
                lines.append(f"{place.ljust(label)} {bar}".rstrip())
        return "\n".join(lines).lstrip("\n")

    def write_png(self, file: Path) -> dict[str, Any]:
        """Draw the chart into a file, whole or not at all: lines over time, bars otherwise.

        Raises:
            MissingExtraError: It needs matplotlib (`dhis2w-core[plot]`).
        """
        try:
            figures = importlib.import_module("matplotlib.figure")
        except ImportError:
            raise MissingExtraError(
                "matplotlib is not installed.",
                next_step="Install it: pip install 'dhis2w-core[plot]', or draw in the terminal: --plot -.",
            ) from None
        figure = figures.Figure(figsize=(10, 6), layout="constrained")
        axes = figure.subplots()
        places = range(len(self.along))
        share = 0.8 / len(self.series)
        for number, (name, values) in enumerate(self.series.items()):
            heights = [float("nan") if value is None else value for value in values]
            if self.is_time:
                axes.plot(places, heights, marker="o", label=name)
            else:
                axes.bar([place - 0.4 + share * (number + 0.5) for place in places], heights, share, label=name)
        axes.set_title(self.title)
        axes.set_xticks(places, self.along, rotation=45, ha="right")
        if len(self.series) > 1:
            axes.legend()
        with written_whole(file) as target:
            figure.savefig(target, format="png", dpi=120)
        return {"file": str(file), "series": len(self.series), "bytes": file.stat().st_size}


def chart_of(grid: Grid) -> Chart:
    """The chart of a grid: along time where it has several periods, else along the dimension with most items.

    Raises:
        OperationError: There is nothing to draw, or more than can be told apart.
    """
    values = grid.column(VALUE) if VALUE in grid.names else []
    if not any(map(is_number, values)):
        raise OperationError("There are no numbers to draw.")
    columns = {header.name: list(map(str, grid.column(header.name))) for header in grid.headers if header.meta}
    items = {name: _in_order(grid, name, cells) for name, cells in columns.items()}
    varied = sorted(
        (name for name in items if len(items[name]) > 1), key=lambda name: (name != PERIOD, -len(items[name]))
    )
    along = varied[0] if varied else next(iter(items))
    names = {name: _name(grid, name) for cells in columns.values() for name in set(cells)}
    series: dict[str, list[float | None]] = {}
    for number, value in enumerate(values):
        called = ", ".join(names[columns[name][number]] for name in varied[1:])
        row = series.setdefault(called, [None] * len(items[along]))
        row[items[along].index(columns[along][number])] = float(value) if is_number(value) else None
    if len(series) > MOST_SERIES or len(items[along]) > MOST_PLACES:
        raise OperationError(
            f"{len(series)} series of {len(items[along])} numbers are more than a chart can show.",
            next_step=f"Ask for less: up to {MOST_SERIES} series of {MOST_PLACES}; --filter adds up over a dimension.",
        )
    common = [names[found[0]] for name, found in items.items() if name != along and len(found) == 1]
    return Chart(", ".join(common), tuple(names[item] for item in items[along]), series, along == PERIOD)


def _in_order(grid: Grid, dimension: str, cells: Sequence[str]) -> list[str]:
    """The items of a dimension that have numbers, in DHIS2's order."""
    there = set(cells)
    told = map(str, as_array(as_object(grid.meta_data.get("dimensions")).get(dimension)))
    return list(dict.fromkeys([*filter(there.__contains__, told), *cells]))


def _name(grid: Grid, item: str) -> str:
    return as_text(as_object(as_object(grid.meta_data.get("items")).get(item)).get("name")) or item


def _bar(number: float, highest: float, room: int) -> str:
    eighths = round(abs(number) / highest * room * 8) if highest else 0
    full, rest = divmod(eighths, 8)
    return "░" * max(1, full) if number < 0 else "█" * full + (_EIGHTHS[rest] if rest else "")


def check_plot(target: Path) -> None:
    """Refuse what a chart cannot be drawn into, before anything is asked of the server.

    Raises:
        OperationError: It is neither `-` nor a file whose name ends in `.png`.
    """
    if str(target) != TERMINAL and target.suffix.lower() != ".png":
        raise OperationError(f"A chart is drawn as .png, not as {target.name}.", next_step="--plot - is the terminal.")


def plotted(grid: Grid, target: Path) -> object:
    """Draw a grid: into a file, or as text.

    Raises:
        OperationError: There is nothing to draw, or too much.
        MissingExtraError: PNG needs matplotlib (`dhis2w-core[plot]`).
    """
    chart = chart_of(grid)
    return chart.drawn() if str(target) == TERMINAL else chart.write_png(target)
