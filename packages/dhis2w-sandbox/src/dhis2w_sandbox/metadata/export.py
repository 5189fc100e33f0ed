"""`GET /api/metadata` and `GET /api/{plural}/{uid}/metadata`: many objects of many types in one document.

Source: `MetadataImportExportController`, `DefaultMetadataExportService` of dhis2-core; recordings `meta/package`.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass, field
from typing import Any

from dhis2w_sandbox.call import JSON, RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata.access import can_read
from dhis2w_sandbox.metadata.dependencies import ROOTS, with_dependencies
from dhis2w_sandbox.metadata.java_order import hash_order, text_hash
from dhis2w_sandbox.metadata.querying import Defaults, ListParams, enum_param, select, without_defaults
from dhis2w_sandbox.metadata.reading import schema_of, shown
from dhis2w_sandbox.metadata.rendering import raw_values, renderer
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Schema

Json = dict[str, Any]

endpoints = Endpoints()

OWNER = ":owner"
DEPRECATED = frozenset({"eventChart", "eventReport"})
"""Types that an export of everything leaves out."""


@dataclass
class Wanted:
    """What of one type is exported."""

    fields: list[str] = field(default_factory=list[str])
    filters: list[str] = field(default_factory=list[str])
    orders: list[str] = field(default_factory=list[str])


@endpoints.add("GET", "/api/metadata", RECORDED, suffixes={"json.gz", "json.zip"})
def get_metadata(call: Call) -> Reply:
    """Export the types that the request names, or all."""
    wanted = wanted_types(call)
    _check(call, wanted)
    types = wanted or {schema.singular: Wanted() for schema in _exported_types(call)}
    default_fields = call.params("fields") or [OWNER]

    def body() -> Json:
        document: Json = {"system": system(call)}
        for singular, want in types.items():
            schema = call.server.schemas.by_singular[singular]
            rows = _rows(call, schema, want, want.fields or default_fields)
            if rows:
                document[schema.plural] = rows
        return document

    return _packed(call, shown(body))


def _depends(call: Call) -> bool:
    schema = schema_of(call)
    return schema is not None and schema.singular in ROOTS


@endpoints.add("GET", "/api/{type}/{uid:uid}/metadata", RECORDED, accepts=_depends, suffixes={"json.gz", "json.zip"})
def get_with_dependencies(call: Call) -> Reply:
    """Export an object with all that it needs."""
    schema = call.server.schemas.by_endpoint[f"/{call.parts['type']}"]
    uid = call.parts["uid"]
    document = call.server.store.get(schema.singular, uid)
    if document is None or not can_read(call.user, schema, document):
        raise Dhis2Refusal(404, f"{schema.short_klass} not found for uid: {uid}")
    _check(call, {})
    found = with_dependencies(call.server, raw_values(call), schema, document)
    skip = call.flag("skipSharing")

    def body() -> Json:
        answer: Json = {"system": system(call)}
        for singular, documents in found.items():
            other = call.server.schemas.by_singular[singular]
            show = renderer(call, other, OWNER, skip_sharing=skip)
            rows = list(documents.values())
            if call.server.behaviour.sets_come_by_hash:
                rows = hash_order(rows, lambda row: text_hash(row["id"]))
            answer[other.plural] = [show(row) for row in rows]
        return answer

    return _packed(call, shown(body))


def wanted_types(call: Call) -> dict[str, Wanted]:
    """The types that a request names: by `<plural>=true` or by `<plural>:fields`, `:filter` or `:order`."""
    wanted: dict[str, Wanted] = {}
    for name in dict.fromkeys(name for name, _ in call.query):
        plural, _, part = name.partition(":")
        schema = call.server.schemas.by_plural.get(plural)
        values = call.params(name)
        if schema is None or not schema["identifiableObject"] or not (_is_on(values) or _is_part(part)):
            continue
        want = wanted.setdefault(schema.singular, Wanted())
        match part.lower():
            case "fields":
                want.fields += values
            case "filter":
                want.filters += values
            case "order":
                want.orders += values
            case _:
                pass
    return wanted


def _is_on(values: list[str]) -> bool:
    words = {value.lower() for value in values}
    return "true" in words and "false" not in words


def _is_part(part: str) -> bool:
    return part.lower() in ("fields", "filter", "order")


def _check(call: Call, wanted: dict[str, Wanted]) -> None:
    if not wanted and not call.user.has_any(["F_METADATA_EXPORT"]):
        raise Dhis2Refusal(
            409, "Unfiltered access to metadata export requires super user or 'F_METADATA_EXPORT' authority."
        )
    if "user" in wanted and not call.user.has_any(["F_USER_VIEW", "F_METADATA_EXPORT"]):
        raise Dhis2Refusal(409, "Exporting user metadata requires the 'F_USER_VIEW' authority.")


def _exported_types(call: Call) -> list[Schema]:
    return [
        schema
        for schema in call.server.schemas.all
        if schema.metadata
        and schema["identifiableObject"]
        and schema["persisted"]
        and not schema["secondaryMetadata"]
        and schema.singular not in DEPRECATED
    ]


def _rows(call: Call, schema: Schema, want: Wanted, fields: list[str]) -> list[Json]:
    own = bool(want.filters or want.orders)
    defaults = enum_param(call, "defaults", Defaults.INCLUDE)
    params = ListParams(
        filters=want.filters if own else call.params("filter"),
        orders=want.orders if own else call.params("order"),
        paging=False,
        defaults=defaults,
    )
    try:
        found = select(call, schema, params, raw_values(call), call.server.store.all(schema.singular))
    except Dhis2Refusal as refused:
        raise Dhis2Refusal(409, refused.message) from refused
    skip = call.flag("skipSharing")
    show = renderer(call, schema, fields, skip_sharing=skip, exclude_defaults=defaults is Defaults.EXCLUDE)
    return [show(document) for document in without_defaults(params, schema, found)]


def system(call: Call) -> Json:
    """Where an export comes from."""
    behaviour = call.server.behaviour
    return {
        "id": None,
        "rev": behaviour.revision,
        "version": behaviour.release,
        "date": f"{call.server.now()}+0000",
    }


def _packed(call: Call, reply: Reply) -> Reply:
    """The answer in the form that the suffix of the path names, as a file where it is one."""
    if call.suffix == "json.gz":
        return _file(gzip.compress(reply.body), "json+gzip", ".gz")
    if call.suffix == "json.zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("metadata.json", reply.body)
        return _file(packed.getvalue(), "json+zip", ".zip")
    headers = {"Content-Disposition": "attachment; filename=metadata.json"} if call.flag("download") else {}
    return Reply(reply.status, reply.body, JSON, headers)


def _file(body: bytes, kind: str, extension: str) -> Reply:
    headers = {
        "Content-Disposition": f"attachment; filename=metadata.json{extension}",
        "Content-Transfer-Encoding": "binary",
    }
    return Reply(200, body, f"application/{kind}", headers)
