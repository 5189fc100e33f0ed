"""What only the endpoint of a single type does with its objects, and `/api/metadata` does not.

Source: the controllers of dhis2-core that override `preCreateEntity`, `postCreateEntity` and their like.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request, conflict, message
from dhis2w_sandbox.metadata import axes, option_combos
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]


def _nothing_before(server: Server, body: Json, old: Json | None) -> None:
    del server, body, old


def _nothing_after(server: Server, user: User, document: Json) -> None:
    del server, user, document


def _nothing_before_delete(server: Server, old: Json) -> None:
    del server, old


@dataclass(frozen=True)
class EndpointRule:
    """The rules of one type's endpoint."""

    before: Callable[[Server, Json, Json | None], None] = _nothing_before
    """Called with the body of a POST (no stored document) or PUT before it is imported: may change or refuse it."""
    after: Callable[[Server, User, Json], None] = _nothing_after
    """Called with the stored document after a POST or PUT."""
    before_delete: Callable[[Server, Json], None] = _nothing_before_delete
    """Called before a DELETE: may refuse it."""


def _check_event_filter(server: Server, body: Json, old: Json | None) -> None:
    """DefaultEventFilterService.validate."""
    del old
    program, stage = body.get("program"), body.get("programStage")
    criteria: Json = body.get("eventQueryCriteria") or {}
    unit, mode = criteria.get("organisationUnit"), criteria.get("assignedUserMode")
    columns: list[str] = criteria.get("displayColumnOrder") or []
    errors: list[str] = []
    if not program:
        errors.append("Program should be specified for event filters.")
    elif not server.store.get("program", program):
        errors.append(f"Program is specified but does not exist: {program}")
    if stage and not server.store.get("programStage", stage):
        errors.append(f"Program stage is specified but does not exist: {stage}")
    if unit and not server.store.get("organisationUnit", unit):
        errors.append(f"Org unit is specified but does not exist: {unit}")
    if criteria.get("assignedUsers") and mode not in (None, "PROVIDED"):
        errors.append("Assigned User uid(s) cannot be specified if selectionMode is not PROVIDED")
    if criteria.get("events") and criteria.get("dataFilters"):
        errors.append("Event UIDs and filters can not be specified at the same time")
    if len(set(columns)) < len(columns):
        errors.append("Event query criteria can not have duplicate column ordering fields")
    _refuse_all(errors)


def _refuse_all(errors: list[str]) -> None:
    if errors:
        raise Dhis2Refusal(409, f"[{', '.join(errors)}]")


def _check_entity_filter(server: Server, body: Json, old: Json | None) -> None:
    """DefaultTrackedEntityFilterService.validate."""
    del old
    program = linked(body, "program")
    criteria: Json = body.get("entityQueryCriteria") or {}
    errors: list[str] = []
    if program and not server.store.get("program", program):
        errors.append(f"Program is specified but does not exist: {program}")
    for row in criteria.get("attributeValueFilters") or ():
        attribute = row.get("attribute")
        if not attribute:
            errors.append("Attribute Uid is missing in filter")
        elif not server.store.get("trackedEntityAttribute", attribute):
            errors.append(f"No tracked entity attribute found for attribute:{attribute}")
        errors += _period_errors(attribute, row.get("dateFilter"))
    for key in ("enrollmentCreatedDate", "enrollmentIncidentDate", "eventDate", "lastUpdatedDate"):
        errors += _period_errors(key[0].upper() + key[1:], criteria.get(key))
    if criteria.get("assignedUserMode") == "PROVIDED" and not criteria.get("assignedUsers"):
        errors.append("Assigned Users cannot be empty with PROVIDED assigned user mode")
    mode = criteria.get("ouMode")
    if mode in ("SELECTED", "DESCENDANTS", "CHILDREN") and not criteria.get("organisationUnit"):
        errors.append(f"Organisation Unit cannot be empty with {mode} org unit mode")
    for field in _order_fields(criteria.get("order") or ""):
        known = field in _ENTITY_ORDERS or (field == "created" and server.version == "v41")
        if not known and not server.store.get("trackedEntityAttribute", field):
            errors.append(f"Invalid order property: {field}")
    _refuse_all(errors)


_ENTITY_ORDERS = frozenset(
    {"trackedEntity", "createdAt", "createdAtClient", "updatedAt", "updatedAtClient", "enrolledAt", "inactive"}
)
_ORDER_FORMATS = (
    "Valid formats are 'field:direction' or 'field'. Valid directions are 'asc' or 'desc'. Direction defaults to 'asc'."
)


