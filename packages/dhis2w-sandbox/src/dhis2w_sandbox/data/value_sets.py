"""`POST /api/dataValueSets`: the import of data values, by the engine of the version, at once or as a job.

Source: `DataValueSetController` of dhis2-core; recordings `data/import-*`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dhis2w_sandbox.bodies import unpacked, unsupported_media
from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.data import adx_rows, group_readers, row_readers
from dhis2w_sandbox.data.group_import import GroupImport, silent
from dhis2w_sandbox.data.import_options import ImportOptions, read_options
from dhis2w_sandbox.data.import_summary import Summary
from dhis2w_sandbox.data.payload import RawGroup
from dhis2w_sandbox.data.row_import import RowImport
from dhis2w_sandbox.data.xml_messages import xml_message
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.tasks import Job

endpoints = Endpoints()

_NOTHING_READ = "Non-null post-condition failed after: Data value set import"

# What the story of a job shows of options that nobody set.
_UNSET: dict[str, Any] = {
    "preheatCache": None,
    "filename": None,
    "notificationLevel": None,
    "skipLastUpdated": False,
    "mergeDataValues": False,
    "skipCache": False,
    "dataSet": None,
}

JSON, CSV, XML, ADX = "application/json", "application/csv", "application/xml", "application/adx+xml"
# How the story of a job names a format, in DHIS2's own spelling.
_SPELLED = {JSON: "JSON", CSV: "CVS", XML: "XML", ADX: "XML"}


@endpoints.add("POST", "/api/dataValueSets", RECORDED, requires=["F_DATAVALUE_ADD"], suffixes=["xml"])
def import_value_set(call: Call) -> Reply:
    """Import data values: JSON, CSV, XML or ADX by the content type, gzip and zip by their first bytes."""
    media = call.headers.get("content-type", "").split(";")[0].strip().lower()
    if media not in {JSON, CSV, XML, ADX}:
        raise unsupported_media(call, call.headers.get("content-type", ""))
    options = read_options(call)
    if options.is_async:
        return _started(call, media, options)
    summary = run_import(call, media, options)
    envelope = summary.envelope(call.server)
    if call.suffix == "xml":
        text = xml_message(envelope, type_is_attribute=call.server.behaviour.writes_type_as_attribute)
        return Reply.text(text, XML, envelope["httpStatusCode"])
    return Reply.json(envelope, envelope["httpStatusCode"])


def run_import(call: Call, media: str, options: ImportOptions, tell: Callable[[str], None] = silent) -> Summary:
    """Import the body of a call by the engine of the version; `tell` hears of the steps of imports by groups."""
    body = unpacked(call.path, call.body)
    if call.server.behaviour.enters_data_in_groups:
        return GroupImport(call.server, call.user, options, tell).run(_groups(call, media, body, options))
    if media == ADX:
        options = options.with_schemes(adx_rows.adx_schemes(options))
    run = RowImport(call.server, call.user, options)
    readers: dict[str, Callable[[], RawGroup]] = {
        JSON: lambda: row_readers.read_json(body),
        CSV: lambda: row_readers.read_csv(body, options),
        XML: lambda: row_readers.read_xml(body),
        ADX: lambda: adx_rows.read_adx(body, run.rules, options),
    }
    return run.run(readers[media])


def _groups(call: Call, media: str, body: bytes, options: ImportOptions) -> list[RawGroup]:
    if media == JSON:
        return group_readers.read_json(call.server, body)
    return group_readers.read_csv(body, options) if media == CSV else group_readers.read_xml(call.server, body)


def _started(call: Call, media: str, options: ImportOptions) -> Reply:
    """Import as a job, whose story and summary tell what came of it."""
    parameters = options.as_json(has_atomic=call.server.behaviour.enters_data_in_groups)
    job = Job(call.server, "DATAVALUE_IMPORT", parameters)
    job.start(lambda: _run_job(call, job, media, options))
    return job.reply(call)


def _run_job(call: Call, job: Job, media: str, options: ImportOptions) -> None:
    behaviour = call.server.behaviour
    job.tell("Data value set import", dataType="PARAMETERS", data=_UNSET | job.parameters)
    job.tell("Loading file resource")
    job.tell("Loading file content")
    job.tell(behaviour.data_import_steps[0].format(_SPELLED[media]))
    try:
        summary = run_import(call, media, options, job.tell)
    except Dhis2Refusal as refusal:
        _unreadable(job, refusal)
        return
    failed = bool(summary.unreadable) and behaviour.fails_unreadable_data
    if failed:
        job.tell(summary.unreadable or "", level="ERROR")
        text = f"The import process failed: {_NOTHING_READ}\n  => Reading data set header"
        summary = Summary({}, "ERROR", text)
    elif (summary.description or "").startswith("The import process failed"):
        summary.options = {}
    else:
        written = summary.imported + summary.updated
        for step in behaviour.data_import_steps[1:]:
            job.tell(step.format(written, summary.imported, summary.updated, summary.ignored))
    counts = (
        f"{summary.imported} created, {summary.updated} updated, {summary.deleted} deleted, {summary.ignored} ignored"
    )
    job.tell(f"Import complete with status {summary.status}, {counts}", completed=True)
    job.summarize(summary.as_json())
    job.finish("FAILED" if failed else "COMPLETED")


def _unreadable(job: Job, refusal: Dhis2Refusal) -> None:
    """The end of a job that cannot read its body."""
    job.tell(refusal.message or "", level="ERROR")
    text = f"{_NOTHING_READ}\n  => Deserializing JSON data"
    job.tell(f"Process failed: {text}", level="ERROR", completed=True)
    job.summarize(Summary({}, "ERROR", text).as_json())
    job.finish("FAILED")
