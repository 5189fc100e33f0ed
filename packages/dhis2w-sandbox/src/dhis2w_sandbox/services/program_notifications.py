"""Notifications of programs: the templates of one program or stage, and the messages that wait to be sent.

The sandbox sends no notification, so no message ever waits; where a program rule would make one, it says so.
Source: `ProgramNotificationTemplateController`, `ProgramNotificationTemplateRequestParamsMapper` and
`ProgramNotificationInstanceController` of dhis2-core.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox, bad_request, not_found
from dhis2w_sandbox.metadata.querying import ListParams, pager
from dhis2w_sandbox.metadata.rendering import renderer
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints
from dhis2w_sandbox.tracker.reading.events import found_event
from dhis2w_sandbox.tracker.reading.paging import PAGE_SIZE, Paging, page_json, read_paging
from dhis2w_sandbox.tracker.reading.parameters import Parameters
from dhis2w_sandbox.tracker.record_store import RecordStore

Json = dict[str, Any]

endpoints = Endpoints()


@endpoints.add(
    "GET", "/api/programNotificationTemplates/filter", SOURCE, requires=["ALL"], versions=ALL_VERSIONS - {"v41"}
)
def templates(call: Call) -> Reply:
    """List the templates of a program or a stage, latest first."""
    parameters = Parameters(call)
    program, stage = parameters.uid("program"), parameters.uid("programStage")
    page, size, paged = parameters.integer("page"), parameters.integer("pageSize"), parameters.flag("paging")
    if program is None and stage is None:
        raise Dhis2Refusal(409, "`program` or `programStage` must be specified.", "E1004")
    if program is not None and stage is not None:
        raise Dhis2Refusal(409, "`program` and `programStage` cannot be processed together.", "E1004")
    for name, number in (("page", page), ("pageSize", size)):
        if number is not None and number < 1:
            raise bad_request(f"{name} must be greater than or equal to 1 if specified")
    type, klass, uid = ("program", "Program", program) if program else ("programStage", "ProgramStage", stage)
    owner = call.server.store.get(type, uid or "")
    if owner is None:
        raise Dhis2Refusal(409, f"{klass} with UID {uid} does not exist.")
    schema = call.server.schemas.by_singular["programNotificationTemplate"]
    own = {row["id"] for row in owner.get("notificationTemplates") or ()}
    found = [row for row in reversed(call.server.store.all(schema.singular)) if row["id"] in own]
    params = ListParams([], [], page=page or 1, page_size=size or PAGE_SIZE, paging=paged is not False)
    shown = Paging(params.paging, params.page, params.page_size).cut(found)
    body: Json = {"pager": pager(call, schema, params, len(found))} if params.paging else {}
    return Reply.json({**body, schema.plural: [*map(renderer(call, schema, "*"), shown)]})


@endpoints.add("GET", "/api/programNotificationInstances", SOURCE, requires=["ALL"])
def instances(call: Call) -> Reply:
    """List the messages that wait: none, as the sandbox makes none."""
    parameters, splits = Parameters(call), call.server.behaviour.splits_events
    if any(row.get("programRuleActionType") == "SCHEDULEMESSAGE" for row in call.server.store.all("programRuleAction")):
        raise NotInSandbox("messages that program rules schedule")
    event, enrollment = parameters.uid("event"), parameters.uid("enrollment")
    if call.server.behaviour.takes_old_tracker_parameters:
        paging = _always_counted(parameters)
    else:
        paging = read_paging(parameters)
        if splits and event is None and enrollment is None:
            raise bad_request("Enrollment or Event must be specified.")
        if event is not None:
            found_event(call, event)
        found = RecordStore(call.server).enrollments.get(enrollment) if enrollment else None
        if enrollment is not None and (found is None or found.deleted):
            raise not_found("Enrollment", enrollment)
    return Reply.json(page_json(call, "programNotificationInstances", [], paging, 0))


def _always_counted(parameters: Parameters) -> Paging:
    """The page that a request to 2.41 wants, which always counts."""
    paging, skipped = parameters.flag("paging"), parameters.flag("skipPaging")
    if paging is not None and paging == skipped:
        raise bad_request("Paging can either be enabled or disabled. Prefer 'paging' as 'skipPaging' will be removed.")
    page, size = parameters.integer("page") or 1, parameters.integer("pageSize") or PAGE_SIZE
    return Paging(paging if paging is not None else not skipped, page, size, totals=True)
