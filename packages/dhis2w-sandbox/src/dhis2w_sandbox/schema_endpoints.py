"""`/api/schemas` and `/api/resources`: which types there are, and what they hold.

Source: `SchemaController`, `ResourceController` of dhis2-core; recordings `services/meta-misc`, `meta/discovery`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata import jackson, writing
from dhis2w_sandbox.metadata.defaults import with_defaults
from dhis2w_sandbox.metadata.validation import schema_errors
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Property, Schema
from dhis2w_sandbox.selection import selected

Json = dict[str, Any]

endpoints = Endpoints()


@endpoints.add("GET", "/api/schemas", RECORDED)
def schemas(call: Call) -> Reply:
    """List every type with its properties; `fields` chooses."""
    fields = call.param("fields")
    rows = [selected(call.server, _schema_row(call, schema), fields) for schema in call.server.schemas.all]
    return Reply.json({"schemas": rows})


@endpoints.add("GET", "/api/schemas/{type}", RECORDED)
def schema(call: Call) -> Reply:
    """Show one type."""
    return Reply.json(selected(call.server, _schema_row(call, _schema(call)), call.param("fields")))


@endpoints.add("GET", "/api/schemas/{type}/{property}", RECORDED)
def schema_property(call: Call) -> Reply:
    """Show one property of a type, by its name in schemas."""
    found, name = _schema(call), call.parts["property"]
    prop = next((row for row in found.properties.values() if name in (row.name, row.key)), None)
    if prop is None:
        raise Dhis2Refusal(404, f"Property {name} does not exist on type {call.parts['type']}.", "E1005")
    return Reply.json(selected(call.server, _property_row(call, prop), call.param("fields")))


@endpoints.add("POST", "/api/schemas/{type}", RECORDED, consumes=["application/json"])
@endpoints.add("PUT", "/api/schemas/{type}", SOURCE, consumes=["application/json"])
def validate(call: Call) -> Reply:
    """Say what of an object its schema does not allow; nothing is stored."""
    found = _schema(call)
    document = with_defaults(call.server.version, found, writing.read_mapped(call, found, jackson.read(call)))
    errors = [error.as_json(call.server.version) for error in schema_errors(found, document, found.klass)]
    response: Json = {"errorReports": errors, "responseType": "ErrorReports"}
    if errors:
        raise Dhis2Refusal(400, None, response=response)
    return Reply.message(response=response)


@endpoints.add("GET", "/api", RECORDED)
def start(call: Call) -> Reply:
    """Lead to the list of resources."""
    return Reply(302, headers={"Location": f"{call.base_url}/api/resources"})


@endpoints.add("GET", "/api/resources", RECORDED)
def resources(call: Call) -> Reply:
    """List the types that have an endpoint; `fields` has no effect."""
    return Reply.json({"resources": list(_resources(call))})


def _resources(call: Call) -> Iterator[Json]:
    for schema in call.server.schemas.all:
        if schema.endpoint is None:
            continue
        yield {
            "displayName": _plural_display_name(schema),
            "singular": schema.singular,
            "plural": schema.plural,
            "href": f"{call.base_url}/api{schema.endpoint}",
        }


def _plural_display_name(schema: Schema) -> str:
    """`dataElements` as words: `Data Elements`."""
    return "".join(
        f" {char}" if char.isupper() else char for char in schema.plural[:1].upper() + schema.plural[1:]
    ).strip()


def _schema(call: Call) -> Schema:
    found = call.server.schemas.by_singular.get(call.parts["type"])
    if found is None:
        raise Dhis2Refusal(404, f"Type {call.parts['type']} does not exist.", "E1005")
    return found


def _schema_row(call: Call, schema: Schema) -> Json:
    properties = [_property_row(call, prop) for prop in schema.properties.values()]
    return {**_with_addresses(call, schema.raw), "properties": properties}


def _property_row(call: Call, prop: Property) -> Json:
    return _with_addresses(call, prop.raw)


def _with_addresses(call: Call, row: Json) -> Json:
    """A row of the table with whole addresses: the table holds what follows the host."""
    return {key: call.base_url + value if key in {"href", "apiEndpoint"} else value for key, value in row.items()}
