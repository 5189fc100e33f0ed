"""Endpoints that write metadata: one object, its translations and fans, and whole bundles.

Source: `AbstractCrudController` and `MetadataImportExportController` of dhis2-core.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast
from xml.etree import ElementTree as ET

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox, conflict, forbidden, not_found
from dhis2w_sandbox.metadata import access, gml, jackson, membership, sharing, xml_bodies
from dhis2w_sandbox.metadata.bundle import ImportOptions
from dhis2w_sandbox.metadata.coercion import MappingError, read_object
from dhis2w_sandbox.metadata.csv_bundle import IMPORT_CLASSES, read_bundle
from dhis2w_sandbox.metadata.endpoint_rules import NO_RULE, RULES
from dhis2w_sandbox.metadata.importing import Progress, import_bundle, silent
from dhis2w_sandbox.metadata.packing import unpacked
from dhis2w_sandbox.metadata.patching import UnreadablePatch, patched, read_patch
from dhis2w_sandbox.metadata.reports import ImportReport, ObjectReport, import_reply, object_reply
from dhis2w_sandbox.metadata.validation import translation_errors
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints
from dhis2w_sandbox.schemas import Schema
from dhis2w_sandbox.tasks import Job

Json = dict[str, Any]

endpoints = Endpoints()
endpoints.rows += sharing.endpoints.rows + membership.endpoints.rows

JSON_ONLY = ("application/json",)
JSON_OR_XML = (*JSON_ONLY, "application/xml")
WITHOUT_XML = ALL_VERSIONS - {"v41"}

NO_UPDATE = "You don't have the proper permissions to update this object."


READ_ONLY = frozenset({"fileResource", "externalFileResource", "messageConversation"})
"""Types whose objects come by other ways than their endpoints."""


def schema_of(call: Call) -> Schema:
    """The type whose endpoint was called."""
    return call.server.schemas.by_endpoint[f"/{call.parts['type']}"]


def is_type(call: Call) -> bool:
    """Whether the path names a type of this version whose objects can be written there."""
    schema = call.server.schemas.by_endpoint.get(f"/{call.parts['type']}")
    return schema is not None and schema.singular not in READ_ONLY


@endpoints.add("POST", "/api/{type}", RECORDED, accepts=is_type, consumes=JSON_ONLY, versions=WITHOUT_XML)
@endpoints.add("POST", "/api/{type}", RECORDED, accepts=is_type, consumes=JSON_OR_XML, versions=("v41",))
def create_object(call: Call) -> Reply:
    """Create one object."""
    schema = schema_of(call)
    body = read_json(call, schema)
    if not access.can_create(call.user, schema):
        raise forbidden("You don't have the proper permissions to create this object.")
    body.pop("translations", None)
    rule = RULES.get(schema.singular, NO_RULE)
    rule.before(call.server, body, None)
    options = replace(options_of(call), strategy="CREATE", report_mode="FULL")
    report = import_bundle(call.server, call.user, {schema.plural: [body]}, options)
    found = report.first_object
    if found is None:
        raise Dhis2Refusal(
            500,
            'Cannot invoke "org.hisp.dhis.feedback.ObjectReport.isEmpty()" because "objectReport" is null',
        )
    reply = object_reply(found, call.server.version, status=201)
    if reply.status == 201:
        reply.headers["Location"] = f"{call.base_url}/api{schema.endpoint}/{found.uid}"
        rule.after(call.server, call.user, call.server.store.get(schema.singular, found.uid or "") or {})
    return reply


@endpoints.add("PUT", "/api/{type}/{uid}", RECORDED, accepts=is_type, consumes=JSON_ONLY, versions=WITHOUT_XML)
@endpoints.add("PUT", "/api/{type}/{uid}", RECORDED, accepts=is_type, consumes=JSON_OR_XML, versions=("v41",))
def replace_object(call: Call) -> Reply:
    """Replace one object by the body."""
    schema, old = updatable(call)
    body = {**read_json(call, schema), "id": old["id"]}
    rule = RULES.get(schema.singular, NO_RULE)
    rule.before(call.server, body, old)
    options = replace(options_of(call), strategy="UPDATE")
    if options.report_mode != "ERRORS_NOT_OWNER":
        options = replace(options, report_mode="FULL")
    report = import_bundle(call.server, call.user, {schema.plural: [body]}, options)
    if report.status == "OK":
        rule.after(call.server, call.user, call.server.store.get(schema.singular, old["id"]) or {})
    return _answer(call, report)


@endpoints.add("PATCH", "/api/{type}/{uid}", RECORDED, accepts=is_type, consumes=("application/json-patch+json",))
def patch_object(call: Call) -> Reply:
    """Change one object by a JSON Patch."""
    schema = schema_of(call)
    operations = patch_body(call) if call.server.behaviour.patch_read_by_framework else []
    _, old = updatable(call)
    operations = operations or patch_body(call)
    body = {**patched(call.server.schemas, schema, old, operations), "id": old["id"]}
    params = {"importReportMode": "ERRORS_NOT_OWNER", **dict(reversed(call.query))}
    options = replace(ImportOptions.of(params), strategy="UPDATE")
    return _answer(call, import_bundle(call.server, call.user, {schema.plural: [body]}, options))


def patch_body(call: Call) -> list[Json]:
    """The operations of the body; refused as the version does where it is no patch."""
    by_framework = call.server.behaviour.patch_read_by_framework
    try:
        return read_patch(jackson.read(call))
    except UnreadablePatch as error:
        if by_framework:
            raise Dhis2Refusal(400, f"JSON parse error: {error.text}") from error
        if error.position is None:
            raise Dhis2Refusal(500, error.text) from error
        source = jackson.place(call.body.decode(), error.position)
        raise jackson.refusal(call, MappingError(error.text, (), error.chain), source) from error
    except Dhis2Refusal as refusal:
        if not by_framework:
            raise
        text = (refusal.message or "").rpartition("\n at ")[0]
        raise Dhis2Refusal(400, f"JSON parse error: {text}") from refusal


@endpoints.add("DELETE", "/api/{type}/{uid}", RECORDED, accepts=is_type)
def delete_object(call: Call) -> Reply:
    """Delete one object."""
    schema = schema_of(call)
    old = stored(call, schema)
    if not access.can_delete(call.user, schema, old):
        raise forbidden("You don't have the proper permissions to delete this object.")
    RULES.get(schema.singular, NO_RULE).before_delete(call.server, old)
    options = ImportOptions(strategy="DELETE", report_mode="FULL")
    report = import_bundle(call.server, call.user, {schema.plural: [old]}, options)
    found = report.first_object
    return object_reply(found, call.server.version, word="WARNING") if found else Reply.message(200)


@endpoints.add("PUT", "/api/{type}/{uid}/translations", SOURCE, accepts=is_type)
def replace_translations(call: Call) -> Reply:
    """Replace the translations of one object."""
    schema, old = updatable(call)
    read = read_mapped(call, schema, jackson.read(call))
    changed = {**old, "translations": read.get("translations", []), "lastUpdated": call.server.now()}
    errors = translation_errors(schema, changed)
    if errors:
        return object_reply(ObjectReport(schema.klass, 0, None, None, errors), call.server.version, word="WARNING")
    call.server.store.put(schema.singular, old["id"], changed)
    return Reply(204)


def _fans(call: Call, key: str, *, present: bool) -> tuple[Json, str]:
    schema = schema_of(call)
    words = {
        ("favorites", True): "set as favorite",
        ("favorites", False): "set as favorite",
        ("subscribers", True): "subscribed to",
        ("subscribers", False): "subscribed to",
    }
    flag = "favoritable" if key == "favorites" else "subscribable"
    if not schema[flag]:
        raise conflict(f"Objects of this class cannot be {words[key, present]}")
    old = stored(call, schema)
    others = [uid for uid in old.get(key, ()) if uid != call.user.uid]
    changed = {**old, key: [*others, call.user.uid] if present else others}
    call.server.store.put(schema.singular, old["id"], changed)
    return changed, call.user.username


@endpoints.add("POST", "/api/{type}/{uid}/favorite", RECORDED, accepts=is_type)
def set_favorite(call: Call) -> Reply:
    """Make the object a favourite of the sender."""
    document, name = _fans(call, "favorites", present=True)
    return Reply.message(200, f"Object '{document['id']}' set as favorite for user '{name}'")


@endpoints.add("DELETE", "/api/{type}/{uid}/favorite", RECORDED, accepts=is_type)
def remove_favorite(call: Call) -> Reply:
    """Make the object no favourite of the sender any more."""
    document, name = _fans(call, "favorites", present=False)
    return Reply.message(200, f"Object '{document['id']}' removed as favorite for user '{name}'")


@endpoints.add("POST", "/api/{type}/{uid}/subscriber", RECORDED, accepts=is_type)
def subscribe(call: Call) -> Reply:
    """Let the sender be told of interpretations of the object."""
    document, name = _fans(call, "subscribers", present=True)
    return Reply.message(200, f"User '{name}' subscribed to object '{document['id']}'")


@endpoints.add("DELETE", "/api/{type}/{uid}/subscriber", RECORDED, accepts=is_type)
def unsubscribe(call: Call) -> Reply:
    """Let the sender be told no more."""
    document, name = _fans(call, "subscribers", present=False)
    return Reply.message(200, f"User '{name}' removed as subscriber of object '{document['id']}'")


def _answer(call: Call, report: ImportReport) -> Reply:
    found = report.first_object
    return object_reply(found, call.server.version) if found else Reply.message(200)


@endpoints.add("POST", "/api/metadata", RECORDED, consumes=(*JSON_ONLY, "application/csv"), versions=WITHOUT_XML)
@endpoints.add("POST", "/api/metadata", RECORDED, consumes=(*JSON_OR_XML, "application/csv"), versions=("v41",))
def import_metadata(call: Call) -> Reply:
    """Import lists of objects of any types, at once or as a job; as JSON, or objects of one type as CSV."""
    options = options_of(call)
    if not options.is_async:
        return import_reply(_imported(call, options), call.server.version)
    job = Job(call.server, "METADATA_IMPORT", options.as_json())
    job.start(lambda: _run_import(call, job, options))
    return job.reply(call)


def _run_import(call: Call, job: Job, options: ImportOptions) -> None:
    """Import as a job, whose story and summary tell what came of it."""
    more = {"user": None, **options.as_json(), "filename": None, "csvImportClass": None}
    job.tell("Metadata import started", dataType="PARAMETERS", data=more)
    job.tell("Loading file resource")
    job.tell("Loading file content")
    report = _imported(call, options, job.tell)
    counts = report.stats.as_json()
    told = ", ".join(f"{counts[word]} {word}" for word in ("created", "updated", "deleted", "ignored"))
    job.tell(f"Import complete with status {report.status}, {told}", completed=True)
    result = report.as_json(call.server.version)
    del result["responseType"]
    job.summarize({"importParams": options.as_json(), **result})


def _imported(call: Call, options: ImportOptions, progress: Progress = silent) -> ImportReport:
    try:
        return import_bundle(call.server, call.user, _payload(call), options, progress)
    except MappingError as error:
        raise jackson.unknown_place(call, error) from error


def _payload(call: Call) -> Json:
    body = unpacked(call.body)
    media = call.headers.get("content-type", "")
    if "xml" in media:
        return xml_bodies.read_bundle(call.server.schemas, xml_bodies.parsed(body))
    if "csv" not in media:
        return _lists(call, jackson.read(replace(call, body=body))) if body else {}
    import_class = call.param("classKey")
    if import_class not in IMPORT_CLASSES:
        raise Dhis2Refusal(409, f"Cannot find Csv import class:  {import_class}")
    has_header = call.flag("firstRowIsHeader", default=True)
    return read_bundle(call.server, import_class, body.decode(), has_header=has_header)


@endpoints.add("POST", "/api/metadata/gml", SOURCE, consumes=("application/xml",))
def import_gml(call: Call) -> Reply:
    """Update the geometries of stored organisation units from GML."""
    options = replace(options_of(call), strategy="UPDATE")
    if options.is_async:
        raise NotInSandbox("GML import as a job")
    try:
        payload = gml.read_bundle(call.server, unpacked(call.body))
    except ET.ParseError as error:
        return import_reply(gml.failure(error), call.server.version)
    return import_reply(import_bundle(call.server, call.user, payload, options), call.server.version)


@endpoints.add("GET", "/api/metadata/csvImportClasses", SOURCE)
def csv_import_classes(call: Call) -> Reply:
    """What `classKey` may be."""
    del call
    return Reply.json(list(IMPORT_CLASSES))


def _lists(call: Call, payload: Any) -> Json:
    if not isinstance(payload, dict):
        return {}
    known = call.server.schemas.by_plural
    lists = {key: value for key, value in cast(Json, payload).items() if key in known and value}
    return {key: list(cast(Json, value).values()) if isinstance(value, dict) else value for key, value in lists.items()}


def options_of(call: Call) -> ImportOptions:
    """The import options of a request."""
    return ImportOptions.of(dict(reversed(call.query)))


def stored(call: Call, schema: Schema) -> Json:
    """The object that the path names; 404 where it is not there, or not for this user."""
    uid = call.parts["uid"]
    document = call.server.store.get(schema.singular, uid)
    if document is None or not access.can_read(call.user, schema, document):
        raise not_found(schema.short_klass, uid)
    return document


def updatable(call: Call) -> tuple[Schema, Json]:
    """The object that the path names; 404 and 403 where this user may not change it."""
    schema = schema_of(call)
    document = stored(call, schema)
    if not access.can_update(call.user, schema, document):
        raise forbidden(NO_UPDATE)
    return schema, document


def read_json(call: Call, schema: Schema) -> Json:
    """The body as an object of a type; refused in Jackson's words where it is none."""
    if "xml" in call.headers.get("content-type", ""):
        return xml_bodies.read_object(call.server.schemas, schema, xml_bodies.parsed(call.body))
    value = jackson.read(call)
    if value is None:
        raise Dhis2Refusal(
            500,
            'Cannot invoke "org.hisp.dhis.common.IdentifiableObject.getTranslations()" because "parsed" is null',
        )
    read_mapped(call, schema, value)
    return cast(Json, value)


def read_mapped(call: Call, schema: Schema, value: Any) -> Json:
    """A value of the body read as an object of a type."""
    try:
        return read_object(call.server.schemas, schema, value)
    except MappingError as error:
        raise jackson.refusal(call, error) from error
