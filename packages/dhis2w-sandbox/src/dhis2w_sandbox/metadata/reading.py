"""`GET /api/{plural}`, `/{uid}`, `/{uid}/{property}` and `/api/identifiableObjects/{uid}`: metadata as JSON.

Source: `AbstractFullReadOnlyController` of dhis2-core; recordings `meta/list`, `meta/fields`, `meta/filter`, `objects`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, forbidden, not_found
from dhis2w_sandbox.metadata.access import can_read, can_read_type
from dhis2w_sandbox.metadata.csv_lists import csv_list, wants_csv
from dhis2w_sandbox.metadata.fields import BrokenFieldsError, FieldsSyntaxError
from dhis2w_sandbox.metadata.filters import UID, matches
from dhis2w_sandbox.metadata.plans import DuplicateFieldError
from dhis2w_sandbox.metadata.querying import (
    Defaults,
    ListParams,
    enum_param,
    list_params,
    page_of,
    pager,
    parsed_filters,
    select,
    without_defaults,
)
from dhis2w_sandbox.metadata.rendering import raw_values, renderer
from dhis2w_sandbox.metadata.sides import document_of, documents_of
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
    """List objects of a type, as JSON or CSV."""
    schema = readable_schema(call)
    documents = documents_of(call.server, schema)
    if wants_csv(call):
        return csv_list(call, schema, documents, fields_of(call, ""))
    return list_reply(call, schema, documents)


def takes_any_id(call: Call) -> bool:
    """Whether the path names a type, and the version takes any text for an identifier."""
    return is_type(call) and call.server.behaviour.path_takes_any_id


@endpoints.add("GET", "/api/{type}/{uid}", SOURCE, accepts=takes_any_id)
@endpoints.add("GET", "/api/{type}/{uid:uid}", RECORDED, accepts=is_type)
def get_object(call: Call) -> Reply:
    """Show one object."""
    schema = readable_schema(call)
    document = readable_document(call, schema)
    if call.server.behaviour.object_takes_filters and not _passes(call, schema, document):
        return Reply.json({}, headers=PRIVATE)
    exclude = enum_param(call, "defaults", Defaults.INCLUDE) is Defaults.EXCLUDE
    fields = fields_of(call, "*")
    return shown(lambda: renderer(call, schema, fields, exclude_defaults=exclude, single=True)(document))


@endpoints.add("GET", "/api/{type}/{uid}/{property}", SOURCE, accepts=takes_any_id)
@endpoints.add("GET", "/api/{type}/{uid:uid}/{property}", RECORDED, accepts=is_type)
def get_property(call: Call) -> Reply:
    """Show one property of an object, inside an object."""
    schema = readable_schema(call)
    document = readable_document(call, schema)
    fields = f"{call.parts['property']}[{fields_of(call, '') or ':all'}]"
    return shown(lambda: renderer(call, schema, fields, single=True)(document))


@endpoints.add("GET", "/api/identifiableObjects/{uid:uid}", RECORDED)
def get_any_object(call: Call) -> Reply:
    """Show an object of which only the identifier is known."""
    schema, document = _any_object(call)
    fields = fields_of(call, "*")
    return shown(lambda: renderer(call, schema, fields, single=True)(document))


@endpoints.add("GET", "/api/identifiableObjects/{uid:uid}/{property}", SOURCE)
def get_any_property(call: Call) -> Reply:
    """Show one property of an object of which only the identifier is known."""
    schema, document = _any_object(call)
    fields = f"{call.parts['property']}[{fields_of(call, '') or ':all'}]"
    return shown(lambda: renderer(call, schema, fields, single=True)(document))


def _any_object(call: Call) -> tuple[Schema, Json]:
    uid = call.parts["uid"]
    found = call.server.store.find(uid)
    schema = call.server.schemas.by_singular.get(found[0]) if found else None
    if found is None or schema is None or not can_read(call.user, schema, found[1]):
        raise Dhis2Refusal(404, f"No identifiable object with id `{uid}` exists", "E1005")
    return schema, found[1]


def list_reply(
    call: Call, schema: Schema, documents: Iterable[Json], params: ListParams | None = None, *, paged: bool = False
) -> Reply:
    """A list with its pager.

    Args:
        call: the request.
        schema: the type of the objects.
        documents: those that may be listed; filters and access are still to be asked.
        params: what the request wants; by default what its parameters say.
        paged: the total counts only what is on the page, as where 2.41 lists objects that it found by itself.
    """
    params = params or list_params(call)
    found = select(call, schema, params, raw_values(call), documents)
    page = without_defaults(params, schema, page_of(params, found))
    total = len(page) if paged else len(found)
    body: Json = {"pager": pager(call, schema, params, total)} if params.paging else {}
    fields = fields_of(call, "id,displayName")

    def rows() -> Json:
        show = renderer(call, schema, fields, exclude_defaults=params.defaults is Defaults.EXCLUDE)
        return {**body, schema.collection_name: [show(document) for document in page]}

    return shown(rows)


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


def readable_schema(call: Call) -> Schema:
    """The type that the path names.

    Raises:
        Dhis2Refusal: 403, the sender may not read the type.
    """
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


def readable_document(call: Call, schema: Schema) -> Json:
    """The object that the path names.

    Raises:
        Dhis2Refusal: 404, there is none, or the sender may not read it; 400, the version looks at the identifier's
            form and it is wrong.
    """
    uid = call.parts["uid"]
    if call.server.behaviour.checks_path_uid and not UID.fullmatch(uid):
        form = "UID must be an alphanumeric string of 11 characters starting with a letter, but was: "
        raise Dhis2Refusal(400, f"Value '{uid}' is not valid for path parameter uid. {form}{uid}")
    document = document_of(call.server, schema, uid)
    if document is None or not can_read(call.user, schema, document):
        raise not_found(schema.short_klass, uid)
    return document
