"""`/api/tracker`: the import of tracked entities, enrollments, events and relationships, at once or as a job; notes.

Source: `TrackerImportController`, `TrackerImportJob` and `DefaultNoteService` of dhis2-core; recordings
`tracker/async`, `tracker/modes-and-refusals`, `tracker/nested-import`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from dhis2w_sandbox.bodies import json_object, unsupported_media
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, not_found
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tasks import Job, story_of, summary_of
from dhis2w_sandbox.tracker.csv_events import read_csv
from dhis2w_sandbox.tracker.import_options import REPORT_MODES, ImportOptions, is_async, one_of, read_options
from dhis2w_sandbox.tracker.import_report import shown
from dhis2w_sandbox.tracker.importer import Import
from dhis2w_sandbox.tracker.ownership import Scope
from dhis2w_sandbox.tracker.payload import Payload
from dhis2w_sandbox.tracker.payload_reader import UID, read_json
from dhis2w_sandbox.tracker.record_store import RecordStore, RecordTable
from dhis2w_sandbox.tracker.records import ENROLLMENT, EVENT, Enrollment, Event, Note, RelationshipEnd, UserInfo

Json = dict[str, Any]
Noted = TypeVar("Noted", Enrollment, Event)

endpoints = Endpoints()

JOB_TYPE = "TRACKER_IMPORT_JOB"

CSV = ("text/csv", "application/csv")

_NEVER_KEPT = {"Cache-Control": "no-cache, no-store, max-age=0, must-revalidate"}


@endpoints.add("POST", "/api/tracker", RECORDED)
def import_tracker(call: Call) -> Reply:
    """Import tracker data: JSON of any nesting, or events as CSV; by default as a job."""
    media = call.headers.get("content-type", "").split(";")[0].strip().lower()
    if media not in {"application/json", *CSV}:
        raise unsupported_media(call, call.headers.get("content-type", ""))
    runs_as_job = is_async(call)
    options = read_options(call)
    payload = read_csv(call, options.schemes) if media in CSV else read_json(call, options.schemes)
    if runs_as_job:
        return _started(call, options, payload)
    report = Import(call.server, call.user, options).run(payload)
    return Reply.json(shown(report, options.report_mode), 409 if report["status"] == "ERROR" else 200)


def _started(call: Call, options: ImportOptions, payload: Payload) -> Reply:
    """Import as a job, whose story and report tell what came of it."""
    job = Job(call.server, JOB_TYPE, options.as_json())
    job.start(lambda: _run_job(call, job, options, payload))
    behaviour = call.server.behaviour
    location = f"{call.base_url}{'/api' if behaviour.locates_tracker_jobs else ''}/tracker/jobs/{job.uid}"
    response: Json = {"id": job.uid, "location": location}
    if behaviour.names_job_response:
        response = {"responseType": "TrackerJob", **response}
    headers = {"Location": location} if behaviour.locates_tracker_jobs else {}
    return Reply.message(200, "Tracker job added", headers=headers, response=response)


def _run_job(call: Call, job: Job, options: ImportOptions, payload: Payload) -> None:
    shown_options = options.as_json()
    if call.server.behaviour.names_importer_in_options:
        shown_options = {"userId": call.user.uid, **shown_options}
    job.tell("Tracker import started", dataType="PARAMETERS", data=shown_options)
    job.tell("Loading file resource")
    job.tell("Loading file content")
    try:
        report = Import(call.server, call.user, options, job.tell).run(payload)
    except Dhis2Refusal as failure:
        job.tell(f"Process failed: {failure.message}", completed=True, level="ERROR")
        job.finish("FAILED")
    else:
        _told(job, report)


def _told(job: Job, report: Json) -> None:
    """End the story of a job with its report."""
    stats = report["stats"]
    counts = ", ".join(f"{stats[key]} {key}" for key in ("created", "updated", "deleted", "ignored"))
    failed = report["status"] == "ERROR"
    text = f"Import complete with status {report['status']}, {counts}"
    job.tell(text, completed=True, level="ERROR" if failed else "INFO")
    job.summarize(report)
    job.finish("FAILED" if failed else "COMPLETED")


@endpoints.add("GET", "/api/tracker/jobs/{job}", RECORDED)
def job_story(call: Call) -> Reply:
    """Show the story of an import that runs as a job, latest first; nothing for an unknown one."""
    return Reply.json(story_of(call.server, JOB_TYPE, _job(call)), headers=_NEVER_KEPT)


@endpoints.add("GET", "/api/tracker/jobs/{job}/report", RECORDED)
def job_report(call: Call) -> Reply:
    """Show the report of an import that ran as a job."""
    job = _job(call)
    mode = one_of(call, "reportMode", REPORT_MODES, "ERRORS")
    report = summary_of(call.server, JOB_TYPE, job)
    if report is None:
        raise Dhis2Refusal(404, f"Summary for job {job} does not exist", "E1005", headers=_NEVER_KEPT)
    return Reply.json(shown(report, mode), headers=_NEVER_KEPT)


def _job(call: Call) -> str:
    job = call.parts["job"]
    if not UID.fullmatch(job):
        text = f"UID must be an alphanumeric string of 11 characters starting with a letter, but was: {job}"
        raise Dhis2Refusal(400, text, headers=_NEVER_KEPT)
    return job


@endpoints.add("POST", "/api/tracker/enrollments/{uid}/note", RECORDED, versions=("v42", "v43", "v44"))
def add_enrollment_note(call: Call) -> Reply:
    """Add a note to an enrollment."""
    return _with_note(call, "Enrollment", ENROLLMENT, RecordStore(call.server).enrollments)


@endpoints.add("POST", "/api/tracker/events/{uid}/note", SOURCE, versions=("v42", "v43", "v44"))
def add_event_note(call: Call) -> Reply:
    """Add a note to an event."""
    return _with_note(call, "Event", EVENT, RecordStore(call.server).events)


def _with_note(call: Call, name: str, kind: str, table: RecordTable[Noted]) -> Reply:
    """Add the note that was sent to a record that the sender may read; 404 for another."""
    uid = call.parts["uid"]
    records = RecordStore(call.server)
    record = table.get(uid)
    readable = Scope(call.server, call.user, records).reads_end(RelationshipEnd(kind, uid))
    if record is None or record.deleted or not readable:
        raise not_found(name, uid)
    note, body = _new_note(call, records)
    table.put(replace(record, notes=(*record.notes, note)))
    return Reply.json(body)


def _new_note(call: Call, records: RecordStore) -> tuple[Note, Json]:
    """The note in a body, and how it is answered."""
    body = json_object(call)
    value = body.get("value")
    if not value:
        raise Dhis2Refusal(400, "Value cannot be empty", "E1003")
    uid = body.get("note") or call.server.new_uid()
    if records.has_note(uid):
        raise Dhis2Refusal(400, f"Note `{uid}` already exists.", "E1003")
    document = call.user.document
    user = UserInfo(call.user.uid, call.user.username, document.get("firstName"), document.get("surname"))
    stored_by = body.get("storedBy") if call.server.behaviour.keeps_sent_stored_by else call.user.username
    note = Note(uid, value, call.server.now(), stored_by, user)
    return note, {"note": uid, **{key: row for key, row in body.items() if key in {"storedAt", "value", "storedBy"}}}
