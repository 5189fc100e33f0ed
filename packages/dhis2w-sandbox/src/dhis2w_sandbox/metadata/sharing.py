"""Endpoints about who may see what: the sharing of one object, the older `/api/sharing`, and many objects at once.

Source: `AbstractCrudController.setSharing`, `DefaultSharingService`, `SharingController`, `BulkPatchManager` and
`BulkPatchValidatorService` of dhis2-core.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, cast

from dhis2w_sandbox.boot import DEFAULT_CATEGORY, DEFAULT_COMBO, DEFAULT_OPTION
from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.errors import Dhis2Refusal, ErrorReport, forbidden, not_found
from dhis2w_sandbox.metadata import access, jackson
from dhis2w_sandbox.metadata.bundle import ImportOptions
from dhis2w_sandbox.metadata.coercion import MappingError
from dhis2w_sandbox.metadata.coercion import sharing as read_sharing
from dhis2w_sandbox.metadata.importing import import_bundle
from dhis2w_sandbox.metadata.patching import apply, reread
from dhis2w_sandbox.metadata.reports import PROBLEMS, ImportReport, ObjectReport, TypeReport, import_reply
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Schema

Json = dict[str, Any]

endpoints = Endpoints()

KLASS = "org.hisp.dhis.user.sharing.Sharing"
PATCH_KLASS = "org.hisp.dhis.commons.jackson.jsonpatch.JsonPatchException"
ACCESS = re.compile(r"[r-][w-][r-][w-]----")
PATCH = ("application/json-patch+json",)
DEFAULTS = frozenset({DEFAULT_CATEGORY, DEFAULT_COMBO, DEFAULT_OPTION})
KINDS = (("userGroups", "userGroup", "E3017"), ("users", "user", "E3018"))


def is_type(call: Call) -> bool:
    """Whether the path names a type of this version."""
    return f"/{call.parts['type']}" in call.server.schemas.by_endpoint


def is_valid(text: Any) -> bool:
    """Whether an access string is well-formed; none at all is."""
    return text is None or (isinstance(text, str) and ACCESS.fullmatch(text) is not None)


def has_data_access(text: Any) -> bool:
    """Whether an access string allows anything with data; none at all does, as DHIS2 finds out."""
    return text is None or text[2:3] == "r" or text[3:4] == "w"


@endpoints.add("PUT", "/api/{type}/{uid}/sharing", RECORDED, accepts=is_type, consumes=("application/json",))
def replace_sharing(call: Call) -> Reply:
    """Replace the sharing of one object."""
    schema = call.server.schemas.by_endpoint[f"/{call.parts['type']}"]
    document = call.server.store.get(schema.singular, call.parts["uid"])
    if document is None or not access.can_read(call.user, schema, document):
        raise not_found(schema.short_klass, call.parts["uid"])
    if not access.can_update(call.user, schema, document):
        raise forbidden("You don't have the proper permissions to update this object.")
    body = jackson.read(call)
    try:
        sent = read_sharing(body)
    except MappingError as error:
        raise jackson.refusal(call, error) from error
    if not access.can_create(call.user, schema, public=True):
        former: Json = document.get("sharing") or {}
        sent["public"] = former.get("public")
    errors = _sharing_errors(schema, document, sent)
    if errors:
        report = TypeReport(KLASS)
        report.add(ObjectReport(KLASS, 0, None, None, errors))
        body = {"status": "ERROR", **report.as_json(call.server.version), "responseType": "TypeReport"}
        del body["klass"]
        return Reply.message(409, PROBLEMS, word="ERROR", response=body)
    for kind, type, _ in KINDS:
        sent[kind] = {uid: row for uid, row in sent[kind].items() if call.server.store.get(type, uid)}
    _store(call, schema, document, sent)
    return Reply(204)


def _sharing_errors(schema: Schema, document: Json, sent: Json) -> list[ErrorReport]:
    def error(code: str, *args: Any) -> ErrorReport:
        return ErrorReport(code, args, KLASS, error_klass=schema.klass)

    errors: list[ErrorReport] = []
    public = sent.get("public")
    if document["id"] in DEFAULTS:
        errors.append(error("E3013", schema.short_klass))
    if not is_valid(public):
        errors.append(error("E3015", public))
    if not schema["dataShareable"] and has_data_access(public):
        errors.append(error("E3016"))
    for kind, _, code in KINDS:
        for row in sent[kind].values():
            if not is_valid(row["access"]):
                errors.append(error(code, row["access"]))
            if not schema["dataShareable"] and has_data_access(row["access"]):
                errors.append(error("E3016"))
    return errors


def _store(call: Call, schema: Schema, document: Json, sharing: Json) -> None:
    changed = {**document, "sharing": sharing, "lastUpdated": call.server.now()}
    call.server.store.put(schema.singular, document["id"], changed)
    if schema.singular == "program" and document.get("programType") == "WITHOUT_REGISTRATION":
        for row in document.get("programStages", ())[:1]:
            stage = call.server.store.get("programStage", row["id"])
            if stage:
                call.server.store.put("programStage", stage["id"], {**stage, "sharing": sharing})


@endpoints.add("GET", "/api/sharing", RECORDED)
def get_sharing(call: Call) -> Reply:
    """The sharing of an object in its older form."""
    schema, document = _subject(call)
    if not access.can_read(call.user, schema, document):
        raise forbidden("You do not have manage access to this object.")
    sharing: Json = document.get("sharing") or {}
    public = access.can_create(call.user, schema, public=True)
    owner = call.server.store.get("user", linked(document, "createdBy") or "")
    name = document.get("name")
    row: Json = {
        "id": document["id"],
        "name": name,
        "displayName": name,
        "publicAccess": sharing.get("public") or ("rw------" if public else access.NO_ACCESS),
        "user": {"id": owner["id"], "name": _name(owner)} if owner else {},
        "userGroupAccesses": _named(call, "userGroup", sharing.get("userGroups")),
        "userAccesses": _named(call, "user", sharing.get("users")),
        "externalAccess": bool(sharing.get("external")),
    }
    may_external = access.can_externalize(call.user, schema)
    meta = {"allowPublicAccess": public, "allowExternalAccess": may_external}
    if not call.server.behaviour.emits_external_sharing:
        del row["externalAccess"], meta["allowExternalAccess"]
    body = {"meta": meta, "object": row}
    return Reply.json(body, headers={"Cache-Control": "no-cache"})


def _named(call: Call, type: str, rows: Json | None) -> list[Json]:
    found: list[Json] = []
    for row in (rows or {}).values():
        document = call.server.store.get(type, row["id"])
        if document:
            name = _name(document)
            found.append({"id": row["id"], "name": name, "displayName": name, "access": row["access"]})
    return sorted(found, key=lambda row: row["name"]) if type == "userGroup" else found


def _subject(call: Call) -> tuple[Schema, Json]:
    type, uid = call.required("type"), call.required("id")
    schema = call.server.schemas.by_singular.get(type)
    if schema is None or not schema.shareable:
        raise Dhis2Refusal(409, f"Type {type} is not supported.")
    document = call.server.store.get(type, uid)
    if document is None:
        raise Dhis2Refusal(404, f"Object of type {type} with ID {uid} was not found.")
    return schema, document


@endpoints.add("POST", "/api/sharing", RECORDED, consumes=("application/json",))
@endpoints.add("PUT", "/api/sharing", RECORDED, consumes=("application/json",))
def set_sharing(call: Call) -> Reply:
    """Set the sharing of an object in its older form."""
    schema, document = _subject(call)
    if document["id"] in DEFAULTS:
        raise Dhis2Refusal(
            409, f"Sharing settings of system default metadata object of type {schema.singular} cannot be modified."
        )
    if not access.can_update(call.user, schema, document):
        raise forbidden("You do not have manage access to this object.")
    sent: Json = jackson.read(call).get("object") or {}
    if not is_valid(sent.get("publicAccess")):
        raise Dhis2Refusal(409, f"Invalid public access string: {sent.get('publicAccess')}")
    sharing: Json = {**(document.get("sharing") or {})}
    if access.can_create(call.user, schema, public=True):
        sharing["public"] = _without_data(schema, sent.get("publicAccess"))
    for kind, type, words in (("userGroups", "userGroup", "user group"), ("users", "user", "user")):
        rows: list[Json] = sent.get(f"{type}Accesses") or []
        for row in rows:
            if not is_valid(row.get("access")):
                raise Dhis2Refusal(409, f"Invalid {words} access string: {row.get('access')}")
        sharing[kind] = {
            row["id"]: {"id": row["id"], "access": _without_data(schema, row.get("access"))}
            for row in rows
            if call.server.store.get(type, row.get("id", ""))
        }
    _store(call, schema, document, {key: value for key, value in sharing.items() if value is not None})
    return Reply.message(200, "Access control set")


def _without_data(schema: Schema, text: str | None) -> str | None:
    if text is None or schema["dataShareable"]:
        return text
    return f"{text[:2]}--{text[4:]}"


@endpoints.add("GET", "/api/sharing/search", RECORDED)
def search_sharing(call: Call) -> Reply:
    """Users and groups whose name contains a text."""
    key = call.required("key").lower()
    limit = int(call.param("pageSize") or 50)
    users = _found(call, "user", key)[:limit]
    groups = _found(call, "userGroup", key)[:limit]
    body = {
        "users": [{**_title(user), "username": user.get("username")} for user in users],
        "userGroups": [_title(group) for group in groups],
    }
    return Reply.json(body, headers={"Cache-Control": "no-cache"})


def _found(call: Call, type: str, key: str) -> list[Json]:
    every = [row for row in call.server.store.all(type) if key in _name(row).lower()]
    return sorted(every, key=_name)


def _title(document: Json) -> Json:
    return {"id": document["id"], "name": _name(document), "displayName": _name(document)}


def _name(document: Json) -> str:
    """What an object is called; users of some versions store no name."""
    return document.get("name") or f"{document.get('firstName')} {document.get('surname')}"


@endpoints.add("PATCH", "/api/{type}/sharing", RECORDED, accepts=is_type, consumes=PATCH)
def patch_sharing_of_type(call: Call) -> Reply:
    """Patch the sharing of objects of one type with one patch."""
    body: Json = jackson.read(call)
    plural = next((key for key in body if key != "patch"), "")
    ids: list[str] = body.get(plural) or []
    return _patch_many(call, [(plural, uid, body.get("patch") or []) for uid in ids], dropped=True)


@endpoints.add("PATCH", "/api/metadata/sharing", RECORDED, consumes=PATCH)
def patch_sharing_of_types(call: Call) -> Reply:
    """Patch the sharing of objects of any types, each with its own patch."""
    body: Json = jackson.read(call)
    rows = [(plural, uid, patch) for plural, patches in body.items() for uid, patch in patches.items()]
    return _patch_many(call, rows, dropped=False)


def _patch_many(call: Call, rows: Iterable[tuple[str, str, list[Json]]], *, dropped: bool) -> Reply:
    """Apply patches; `dropped` says whether `atomic` drops all where one is refused: else, DHIS2 has it reversed."""
    refused = ImportReport()
    payload: dict[str, list[Json]] = {}
    for plural, uid, patch in rows:
        schema = call.server.schemas.by_plural.get(plural)
        if schema is None:
            error = ErrorReport("E6002", (plural,), PATCH_KLASS)
            refused.of(PATCH_KLASS).objects[0] = ObjectReport(PATCH_KLASS, 0, None, None, [error])
            continue
        document = call.server.store.get(schema.singular, uid)
        errors = _patch_errors(schema, uid, document, patch)
        if document is None or errors:
            refused.of(schema.klass).objects[0] = ObjectReport(schema.klass, 0, uid, None, errors)
            continue
        try:
            node = reread(call.server.schemas, schema, apply(schema, document, patch))
        except Dhis2Refusal as refusal:
            error = ErrorReport("E6003", (refusal.message,), schema.klass)
            refused.of(schema.klass).objects[0] = ObjectReport(schema.klass, 0, uid, None, [error])
            continue
        payload.setdefault(plural, []).append({**node, "id": uid})
    if not payload or (call.flag("atomic") and refused.has_errors == dropped):
        refused.status = "ERROR"
        return import_reply(refused, call.server.version)
    options = ImportOptions.of({**dict(reversed(call.query)), "importStrategy": "UPDATE"})
    report = import_bundle(call.server, call.user, cast(Json, payload), options)
    for klass, found in refused.types.items():
        report.of(klass).objects |= found.objects
    if refused.has_errors and report.status == "OK":
        report.status = "WARNING"
    return import_reply(report, call.server.version)


def _patch_errors(schema: Schema, uid: str, document: Json | None, patch: list[Json]) -> list[ErrorReport]:
    errors: list[ErrorReport] = []
    if not schema.shareable:
        errors.append(ErrorReport("E3019", (schema["name"],), PATCH_KLASS))
    if document is None:
        errors.append(ErrorReport("E4014", (uid, schema["name"]), schema.klass))
    paths = [str(row.get("path", "")) for row in patch]
    wrong = [path for path in paths if path.split("/")[1:2] != ["sharing"]]
    return errors + [ErrorReport("E4032", (path,), PATCH_KLASS) for path in wrong]
