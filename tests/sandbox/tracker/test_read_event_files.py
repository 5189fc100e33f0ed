"""Lists and sums of events, enrollments and tracked entities as files.

Evidence: `EventQueryAnalyticsController`, `EventAggregateAnalyticsController`, `EnrollmentQueryAnalyticsController`,
`EnrollmentAggregateAnalyticsController` and `TrackedEntityAnalyticsController`, and `GridUtils`.
"""

import pytest
from looking import get, register_two
from registering import CARE, FIRST, PERSON, ROOT, VISIT, WEIGHT, Registrar

YEAR = f"dimension=ou:{ROOT}&startDate=2024-01-01&endDate=2024-12-31"
CACHED = "max-age=60, public"
EVENTS = (f"/api/analytics/events/query/{CARE}", f"{YEAR}&headers=ouname&asc=psi", "events")
EVENT_SUMS = (f"/api/analytics/events/aggregate/{CARE}", f"dimension=ou:{ROOT}&dimension=pe:2024", "events")
ENROLLMENTS = (f"/api/analytics/enrollments/query/{CARE}", f"{YEAR}&headers=ouname&asc=pi", "enrollments")
ENROLLMENT_SUMS = (f"/api/analytics/enrollments/aggregate/{CARE}", YEAR, "enrollments")


@pytest.fixture
def analysed(registrar: Registrar) -> Registrar:
    """Somebody with two people in the tables."""
    register_two(registrar)
    assert registrar.request("POST", "/api/resourceTables/analytics").status == 200
    return registrar


@pytest.mark.parametrize(("path", "query", "name"), [EVENTS, EVENT_SUMS, ENROLLMENTS, ENROLLMENT_SUMS])
def test_xml_and_pages_are_shown_under_a_name(analysed: Registrar, path: str, query: str, name: str) -> None:
    for suffix, media, start in (
        ("xml", "application/xml", "<?xml version='1.0' encoding='UTF-8'?><grid "),
        ("html", "text/html", '<div class="gridDiv">'),
    ):
        reply = get(analysed, f"{path}.{suffix}?{query}")
        assert (reply.status, reply.media) == (200, media), reply.body
        assert reply.headers["Content-Disposition"] == f'inline; filename="{name}.{suffix}"'
        assert reply.headers["Cache-Control"] == CACHED
        assert reply.body.decode().startswith(start)


def test_lists_and_sums_of_enrollments_are_attached_as_csv_and_sums_of_events_are_not(analysed: Registrar) -> None:
    for (path, query, name), how in (
        (EVENTS, "attachment"),
        (EVENT_SUMS, "inline"),
        (ENROLLMENTS, "attachment"),
        (ENROLLMENT_SUMS, "attachment"),
    ):
        reply = get(analysed, f"{path}.csv?{query}")
        assert reply.headers["Content-Disposition"] == f'{how}; filename="{name}.csv"'
    assert reply.body.decode() == f"Value,Organisation unit\n2,{ROOT}\n"
    sums = get(analysed, f"{EVENT_SUMS[0]}.csv?{EVENT_SUMS[1]}").body.decode()
    assert sums == f"Organisation unit,Period,Value\n{ROOT},2024,3\n"


def test_cells_are_those_of_the_list(analysed: Registrar) -> None:
    text = get(analysed, f"{EVENTS[0]}.xml?{EVENTS[1]}").body.decode()
    assert '<grid width="1" height="3"><headers><header name="ouname" column="Organisation unit name"' in text
    assert "<row><field>District A</field></row>" in text
    page = get(analysed, f"{EVENTS[0]}.html?{EVENTS[1]}&stage={VISIT}").body.decode()
    assert page.count("District A</td>") == 2


def test_columns_of_one_name_are_told_apart_in_csv_and_pages(analysed: Registrar) -> None:
    items = [f"{stage}.{WEIGHT}" for stage in (FIRST, VISIT)]
    asked = f"{YEAR}&{'&'.join(f'dimension={item}' for item in items)}&headers={','.join(items)}"
    path = ENROLLMENTS[0]
    assert get(analysed, f"{path}.csv?{asked}").body.decode().splitlines()[0] == "Weight - First,Weight - Visit"
    assert '<th style="text-align:left">Weight - Visit</th>' in get(analysed, f"{path}.html?{asked}").body.decode()
    assert 'column="Weight"' in get(analysed, f"{path}.xml?{asked}").body.decode()
    headers = get(analysed, f"{path}?{asked}").parsed()["headers"]
    assert [(row["column"], "displayColumn" in row) for row in headers] == [("Weight", False)] * 2
    alone = asked.replace(f"dimension={items[0]}&", "").replace(f"{items[0]},", "")
    assert get(analysed, f"{path}.csv?{alone}").body.decode().splitlines()[0] == "Weight"
    summed = f"{ENROLLMENT_SUMS[0]}.csv?{YEAR}&dimension={items[0]}&dimension={items[1]}"
    assert get(analysed, summed).body.decode().startswith("Value,Organisation unit,Weight - First,Weight - Visit\n")


def test_what_is_wrong_is_refused_as_in_json(analysed: Registrar) -> None:
    reply = get(analysed, f"/api/analytics/events/query/nOtKnown001.html?{YEAR}")
    assert (reply.status, reply.parsed()["errorCode"]) == (409, "E7129")


def test_files_of_entities_are_shown_by_the_name_of_the_version(analysed: Registrar) -> None:
    path = f"/api/analytics/trackedEntities/query/{PERSON}"
    name = "tei" if analysed.sandbox.server.version == "v41" else "trackedEntities"
    for suffix in ("csv", "xml", "html"):
        reply = get(analysed, f"{path}.{suffix}?dimension=ou:{ROOT}&program={CARE}")
        assert reply.status == 200, reply.body
        assert reply.headers["Content-Disposition"] == f'inline; filename="{name}.{suffix}"'
