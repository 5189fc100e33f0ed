"""Lists: which objects of a type, in which order, on which page.

Source: `AbstractFullReadOnlyController`, `GetObjectListParams`, `DefaultQueryService`, `Pager` and `DefaultLinkService`
of dhis2-core.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import quote_plus

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request
from dhis2w_sandbox.metadata.access import can_read
from dhis2w_sandbox.metadata.filters import (
    Filter,
    FilterCrash,
    FilterError,
    Values,
    matches,
    parse_filter,
    split_joined,
    sql_like,
)
from dhis2w_sandbox.metadata.java_order import hash_order, text_hash
from dhis2w_sandbox.metadata.plans import SIMPLE_TYPES
from dhis2w_sandbox.schemas import Property, Schema
from dhis2w_sandbox.versions import Behaviour

Json = dict[str, Any]
E = TypeVar("E", bound=Enum)

DEFAULT_PAGE_SIZE = 50
TRUE = frozenset({"true", "on", "yes", "1"})
FALSE = frozenset({"false", "off", "no", "0"})


class Junction(Enum):
    """How the filters of a list belong together."""

    AND = "AND"
    OR = "OR"


class Defaults(Enum):
    """Whether the default objects of the category model are listed."""

    INCLUDE = "INCLUDE"
    EXCLUDE = "EXCLUDE"


@dataclass(frozen=True)
class Order:
    """One key of a sort order."""

    prop: Property
    descending: bool = False
    ignore_case: bool = False


@dataclass(frozen=True)
class ListParams:
    """What a request says of the list that it wants."""

    filters: list[str]
    orders: list[str]
    junction: Junction = Junction.AND
    paging: bool = True
    page: int = 1
    page_size: int = DEFAULT_PAGE_SIZE
    query: str | None = None
    defaults: Defaults = Defaults.INCLUDE


def list_params(call: Call) -> ListParams:
    """The parameters of a list, checked as Spring checks them.

    Raises:
        Dhis2Refusal: 400, a value is not of its type.
    """
    filters = call.params("filter")
    return ListParams(
        filters=split_joined(filters) if call.server.behaviour.joins_filters else filters,
        orders=[order for value in call.params("order") for order in value.split(",")],
        junction=enum_param(call, "rootJunction", Junction.AND),
        paging=bool_param(call, "paging", True),
        page=int_param(call, "page", 1),
        page_size=int_param(call, "pageSize", DEFAULT_PAGE_SIZE),
        query=call.param("query"),
        defaults=enum_param(call, "defaults", Defaults.INCLUDE),
    )


def int_param(call: Call, name: str, default: int) -> int:
    """A whole number among the parameters; empty counts as absent."""
    value = call.param(name)
    if not value:
        return default
    if re.fullmatch(r"[+-]?\d{1,10}", value.strip()):
        return int(value)
    if call.server.behaviour.lenient_list_parameters:
        return default
    raise _wrong_type(name, value, "It should be of type int")


def bool_param(call: Call, name: str, default: bool) -> bool:
    """A truth value among the parameters, in all words that Spring knows."""
    value = call.param(name)
    if not value:
        return default
    if call.server.behaviour.lenient_list_parameters:
        return value.lower() == "true"
    if value.lower() in TRUE | FALSE:
        return value.lower() in TRUE
    raise _wrong_type(name, value, "It should be of type boolean")


def enum_param(call: Call, name: str, default: E) -> E:
    """One of some words among the parameters, with or without case."""
    value = call.param(name)
    if not value:
        return default
    kind = type(default)
    found = next((item for item in kind if item.name.lower() == value.lower()), None)
    if found is not None:
        return found
    if call.server.behaviour.lenient_list_parameters:
        return default
    raise _wrong_type(name, value, f"Valid values are: [{', '.join(item.name for item in kind)}]")


def _wrong_type(name: str, value: str, hint: str) -> Dhis2Refusal:
    return Dhis2Refusal(400, f"Value '{value}' is not valid for parameter {name}. {hint}")


def select(call: Call, schema: Schema, params: ListParams, values: Values, documents: Iterable[Json]) -> list[Json]:
    """The documents that the sender may see and asked for, in order; paging and defaults are the caller's.

    Raises:
        Dhis2Refusal: 400 for a filter that DHIS2 refuses, 500 for one on which it fails.
    """
    behaviour = call.server.behaviour
    readable = (document for document in documents if can_read(call.user, schema, document))
    conditions = parsed_filters(call, schema, params.filters)
    orders = parse_orders(schema, params.orders, behaviour)
    if params.query and behaviour.query_replaces_filters:
        found = [document for document in readable if _answers(params.query, document)]
        return ordered(schema, default_orders(schema), values, found)
    tests = [_test(call, schema, values, condition) for condition in conditions]
    together = any if params.junction is Junction.OR and tests else all
    found = [document for document in readable if together(test(document) for test in tests)]
    if params.query and schema.singular != "user":
        found = [document for document in found if _answers(params.query, document)]
    orders = orders or default_orders(schema)
    in_database = all(condition.in_database for condition in conditions) and all(row.prop.persisted for row in orders)
    if behaviour.sorts_without_case_in_memory_only and in_database:
        orders = [replace(order, ignore_case=False) for order in orders]
    return ordered(schema, orders, values, found)


def parsed_filters(call: Call, schema: Schema, filters: list[str]) -> list[Filter]:
    """Filters, ready to be tried.

    Raises:
        Dhis2Refusal: 400 for a filter that DHIS2 refuses, 500 for one on which it fails.
    """
    server = call.server
    try:
        return [parse_filter(server.schemas, schema, text, server.behaviour) for text in filters]
    except FilterError as refused:
        raise bad_request(str(refused), refused.code) from refused
    except FilterCrash as crash:
        raise Dhis2Refusal(500, None) from crash


def _test(call: Call, schema: Schema, values: Values, condition: Filter) -> Callable[[Json], bool]:
    return lambda document: matches(call.server.schemas, schema, values, condition, document)


def _answers(query: str, document: Json) -> bool:
    name: str = document.get("name") or ""
    like = re.search(sql_like(query), name, re.IGNORECASE | re.DOTALL)
    return query in (document.get("id"), document.get("code")) or like is not None


def default_orders(schema: Schema) -> list[Order]:
    """By name without case, then by identifier, as far as the type has them in its table."""
    name, uid = schema.properties.get("name"), schema.properties.get("id")
    orders = [Order(name, ignore_case=True)] if name and name.persisted else []
    return orders + ([Order(uid)] if uid and uid.persisted else [])


def parse_orders(schema: Schema, texts: list[str], behaviour: Behaviour) -> list[Order]:
    """Sort keys such as `name:idesc`; what DHIS2 does not understand it leaves out.

    Raises:
        Dhis2Refusal: 400, an unknown property, where the version refuses it.
    """
    found: dict[str, Order] = {}
    for text in texts:
        parts = text.split(":")
        name, direction = parts[0], parts[1].lower() if len(parts) == 2 else "asc"
        prop = schema.properties.get(name)
        if prop is None and behaviour.unknown_order_is_error and name:
            raise Dhis2Refusal(400, f"No such property: {name}")
        known = direction in ("asc", "desc", "iasc", "idesc") and prop is not None and _is_sortable(prop)
        if prop is not None and name not in found and (known or behaviour.keeps_odd_orders):
            found[name] = Order(prop, direction in ("desc", "idesc"), direction in ("iasc", "idesc"))
    return list(found.values())


def _is_sortable(prop: Property) -> bool:
    return prop["simple"] or prop.type in SIMPLE_TYPES


def ordered(schema: Schema, orders: list[Order], values: Values, documents: list[Json]) -> list[Json]:
    """Documents in order: text by code points, missing values last (first when descending), as PostgreSQL sorts."""
    found = list(documents)
    for order in reversed(orders):
        found.sort(
            key=lambda document: _sort_key(order, values(schema, order.prop, document)), reverse=order.descending
        )
    return found


def _sort_key(order: Order, value: Any) -> tuple[bool, Any]:
    if value is None:
        return True, ""
    if isinstance(value, list | dict):
        return False, ""
    if isinstance(value, str) and order.ignore_case:
        return False, value.lower()
    return False, value


def without_defaults(params: ListParams, schema: Schema, documents: list[Json]) -> list[Json]:
    """The documents without the default objects, where the request does not want them."""
    category_types = {"category", "categoryCombo", "categoryOption", "categoryOptionCombo"}
    if params.defaults is Defaults.INCLUDE or schema.singular not in category_types:
        return documents
    return [document for document in documents if document.get("name") != "default"]


def page_of(params: ListParams, documents: list[Json]) -> list[Json]:
    """The documents of the page that was asked for; nothing beyond the end.

    Raises:
        Dhis2Refusal: 400, a negative page size.
    """
    if not params.paging:
        return documents
    if params.page_size < 0:
        raise Dhis2Refusal(400, "max-results cannot be negative")
    first = (max(params.page, 1) - 1) * params.page_size
    return documents[first : first + params.page_size]


def pager(call: Call, schema: Schema, params: ListParams, total: int) -> Json:
    """The `pager` of a list: page number within bounds, and links to its neighbours."""
    size = max(params.page_size, 1)
    count = math.ceil(total / size)
    page = max(min(params.page, count), 1)
    row: Json = {"page": page, "total": total, "pageSize": size}
    if page < count:
        row["nextPage"] = _link(call, schema, page + 1, size)
    if page > 1:
        row["prevPage"] = _link(call, schema, page - 1, size)
    return {**row, "pageCount": count}


def _link(call: Call, schema: Schema, page: int, size: int) -> str:
    rest: dict[str, list[str]] = {}
    for name, value in call.query:
        rest.setdefault(name, []).append(value)
    parameters = [] if page == 1 else [f"page={page}"]
    parameters += [] if size == DEFAULT_PAGE_SIZE else [f"pageSize={size}"]
    parameters += [
        f"{_encoded(name)}={_encoded(value)}"
        for name in hash_order(list(rest), text_hash)
        if name not in ("page", "pageSize")
        for value in rest[name]
    ]
    last = call.raw_path.rsplit("/", 1)[-1]
    suffix = last[last.index(".") :] if "." in last else ""
    query = f"?{'&'.join(parameters)}" if parameters else ""
    return f"{call.base_url}/api{schema.endpoint}{suffix}{query}"


def _encoded(text: str) -> str:
    return quote_plus(text, safe="*-._").replace("~", "%7E")
