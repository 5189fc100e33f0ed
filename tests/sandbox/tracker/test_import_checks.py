"""Which objects an import refuses, and by which code."""

from typing import Any

import pytest
from registering import (
    AGE,
    CARE,
    COUNTS,
    FIRST,
    NAME,
    NUMBER,
    OTHER,
    VISIT,
    WEIGHT,
    Registrar,
    codes,
    enrollment,
    person,
    single,
    visit,
    warnings,
)

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("entity", "code"),
    [
        ({"trackedEntityType": None}, "E1121"),
        ({"trackedEntityType": "TypeNope001"}, "E1005"),
        ({"orgUnit": "UnitNope001"}, "E1049"),
        ({"attributes": [{"attribute": "AttrNope001", "value": "x"}]}, "E1006"),
        ({"attributes": [{"attribute": AGE, "value": "ten"}]}, "E1007"),
        ({"attributes": [{"attribute": NAME, "value": "x" * 1201}]}, "E1077"),
    ],
)
def test_entities(registrar: Registrar, entity: Json, code: str) -> None:
    status, report = registrar.send(trackedEntities=[person(**entity)])
    assert (status, codes(report)) == (409, [code])


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"program": "ProgNope001"}, "E1069"),
        ({"orgUnit": "UnitNope001"}, "E1070"),
        ({"trackedEntity": "PersonNope1"}, "E1068"),
        ({"program": COUNTS}, "E1014"),
        ({"enrolledAt": None}, "E1025"),
        ({"enrolledAt": "2999-01-01"}, "E1020"),
        ({"occurredAt": "2999-01-01"}, "E1021"),
        ({"geometry": {"type": "Point", "coordinates": [1, 2]}}, "E1074"),
        ({"attributes": [{"attribute": AGE, "value": "x"}]}, "E1007"),
    ],
)
def test_enrollments(registrar: Registrar, row: Json, code: str) -> None:
    registrar.send(trackedEntities=[person()])
    _, report = registrar.send(enrollments=[enrollment(**{"trackedEntity": "PersonAnn01", **row})])
    assert codes(report) == [code]


def test_nobody_is_enrolled_twice_at_a_time(registrar: Registrar) -> None:
    registrar.register()
    _, report = registrar.send(enrollments=[enrollment("EnrollAnn02", trackedEntity="PersonAnn01")])
    assert codes(report) == ["E1015"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"orgUnit": "UnitNope001"}, "E1011"),
        ({"programStage": "StageNope01"}, "E1013"),
        ({"occurredAt": None}, "E1031"),
        ({"status": "SCHEDULE"}, "E1050"),
        ({"status": "SCHEDULE", "scheduledAt": "2024-03-01"}, None),
        ({"dataValues": [{"dataElement": WEIGHT, "value": "heavy"}]}, "E1302"),
        ({"dataValues": [{"dataElement": "ElemNope001", "value": "1"}]}, "E1304"),
        ({"attributeOptionCombo": "CombNope001"}, "E1115"),
        ({"attributeCategoryOptions": "OptnNope001"}, "E1116"),
        ({"assignedUser": {"username": "nobody"}}, "E1118"),
        ({"geometry": {"type": "Point", "coordinates": [1, 2]}}, "E1074"),
    ],
)
def test_events(registrar: Registrar, row: Json, code: str | None) -> None:
    registrar.register()
    _, report = registrar.send(events=[visit(**row)])
    assert codes(report)[:1] == ([code] if code else [])


def test_a_stage_that_is_not_repeatable_has_one_event(registrar: Registrar) -> None:
    registrar.register(events=[visit(programStage=FIRST)])
    _, report = registrar.send(events=[visit("EventVisit2", programStage=FIRST)])
    assert codes(report) == ["E1039"]


def test_a_stage_that_is_not_repeatable_has_one_event_in_a_payload(registrar: Registrar) -> None:
    registrar.register()
    both = [visit("EventVisit3", programStage=FIRST), visit("EventVisit4", programStage=FIRST)]
    _, report = registrar.send(events=both)
    assert codes(report) == ["E1039", "E1039"]


def test_an_event_cannot_go_back_to_being_scheduled(registrar: Registrar) -> None:
    registrar.register(events=[visit()])
    _, report = registrar.send(events=[visit(status="SCHEDULE", scheduledAt="2024-03-01")])
    assert codes(report) == ["E1316"]


def test_a_single_event_is_not_scheduled_where_it_is_apart(newer_registrar: Registrar) -> None:
    _, report = newer_registrar.send(events=[single(status="SCHEDULE", scheduledAt="2024-03-01")])
    assert codes(report) == ["E1318"]


def test_a_unique_value_is_one_persons(registrar: Registrar) -> None:
    numbered: Json = {"attributes": [{"attribute": NUMBER, "value": "7"}]}
    registrar.send(trackedEntities=[person(**numbered)])
    _, report = registrar.send(trackedEntities=[person("PersonBob01", **numbered)])
    assert codes(report) == ["E1064"]
    other: Json = {"attributes": [{"attribute": NUMBER, "value": "8"}]}
    _, report = registrar.send(trackedEntities=[person("PersonBob01", **other), person("PersonCat01", **other)])
    assert codes(report) == ["E1064", "E1064"]
    status, _ = registrar.send(trackedEntities=[person(**numbered)])
    assert status == 200


