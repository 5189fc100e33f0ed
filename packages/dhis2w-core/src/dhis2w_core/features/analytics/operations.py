"""Aggregated data, line lists and outliers, with names beside UIDs; and the tables that they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dhis2w_core.chart import check_plot, plotted
from dhis2w_core.errors import OperationError
from dhis2w_core.grid_file import check_format, write_grid
from dhis2w_core.operation import Face, operation
from dhis2w_core.plan import Action

if TYPE_CHECKING:
    from dhis2w_client.analytics import Grid, LineListQuery
    from dhis2w_client.client import Dhis2Client


@operation("analytics query", effect="read")
async def query(
    client: Dhis2Client,
    *,
    dx: Sequence[str],
    pe: Sequence[str] = (),
    ou: Sequence[str] = (),
    dimension: Sequence[str] = (),
    filter: Sequence[str] = (),
    start: str | None = None,
    end: str | None = None,
    aggregation_type: str | None = None,
    split: bool = False,
    ids_only: bool = False,
    to: Path | None = None,
    plot: Path | None = None,
) -> object:
    """Read aggregated data; what has no data has no row.

    Source: "Analytics" in DHIS2's developer guide; `AnalyticsController`.

    Args:
        dx: UID of a data element, indicator or program indicator, or `dataSet.REPORTING_RATE`.
        pe: A period: `202401`, `LAST_12_MONTHS`.
        ou: UID of a unit, or `USER_ORGUNIT`, `LEVEL-2`.
        dimension: A further dimension as DHIS2 writes it: `co`, `J5jldMd8OHv:uYxK4wmcPqA;tDZVQ1WtwpA`.
        filter: What to add up over: `ou:ImspTQPwCqd`.
        start: First day, in place of periods: 2024-01-31.
        end: Last day.
        aggregation_type: In place of that of each data element: SUM, AVERAGE, COUNT.
        split: Ask in parts where there are more rows than the server gives at once; sums and counts only.
        ids_only: No names beside UIDs.
        to: A file to write, whole or not at all: .csv, .ndjson, .json or .parquet.
        plot: Draw it: `-` in the terminal, or a file that ends in .png.
    """
    from dhis2w_client.analytics import AnalyticsQuery

    _check(to, plot)
    asked = AnalyticsQuery(
        dx=tuple(dx),
        pe=tuple(pe) or None,
        ou=tuple(ou) or None,
        dimensions=_dimensions(dimension),
        filters=_dimensions(filter),
        start=_day(start),
        end=_day(end),
        aggregation_type=aggregation_type,
    )
    grid = await client.analytics.aggregate(asked, split=split)
    return plotted(grid, plot) if plot else _told(grid if ids_only else grid.with_labels("name"), to)


@operation("analytics events", effect="read")
async def events(
    client: Dhis2Client,
    program: str,
    *,
    ou: Sequence[str],
    pe: Sequence[str] = (),
    start: str | None = None,
    end: str | None = None,
    stage: str | None = None,
    dimension: Sequence[str] = (),
    filter: Sequence[str] = (),
    of: Literal["events", "enrollments"] = "events",
    count: bool = False,
    to: Path | None = None,
    plot: Path | None = None,
) -> object:
    """Read the events or enrollments of a program as a line list, or count them.

    Source: "Event analytics" in DHIS2's developer guide; `EventQueryAnalyticsController`.

    Args:
        program: UID of the program.
        ou: UID of a unit, with all below it.
        pe: A period.
        start: First day, in place of periods: 2024-01-31.
        end: Last day.
        stage: UID of a program stage.
        dimension: A column as DHIS2 writes it: `stage.element`, `stage.element:IN:a;b`.
        filter: A condition of the same form.
        of: Events or enrollments.
        count: Count them by the dimensions.
        to: A file to write, whole or not at all: .csv, .ndjson, .json or .parquet.
        plot: Draw it: `-` in the terminal, or a file that ends in .png.
    """
    _check(to, plot)
    lists = client.analytics.events if of == "events" else client.analytics.enrollments
    asked: LineListQuery = {
        "ou": ou,
        "pe": pe,
        "start": _day(start),
        "end": _day(end),
        "stage": stage,
        "dimensions": dimension,
        "filters": filter,
    }
    grid = await (lists.aggregate(program, **asked) if count else lists.query(program, **asked))
    return plotted(grid, plot) if plot else _told(grid, to)


@operation("analytics outliers", effect="read")
async def outliers(
    client: Dhis2Client,
    *,
    dx: Sequence[str] = (),
    data_set: Sequence[str] = (),
    ou: Sequence[str] = (),
    pe: str | None = None,
    start: str | None = None,
    end: str | None = None,
    algorithm: Literal["Z_SCORE", "MODIFIED_Z_SCORE", "MIN_MAX"] = "Z_SCORE",
    threshold: float | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Find values that are far from the others of their data element and unit.

    Source: "Outlier detection" in DHIS2's developer guide; `OutlierDetectionAnalyticsController`.

    Args:
        dx: UID of a data element.
        data_set: UID of a data set, whose elements are looked at.
        ou: UID of a unit, with all below it.
        pe: A period.
        start: First day, in place of a period: 2024-01-31.
        end: Last day.
        algorithm: How far is measured.
        threshold: How far is too far; without it 3.
        limit: At most so many; without it 500.
    """
    grid = await client.analytics.outliers(
        dx=dx,
        data_sets=data_set,
        ou=ou,
        pe=pe,
        start=_day(start),
        end=_day(end),
        algorithm=algorithm,
        threshold=threshold,
        max_results=limit,
    )
    return list(grid.rows())


@operation("analytics refresh", effect="write")
async def refresh(face: Face, *, last_years: int | None = None, seconds: int = 86_400) -> Action:
    """Build the analytics tables, and wait until they are built; data show in analytics only after that.

    Source: "Resource and analytics tables" in DHIS2's developer guide; `ResourceTableController`.

    Args:
        last_years: Only the data of so many years; 0 is the current one.
        seconds: How long to wait at most; the server goes on all the same.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        job = await client.maintenance.refresh_analytics(last_years=last_years)
        outcome = await client.jobs.wait(job, within=seconds, progress=lambda told: face.say(told.message))
        return {"built": "analytics tables", "job": job.id, "said": (outcome.messages or ("nothing",))[-1]}

    facts = {"years": "all" if last_years is None else last_years}
    return Action("Build the analytics tables", perform, facts)


def _dimensions(texts: Sequence[str]) -> Mapping[str, Sequence[str] | None]:
    """Dimensions as DHIS2 writes them, by name."""
    parts = [text.partition(":") for text in texts]
    return {name: tuple(items.split(";")) if items else None for name, _, items in parts}


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise OperationError(f"{text!r} is no day; write it as 2024-01-31.") from None


def _check(to: Path | None, plot: Path | None) -> None:
    """Refuse files that cannot be written, before anything is asked of the server."""
    if to and plot:
        raise OperationError("--to and --plot are two results.", next_step="Give one of them.")
    if to:
        check_format(to)
    if plot:
        check_plot(plot)


def _told(grid: Grid, to: Path | None) -> object:
    return write_grid(grid, to) if to else list(grid.rows())
