"""Where event analytics places events: by which geometry, and how many.

Evidence: `DefaultEventDataQueryService.getCoordinateFields`, `DefaultEventCoordinateService`,
`JdbcEventAnalyticsManager` and `EventsAnalyticsQueryCriteria`.
"""

import json
from typing import Any

import pytest
from looking import change, get, register_two
from registering import CARE, COUNTS, NOTE, ROOT, UNIT, WEIGHT, Registrar, single, visit

Json = dict[str, Any]

YEAR = f"dimension=ou:{ROOT}&startDate=2024-01-01&endDate=2024-12-31"
EVENTS = f"/api/analytics/events/query/{CARE}?{YEAR}&asc=psi"
COUNT = f"/api/analytics/events/count/{CARE}?{YEAR}"
PLACED, ELSEWHERE = [10.5, 59.9], [11.0, 60.0]


def _point(coordinates: list[float]) -> Json:
    return {"type": "Point", "coordinates": coordinates}


def _geometries(registrar: Registrar, query: str) -> list[Any]:
    reply = get(registrar, f"{EVENTS}&headers=geometry&{query}")
    assert reply.status == 200, reply.body
    return [json.loads(text)["coordinates"] if text else None for (text,) in reply.parsed()["rows"]]


def _code(registrar: Registrar, query: str) -> str | None:
    return get(registrar, f"{EVENTS}&{query}").parsed().get("errorCode")


@pytest.fixture
def analysed(registrar: Registrar) -> Registrar:
    """Somebody with three visits and one placed event, in a unit that has a place of its own."""
    register_two(registrar)
    change(registrar, "organisationUnit", UNIT, geometry=_point(ELSEWHERE))
    change(registrar, "programStage", "StageVisit1", featureType="POINT")
    change(registrar, "dataElement", NOTE, valueType="COORDINATE")
    more = visit("EventVisitR", {NOTE: "[1.5,2.5]"}, occurredAt="2024-06-01", geometry=_point(PLACED))
    assert registrar.send(events=[more])[0] == 200
    assert registrar.request("POST", "/api/resourceTables/analytics").status == 200
    return registrar


def test_the_geometry_is_that_of_the_event_or_of_what_is_named(analysed: Registrar) -> None:
    assert _geometries(analysed, "coordinateField=EVENT") == [None, None, None, PLACED]
    assert _geometries(analysed, "coordinateField=psigeometry") == [None, None, None, PLACED]
    assert _geometries(analysed, "coordinateField=ougeometry") == [ELSEWHERE, ELSEWHERE, None, ELSEWHERE]
    assert _geometries(analysed, f"coordinateField={NOTE}") == [None, None, None, [1.5, 2.5]]
    assert _geometries(analysed, "coordinateField=ENROLLMENT") == [None] * 4


def test_another_geometry_counts_where_there_is_none(analysed: Registrar) -> None:
    both = [ELSEWHERE, ELSEWHERE, None, PLACED]
    assert _geometries(analysed, "coordinateField=EVENT&fallbackCoordinateField=ougeometry") == both
    assert _geometries(analysed, "defaultCoordinateFallback=true") == both
    assert _geometries(analysed, "defaultCoordinateFallback=true&coordinatesOnly=true") == [
        ELSEWHERE,
        ELSEWHERE,
        PLACED,
    ]
    assert _geometries(analysed, "coordinatesOnly=true") == [PLACED]
    assert len(_geometries(analysed, "geometryOnly=true&bbox=1,2,3,4")) == 4


def test_44_says_of_what_a_geometry_is(analysed: Registrar) -> None:
    def headers(query: str) -> list[str]:
        return [row["name"] for row in get(analysed, f"{EVENTS}&{query}").parsed()["headers"]]

    assert "geometrySource" not in headers("coordinateField=EVENT")
    names = headers("defaultCoordinateFallback=true")
    if analysed.sandbox.server.version != "v44":
        assert "geometrySource" not in names
        return
    assert names[names.index("geometry") + 1] == "geometrySource"
    reply = get(analysed, f"{EVENTS}&defaultCoordinateFallback=true&headers=geometrySource")
    assert reply.parsed()["rows"] == [["ougeometry"], ["ougeometry"], [""], ["psigeometry"]]


def test_events_are_counted_with_the_box_around_them(analysed: Registrar) -> None:
    assert get(analysed, COUNT).parsed() == {"count": 1, "extent": "BOX(10.5 59.9,10.5 59.9)"}
    everywhere = get(analysed, f"{COUNT}&defaultCoordinateFallback=true").parsed()
    assert everywhere == {"count": 3, "extent": "BOX(10.5 59.9,11 60)"}
    assert get(analysed, f"{COUNT}&coordinateField=ENROLLMENT").parsed() == {"count": 0}


def test_only_geometries_can_be_named(analysed: Registrar) -> None:
    assert _code(analysed, f"coordinateField={WEIGHT}") == "E7219"
    assert _code(analysed, "coordinateField=AttrAge0001") == "E7220"
    assert _code(analysed, "coordinateField=somewhere") == "E7221"
    assert _code(analysed, "fallbackCoordinateField=somewhere") == "E7232"
    assert analysed.send(events=[single()])[0] == 200
    of_events = EVENTS.replace(CARE, COUNTS)
    assert get(analysed, f"{of_events}&coordinateField=TRACKER").parsed()["errorCode"] == "E7221"
    assert get(analysed, f"{of_events}&fallbackCoordinateField=tegeometry").parsed()["errorCode"] == "E7232"
    assert get(analysed, f"{of_events}&defaultCoordinateFallback=true").status == 200


def test_enrollments_are_placed_by_points(analysed: Registrar) -> None:
    asked = f"/api/analytics/enrollments/query/{CARE}?{YEAR}&headers=pi"
    assert get(analysed, f"{asked}&coordinatesOnly=true").parsed()["rows"] == []
    assert len(get(analysed, asked).parsed()["rows"]) == 2


def test_units_count_themselves_or_with_those_right_below_or_with_all(analysed: Registrar) -> None:
    def count(unit: str, mode: str) -> int:
        asked = EVENTS.replace(f"ou:{ROOT}", f"ou:{unit}")
        return len(get(analysed, f"{asked}&headers=psi&ouMode={mode}").parsed()["rows"])

    assert [count(ROOT, mode) for mode in ("SELECTED", "CHILDREN", "DESCENDANTS", "ALL")] == [0, 4, 4, 4]
    assert [count(UNIT, mode) for mode in ("SELECTED", "CHILDREN", "DESCENDANTS")] == [3, 0, 3]
    sums = f"/api/analytics/events/aggregate/{CARE}?dimension=ou:{ROOT}&dimension=pe:2024&ouMode=CHILDREN"
    assert get(analysed, sums).parsed()["rows"] == [[ROOT, "2024", "4"]]
    assert get(analysed, f"{EVENTS}&ouMode=NEARBY").status == 400
