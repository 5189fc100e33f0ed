"""`/api/metadata/proposals`: changes of metadata that somebody proposes and somebody else accepts.

Source: `MetadataWorkflowController`, `DefaultMetadataWorkflowService` of dhis2-core; recordings
`services/meta-misc`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, not_found
from dhis2w_sandbox.metadata.bundle import ImportOptions
from dhis2w_sandbox.metadata.importing import import_bundle
from dhis2w_sandbox.metadata.patching import patched, read_patch
from dhis2w_sandbox.metadata.querying import int_param
from dhis2w_sandbox.metadata.reports import ImportReport, import_reply
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Schema
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.system import NEVER_STORED

Json = dict[str, Any]

endpoints = Endpoints()

_STRATEGIES = {"ADD": "CREATE", "REMOVE": "DELETE", "UPDATE": "UPDATE"}
_TARGETS = {"ORGANISATION_UNIT": "organisationUnit"}


class Proposals:
    """The proposals of a server, oldest first."""

    def __init__(self, call: Call) -> None:
        self._sql = call.server.store.sql
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS proposal (number INTEGER PRIMARY KEY, uid TEXT UNIQUE, content TEXT NOT NULL)"
        )

    def all(self) -> list[Json]:
        """Every proposal."""
        return [json.loads(text) for (text,) in self._sql.execute("SELECT content FROM proposal ORDER BY number")]

    def get(self, uid: str) -> Json:
        """A proposal; 404 where there is none."""
        row = self._sql.execute("SELECT content FROM proposal WHERE uid = ?", (uid,)).fetchone()
        if row is None:
            raise not_found("MetadataProposal", uid)
        return json.loads(row[0])

    def put(self, proposal: Json) -> None:
        """Store a proposal."""
        self._sql.execute(
            "INSERT INTO proposal (uid, content) VALUES (?, ?)"
            " ON CONFLICT (uid) DO UPDATE SET content = excluded.content",
            (proposal["id"], json.dumps(proposal)),
        )


@endpoints.add("POST", "/api/metadata/proposals", RECORDED)
def propose(call: Call) -> Reply:
    """Propose a change; what would be refused cannot be proposed."""
    body = json_object(call)
    for index, (name, values) in enumerate((("type", _STRATEGIES), ("target", _TARGETS))):
        _check_word(call, body, name, index, values)
    proposal: Json = {
        "id": call.server.new_uid(),
        "type": body.get("type"),
        "status": "PROPOSED",
        "target": body.get("target"),
        "targetId": body.get("targetId"),
        "created": call.server.now(),
        "createdBy": {"id": call.user.uid},
        "comment": body.get("comment"),
        "change": body.get("change"),
    }
    _check(proposal)
    report = _accepted(call, proposal, dry_run=True)
    if report.status != "OK":
        return import_reply(report, call.server.version)
    Proposals(call).put(proposal)
    location = {"Location": f"{call.base_url}/api/metadata/proposals/{proposal['id']}"}
    return Reply.message(201, headers=location)


@endpoints.add("GET", "/api/metadata/proposals", RECORDED)
def proposals(call: Call) -> Reply:
    """List proposals; filters compare texts."""
    page, size = int_param(call, "page", 1), int_param(call, "pageSize", 50)
    found = [row for row in Proposals(call).all() if all(_fits(row, text) for text in call.params("filter"))]
    rows = [_shown(call, row) for row in found[(page - 1) * size : page * size]]
    pager: Json = {"page": page, "pageSize": size}
    if differences(call.server).pages_proposals:
        query = "&".join(f"{key}={value}" for key, value in call.query if key != "page")
        pager["nextPage"] = f"{call.base_url}/api/metadata/proposals?{query}{'&' if query else ''}page={page + 1}"
    return Reply.json({"pager": pager, "proposals": rows}, headers=_cache(call))


@endpoints.add("GET", "/api/metadata/proposals/{uid}", RECORDED)
def proposal(call: Call) -> Reply:
    """Show a proposal; of a single field only its value."""
    shown = _shown(call, Proposals(call).get(call.parts["uid"]))
    single = len(_fields(call)) == 1
    return Reply.json(next(iter(shown.values()), None) if single else shown, headers=_cache(call))


@endpoints.add("PUT", "/api/metadata/proposals/{uid}", SOURCE)
def adjust(call: Call) -> Reply:
    """Propose again, with changes, what needed an update."""
    stored = Proposals(call).get(call.parts["uid"])
    _must_be(stored, "NEEDS_UPDATE", 400)
    if call.body:
        body = json_object(call)
        stored |= {key: body.get(key) for key in ("targetId", "change") if {"targetId", "change"} & body.keys()}
    _check(stored)
    stored["status"] = "PROPOSED"
    report = _accepted(call, stored, dry_run=True)
    if report.status != "OK":
        return import_reply(report, call.server.version)
    Proposals(call).put(stored)
    return Reply.message(200)


@endpoints.add("POST", "/api/metadata/proposals/{uid}", SOURCE)
def accept(call: Call) -> Reply:
    """Make the change that was proposed."""
    stored = Proposals(call).get(call.parts["uid"])
    _must_be(stored, "PROPOSED", 409)
    report = _accepted(call, stored, dry_run=False)
    done = report.status == "OK"
    _finish(call, stored, "ACCEPTED" if done else "NEEDS_UPDATE")
    if not done:
        return import_reply(report, call.server.version)
    if stored["type"] != "ADD":
        return Reply.message(200)
    schema = _schema(call, stored)
    found = report.first_object
    location = {"Location": f"{call.base_url}/api{schema.endpoint}/{found.uid if found else ''}"}
    return Reply.message(201, f"{schema.singular} created", headers=location)


@endpoints.add("PATCH", "/api/metadata/proposals/{uid}", RECORDED, consumes=("text/plain",))
def oppose(call: Call) -> Reply:
    """Ask for an update of a proposal; the body says why."""
    stored = Proposals(call).get(call.parts["uid"])
    _must_be(stored, "PROPOSED", 409)
    Proposals(call).put({**stored, "status": "NEEDS_UPDATE", "reason": call.body.decode(errors="replace")})
    return Reply(204)


@endpoints.add("DELETE", "/api/metadata/proposals/{uid}", RECORDED)
def reject(call: Call) -> Reply:
    """Reject a proposal; the body says why."""
    stored = Proposals(call).get(call.parts["uid"])
    _must_be(stored, "PROPOSED", 409)
    _finish(call, {**stored, "reason": call.body.decode(errors="replace") or None}, "REJECTED")
    return Reply(204)


def _finish(call: Call, stored: Json, status: str) -> None:
    final = {"finalised": call.server.now(), "finalisedBy": {"id": call.user.uid}}
    Proposals(call).put({**stored, **final, "status": status})


def _must_be(stored: Json, status: str, refusal: int) -> None:
    if stored["status"] != status:
        raise Dhis2Refusal(refusal, f"Proposal must be in status {status} for this action")


def _check_word(call: Call, body: Json, name: str, index: int, values: Mapping[str, str]) -> None:
    """400 where a word is missing or none of those that there are; 500 where it is null."""
    value = body.get(name)
    if name in body and value is None:
        raise Dhis2Refusal(500, None)
    if isinstance(value, str) and value in values:
        return
    klass = f"org.hisp.dhis.metadata.MetadataProposal{name.capitalize()}"
    text = f"Missing required creator property '{name}' (index {index})"
    if name in body:
        known = ", ".join(sorted(values))
        text = f'Cannot deserialize value of type `{klass}` from String "{value}": not one of the values accepted for'
        text = f"{text} Enum class: [{known}]"
    raise Dhis2Refusal(400, call.server.behaviour.unreadable_body.format(text, 1, 1))


def _check(stored: Json) -> None:
    type, change = stored["type"], stored.get("change")
    if type != "ADD" and stored.get("targetId") is None:
        raise Dhis2Refusal(400, f"`targetId` is required for type {type}")
    if type != "REMOVE" and change is None:
        raise Dhis2Refusal(400, f"`change` is required for type {type}")
    if type == "ADD" and not (isinstance(change, dict) and change):
        raise Dhis2Refusal(400, f"`change` must be a non empty object for type {type}")
    if type == "UPDATE" and not (isinstance(change, list) and change):
        raise Dhis2Refusal(400, f"`change` must be a non empty array for type {type}")


def _schema(call: Call, stored: Json) -> Schema:
    return call.server.schemas.by_singular[_TARGETS[stored["target"]]]


def _accepted(call: Call, stored: Json, *, dry_run: bool) -> ImportReport:
    """What comes of the change: tried only, or made."""
    schema = _schema(call, stored)
    strategy = _STRATEGIES[stored["type"]]
    target: Json = call.server.store.get(schema.singular, stored.get("targetId") or "") or {}
    body: Json = {"ADD": stored.get("change"), "REMOVE": target}.get(stored["type"]) or {}
    if stored["type"] == "UPDATE":
        body = patched(call.server.schemas, schema, target, read_patch(stored["change"]))
    options = ImportOptions.of({"importStrategy": strategy, "importMode": "VALIDATE" if dry_run else "COMMIT"})
    return import_bundle(call.server, call.user, {schema.plural: [body]}, options)


def _fits(row: Json, text: str) -> bool:
    key, _, rest = text.partition(":")
    operator, _, value = rest.partition(":")
    held = str(row.get(key) or "")
    if operator == "like":
        return value in held
    if operator not in {"eq", "ne", "!eq"}:
        raise Dhis2Refusal(400, f"Unknown operator `{operator}`")
    return (held == value) == (operator == "eq")


def _fields(call: Call) -> list[str]:
    return [name for text in call.params("fields") for name in text.split(",") if name]


def _shown(call: Call, row: Json) -> Json:
    wanted = _fields(call)
    whole = {key: value for key, value in row.items() if value is not None}
    if not wanted or any(name.startswith((":", "*")) for name in wanted):
        return whole
    return {name: whole[name] for name in wanted if name in whole}


def _cache(call: Call) -> dict[str, str]:
    return dict(NEVER_STORED) if differences(call.server).pages_proposals else {"Cache-Control": "no-cache, private"}
