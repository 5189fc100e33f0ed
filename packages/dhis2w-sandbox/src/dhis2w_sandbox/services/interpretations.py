"""`/api/interpretations/…`: what users write about charts, maps and reports, with comments and likes.

Interpretations and their comments are documents; reading them is what every type has.
Source: `InterpretationController`, `DefaultInterpretationService` of dhis2-core; recordings
`services/interpretations`.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.entry_rules import EntryRules
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.deleting import delete
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services.differences import differences

Json = dict[str, Any]

endpoints = Endpoints()

TYPE, COMMENT = "interpretation", "interpretationComment"
# What can be written about: how a refusal names it, and what the interpretation calls its own type.
_SUBJECTS = {
    "visualization": ("Visualization", "VISUALIZATION"),
    "map": ("Map", "MAP"),
    "eventVisualization": ("EventVisualization", "EVENT_VISUALIZATION"),
    "eventReport": ("Event report", "EVENT_REPORT"),
    "eventChart": ("Event chart", "EVENT_CHART"),
}
_TEXT = ("text/html", "text/plain")
_SIGNATURE = (
    "public org.hisp.dhis.dxf2.webmessage.WebMessage org.hisp.dhis.webapi.controller.InterpretationController.write{}"
    "Interpretation(java.lang.String,java.lang.String,org.hisp.dhis.user.User,java.lang.String)"
    " throws org.hisp.dhis.dxf2.webmessage.WebMessageException"
)
_REPORT_SIGNATURE = _SIGNATURE.format("DataSetReport").replace(",org.hisp.dhis.user.User", ",java.lang.String")


def write(call: Call) -> Reply:
    """Write about an object."""
    type = call.path.split("/")[3]
    words, kind = _SUBJECTS[type]
    text = _text(call, _SIGNATURE.format(words))
    uid = call.parts["uid"]
    subject = call.server.store.get(type, uid)
    if subject is None or not access.can_read(call.user, call.server.schemas.by_singular[type], subject):
        raise Dhis2Refusal(409, f"{words} does not exist or is not accessible: {uid}")
    sharing: Json = subject.get("sharing") or {}
    stored: Json = _new(call, text) | {
        type: {"id": uid},
        "type": kind,
        "comments": [],
        "likes": 0,
        "likedBy": [],
        "mentions": [],
        "sharing": {**sharing, "owner": call.user.uid},
    }
    unit = call.param("ou")
    if unit is not None:
        if call.server.store.get("organisationUnit", unit) is None:
            raise Dhis2Refusal(409, f"Organisation unit does not exist or is not accessible: {unit}")
        stored["organisationUnit"] = {"id": unit}
    call.server.store.put(TYPE, stored["id"], stored)
    location = {"Location": f"{call.base_url}/api/interpretations/{stored['id']}"}
    return Reply.message(201, "Interpretation created", headers=location)


for _subject in _SUBJECTS:
    endpoints.add("POST", f"/api/interpretations/{_subject}/{{uid}}", RECORDED, consumes=_TEXT)(write)


@endpoints.add("POST", "/api/interpretations/dataSetReport/{uid}", SOURCE, consumes=_TEXT)
def write_about_report(call: Call) -> Reply:
    """Write about the report of a data set for a period and unit."""
    period, unit = call.required("pe"), call.required("ou")
    text, rules = _text(call, _REPORT_SIGNATURE), EntryRules(call.server, call.user)
    data_set, uid = rules.document("dataSet", call.parts["uid"]), call.parts["uid"]
    if data_set is None or not rules.can_read("dataSet", data_set):
        raise Dhis2Refusal(409, f"Data set does not exist or is not accessible: {uid}")
    found = rules.period(period)
    if found is None:
        raise Dhis2Refusal(409, f"Period identifier not valid: {period}")
    if rules.document("organisationUnit", unit) is None:
        raise Dhis2Refusal(409, f"Organisation unit does not exist or is not accessible: {unit}")
    stored: Json = _new(call, text) | {
        "dataSet": {"id": uid},
        "period": {"id": found.iso},
        "organisationUnit": {"id": unit},
        "type": "DATASET_REPORT",
        "comments": [],
        "likes": 0,
        "likedBy": [],
        "mentions": [],
        "sharing": {"owner": call.user.uid, "public": "rw------", "users": {}, "userGroups": {}},
    }
    call.server.store.put(TYPE, stored["id"], stored)
    location = {"Location": f"{call.base_url}/api/interpretations/{stored['id']}"}
    return Reply.message(201, "Interpretation created", headers=location)


@endpoints.add("PUT", "/api/interpretations/{uid}", RECORDED)
def change(call: Call) -> Reply:
    """Replace the text of an interpretation."""
    stored = _own(call, "update")
    call.server.store.put(TYPE, stored["id"], {**stored, "text": _text(call), "lastUpdated": call.server.now()})
    return Reply(204)


@endpoints.add("DELETE", "/api/interpretations/{uid}", RECORDED)
def remove(call: Call) -> Reply:
    """Delete an interpretation with its comments."""
    stored = _own(call, "delete")
    for comment in stored["comments"]:
        call.server.store.delete(COMMENT, comment["id"])
    delete(call.server, TYPE, stored["id"])
    return Reply(204)


@endpoints.add("POST", "/api/interpretations/{uid}/comments", RECORDED, consumes=_TEXT)
def add_comment(call: Call) -> Reply:
    """Comment on an interpretation."""
    stored = _existing(call)
    comment: Json = {**_new(call, _text(call)), "mentions": []}
    call.server.store.put(COMMENT, comment["id"], comment)
    call.server.store.put(TYPE, stored["id"], {**stored, "comments": [*stored["comments"], {"id": comment["id"]}]})
    location = {"Location": f"{call.base_url}/api/interpretations/{stored['id']}/comments/{comment['id']}"}
    return Reply.message(201, "Commented created", headers=location)


@endpoints.add("PUT", "/api/interpretations/{uid}/comments/{comment}", RECORDED)
def change_comment(call: Call) -> Reply:
    """Replace the text of a comment; nothing happens where there is none."""
    comment = _own_comment(call, "update")
    if comment is not None:
        changed = {**comment, "text": _text(call), "lastUpdated": call.server.now()}
        call.server.store.put(COMMENT, comment["id"], changed)
    return Reply(204)


@endpoints.add("DELETE", "/api/interpretations/{uid}/comments/{comment}", RECORDED)
def remove_comment(call: Call) -> Reply:
    """Delete a comment; nothing happens where there is none."""
    comment = _own_comment(call, "delete")
    if comment is not None:
        stored = _existing(call)
        kept = [row for row in stored["comments"] if row["id"] != comment["id"]]
        call.server.store.put(TYPE, stored["id"], {**stored, "comments": kept})
        call.server.store.delete(COMMENT, comment["id"])
    return Reply(204)


@endpoints.add("POST", "/api/interpretations/{uid}/like", RECORDED)
def like(call: Call) -> Reply:
    """Like an interpretation."""
    stored, me = _existing(call), {"id": call.user.uid}
    if me in stored["likedBy"]:
        raise Dhis2Refusal(409, "Could not add like, user had already liked interpretation")
    _liked(call, stored, [*stored["likedBy"], me])
    return Reply.message(201, "Like added to interpretation")


@endpoints.add("DELETE", "/api/interpretations/{uid}/like", RECORDED)
def unlike(call: Call) -> Reply:
    """Take a like back."""
    stored, me = _existing(call), {"id": call.user.uid}
    if me not in stored["likedBy"]:
        raise Dhis2Refusal(409, "Could not remove like, user had not previously liked interpretation")
    _liked(call, stored, [row for row in stored["likedBy"] if row != me])
    return Reply.message(201, "Like removed from interpretation")


def _liked(call: Call, stored: Json, by: list[Json]) -> None:
    call.server.store.put(TYPE, stored["id"], {**stored, "likedBy": by, "likes": len(by)})


def _new(call: Call, text: str) -> Json:
    now = call.server.now()
    return {
        "id": call.server.new_uid(),
        "created": now,
        "lastUpdated": now,
        "createdBy": {"id": call.user.uid},
        "text": text,
    }


def _text(call: Call, missing: str = "") -> str:
    if not call.body:
        raise Dhis2Refusal(400, f"Required request body is missing: {missing}")
    return call.body.decode(errors="replace")


def _existing(call: Call, status: int = 409) -> Json:
    uid = call.parts["uid"]
    stored = call.server.store.get(TYPE, uid)
    if stored is None:
        raise Dhis2Refusal(status, f"Interpretation does not exist: {uid}")
    return stored


def _own(call: Call, verb: str) -> Json:
    stored = _existing(call, 404)
    _must_own(call, stored, f"You are not allowed to {verb} this interpretation.")
    return stored


def _own_comment(call: Call, verb: str) -> Json | None:
    stored, uid = _existing(call), call.parts["comment"]
    comment = call.server.store.get(COMMENT, uid) if {"id": uid} in stored["comments"] else None
    if comment is not None:
        _must_own(call, comment, f"You are not allowed to {verb} this comment.")
    return comment


def _must_own(call: Call, document: Json, refusal: str) -> None:
    if not call.user.is_super and document["createdBy"]["id"] != call.user.uid:
        raise Dhis2Refusal(403, refusal, "E1006" if differences(call.server).codes_foreign_interpretation else None)
