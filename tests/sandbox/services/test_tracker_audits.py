"""What became of values of events and persons, as 2.41 lists it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from sender import Sender

from dhis2w_sandbox import Sandbox

Json = dict[str, Any]
WORKED_OUT = "GUs771snh3l"
"""What a program rule of the country assigns."""
VALUES, ATTRIBUTES = "/api/audits/trackedEntityDataValue", "/api/audits/trackedEntityAttributeValue"


@pytest.fixture
def admin() -> Generator[Sender]:
    """The administrator of the demo country of 2.41."""
    with Sandbox(41) as sandbox:
        yield Sender(sandbox)


def _event(admin: Sender) -> Json:
    """An event of the demo country with values."""
    rows = admin.read("/api/tracker/events?program=VF6oAQbqxax&fields=*&pageSize=20")
    events: list[Json] = rows.get("events") or rows.get("instances") or []
    return next(event for event in events if event["dataValues"])


def _change(admin: Sender, event: Json, element: str, value: str) -> None:
    keys = ("event", "program", "programStage", "orgUnit", "enrollment", "occurredAt", "status", "trackedEntity")
    row = {key: event[key] for key in keys if key in event}
    body = {"events": [{**row, "dataValues": [{"dataElement": element, "value": value}]}]}
    reply = admin("POST", "/api/tracker?async=false", body)
    assert reply.status == 200, reply.body


def test_a_changed_value_is_listed_with_what_was_there_before(admin: Sender) -> None:
    event = _event(admin)
    before: Json = next(
        row for row in event["dataValues"] if row["value"].isdigit() and row["dataElement"] != WORKED_OUT
    )
    element = before["dataElement"]
    _change(admin, event, element, str(int(before["value"]) + 1))

    query = f"{VALUES}?events={event['event']}&de={element}&auditType=UPDATE"
    found = admin.read(query)
    [row] = found["trackedEntityDataValueAudits"]
    assert (row["value"], row["auditType"], row["modifiedBy"]) == (before["value"], "UPDATE", "admin")
    assert (row["event"], row["dataElement"]) == ({"id": event["event"]}, {"id": element})
    assert found["pager"]["total"] == 1
    assert "pager" not in admin.read(f"{query}&skipPaging=true")
    assert admin.read(f"{query}&fields=value")["trackedEntityDataValueAudits"] == [{"value": before["value"]}]
    assert admin.read(f"{VALUES}?psi={event['event']}&ou=gk7LZCuZa5N")["trackedEntityDataValueAudits"] == []
    below = f"{VALUES}?psi={event['event']}&de={element}&ou=gk7LZCuZa5N&ouMode=DESCENDANTS&auditType=UPDATE"
    assert len(admin.read(below)["trackedEntityDataValueAudits"]) == 1
    assert admin.read(f"{query}&startDate=2999-01-01")["trackedEntityDataValueAudits"] == []


def test_a_new_attribute_is_listed_with_its_value(admin: Sender) -> None:
    entities = admin.read("/api/tracker/trackedEntities?program=VF6oAQbqxax&fields=*&pageSize=1")["trackedEntities"]
    entity: Json = entities[0]
    attribute: Json = next(row for row in entity["attributes"] if row["valueType"] == "TEXT")
    changed = {"attribute": attribute["attribute"], "value": "Somebody"}
    row: Json = {key: entity[key] for key in ("trackedEntity", "trackedEntityType", "orgUnit")}
    body = {"trackedEntities": [{**row, "attributes": [changed]}]}
    reply = admin("POST", "/api/tracker?async=false&importStrategy=UPDATE", body)
    assert reply.status == 200, reply.body

    query = f"{ATTRIBUTES}?tea={attribute['attribute']}&trackedEntities={entity['trackedEntity']}&auditType=UPDATE"
    [found] = admin.read(query)["trackedEntityAttributeValueAudits"]
    assert (found["value"], found["modifiedBy"]) == ("Somebody", "admin")
    assert found["trackedEntityInstance"] == {"id": entity["trackedEntity"]}


def test_what_names_nothing_is_refused(admin: Sender) -> None:
    for path, klass in (
        (f"{VALUES}?de=nOtKnown001", "DataElement"),
        (f"{ATTRIBUTES}?tei=nOtKnown001", "TrackedEntity"),
    ):
        reply = admin("GET", path)
        assert (reply.status, reply.parsed()["errorCode"]) == (409, "E1112")
        assert klass in reply.parsed()["message"]
    both = admin("GET", f"{VALUES}?psi=aAaaaaaaaa1&events=bBbbbbbbbb1")
    assert (both.status, "deprecated" in both.parsed()["message"]) == (400, True)


def test_nobody_looked_at_anybody(admin: Sender) -> None:
    assert admin.read("/api/audits/trackedEntityInstance") == {"trackedEntityInstanceAudits": []}
    assert admin.read("/api/audits/trackedEntityInstance?skipPaging=true")["pager"]["total"] == 0
