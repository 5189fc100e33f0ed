"""Analytics: tables that a job builds, what they add up to, frames, outliers, lists of tracker, and what is refused.

Evidence: recordings `data/analytics-query`, `data/analytics-errors`, `data/analytics-events`,
`data/analytics-no-output-types`.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from typing import Any, get_args

import pytest

from dhis2w_client import BasicAuth, ConflictError, InvalidRequestError
from dhis2w_client.analytics import AnalyticsQuery, DroppedItemsWarning
from dhis2w_client.maintenance import Table
from dhis2w_client.sync import Dhis2Client
from tests.contract.ground import PASSWORD, Ground
from tests.contract.place import Place
from tests.contract.server import Server

HALF_AN_HOUR = 1800
pytestmark = pytest.mark.timeout(HALF_AN_HOUR)
MONTHS = ("202401", "202402", "202403")
OTHER_TABLES: list[Table] = [table for table in get_args(Table) if table not in ("resource", "aggregate", "outliers")]
"""What stays as it is: it takes long on a server with much data, and these scenarios ask for none of it."""
TABLES_OF_TRACKER: tuple[Table, ...] = ("resource", "events", "enrollments", "tracked entities")
ENROLLED = date(2019, 5, 3)
"""Nobody else is enrolled in that month."""
FOLLOWED = "Followed"
"""Nobody else has that name."""
OUTPUT = "configuration/dataOutputPeriodTypes"


@contextmanager
def output_periods(client: Dhis2Client) -> Generator[None]:
    """Tables that have months and years: from 2.43 on the instance chooses, and has chosen nothing at first."""
    if not client.dialect.chooses_output_periods:
        yield
        return
    before = [{"name": row["name"]} for row in client.get(OUTPUT)]
    wanted = [row for row in ({"name": "Monthly"}, {"name": "Yearly"}) if row not in before]
    client.post(OUTPUT, before + wanted)
    try:
        yield
    finally:
        client.post(OUTPUT, before)


@pytest.fixture(scope="module")
def analysed(client: Dhis2Client, worker: Dhis2Client, ground: Ground) -> Generator[Ground]:
    """The ground with values of three months, and the tables of data values built after they were stored."""
    rows = [
        ground.value(element, month, 10 * place + number, unit)
        for element in (ground.count, ground.average)
        for place, unit in enumerate((ground.here, ground.there), 1)
        for number, month in enumerate(MONTHS, 1)
        if (element, unit) != (ground.average, ground.there)
    ]
    assert worker.data_values.push(rows).ok
    with output_periods(client):
        job = client.maintenance.refresh_analytics(without=OTHER_TABLES)
        outcome = client.jobs.wait(job, within=HALF_AN_HOUR)
        assert outcome.job.type == "ANALYTICS_TABLE"
        assert outcome.status in ("COMPLETED", None)
        yield ground


def test_values_are_added_up(worker: Dhis2Client, analysed: Ground) -> None:
    ground, analytics = analysed, worker.analytics
    grid = analytics.aggregate(dx=[ground.count, ground.average], pe=MONTHS, ou=[ground.here, ground.there])
    found = {(row["dx"], row["pe"], row["ou"]): row["value"] for row in grid.rows()}
    assert found == {
        (element, month, unit): 10.0 * place + number
        for element in (ground.count, ground.average)
        for place, unit in enumerate((ground.here, ground.there), 1)
        for number, month in enumerate(MONTHS, 1)
        if (element, unit) != (ground.average, ground.there)
    }
    whole = analytics.aggregate(dx=[ground.count, ground.average], pe="2024", ou=ground.root)
    assert {row["dx"]: row["value"] for row in whole.rows()} == {ground.count: 102.0, ground.average: 12.0}
    days = AnalyticsQuery(dx=ground.count, filters={"ou": ground.root}, start=date(2024, 2, 1), end=date(2024, 3, 31))
    assert analytics.aggregate(days).columns()["value"] == [70.0]
    last = AnalyticsQuery(
        dx=ground.count, pe="LAST_3_MONTHS", filters={"ou": ground.here}, relative_period_date=date(2024, 4, 15)
    )
    assert sorted(row["value"] for row in analytics.aggregate(last).rows()) == [11.0, 12.0, 13.0]


def test_rows_have_names(client: Dhis2Client, worker: Dhis2Client, analysed: Ground) -> None:
    grid = worker.analytics.aggregate(dx=analysed.count, pe=MONTHS[0], ou=analysed.here)
    (row,) = grid.with_labels("name").rows()
    assert row["dx_name"] == client.data_elements.get(analysed.count, fields="name").name
    assert row["ou_name"] == client.organisation_units.get(analysed.here, fields="name").name


def test_results_become_frames(worker: Dhis2Client, analysed: Ground) -> None:
    polars = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    grid = worker.analytics.aggregate(dx=analysed.count, pe=MONTHS, ou=[analysed.here, analysed.there])
    frame = grid.to_polars()
    assert frame.shape == (6, 4)
    assert frame.schema["value"] == polars.Float64
    assert frame["value"].sum() == 102.0
    pytest.importorskip("pandas")
    assert str(grid.to_pandas()["value"].dtype) == "float64"


def test_what_the_query_is_about_is_told_without_data(worker: Dhis2Client, analysed: Ground) -> None:
    query = AnalyticsQuery(dx=analysed.count, pe=MONTHS, ou=analysed.root, skip_data=True)
    grid = worker.analytics.aggregate(query)
    assert len(grid) == 0
    assert grid.meta_data["dimensions"]["pe"] == list(MONTHS)


def test_what_nobody_knows_is_refused_or_told(worker: Dhis2Client, analysed: Ground) -> None:
    analytics, unit = worker.analytics, analysed.here
    with pytest.raises(ConflictError) as unknown:
        analytics.aggregate(dx="nOtKnown001", pe=MONTHS, ou=unit)
    assert unknown.value.code == "E7124"
    with pytest.raises(ConflictError) as nowhere:
        analytics.aggregate(dx=analysed.count, pe=MONTHS, ou="nOtKnown001")
    assert nowhere.value.code == "E7143"
    with pytest.raises(InvalidRequestError):
        analytics.aggregate(dx=analysed.count, ou=unit)
    with pytest.warns(DroppedItemsWarning, match="nOtKnown001"):
        kept = analytics.aggregate(dx=[analysed.count, "nOtKnown001"], pe=MONTHS, ou=unit)
    assert len(kept) == 3


def test_a_refusal_that_looks_like_a_table_is_an_error(worker: Dhis2Client, analysed: Ground) -> None:
    what: list[tuple[str, str]] = [("dimension", f"dx:{analysed.count}"), ("dimension", f"ou:{analysed.here}")]
    with worker.analytics.stream([*what, ("dimension", f"pe:{';'.join(MONTHS)}")]) as pieces:
        lines = b"".join(pieces).decode().splitlines()
    assert len(lines) == 4
    with pytest.raises(ConflictError) as refused, worker.analytics.stream(what):
        pass
    assert (refused.value.code, refused.value.status) == ("E7146", 200)


def test_nobody_sees_units_that_are_not_theirs(
    server: Server, client: Dhis2Client, analysed: Ground, place: Place
) -> None:
    role = str(client.user_roles.create({"name": place.name("clerk"), "authorities": ["F_DATAVALUE_ADD"]}).id)
    clerk = place.name("clerk")
    client.metadata.accounts.create(
        clerk, PASSWORD, first_name="Ada", surname=clerk, roles=[role], units=[analysed.there]
    )
    client.data_elements.share(analysed.count, public="r-------")
    with server.connect(BasicAuth(clerk, PASSWORD)) as narrow:
        assert len(narrow.analytics.aggregate(dx=analysed.count, pe=MONTHS, ou=analysed.there)) == 3
        with pytest.raises(ConflictError) as refused:
            narrow.analytics.aggregate(dx=analysed.count, pe=MONTHS, ou=analysed.here)
        assert refused.value.code == "E7120"


def test_values_far_from_the_others_are_told(worker: Dhis2Client, analysed: Ground) -> None:
    where: Any = {"dx": analysed.count, "ou": analysed.here, "start": date(2024, 1, 1), "end": date(2024, 12, 31)}
    near = list(worker.analytics.outliers(**where, threshold=0.0001).rows())
    assert len(near) >= 2  # the mean, to which values of other scenarios belong, is one of the three at most
    assert {row["value"] for row in near} <= {11.0, 12.0, 13.0}
    assert [row["absdev"] for row in near] == sorted((row["absdev"] for row in near), reverse=True)
    for row in near:
        assert row["absdev"] == pytest.approx(abs(row["value"] - row["mean"]), abs=0.011)
        assert row["zscore"] == pytest.approx(row["absdev"] / row["stddev"], rel=0.05, abs=0.02)
    (least,) = worker.analytics.outliers(
        **where, threshold=0.0001, max_results=1, params={"orderBy": "value", "sortOrder": "ASC"}
    ).rows()
    assert least["value"] == min(row["value"] for row in near)
    assert len(worker.analytics.outliers(**where, threshold=1000)) == 0


def test_outliers_by_limits_are_not_in_the_tables(worker: Dhis2Client, analysed: Ground) -> None:
    with pytest.raises(ConflictError) as refused:
        worker.analytics.outliers(dx=analysed.count, ou=analysed.here, pe="2024", algorithm="MIN_MAX")
    assert refused.value.code == "E2211"


@pytest.fixture(scope="module")
def followed(client: Dhis2Client, worker: Dhis2Client, ground: Ground) -> Generator[tuple[str, str]]:
    """A person and its enrollment, with two events, and the tables of tracker built after they were stored."""
    report = worker.tracker.register(
        ground.person,
        ground.here,
        {ground.name: FOLLOWED},
        program=ground.program,
        enrolled_at=ENROLLED,
        occurred_at=ENROLLED,
    )
    (person,), (enrollment,) = report.uids["trackedEntities"], report.uids["enrollments"]
    for day, weight in ((10, 61.5), (20, 62.5)):
        worker.tracker.add_event(
            ground.program,
            ground.stage,
            ground.here,
            {ground.weight: weight},
            enrollment=enrollment,
            occurred_at=date(2019, 6, day),
        )
    with output_periods(client):
        without: list[Table] = [table for table in get_args(Table) if table not in TABLES_OF_TRACKER]
        client.jobs.wait(client.maintenance.refresh_analytics(without=without), within=HALF_AN_HOUR)
        yield person, enrollment


def test_enrollments_are_listed_with_their_latest_values(
    worker: Dhis2Client, ground: Ground, followed: tuple[str, str]
) -> None:
    weight, may = f"{ground.stage}.{ground.weight}", {"start": date(2019, 5, 1), "end": date(2019, 5, 31)}
    asked: Any = {"dimensions": [weight, ground.name], "ou": ground.root, **may}
    grid = worker.analytics.enrollments.query(
        ground.program, headers=["tei", "pi", "programstatus", weight, ground.name], **asked
    )
    (row,) = grid.rows()
    assert (row["tei"], row["pi"]) == followed
    assert (row["programstatus"], float(row[weight]), row[ground.name]) == ("ACTIVE", 62.5, FOLLOWED)


@pytest.mark.usefixtures("followed")
def test_enrollments_are_counted(worker: Dhis2Client, ground: Ground) -> None:
    grid = worker.analytics.enrollments.aggregate(ground.program, ou=ground.here, pe="201905")
    assert list(grid.rows()) == [{"value": 1.0, "ou": ground.here, "pe": "201905"}]
    june = worker.analytics.enrollments.aggregate(ground.program, ou=ground.here, pe="201906")
    assert len(june) == 0


@pytest.mark.usefixtures("followed")
def test_events_are_listed_by_any_of_their_times(worker: Dhis2Client, ground: Ground) -> None:
    weight = f"{ground.stage}.{ground.weight}"
    times: list[tuple[dict[str, str], list[float]]] = [
        ({"eventDate": "201906"}, [61.5, 62.5]),
        ({"eventDate": "2019-06-15_2019-06-30"}, [62.5]),
        ({"enrollmentDate": "201905"}, [61.5, 62.5]),
        ({"enrollmentDate": "201905", "eventDate": "201905"}, []),
    ]
    for params, weights in times:
        grid = worker.analytics.events.query(
            ground.program, dimensions=[weight], headers=["psi", weight], ou=ground.root, params=params
        )
        assert sorted(float(cell) for cell in grid.column(weight)) == weights


@pytest.mark.usefixtures("followed")
def test_tracked_entities_are_listed_with_their_latest_values(worker: Dhis2Client, ground: Ground) -> None:
    weight, entities = f"{ground.program}.{ground.stage}.{ground.weight}", worker.analytics.tracked_entities
    asked: Any = {"ou": ground.root, "headers": [ground.name, "ouname", weight]}
    grid = entities.query(ground.person, dimensions=[f"{ground.name}:EQ:{FOLLOWED}", weight], **asked)
    assert [(row[ground.name], float(row[weight])) for row in grid.rows()] == [(FOLLOWED, 62.5)]
    heavy = entities.query(ground.person, dimensions=[f"{ground.name}:EQ:{FOLLOWED}", f"{weight}:GT:62.5"], **asked)
    assert len(heavy) == 0
    with pytest.raises(ConflictError) as refused:
        entities.query(ground.person, ou=ground.root, pe="2019")
    assert refused.value.code == "E7222"
