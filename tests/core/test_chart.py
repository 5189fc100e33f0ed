"""A grid of analytics as a chart: which dimension it goes along, how it is drawn, what cannot be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client.analytics.grid import Grid, read_grid
from dhis2w_core.chart import chart_of, check_plot, plotted
from dhis2w_core.errors import OperationError


def grid(rows: Sequence[Sequence[str]]) -> Grid:
    def header(name: str, *, meta: bool) -> dict[str, Any]:
        return {"name": name, "column": name, "valueType": "TEXT" if meta else "NUMBER", "meta": meta, "hidden": False}

    return read_grid(
        {
            "headers": [*(header(name, meta=True) for name in ("dx", "ou", "pe")), header("value", meta=False)],
            "metaData": {
                "items": {
                    "a": {"name": "Visits"},
                    "b": {"name": "Deaths"},
                    "n": {"name": "North"},
                    "s": {"name": "South"},
                },
                "dimensions": {"pe": ["202401", "202402"], "ou": ["s", "n"]},
            },
            "rows": [list(row) for row in rows],
            "width": 4,
            "height": len(rows),
        }
    )


def test_it_goes_along_time_in_dhis2s_order_with_a_series_for_the_rest() -> None:
    rows = [("a", "n", "202402", "4"), ("a", "n", "202401", "2"), ("b", "n", "202402", "-1")]
    chart = chart_of(grid(rows))
    assert (chart.title, chart.along, chart.is_time) == ("North", ("202401", "202402"), True)
    assert chart.series == {"Visits": [2.0, 4.0], "Deaths": [None, -1.0]}
    assert chart.drawn(30).splitlines() == [
        "North",
        "",
        "Visits",
        "202401 █████████▌ 2",
        "202402 ███████████████████ 4",
        "",
        "Deaths",
        "202401",
        "202402 ░░░░ -1",
    ]


def test_it_goes_along_units_where_there_is_one_period() -> None:
    chart = chart_of(grid([("a", "n", "202401", "1"), ("a", "s", "202401", "1000")]))
    assert (chart.title, chart.along, chart.is_time) == ("Visits, 202401", ("South", "North"), False)
    assert chart.drawn(40).splitlines()[1].endswith("█ 1,000")


def test_one_number_is_a_chart() -> None:
    assert chart_of(grid([("a", "n", "202401", "0")])).drawn(40).endswith(" 0")


@pytest.mark.parametrize("units", [("n", "s"), ("n",)])
def test_a_picture_is_written_whole(tmp_path: Path, units: tuple[str, ...]) -> None:
    rows = [(dx, unit, period, "3") for dx in "ab" for unit in units for period in ("202401", "202402")]
    file = tmp_path / "charts" / "chart.png"
    file.parent.mkdir()
    report = plotted(grid(rows), file)
    assert file.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert report == {"file": str(file), "series": 2 * len(units), "bytes": file.stat().st_size}
    assert list(file.parent.iterdir()) == [file]


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(OperationError, match="no numbers"):
        chart_of(grid([]))
    many = [(f"dx{number}", "n", period, "1") for number in range(9) for period in ("202401", "202402")]
    with pytest.raises(OperationError, match="9 series of 2 numbers"):
        chart_of(grid(many))
    with pytest.raises(OperationError, match=r"not as chart\.svg"):
        check_plot(Path("chart.svg"))
    check_plot(Path("-"))
