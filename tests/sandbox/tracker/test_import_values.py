"""How values are merged into what is stored, and what an update keeps and loses."""

from datetime import UTC, datetime
from typing import Any

from registering import AGE, NAME, NOTE, WEIGHT, Registrar, enrollment, person, visit

from dhis2w_sandbox.tracker.records import Enrollment, Event, TrackedEntity


def _person(registrar: Registrar) -> TrackedEntity:
    found = registrar.records.tracked_entities.get("PersonAnn01")
    assert found is not None
    return found


def _event(registrar: Registrar) -> Event:
    found = registrar.records.events.get("EventVisit1")
    assert found is not None
    return found


def _enrollment(registrar: Registrar) -> Enrollment:
    found = registrar.records.enrollments.get("EnrollAnn01")
    assert found is not None
    return found


def _attributes(*rows: tuple[str, str | None]) -> dict[str, Any]:
    return {"attributes": [{"attribute": attribute, "value": value} for attribute, value in rows]}


def test_attributes_that_are_not_sent_stay(registrar: Registrar) -> None:
    registrar.send(trackedEntities=[person(**_attributes((NAME, "Ann"), (AGE, "30")))])
    registrar.send(trackedEntities=[person(**_attributes((AGE, "31")))])
    assert {row.attribute: row.value for row in _person(registrar).attributes} == {NAME: "Ann", AGE: "31"}


def test_an_empty_attribute_is_removed(registrar: Registrar) -> None:
    registrar.send(trackedEntities=[person(**_attributes((NAME, "Ann"), (AGE, "30")))])
    registrar.send(trackedEntities=[person(**_attributes((AGE, None)))])
    assert [row.attribute for row in _person(registrar).attributes] == [NAME]


def test_attributes_of_an_enrollment_are_those_of_its_entity(registrar: Registrar) -> None:
    registrar.register(**_attributes((AGE, "30")))
    assert {row.attribute for row in _person(registrar).attributes} == {NAME, AGE}


def test_data_values_are_merged_and_emptied(registrar: Registrar) -> None:
    registrar.register(events=[visit(values={WEIGHT: "3", NOTE: "first"})])
    registrar.send(events=[visit(values={WEIGHT: "4"})])
    assert {row.element: row.value for row in _event(registrar).values} == {WEIGHT: "4", NOTE: "first"}
    registrar.send(events=[visit(values={NOTE: None})])
    assert [row.element for row in _event(registrar).values] == [WEIGHT]


def test_a_number_is_stored_as_it_was_spelled(registrar: Registrar) -> None:
    registrar.register()
    registrar.request(
        "POST",
        "/api/tracker?async=false",
        b'{"events": [{"event": "EventVisit1", "program": "ProgCare001", "programStage": "StageVisit1",'
        b' "orgUnit": "UnitAaaa001", "enrollment": "EnrollAnn01", "occurredAt": "2024-02-01",'
        b' "dataValues": [{"dataElement": "ElemWeight1", "value": 12.50}]}]}',
    )
    assert [row.value for row in _event(registrar).values] == ["12.50"]


def test_fields_that_are_not_sent_are_reset(registrar: Registrar) -> None:
    registrar.register(events=[visit(scheduledAt="2024-02-03")], followUp=True)
    registrar.send(events=[visit()], enrollments=[enrollment(trackedEntity="PersonAnn01")])
    assert _event(registrar).scheduled_at is None
    assert not _enrollment(registrar).follow_up


def test_completion_says_who_and_when_and_goes_away_again(registrar: Registrar) -> None:
    registrar.register(events=[visit(status="COMPLETED", completedAt="2024-02-05")])
    assert (_event(registrar).completed_by, _event(registrar).completed_at) == ("admin", "2024-02-05T00:00:00.000")
    registrar.send(events=[visit(status="ACTIVE")])
    assert (_event(registrar).completed_by, _event(registrar).completed_at) == (None, None)


def test_each_version_says_its_own_about_who_stored_it(registrar: Registrar) -> None:
    behaviour = registrar.sandbox.server.behaviour
    registrar.register(events=[visit(storedBy="phone")])
    created = _event(registrar).stored_by
    registrar.send(events=[visit(storedBy="phone")])
    updated = _event(registrar).stored_by
    expected = {"v41": ("admin", None), "v42": ("phone", None)}.get(behaviour.name, ("admin", "admin"))
    assert (created, updated) == expected
    assert _person(registrar).stored_by == (None if behaviour.name == "v42" else "admin")


def test_changes_are_logged_always_before_43_and_then_on_demand(registrar: Registrar) -> None:
    registrar.register(events=[visit(values={WEIGHT: "3"})])
    registrar.send(events=[visit(values={WEIGHT: "4"})])
    rows = registrar.records.changes_of("EventVisit1")
    logged = [(row.type, row.previous, row.current) for row in rows if row.field == WEIGHT]
    wanted = [("UPDATE", "3", "4"), ("CREATE", None, "3")]
    assert logged == ([] if registrar.sandbox.server.behaviour.event_change_log_flag else wanted)


def test_an_event_touches_its_person(registrar: Registrar) -> None:
    registrar.register()
    registrar.sandbox.server.clock = lambda: datetime(2031, 5, 6, tzinfo=UTC)
    registrar.send(events=[visit()])
    assert _person(registrar).updated_at == "2031-05-06T00:00:00.000"
