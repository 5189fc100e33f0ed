"""What only the endpoint of a single type does with its objects, and `/api/metadata` does not.

Source: the controllers of dhis2-core that override `preCreateEntity`, `postCreateEntity` and their like.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.errors import Dhis2Refusal, conflict, message
from dhis2w_sandbox.metadata import option_combos
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
    del old
    if not body.get("program"):
        raise Dhis2Refusal(409, "[Program should be specified for event filters.]")
    if not server.store.get("program", str(body["program"])):
        raise Dhis2Refusal(409, f"[Program is specified but does not exist: {body['program']}]")


def _check_route(server: Server, body: Json, old: Json | None) -> None:
    del server, old
    url = body.get("url")
    if not isinstance(url, str) or not re.fullmatch(r"[a-z]+://[^\s/]+(/\S*)?", url):
        raise conflict("Malformed route URL")
    if not url.startswith("https://"):
        raise conflict("Route URL is not permitted")
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


def _not_legacy(server: Server, body: Json, old: Json | None) -> None:
    del server, old
    body["legacy"] = False


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
    "eventFilter": EndpointRule(before=_check_event_filter),
    "eventVisualization": EndpointRule(before=_not_legacy),
    "expressionDimensionItem": EndpointRule(before=_read_only_for_others),
    "jobConfiguration": EndpointRule(before=_check_job),
    "route": EndpointRule(before=_check_route),
    "userGroup": EndpointRule(before_delete=_forget_group),
}

NO_RULE = EndpointRule()
