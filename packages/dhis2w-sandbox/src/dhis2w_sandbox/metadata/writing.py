"""Endpoints that write metadata: one object, its parts, and whole bundles.

Source: `AbstractCrudController` and `MetadataImportExportController` of dhis2-core.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from dataclasses import replace
from typing import Any, cast

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, forbidden, not_found
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.coercion import UNKNOWN, MappingError, read_object
from dhis2w_sandbox.metadata.importing import ImportOptions, import_bundle
from dhis2w_sandbox.metadata.reports import import_reply, object_reply
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Schema

Json = dict[str, Any]

endpoints = Endpoints()


def schema_of(call: Call) -> Schema:
    """The type whose endpoint was called."""
    return call.server.schemas.by_endpoint[f"/{call.parts['type']}"]


def is_type(call: Call) -> bool:
    """Whether the path names a type of this version."""
    return f"/{call.parts['type']}" in call.server.schemas.by_endpoint


@endpoints.add("POST", "/api/{type}", RECORDED, accepts=is_type)
def create_object(call: Call) -> Reply:
    """Create one object."""
    schema = schema_of(call)
    body = read_json(call, schema)
    if not access.can_create(call.user, schema):
        raise forbidden("You don't have the proper permissions to create this object.")
    body.pop("translations", None)
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
    return reply


@endpoints.add("PUT", "/api/{type}/{uid}", RECORDED, accepts=is_type)
def replace_object(call: Call) -> Reply:
    """Replace one object by the body."""
    schema = schema_of(call)
    old = stored(call, schema)
    if not access.can_update(call.user, schema, old):
        raise forbidden("You don't have the proper permissions to update this object.")
    body = {**read_json(call, schema), "id": old["id"]}
    options = replace(options_of(call), strategy="UPDATE")
    if options.report_mode != "ERRORS_NOT_OWNER":
        options = replace(options, report_mode="FULL")
    return _answer(call, import_bundle(call.server, call.user, {schema.plural: [body]}, options))


@endpoints.add("DELETE", "/api/{type}/{uid}", RECORDED, accepts=is_type)
def delete_object(call: Call) -> Reply:
    """Delete one object."""
    schema = schema_of(call)
    old = stored(call, schema)
    if not access.can_delete(call.user, schema, old):
        raise forbidden("You don't have the proper permissions to delete this object.")
    options = ImportOptions(strategy="DELETE", report_mode="FULL")
    report = import_bundle(call.server, call.user, {schema.plural: [old]}, options)
    found = report.first_object
    return object_reply(found, call.server.version, word="WARNING") if found else Reply.message(200)


def _answer(call: Call, report: Any) -> Reply:
    found = report.first_object
    return object_reply(found, call.server.version) if found else Reply.message(200)


@endpoints.add("POST", "/api/metadata", RECORDED)
def import_metadata(call: Call) -> Reply:
    """Import lists of objects of any types."""
    payload = parsed(call, unpacked(call.body)) if call.body else {}
    lists = _lists(call, payload)
    try:
        report = import_bundle(call.server, call.user, lists, options_of(call))
    except MappingError as error:
        raise mapping_refusal(call, error, UNKNOWN) from error
    return import_reply(report, call.server.version)


def _lists(call: Call, payload: Any) -> Json:
    if not isinstance(payload, dict):
        return {}
    content = cast(Json, payload)
    known = call.server.schemas.by_plural
    lists = {key: value for key, value in content.items() if key in known and value}
    return {key: list(value.values()) if isinstance(value, dict) else value for key, value in lists.items()}


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


def read_json(call: Call, schema: Schema) -> Json:
    """The body as an object of a type; refused in Jackson's words where it is none."""
    value = parsed(call, call.body)
    if value is None:
        raise Dhis2Refusal(
            500,
            'Cannot invoke "org.hisp.dhis.common.IdentifiableObject.getTranslations()" because "parsed" is null',
        )
    try:
        read_object(call.server.schemas, schema, value)
    except MappingError as error:
        raise mapping_refusal(call, error, UNKNOWN) from error
    return cast(Json, value)


def mapping_refusal(call: Call, error: MappingError, source: str) -> Dhis2Refusal:
    """The answer to JSON of a wrong shape."""
    return Dhis2Refusal(call.server.behaviour.mapping_error_status, error.message(source))


def parsed(call: Call, body: bytes) -> Any:
    """The JSON of a body; 409 where it is none, and a mapping error where it is empty."""
    if not body.strip():
        source = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1]"
        raise mapping_refusal(call, MappingError("No content to map due to end-of-input", (), ""), source)
    try:
        return json.loads(body)
    except ValueError as broken:
        raise Dhis2Refusal(409, str(broken)) from broken


def unpacked(body: bytes) -> bytes:
    """A body that may be a gzip or zip file."""
    if body[:2] == b"\x1f\x8b":
        return gzip.decompress(body)
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return archive.read(archive.namelist()[0])
    return body
