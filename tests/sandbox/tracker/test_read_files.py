"""Lists as CSV and packed files, files that are values, and change logs."""

import csv
import gzip
import io
import json
import zipfile
from typing import Any

from looking import get, refused, register_two
from registering import CARE, COUNTS, PERSON, Registrar, visit

EVENTS = "/api/tracker/events"


def test_events_as_csv_have_a_row_for_each_value(registrar: Registrar) -> None:
    register_two(registrar)
    reply = get(registrar, f"{EVENTS}.csv?program={CARE}&order=occurredAt&trackedEntity=PersonAnn01")
    head, *rows = reply.body.decode().splitlines()
    assert reply.media == "application/csv"
    assert head.startswith("event,status,program,programStage,enrollment,orgUnit,occurredAt,")
    assert [row.split(",")[0] for row in rows] == ["EventVisitA", "EventVisitA", "EventVisitB"]
    assert ",2024-02-01T00:00:00Z," in rows[0]
    assert any('"a,b"' in row for row in rows)


def test_a_head_can_be_left_out(registrar: Registrar) -> None:
    register_two(registrar)
    reply = get(registrar, f"{EVENTS}.csv?program={CARE}&events=EventVisitB&skipHeader=true")
    assert [line.split(",")[0] for line in reply.body.decode().splitlines()] == ["EventVisitB"]


def test_entities_as_csv_have_a_row_for_each_attribute(registrar: Registrar) -> None:
    register_two(registrar)
    reply = get(registrar, f"/api/tracker/trackedEntities.csv?program={CARE}&trackedEntities=PersonBob01")
    rows = [line.split(",") for line in reply.body.decode().splitlines()]
    assert rows[0][10:16] == ["attribute", "displayName", "attrCreatedAt", "attrUpdatedAt", "valueType", "value"]
    assert sorted((row[10], row[15]) for row in rows[1:]) == [("AttrName001", "Bob"), ("AttrNumber1", "7")]


def test_lists_come_packed(registrar: Registrar) -> None:
    register_two(registrar)
    plain = get(registrar, f"{EVENTS}.csv?program={CARE}").body
    assert gzip.decompress(get(registrar, f"{EVENTS}.csv.gz?program={CARE}").body) == plain
    with zipfile.ZipFile(io.BytesIO(get(registrar, f"{EVENTS}.csv.zip?program={CARE}").body)) as archive:
        assert archive.read("events.csv") == plain
    events = json.loads(gzip.decompress(get(registrar, f"{EVENTS}.json.gz?program={CARE}").body))
    assert [len(rows) for rows in events.values()] == [3]


def test_an_error_of_a_file_is_a_page(registrar: Registrar) -> None:
    reply = get(registrar, f"{EVENTS}.csv?program=ProgZzzz001")
    assert (reply.status, (reply.media or "").partition(";")[0]) == (500, "text/html")


def test_a_value_that_is_no_file_is_not_sent(registrar: Registrar) -> None:
    register_two(registrar)
    status, text = refused(get(registrar, f"{EVENTS}/EventVisitA/dataValues/ElemWeight1/file"))
    assert (status, text) == (404, "Data element ElemWeight1 is not a file (or image).")


def test_a_changed_value_is_in_the_change_log(older_registrar: Registrar) -> None:
    register_two(older_registrar)
    older_registrar.send(events=[visit("EventVisitB", {"ElemWeight1": "10"}, occurredAt="2024-03-01")])
    logs = get(older_registrar, f"{EVENTS}/EventVisitB/changeLogs?filter=dataElement:eq:ElemWeight1").parsed()
    latest = logs["changeLogs"][0]
    assert (latest["type"], latest["createdBy"]["username"]) == ("UPDATE", "admin")
    change = {"dataElement": "ElemWeight1", "previousValue": "9", "currentValue": "10"}
    assert latest["change"] == {"dataValue": change}


def test_a_change_log_takes_one_kind_of_filter(registrar: Registrar) -> None:
    register_two(registrar)
    logs = f"{EVENTS}/EventVisitB/changeLogs"
    if registrar.sandbox.server.behaviour.name == "v41":
        changes = get(registrar, f"{logs}?filter=colour:eq:red").parsed()["changeLogs"]
        assert {*changes[0]["change"]} == {"dataValue"}
        assert refused(get(registrar, f"{logs}?order=username"))[0] == 400
        return
    assert refused(get(registrar, f"{logs}?filter=username:like:ann"))[0] == 400
    assert refused(get(registrar, f"{logs}?filter=colour:eq:red"))[0] == 400
    assert get(registrar, f"{logs}?filter=username:eq:nobody").parsed()["changeLogs"] == []


