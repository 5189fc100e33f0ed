"""What the metadata of event and enrollment analytics say of options, filters, values and places.

Evidence: `MetadataItemsHandler`, `QueryItemHelper`, `MetadataItem` and `OrgUnitHelper`.
"""

from typing import Any

import pytest
from looking import change, get, register_two
from registering import CARE, NAME, NOTE, OTHER, ROOT, UNIT, VISIT, WEIGHT, Registrar, visit

Json = dict[str, Any]

YEAR = "startDate=2024-01-01&endDate=2024-12-31"
EVENTS = f"/api/analytics/events/query/{CARE}?dimension=ou:{ROOT}&{YEAR}"
ENROLLMENTS = f"/api/analytics/enrollments/query/{CARE}?dimension=ou:{ROOT}&{YEAR}"
SUMS = f"/api/analytics/events/aggregate/{CARE}?dimension=ou:{ROOT}&dimension=pe:2024"
ITEM = f"{VISIT}.{NOTE}"
RED, BLUE, COLOURS = "OptionRed01", "OptionBlue1", "OptnSetAaa1"


def _metadata(registrar: Registrar, target: str) -> Json:
    reply = get(registrar, target)
    assert reply.status == 200, reply.body
    return reply.parsed()["metaData"]


@pytest.fixture
def analysed(registrar: Registrar) -> Registrar:
    """Somebody with an event that has one of two colours."""
    register_two(registrar)
    change(registrar, "optionSet", COLOURS, name="Colours", options=[{"id": RED}, {"id": BLUE}])
    for uid, name, code in ((RED, "Red", "R"), (BLUE, "Blue", "B")):
        change(registrar, "option", uid, name=name, code=code, optionSet={"id": COLOURS})
    change(registrar, "dataElement", NOTE, optionSet={"id": COLOURS})
    more = visit("EventVisitR", {NOTE: "R"}, occurredAt="2024-06-01")
    assert registrar.send(events=[more])[0] == 200
    assert registrar.request("POST", "/api/resourceTables/analytics").status == 200
    return registrar


def test_lists_name_the_options_that_they_show(analysed: Registrar) -> None:
    metadata = _metadata(analysed, f"{EVENTS}&dimension={ITEM}")
    assert metadata["items"][RED] == {"code": "R", "name": "Red"}
    assert metadata["items"][COLOURS] == {"uid": COLOURS, "name": "Colours", "options": [{"uid": RED, "code": "R"}]}
    assert BLUE not in metadata["items"]
    assert metadata["dimensions"] == {"pe": [], "ou": [ROOT], ITEM: [RED]}
    assert metadata["items"][NOTE] == metadata["items"][ITEM] == {"name": "Note"}


def test_empty_lists_name_the_options_that_are_asked_for(analysed: Registrar) -> None:
    metadata = _metadata(analysed, f"{EVENTS}&dimension={ITEM}:EQ:B")
    assert metadata["dimensions"][ITEM] == [BLUE]
    assert metadata["items"][BLUE] == {"code": "B", "name": "Blue"}
    assert RED not in metadata["items"]
    nothing = _metadata(analysed, f"{EVENTS}&dimension={ITEM}&skipData=true")
    assert (nothing["dimensions"][ITEM], COLOURS in nothing["items"]) == ([], False)


def test_earlier_events_of_enrollments_name_all_options(analysed: Registrar) -> None:
    metadata = _metadata(analysed, f"{ENROLLMENTS}&dimension={VISIT}[-1].{NOTE}")
    assert metadata["dimensions"][ITEM] == [RED, BLUE]
    assert RED not in metadata["items"]


def test_filters_are_told_as_they_were_understood(analysed: Registrar) -> None:
    asked = f"{EVENTS}&filter={NAME}:LIKE:An:NE:Bob&filter={VISIT}.{WEIGHT}"
    dimensions = _metadata(analysed, asked)["dimensions"]
    assert dimensions[NAME] == ["like An, != Bob"]
    assert dimensions[WEIGHT] == []
    assert _metadata(analysed, f"{EVENTS}&filter={ITEM}:IN:B;NV")["dimensions"][NOTE] == [BLUE]


def test_sums_name_all_options_and_what_is_summed_up(analysed: Registrar) -> None:
    metadata = _metadata(analysed, f"{SUMS}&dimension={ITEM}&value={WEIGHT}&aggregationType=SUM")
    items = metadata["items"]
    assert (items[RED], items[BLUE]) == ({"code": "R", "name": "Red"}, {"code": "B", "name": "Blue"})
    assert COLOURS not in items
    assert items[WEIGHT] == {"code": "WEIGHT", "name": "Weight"}
    assert (ITEM in items) == (analysed.sandbox.server.version in {"v43", "v44"})
    assert items[NOTE] == {"name": "Note"}
    assert metadata["dimensions"] == {"pe": ["2024"], "ou": [ROOT], NOTE: [RED, BLUE]}


def test_units_of_lists_are_placed_if_they_have_rows(analysed: Registrar) -> None:
    asked = EVENTS.replace(f"ou:{ROOT}", f"ou:{UNIT};{OTHER}") + "&hierarchyMeta=true&showHierarchy=true"
    every = _metadata(analysed, asked)
    assert every["ouHierarchy"] == {UNIT: ROOT, OTHER: ROOT}
    assert every["ouNameHierarchy"] == {UNIT: "/Country/District A", OTHER: "/Country/District B"}
    assert _metadata(analysed, f"{asked}&filter={NAME}:EQ:Bob")["ouHierarchy"] == {OTHER: ROOT}
    assert _metadata(analysed, f"{asked}&skipData=true")["ouHierarchy"] == {UNIT: ROOT, OTHER: ROOT}
    assert "ouHierarchy" not in _metadata(analysed, EVENTS)