def _order_fields(order: str) -> list[str]:
    """The fields of `name:desc,other`, as OrderCriteria.fromOrderString reads it."""
    fields: list[str] = []
    for part in filter(str.strip, order.strip().split(",")):
        field, *directions = [text.strip() for text in re.sub(":+$", "", part).split(":")]
        if len(directions) > 1:
            raise bad_request(f"Invalid order property: '{part}'. {_ORDER_FORMATS}", None)
        if not field:
            raise bad_request(f"Missing field name in order property: '{part}'. {_ORDER_FORMATS}", None)
        if directions and directions[0].lower() not in ("asc", "desc"):
            valid = "[ASC, DESC]"
            raise bad_request(f"'{directions[0]}' is not a valid sort direction. Valid values are: {valid}.", None)
        fields.append(field)
    return fields


def _period_errors(item: str | None, period: Json | None) -> list[str]:
    if not period or period.get("type") != "ABSOLUTE" or period.get("startDate") or period.get("endDate"):
        return []
    return [f"Start date or end date not specified with ABSOLUTE date period type for {item}"]


def _check_route(server: Server, body: Json, old: Json | None) -> None:
    """RouteService.validateRoute, with the addresses that a fresh server allows."""
    found = re.fullmatch(r"(https?|ftp|file)://[^\s/]+(/\S*)?", str(body.get("url")))
    if found is None:
        raise conflict("Malformed route URL")
    if found[1] not in ("http", "https"):
        raise conflict("Route URL scheme must be either http or https")
    if found[1] == "http" and server.behaviour.limits_route_urls:
        raise conflict("Route URL is not permitted")
    if old is None:
        body.setdefault("sharing", {"public": "--------"})


def _check_job(server: Server, body: Json, old: Json | None) -> None:
    del server, old
    if not body.get("jobType"):
        raise Dhis2Refusal(
            500,
            'Cannot invoke "org.hisp.dhis.scheduling.JobType.isUserDefined()" because "this.jobType" is null',
        )


def _check_dashboard(server: Server, body: Json, old: Json | None) -> None:
    del server, old
    content = ("visualization", "eventVisualization", "eventChart", "eventReport", "map", "text", "messages", "appKey")
    lists = ("users", "reports", "resources")
    for item in body.get("dashboardItems") or ():
        if not any(item.get(key) is not None for key in (*content, *lists)) and not item.get("type"):
            raise conflict("Dashboard item does not have any type associated.")


def _next_approval_level(server: Server, body: Json, old: Json | None) -> None:
    if old is None and not body.get("level"):
        body["level"] = len(server.store.all("dataApprovalLevel")) + 1


def _refuse_option_combo(server: Server, body: Json, old: Json | None) -> None:
    del body
    if old is None and server.behaviour.refuses_single_option_combos:
        raise conflict(message(server.version, "E1129"), "E1129")


def _read_only_for_others(server: Server, body: Json, old: Json | None) -> None:
    del server
    if old is None:
        body["sharing"] = {**(body.get("sharing") or {}), "public": "r-------"}


def _unshare_group(server: Server, uid: str) -> None:
    for type in server.store.types():
        for document in server.store.all(type):
            sharing: Json = document.get("sharing") or {}
            groups: Json = sharing.get("userGroups") or {}
            if uid in groups:
                kept = {key: row for key, row in groups.items() if key != uid}
                changed = {**document, "sharing": {**sharing, "userGroups": kept}}
                server.store.put(type, document["id"], changed)


def _forget_group(server: Server, old: Json) -> None:
    _unshare_group(server, old["id"])


RULES: dict[str, EndpointRule] = {
    "categoryCombo": EndpointRule(after=option_combos.generate),
    "categoryOptionCombo": EndpointRule(before=_refuse_option_combo),
    "dataApprovalLevel": EndpointRule(before=_next_approval_level),
    "dashboard": EndpointRule(before=_check_dashboard),
    "eventChart": EndpointRule(before=axes.merge_event),
    "eventFilter": EndpointRule(before=_check_event_filter),
    "eventReport": EndpointRule(before=axes.merge_event),
    "eventVisualization": EndpointRule(before=axes.merge_event_visualization),
    "expressionDimensionItem": EndpointRule(before=_read_only_for_others),
    "jobConfiguration": EndpointRule(before=_check_job),
    "map": EndpointRule(before=axes.merge_map),
    "trackedEntityInstanceFilter": EndpointRule(before=_check_entity_filter),
    "route": EndpointRule(before=_check_route),
    "userGroup": EndpointRule(before_delete=_forget_group),
    "visualization": EndpointRule(before=axes.merge),
}

NO_RULE = EndpointRule()
