"""An import as a job, as CSV, and notes that are added one by one."""

import gzip

import pytest
from registering import CARE, NAME, NOTE, UNIT, VISIT, WEIGHT, Registrar, codes, person, visit


def test_an_import_is_a_job_by_default(registrar: Registrar) -> None:
    reply = registrar.request("POST", "/api/tracker", {"trackedEntities": [person()]})
    job = reply.parsed()["response"]["id"]
    story = registrar.request("GET", f"/api/tracker/jobs/{job}").parsed()
    assert (story[0]["completed"], story[0]["level"]) == (True, "INFO")
    report = registrar.request("GET", f"/api/tracker/jobs/{job}/report").parsed()
    assert report["stats"]["created"] == 1


def test_a_refused_job_answers_ok_with_an_error_inside(registrar: Registrar) -> None:
    reply = registrar.request("POST", "/api/tracker", {"trackedEntities": [person(orgUnit="UnitNope001")]})
    job = reply.parsed()["response"]["id"]
    answer = registrar.request("GET", f"/api/tracker/jobs/{job}/report")
    assert (answer.status, codes(answer.parsed())) == (200, ["E1049"])
    assert registrar.request("GET", f"/api/tracker/jobs/{job}").parsed()[0]["level"] == "ERROR"
    stored = registrar.sandbox.server.store.get("jobConfiguration", job)
    assert stored is not None
    assert stored["lastExecutedStatus"] == "FAILED"


def test_a_job_that_breaks_says_so_and_has_no_report(older_registrar: Registrar) -> None:
    twice = [{"attribute": NAME, "value": name} for name in ("A", "B")]
    reply = older_registrar.request("POST", "/api/tracker", {"trackedEntities": [person(attributes=twice)]})
    job = reply.parsed()["response"]["id"]
    last = older_registrar.request("GET", f"/api/tracker/jobs/{job}").parsed()[0]
    assert (last["completed"], last["level"]) == (True, "ERROR")
    assert older_registrar.request("GET", f"/api/tracker/jobs/{job}/report").status == 404


def test_an_unknown_job_has_no_story_and_no_report(registrar: Registrar) -> None:
    assert registrar.request("GET", "/api/tracker/jobs/JobUnknown1").parsed() == []
    assert registrar.request("GET", "/api/tracker/jobs/JobUnknown1/report").status == 404
    assert registrar.request("GET", "/api/tracker/jobs/short").status == 400


@pytest.mark.parametrize("spelling", ["FALSE", "no"])
def test_only_the_oldest_version_reads_the_switch_literally(registrar: Registrar, spelling: str) -> None:
    reply = registrar.request("POST", f"/api/tracker?async={spelling}", {"trackedEntities": [person()]})
    is_job = reply.parsed().get("message") == "Tracker job added"
    assert is_job == registrar.sandbox.server.behaviour.reads_async_literally


def test_events_come_as_csv_one_row_for_each_value(registrar: Registrar) -> None:
    registrar.register()
    head = "event,status,program,programStage,orgUnit,enrollment,occurredAt,dataElement,value\n"
    place = f"EventVisit1,ACTIVE,{CARE},{VISIT},{UNIT},EnrollAnn01,2024-02-01"
    body = f"{head}{place},{WEIGHT},3\n{place},{NOTE},light\n".encode()
    reply = registrar.request("POST", "/api/tracker?async=false", gzip.compress(body), "text/csv")
    assert reply.parsed()["stats"]["created"] == 1
    event = registrar.records.events.get("EventVisit1")
    assert event is not None
    assert {row.element: row.value for row in event.values} == {WEIGHT: "3", NOTE: "light"}


def test_rows_without_an_identifier_are_events_each_and_none_in_2_41(registrar: Registrar) -> None:
    """`CsvEventService.read`, which in 2.41 compares the texts of two rows only."""
    registrar.register()
    place = f"{CARE},{VISIT},{UNIT},EnrollAnn01,2024-02-01\n"
    body = f"program,programStage,orgUnit,enrollment,occurredAt\n{place}{place}".encode()
    reply = registrar.request("POST", "/api/tracker?async=false", body, "text/csv")
    oldest = registrar.sandbox.server.version == "v41"
    assert reply.parsed()["stats"]["created"] == (0 if oldest else 2)


def test_another_content_type_is_refused(registrar: Registrar) -> None:
    assert registrar.request("POST", "/api/tracker", b"<x/>", "application/xml").status == 415


@pytest.mark.parametrize("path", ["/api/events", "/api/events/EventVisit1", "/api/trackedEntityInstances"])
def test_the_endpoints_before_this_one_are_refused_loudly(older_registrar: Registrar, path: str) -> None:
    status = older_registrar.request("GET", path).status
    assert status == {"v41": 501, "v42": 404}[older_registrar.sandbox.server.version]


def test_a_note_is_added_once(newer_registrar: Registrar) -> None:
    newer_registrar.register(events=[visit()])
    target = "/api/tracker/events/EventVisit1/note"
    assert newer_registrar.request("POST", target, {"note": "NoteFirst01", "value": "hi"}).status == 200
    assert newer_registrar.request("POST", target, {"note": "NoteFirst01", "value": "hi"}).status == 400
    assert newer_registrar.request("POST", target, {"value": ""}).status == 400
    assert newer_registrar.request("POST", "/api/tracker/events/EventNope01/note", {"value": "x"}).status == 404
