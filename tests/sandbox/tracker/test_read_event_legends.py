"""Numbers of event and enrollment analytics by legends.

Evidence: `DefaultQueryItemLocator.getLegendSet`, `JdbcEventAnalyticsTableManager`, `MetadataItemsHandler`,
`SchemeIdResponseMapper` and `DefaultEventQueryValidator`.
"""

from typing import Any

import pytest
from looking import answered, change, get, register_two
from registering import CARE, DOUBLE, NAME, ROOT, VISIT, WEIGHT, Registrar, visit

Json = dict[str, Any]

YEAR = "startDate=2024-01-01&endDate=2024-12-31"
EVENTS = f"/api/analytics/events/query/{CARE}?dimension=ou:{ROOT}&{YEAR}&asc=psi"
ENROLLMENTS = f"/api/analytics/enrollments/query/{CARE}?dimension=ou:{ROOT}&{YEAR}&asc=pi"
SUMS = f"/api/analytics/events/aggregate/{CARE}?dimension=ou:{ROOT}&dimension=pe:2024"
LEGENDS, LOW, HIGH = "LegendSetA1", "LegendLow01", "LegendHigh1"
ITEM, ASKED = f"{VISIT}.{WEIGHT}", f"{VISIT}.{WEIGHT}-{LEGENDS}"


@pytest.fixture
def analysed(registrar: Registrar) -> Registrar:
    """Somebody with weights of 12.5, 9, 7 and 100, of which the first three have a legend."""
    register_two(registrar)
    legends = [
        {"id": HIGH, "name": "High", "code": "HI", "startValue": 9.0, "endValue": 50.0},
        {"id": LOW, "name": "Low", "startValue": 0.0, "endValue": 9.0},
    ]
    change(registrar, "legendSet", LEGENDS, name="Weights", legends=legends)
    change(registrar, "dataElement", WEIGHT, legendSets=[{"id": LEGENDS}])
    assert registrar.send(events=[visit("EventVisitH", {WEIGHT: "100"}, occurredAt="2024-06-01")])[0] == 200
    assert registrar.request("POST", "/api/resourceTables/analytics").status == 200
    return registrar


def test_numbers_are_shown_as_the_legends_that_they_lie_in(analysed: Registrar) -> None:
    answer = answered(analysed, f"{EVENTS}&dimension={ASKED}&headers={ITEM}")
    assert answer["rows"] == [[HIGH], [HIGH], [LOW], [""]]
    (header,) = answer["headers"]
    assert (header["name"], header["valueType"], header["legendSet"]) == (ITEM, "TEXT", LEGENDS)
    assert answer["metaData"]["dimensions"][ITEM] == [LOW, HIGH]
    items = answer["metaData"]["items"]
    assert (items[LOW], items[HIGH]) == ({"name": "Low"}, {"code": "HI", "name": "High"})
    named = answered(analysed, f"{EVENTS}&dimension={ASKED}&headers={ITEM}&dataIdScheme=NAME")
    assert named["rows"] == [["High"], ["High"], ["Low"], [""]]


def test_legends_are_asked_for_by_their_identifiers(analysed: Registrar) -> None:
    answer = answered(analysed, f"{EVENTS}&dimension={ASKED}:IN:{LOW}&headers=psi")
    assert answer["rows"] == [["EventVisitC"]]
    assert answer["metaData"]["dimensions"][ITEM] == [LOW]
    filtered = answered(analysed, f"{EVENTS}&filter={ASKED}:IN:{HIGH};{LOW}&headers=psi")
    assert len(filtered["rows"]) == 3
    assert filtered["metaData"]["dimensions"][WEIGHT] == [HIGH, LOW]


def test_enrollments_and_sums_have_legends_too(analysed: Registrar) -> None:
    rows = answered(analysed, f"{ENROLLMENTS}&dimension={ASKED}&headers=pi,{ITEM}")["rows"]
    assert rows == [["EnrollAnn01", ""], ["EnrollBob01", LOW]]
    before = f"{VISIT}[-1].{WEIGHT}-{LEGENDS}"
    answer = answered(analysed, f"{ENROLLMENTS}&dimension={before}&headers={before}&filter={NAME}:EQ:Ann")
    assert answer["rows"] == [[HIGH]]
    sums = answered(analysed, f"{SUMS}&dimension={ASKED}&sortOrder=DESC")
    assert [row for row in sums["rows"] if row[0]] == [[LOW, ROOT, "2024", "1"], [HIGH, ROOT, "2024", "2"]]
    assert sums["metaData"]["dimensions"][ITEM] == [LOW, HIGH]


def test_legends_are_those_of_the_element(analysed: Registrar) -> None:
    assert get(analysed, f"{EVENTS}&dimension={VISIT}.{DOUBLE}-{LEGENDS}").status == 501
    change(analysed, "dataElement", WEIGHT, optionSet={"id": "OptnSetAaa1"})
    assert get(analysed, f"{EVENTS}&dimension={ASKED}").parsed()["errorCode"] == "E7215"
    change(analysed, "dataElement", WEIGHT, optionSet=None)
    unknown = answered(analysed, f"{EVENTS}&dimension={ITEM}-nOtKnown001&headers={ITEM}")
    assert [float(text) for (text,) in unknown["rows"]] == [12.5, 9, 7, 100]
