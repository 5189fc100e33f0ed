"""What somebody of one district may import, and which differences between the versions the security validators have."""

from typing import Any

import pytest
from looking import CLERK, hire_clerk
from registering import (
    AGE,
    FIRST,
    NUMBER,
    OTHER,
    ROOT,
    UNIT,
    VISIT,
    WEIGHT,
    Registrar,
    codes,
    enrollment,
    person,
    single,
    visit,
)

Json = dict[str, Any]


def sent_by_clerk(registrar: Registrar, query: str = "", **payload: Any) -> list[str]:
    """The codes of an import of the clerk."""
    reply = registrar.request("POST", f"/api/tracker?async=false&{query}", payload, user=CLERK)
    return codes(reply.parsed())


@pytest.fixture
def clerk(registrar: Registrar) -> Registrar:
    """A registrar with a clerk of one district, who searches in the whole country."""
    registrar.register()
    hire_clerk(registrar, UNIT, search=(ROOT,))
    return registrar


def test_what_is_only_scheduled_may_be_so_where_the_clerk_searches(clerk: Registrar) -> None:
    """`Event.isCreatableInSearchScope` of `SecurityOwnershipValidator` (43: `SecurityTrackerEventValidator`)."""
    scheduled = visit(orgUnit=OTHER, status="SCHEDULE", scheduledAt="2024-03-01", occurredAt=None)
    assert sent_by_clerk(clerk, events=[visit("EventVisit2", orgUnit=OTHER)]) == ["E1000"]
    assert sent_by_clerk(clerk, events=[scheduled]) == []
    assert sent_by_clerk(clerk, "importStrategy=DELETE", events=[{"event": "EventVisit1"}]) == []


def test_a_single_event_may_be_taken_from_another_district_before_43(clerk: Registrar) -> None:
    """`SecurityOwnershipValidator` looks at the new unit only, `SecuritySingleEventValidator` at both."""
    clerk.send(events=[single(orgUnit=OTHER)])
    splits = clerk.sandbox.server.behaviour.splits_events
    assert sent_by_clerk(clerk, events=[single(orgUnit=UNIT)]) == (["E1000"] if splits else [])


def test_a_person_moves_from_43_on_only_to_where_the_clerk_works(clerk: Registrar) -> None:
    """`handleUpdate` of `trackedentity.SecurityOwnershipValidator`."""
    splits = clerk.sandbox.server.behaviour.splits_events
    assert sent_by_clerk(clerk, trackedEntities=[person(orgUnit=OTHER)]) == (["E1000"] if splits else [])


def test_a_closed_option_closes_new_events_and_from_43_on_all_that_name_it(clerk: Registrar) -> None:
    """`checkWriteCategoryOptionComboAccess`: `EventMapper` leaves the combo of a stored event out."""
    store = clerk.sandbox.server.store
    combo: Json = {"attributeOptionCombo": "HllvX50cXC0"}
    clerk.send(events=[single(**combo)])
    option = store.get("categoryOption", "xYerKDKCefk") or {}
    sharing: Json = {**option["sharing"], "public": "rw------", "users": {}, "userGroups": {}}
    store.put("categoryOption", option["id"], {**option, "sharing": sharing})
    splits = clerk.sandbox.server.behaviour.splits_events
    assert sent_by_clerk(clerk, events=[single("EventCount2", **combo)]) == ["E1099"]
    assert sent_by_clerk(clerk, events=[single(**combo)]) == (["E1099"] if splits else [])
    assert sent_by_clerk(clerk, "importStrategy=DELETE", events=[{"event": "EventCount1"}]) == []


def test_an_event_of_a_closed_option_is_not_read(clerk: Registrar) -> None:
    """`canRead` of `DefaultTrackerAccessManager` looks at the options of the combo."""
    clerk.send(events=[visit()])
    store = clerk.sandbox.server.store
    target = "/api/tracker/events/EventVisit1"
    assert clerk.request("GET", target, user=CLERK).status == 200
    option = store.get("categoryOption", "xYerKDKCefk") or {}
    store.put("categoryOption", option["id"], {**option, "sharing": {**option["sharing"], "public": "--------"}})
    assert clerk.request("GET", target, user=CLERK).status in {403, 404}


