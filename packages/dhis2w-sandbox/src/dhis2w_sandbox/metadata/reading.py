"""`GET /api/{plural}`, `/{uid}` and `/{uid}/{property}`: metadata as JSON.

Source: `AbstractFullReadOnlyController` of dhis2-core; recordings `meta/list`, `meta/fields`, `meta/filter`, `objects`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, forbidden, not_found
from dhis2w_sandbox.metadata.access import can_read, can_read_type
from dhis2w_sandbox.metadata.fields import BrokenFieldsError, FieldsSyntaxError
from dhis2w_sandbox.metadata.filters import matches
from dhis2w_sandbox.metadata.plans import DuplicateFieldError
from dhis2w_sandbox.metadata.querying import (
    Defaults,
    enum_param,
    list_params,
    page_of,
    pager,
    parsed_filters,
    select,
    without_defaults,
)
from dhis2w_sandbox.metadata.rendering import raw_values, renderer
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Schema

Json = dict[str, Any]

endpoints = Endpoints()

PRIVATE = {"Cache-Control": "no-cache, private"}


def schema_of(call: Call) -> Schema | None:
    """The type whose endpoint the path begins with; None where it is not a type's."""
    schema = call.server.schemas.by_endpoint.get(f"/{call.parts['type']}")
    return schema if schema and schema["identifiableObject"] else None


def is_type(call: Call) -> bool:
    """Whether `{type}` in the path names a type of this version."""
    return schema_of(call) is not None


@endpoints.add("GET", "/api/{type}", RECORDED, accepts=is_type, suffixes={"csv"})
def get_list(call: Call) -> Reply:
    """List objects of a type."""
    schema = _readable(call)
    params = list_params(call)
    values = raw_values(call)
    found = select(call, schema, params, values, call.server.store.all(schema.singular))
    page = without_defaults(params, schema, page_of(params, found))
    body: Json = {"pager": pager(call, schema, params, len(found))} if params.paging else {}
    fields = fields_of(call, "id,displayName")

    def rows() -> Json:
        show = renderer(call, schema, fields, exclude_defaults=params.defaults is Defaults.EXCLUDE)
        return {**body, schema.collection_name: [show(document) for document in page]}

    return shown(rows)


@endpoints.add("GET", "/api/{type}/{uid:uid}", RECORDED, accepts=is_type)
def get_object(call: Call) -> Reply:
    """Show one object."""
    schema = _readable(call)
    document = _document(call, schema)
    if call.server.behaviour.object_takes_filters and not _passes(call, schema, document):
        return Reply.json({}, headers=PRIVATE)
    exclude = enum_param(call, "defaults", Defaults.INCLUDE) is Defaults.EXCLUDE
    fields = fields_of(call, "*")
    return shown(lambda: renderer(call, schema, fields, exclude_defaults=exclude, deep_links=True)(document))


@endpoints.add("GET", "/api/{type}/{uid:uid}/{property}", RECORDED, accepts=is_type)
def get_property(call: Call) -> Reply:
    """Show one property of an object, inside an object."""
    schema = _readable(call)
    document = _document(call, schema)
    fields = f"{call.parts['property']}[{fields_of(call, '') or ':all'}]"
    return shown(lambda: renderer(call, schema, fields, deep_links=True)(document))


def fields_of(call: Call, default: str) -> str:
    """The `fields` of a request, all of them joined."""
    values = call.params("fields")
    return ",".join(values) if values and (any(values) or not call.server.behaviour.strict_fields) else default


def shown(show: Callable[[], Json]) -> Reply:
    """An answer; a `fields` that cannot be read becomes what the version makes of it."""
    try:
        return Reply.json(show(), headers=PRIVATE)
    except BrokenFieldsError:
        return Reply(200, b"", "application/json", dict(PRIVATE))
    except FieldsSyntaxError as wrong:
        raise Dhis2Refusal(400, str(wrong)) from wrong
    except DuplicateFieldError as wrong:
        raise Dhis2Refusal(409, str(wrong)) from wrong


def _readable(call: Call) -> Schema:
    schema = schema_of(call)
    if schema is None:
        raise LookupError(call.path)
    if not can_read_type(call.user, schema):
        raise forbidden("You don't have the proper permissions to read objects of this type.")
    return schema


def _passes(call: Call, schema: Schema, document: Json) -> bool:
    """Whether the object that was asked for by its identifier also meets the filters of the request."""
    try:
        conditions = parsed_filters(call, schema, call.params("filter"))
    except Dhis2Refusal as refused:
        raise Dhis2Refusal(409, refused.message) from refused
    values = raw_values(call)
    return all(matches(call.server.schemas, schema, values, condition, document) for condition in conditions)


def _document(call: Call, schema: Schema) -> Json:
    uid = call.parts["uid"]
    document = call.server.store.get(schema.singular, uid)
    if document is None or not can_read(call.user, schema, document):
        raise not_found(schema.short_klass, uid)
    return document
