"""Since 2.44: plain lists of which the gist API can give an equal answer are answered by it.

Source: `GistBridge` of dhis2-core (master).
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.metadata.fields import Field, FieldsSyntaxError, parse_strict
from dhis2w_sandbox.metadata.gist import Gist, paged_rows
from dhis2w_sandbox.metadata.reading import PRIVATE, readable_schema, schema_of
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Property, Schema, Schemas

Json = dict[str, Any]

endpoints = Endpoints()

PARAMETERS = frozenset({"fields", "filter", "order", "page", "pageSize", "paging", "locale", "rootJunction", "gist"})
"""Parameters that mean the same to both; any other keeps a list away from the gist API."""


def is_bridged(call: Call) -> bool:
    """Whether the gist API answers a list."""
    schema = schema_of(call)
    if schema is None or not call.server.behaviour.bridges_lists_to_gist or call.suffix is not None:
        return False
    if call.param("gist"):
        return call.flag("gist")
    fields = ",".join(call.params("fields"))
    plain = call.flag("paging", True) and fields and {name for name, _ in call.query} <= PARAMETERS
    return bool(plain) and schema.singular != "attribute" and _takes(call, schema, fields)


def _takes(call: Call, schema: Schema, fields: str) -> bool:
    filters, orders = ",".join(call.params("filter")), ",".join(call.params("order"))
    if "token" in filters or "display" in filters or "iasc" in orders.lower() or "idesc" in orders.lower():
        return False
    try:
        wanted = parse_strict(fields)
    except FieldsSyntaxError:
        return False
    leaves = [field for field in wanted if not any(other.path[:-1] == field.path for other in wanted)]
    return (
        all(_takes_field(call.server.schemas, schema, field) for field in leaves)
        and all(_takes_filter(schema, text) for text in call.params("filter"))
        and all(_takes_order(schema, text) for text in orders.split(",") if text)
    )


def _takes_field(schemas: Schemas, schema: Schema, field: Field) -> bool:
    first, *inner = field.path
    prop = schema.properties.get(first)
    if prop is None or field.preset or field.exclude or prop.embedded or len(inner) > 1:
        return False
    if not inner:
        return _is_plain(prop) or (not prop.persisted and _translates(schema, prop))
    target = schemas.of(prop)
    leaf = target.properties.get(inner[0]) if target and target["identifiableObject"] else None
    return leaf is not None and _is_plain(leaf)


def _is_plain(prop: Property) -> bool:
    return prop.persisted and not prop.collection and not prop.embedded and (prop["simple"] or prop.key == "sharing")


def _translates(schema: Schema, prop: Property) -> bool:
    name = prop.key.removeprefix("display")
    base = schema.properties.get(name[:1].lower() + name[1:])
    return prop.key.startswith("display") and base is not None and base["translatable"] and base.persisted


def _takes_filter(schema: Schema, text: str) -> bool:
    prop = schema.properties.get(text.partition(":")[0])
    return prop is not None and prop.persisted and not prop.embedded


def _takes_order(schema: Schema, text: str) -> bool:
    prop = schema.properties.get(text.partition(":")[0])
    return prop is not None and prop["simple"] and prop["sortable"] and (prop.persisted or _translates(schema, prop))


@endpoints.add("GET", "/api/{type}", SOURCE, accepts=is_bridged)
def get_list(call: Call) -> Reply:
    """List objects of a type in the words of the gist API."""
    schema = readable_schema(call)
    pager, rows = paged_rows(Gist(call, schema, "S", links=False, unwraps=False), counted=True)
    return Reply.json({"pager": pager, "gist": True, schema.plural: rows}, headers=PRIVATE)