def test_2_41_says_of_a_refused_event_too_that_it_is_a_second_one(registrar: Registrar) -> None:
    """`RepeatedEventsValidator`: 2.41 looks at every event, later versions at those that nothing else is wrong with."""
    registrar.register(events=[visit(programStage=FIRST)])
    _, report = registrar.send(events=[visit("EventVisit2", {WEIGHT: "heavy"}, programStage=FIRST)])
    oldest = registrar.sandbox.server.version == "v41"
    assert codes(report) == (["E1039", "E1302"] if oldest else ["E1302"])


def test_stored_values_count_for_mandatory_ones_by_uid_only(registrar: Registrar) -> None:
    """`ValidationUtils.getSavedDataValues` names them `MetadataIdentifier.ofUid`, whatever the scheme."""
    store = registrar.sandbox.server.store
    stage = store.get("programStage", VISIT) or {}
    rows = [{**row, "compulsory": row["dataElement"]["id"] == WEIGHT} for row in stage["programStageDataElements"]]
    store.put("programStage", VISIT, {**stage, "programStageDataElements": rows})
    registrar.register(events=[visit(values={WEIGHT: "3"})])
    assert codes(registrar.send(events=[visit()])[1]) == []
    assert codes(registrar.send("dataElementIdScheme=CODE", events=[visit()])[1]) == ["E1303"]


def test_a_new_attribute_without_a_text_is_stored_before_43(registrar: Registrar) -> None:
    """`AbstractTrackerPersister.handleTrackedEntityAttributeValues`: not new and empty is a deletion, new is stored."""
    registrar.send(trackedEntities=[person(attributes=[{"attribute": NUMBER, "value": ""}, {"attribute": AGE}])])
    entity = registrar.records.tracked_entities.get("PersonAnn01")
    assert entity is not None
    found = {row.attribute: row.value for row in entity.attributes}
    assert found == ({NUMBER: "", AGE: None} if registrar.sandbox.server.version in {"v41", "v42"} else {})


def test_a_file_is_free_when_its_value_goes(registrar: Registrar) -> None:
    """`AbstractTrackerPersister.unassignFileResource`, on a deletion and, from 42 on, where another takes its place."""
    store = registrar.sandbox.server.store
    element = store.get("dataElement", "ElemNote001") or {}
    store.put("dataElement", element["id"], {**element, "valueType": "FILE_RESOURCE"})
    for uid in ("FileResrce1", "FileResrce2"):
        store.put("fileResource", uid, {"id": uid, "assigned": False, "domain": "DATA_VALUE"})
    registrar.register(events=[visit(values={"ElemNote001": "FileResrce1"})])
    registrar.send(events=[visit(values={"ElemNote001": "FileResrce2"})])
    assigned = [(store.get("fileResource", uid) or {})["assigned"] for uid in ("FileResrce1", "FileResrce2")]
    assert assigned == [registrar.sandbox.server.version == "v41", True]
    registrar.send(events=[visit(values={"ElemNote001": None})])
    assert (store.get("fileResource", "FileResrce2") or {})["assigned"] is False


def test_a_note_without_a_text_is_no_note_but_its_identifier_is_looked_at(registrar: Registrar) -> None:
    """`UidValidator` (2.41) and the `UID` of `Note` (later) come before `ValidationUtils.validateNotes`."""
    registrar.register()
    status, report = registrar.send(events=[visit(notes=[{"note": "none", "value": ""}])])
    oldest = registrar.sandbox.server.version == "v41"
    assert (status, codes(report) if oldest else []) == ((409, ["E1048"]) if oldest else (400, []))
    registrar.send(enrollments=[enrollment(trackedEntity="PersonAnn01", notes=[{"value": ""}])])
    stored = registrar.records.enrollments.get("EnrollAnn01")
    assert stored is not None
    assert stored.notes == ()
