"""What tracker data keep: nothing that a record refers to is deleted, until the record itself is gone for good."""

from registering import (
    CARE,
    COUNT_STAGE,
    COUNTS,
    NAME,
    NOTE,
    PERSON,
    UNIT,
    VISIT,
    WEIGHT,
    Registrar,
    person,
    single,
    visit,
)

from dhis2w_sandbox.metadata.deleting import OTHER_VETOES

ADMIN = "M5zQapPyTZI"

REFUSAL = "Object could not be deleted because it is associated with another object: "
VALUES = "TrackedEntityAttributeValue (Some values are still assigned to this attribute)"
HELD = {
    f"organisationUnits/{UNIT}": "TrackedEntity",
    f"programs/{CARE}": "Enrollment",
    f"programStages/{VISIT}": "TrackerEvent",
    f"programs/{COUNTS}": "SingleEvent",
    f"programStages/{COUNT_STAGE}": "SingleEvent",
}
REMOVALS = ("softDeletedEventRemoval", "softDeletedTrackedEntityRemoval")


def holder_of(registrar: Registrar, path: str) -> str:
    """Who forbids the deletion of an object."""
    reply = registrar.request("DELETE", f"/api/{path}")
    assert reply.status == 409, path
    (error,) = reply.parsed()["response"]["errorReports"]
    assert error["errorCode"] == "E4030"
    return error["message"].removeprefix(REFUSAL)


def test_what_a_record_refers_to_stays_until_it_is_gone_for_good(registrar: Registrar) -> None:
    registrar.register()
    registrar.send(events=[visit(values={WEIGHT: "3"}), single()])
    assert holder_of(registrar, f"trackedEntityAttributes/{NAME}") == VALUES
    splits = registrar.sandbox.server.behaviour.splits_events
    named = {path: name if splits or not name.endswith("Event") else "Event" for path, name in HELD.items()}
    assert {path: holder_of(registrar, path) for path in HELD} == named

    deleted = {"trackedEntities": [{"trackedEntity": "PersonAnn01"}], "events": [{"event": "EventCount1"}]}
    assert registrar.send("importStrategy=DELETE", **deleted)[0] == 200
    assert {path: holder_of(registrar, path) for path in HELD} == named

    for removal in REMOVALS:
        registrar.request("POST", f"/api/maintenance/{removal}")
    for path in (f"programs/{CARE}", f"programs/{COUNTS}", f"trackedEntityTypes/{PERSON}", f"dataElements/{WEIGHT}"):
        assert registrar.request("DELETE", f"/api/{path}").status == 200, path


def test_a_type_stays_without_its_program(registrar: Registrar) -> None:
    assert registrar.send(trackedEntities=[person()])[0] == 200
    assert registrar.request("DELETE", f"/api/programs/{CARE}").status == 200
    assert holder_of(registrar, f"trackedEntityTypes/{PERSON}") == "TrackedEntity"


def test_elements_with_values_and_who_wrote_them_stay(registrar: Registrar) -> None:
    registrar.register()
    registrar.send(events=[visit(values={WEIGHT: "3"})])
    server = registrar.sandbox.server
    event = "TrackerEvent" if server.behaviour.splits_events else "Event"
    assert event in [check(server, WEIGHT) for check in OTHER_VETOES["dataElement"]]
    assert [check(server, NOTE) for check in OTHER_VETOES["dataElement"]] == [None] * len(OTHER_VETOES["dataElement"])
    assert [check(server, ADMIN) for check in OTHER_VETOES["user"]] == ["TrackedEntity"]
    assert [check(server, "UserSecond1") for check in OTHER_VETOES["user"]] == [None]