def test_a_change_log_of_a_person_has_the_attributes_of_the_program(registrar: Registrar) -> None:
    store = registrar.sandbox.server.store
    kind = store.get("trackedEntityType", PERSON) or {}
    store.put("trackedEntityType", PERSON, {**kind, "allowAuditLog": True, "enableChangeLog": True})
    register_two(registrar)
    logs = "/api/tracker/trackedEntities/PersonAnn01/changeLogs"
    of_type = {row["change"]["attributeValue"]["attribute"] for row in get(registrar, logs).parsed()["changeLogs"]}
    in_type = {row["trackedEntityAttribute"]["id"] for row in kind["trackedEntityTypeAttributes"]}
    assert of_type
    assert of_type <= in_type
    empty: dict[str, Any] = {**(store.get("program", CARE) or {}), "programTrackedEntityAttributes": []}
    store.put("program", CARE, empty)
    assert get(registrar, f"{logs}?program={CARE}").parsed()["changeLogs"] == []


def test_one_person_comes_as_csv(registrar: Registrar) -> None:
    """`TrackedEntitiesExportController.getTrackedEntityByUidAsCsv`; plain CSV says nothing of an encoding."""
    register_two(registrar)
    reply = get(registrar, "/api/tracker/trackedEntities/PersonAnn01.csv?skipHeader=true")
    rows = [line.split(",") for line in reply.body.decode().splitlines()]
    assert [(row[0], row[10]) for row in rows] == [("PersonAnn01", "AttrName001")]
    assert reply.headers["Content-Disposition"] == "attachment; filename=trackedEntity.csv"
    assert "Content-Transfer-Encoding" not in reply.headers


def test_rows_of_values_leave_out_what_the_copy_of_the_row_forgets(registrar: Registrar) -> None:
    """The copy constructor of `CsvEventDataValue`, and `Geometry.toText`, which keeps every digit."""
    point = {"type": "Point", "coordinates": [-12.3456789, 8]}
    store = registrar.sandbox.server.store
    stage = store.get("programStage", "StageVisit1") or {}
    store.put("programStage", stage["id"], {**stage, "featureType": "POINT"})
    events = [
        visit("EventVisit1", createdAtClient="2024-01-01", geometry=point),
        visit("EventVisit2", {"ElemWeight1": "3"}, createdAtClient="2024-01-01"),
    ]
    registrar.register(events=events)
    lines = get(registrar, f"{EVENTS}.csv?program={CARE}").body.decode().splitlines()
    rows = {row["event"]: row for row in csv.DictReader(lines)}
    assert rows["EventVisit1"]["createdAtClient"] == "2024-01-01T00:00:00Z"
    assert rows["EventVisit1"]["geometry"] == "POINT (-12.3456789 8)"
    assert rows["EventVisit2"]["createdAtClient"] == ""


def test_each_kind_of_event_has_columns_of_its_own(newer_registrar: Registrar) -> None:
    """`TrackerEventCsvRow` and `SingleEventCsvRow`."""
    register_two(newer_registrar)
    heads = {
        name: get(newer_registrar, f"/api/tracker/{name}.csv?program={program}")
        .body.decode()
        .splitlines()[0]
        .split(",")
        for name, program in (("trackerEvents", CARE), ("singleEvents", COUNTS))
    }
    assert [head[-2:] for head in heads.values()] == [["createdAtDataValue", "updatedAtDataValue"]] * 2
    alone = {"programStage", "enrollment", "scheduledAt", "followUp"}
    assert {*heads["trackerEvents"]} - {*heads["singleEvents"]} == alone


def test_files_and_changes_are_those_of_the_kind_of_event(newer_registrar: Registrar) -> None:
    """`TrackerEventsExportController` and `SingleEventsExportController`."""
    register_two(newer_registrar)
    kind = newer_registrar.sandbox.server.store.get("dataElement", "ElemNote001") or {}
    newer_registrar.sandbox.server.store.put("dataElement", "ElemNote001", {**kind, "valueType": "FILE_RESOURCE"})
    path = "EventVisitA/dataValues/ElemNote001"
    lost = "Event EventVisitA with data element ElemNote001 could not be found."
    assert refused(get(newer_registrar, f"/api/tracker/singleEvents/{path}/file")) == (404, lost)
    found = refused(get(newer_registrar, f"/api/tracker/trackerEvents/{path}/image"))
    assert found == (404, "FileResource with id a,b could not be found.")
    told = refused(get(newer_registrar, f"/api/tracker/trackerEvents/{path}/file?dimension=SMALL"))[1]
    assert told.endswith("/tracker/trackerEvents/{event}/dataValues/{dataElement}/image")
    assert get(newer_registrar, "/api/tracker/trackerEvents/EventVisitA/changeLogs").status == 200
    assert get(newer_registrar, "/api/tracker/singleEvents/EventVisitA/changeLogs").status == 404