def test_what_may_not_change_is_refused(registrar: Registrar) -> None:
    registrar.register(events=[visit()])
    _, report = registrar.send(events=[visit(programStage=FIRST)])
    assert codes(report) == ["E1128"]


def test_a_superuser_without_units_is_refused_too(older_registrar: Registrar) -> None:
    store = older_registrar.sandbox.server.store
    user = store.get("user", "M5zQapPyTZI") or {}
    store.put("user", user["id"], {**user, "organisationUnits": []})
    nested = person(enrollments=[enrollment(events=[visit()])])
    _, report = older_registrar.send(trackedEntities=[nested])
    assert codes(report) == ["E1000", "E1000", "E1000"]


def test_a_repeated_note_is_left_out_with_a_hidden_warning(registrar: Registrar) -> None:
    noted = visit(notes=[{"note": "NoteFirst01", "value": "hello"}])
    registrar.register(events=[noted])
    _, hidden = registrar.send(events=[noted])
    _, shown = registrar.send("reportMode=WARNINGS", events=[noted])
    assert (warnings(hidden), warnings(shown)) == ([], ["E1119"])
    event = registrar.records.events.get("EventVisit1")
    assert event is not None
    assert [note.value for note in event.notes] == ["hello"]


def test_the_first_error_ends_a_fast_failing_import(registrar: Registrar) -> None:
    people = [person(orgUnit="UnitNope001"), person("PersonBob01", orgUnit="UnitNope001")]
    _, report = registrar.send("validationMode=FAIL_FAST", trackedEntities=people)
    assert codes(report) == ["E1049"]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("importStrategy=NEW", "Valid values are: [CREATE, UPDATE, CREATE_AND_UPDATE, DELETE]"),
        ("idScheme=WRONG", "Valid values are: [UID, CODE, NAME, ATTRIBUTE:attributeUid]"),
        ("reportMode=NONE", "Valid values are: [FULL, ERRORS, WARNINGS]"),
    ],
)
def test_a_parameter_that_is_none_of_its_values(registrar: Registrar, query: str, message: str) -> None:
    status, body = registrar.send(query, trackedEntities=[person()])
    assert status == 400
    assert message in body["message"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"occurredAt": "yesterday"}, "Invalid date format 'yesterday'"),
        ({"status": "OPEN"}, "not one of the values accepted for Enum class"),
        ({"geometry": {"type": "Circle"}}, "Invalid geometry type: Circle"),
        ({"dataValues": {}}, "Cannot deserialize value"),
    ],
)
def test_a_body_that_cannot_be_read(registrar: Registrar, row: Json, message: str) -> None:
    status, body = registrar.send(events=[visit(**row)])
    assert status == 400
    assert message in body["message"]


def test_codes_name_metadata_where_they_are_asked_for(registrar: Registrar) -> None:
    status, report = registrar.send("orgUnitIdScheme=CODE", trackedEntities=[person(orgUnit="DISTRICT_A")])
    assert (status, codes(report)) == (200, [])
    _, report = registrar.send(trackedEntities=[person("PersonBob01", orgUnit="DISTRICT_A")])
    assert codes(report) == ["E1049"]


def test_an_enrollment_stays_in_its_program_and_an_event_in_its_own(registrar: Registrar) -> None:
    registrar.register()
    _, report = registrar.send(events=[visit(program=CARE, programStage=VISIT, orgUnit=OTHER)])
    assert codes(report) == []
    _, report = registrar.send(enrollments=[enrollment(trackedEntity="PersonAnn01", program=COUNTS)])
    assert "E1127" in codes(report)


def test_an_option_holds_for_its_time_and_some_days_that_the_program_adds(registrar: Registrar) -> None:
    store = registrar.sandbox.server.store
    option = store.get("categoryOption", "xYerKDKCefk") or {}
    store.put("categoryOption", option["id"], {**option, "startDate": "2024-01-15", "endDate": "2024-01-31"})
    _, early = registrar.send(events=[single(occurredAt="2024-01-14")])
    _, late = registrar.send(events=[single(occurredAt="2024-02-03")])
    assert (codes(early), codes(late)) == (["E1056"], ["E1057"])
    program = store.get("program", COUNTS) or {}
    store.put("program", COUNTS, {**program, "openDaysAfterCoEndDate": 5})
    status, _ = registrar.send(events=[single(occurredAt="2024-02-03")])
    assert status == 200


def test_an_expired_period_is_closed_to_those_who_may_not_reopen_it(registrar: Registrar) -> None:
    sandbox = registrar.sandbox
    program = sandbox.server.store.get("program", COUNTS) or {}
    sandbox.server.store.put("program", COUNTS, {**program, "expiryPeriodType": "Monthly", "expiryDays": 3})
    role = {"id": "RoleClerk01", "name": "Clerk", "authorities": ["F_TRACKED_ENTITY_MERGE"]}
    clerk = {"id": "UserClerk01", "username": "clerk", "password": "Quiet-Harbour-7", "firstName": "C", "surname": "K"}
    units = {"organisationUnits": [{"id": "UnitRoot001"}], "userRoles": [{"id": "RoleClerk01"}]}
    made = registrar.request("POST", "/api/metadata", {"userRoles": [role], "users": [{**clerk, **units}]})
    assert made.status == 200, made.body
    status, _ = registrar.send(events=[single()])
    assert status == 200
    reply = registrar.request("POST", "/api/tracker?async=false", {"events": [single("EventCount2")]}, user="clerk")
    assert codes(reply.parsed()) == ["E1047"]
