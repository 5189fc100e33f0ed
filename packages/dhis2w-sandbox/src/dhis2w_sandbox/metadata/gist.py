"""`/api/{plural}/gist`, `/{uid}/gist` and `/{uid}/{property}/gist`: short answers that link to what they leave out.

What differs from the other lists: nothing is there that is null or empty, lists are their sizes or identifiers, one
field alone makes bare values, and the pager counts only on demand.
Source: `AbstractGistReadOnlyController`, `GistPlanner`, `GistBuilder`, `GistQuery` of dhis2-core.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox, not_found
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.filters import UID, Filter, FilterCrash, FilterError, matches, parse_filter
from dhis2w_sandbox.metadata.plans import SIMPLE_TYPES
from dhis2w_sandbox.metadata.querying import Junction, Order, bool_param, enum_param, int_param, ordered
from dhis2w_sandbox.metadata.reading import PRIVATE, is_type, readable_schema
from dhis2w_sandbox.metadata.rendering import Rendering
from dhis2w_sandbox.metadata.sides import documents_of
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Property, Schema

Json = dict[str, Any]

endpoints = Endpoints()

MAX_PAGE_SIZE = 1000
SEPARATOR = r"::|:|~|@"
OUTSIDE_BRACKETS = r"(?![^\[\]]*\]|[^()]*\))"

# How much of everything `*` means, and what becomes of lists, by the size of the gist.
LISTS_BECOME = {"XL": "idObjects", "L": "ids", "M": "size", "S": "none", "XS": "none"}
ONLY_SHORT = frozenset({"IDENTIFIER", "TEXT", "EMAIL"})

PLAIN_OPERATORS = {"startswith": "startsWith", "endswith": "endsWith", "!startswith": "!$ilike", "!endswith": "!ilike$"}
LIST_TRANSFORMS: dict[str, Callable[[list[Any], str], Any]] = {
    "ids": lambda uids, _: uids,
    "idobjects": lambda uids, _: [{"id": uid} for uid in uids],
    "isempty": lambda uids, _: not uids,
    "isnotempty": lambda uids, _: bool(uids),
    "member": lambda uids, uid: uid in uids,
    "notmember": lambda uids, uid: uid not in uids,
}
"""What becomes of a list of references; any other word makes it its size."""
ACCESS_TESTS: dict[str, Callable[..., bool]] = {
    "canread": access.can_read,
    "canwrite": access.can_write,
    "candataread": access.can_data_read,
    "candatawrite": access.can_data_write,
}


@dataclass(frozen=True)
class GistField:
    """One column of a gist."""

    path: tuple[str, ...]
    name: str
    """What it is called in the answer, dotted where it is nested."""
    transform: str = "auto"
    argument: str = ""


@dataclass
class Gist:
    """One request for a gist of objects of a type."""

    call: Call
    schema: Schema
    size: str
    """XS, S, M, L or XL."""
    links: bool = True
    """Whether there may be `apiEndpoints`."""
    unwraps: bool = True
    """Whether one field alone makes bare values."""

    def __post_init__(self) -> None:
        call = self.call
        if call.flag("describe") or call.flag("orgUnitsTree"):
            raise NotInSandbox("gist with describe or orgUnitsTree")
        self.size = call.param("auto") or self.size
        translate = bool_param(call, "translate", True)
        locale = call.param("locale") if translate else None
        self.rendering = Rendering(call.server, call.user, call.base_url, locale or None)
        offline = call.flag("orgUnitsOffline")
        self.fields = self._planned("path,displayName,children::isNotEmpty" if offline else call.param("fields") or "*")
        self.links = self.links and bool_param(call, "references", True) and not offline

    def value(self, schema: Schema, prop: Property, document: Json) -> Any:
        """The value of a property, of a reference's target where the document is only a reference."""
        return self.rendering.value(schema, prop, self.rendering.referred(schema, document))

    def rows(self, documents: Iterable[Json]) -> list[Any]:
        """The answer's items: objects, or bare values where there is one field."""
        return [self._row(document) for document in documents]

    def _planned(self, text: str) -> list[GistField]:
        found: list[GistField] = []
        for part in _split(text):
            if part in ("*", ":all", ":*") or part.startswith(":"):
                named = {field.path[0] for field in found}
                found += [GistField((prop.key,), prop.key) for prop in self._preset(part) if prop.key not in named]
            elif part[0] in "!-":
                found = [field for field in found if ".".join(field.path) != part[1:]]
            else:
                found += parse_field(part)
        for field in found:
            self._property(field.path)
        return found

    def _preset(self, name: str) -> list[Property]:
        chosen = [prop for prop in self.schema.properties.values() if self._in_preset(name, prop)]
        return sorted(chosen, key=lambda prop: (prop.collection, prop.type not in SIMPLE_TYPES))

    def _in_preset(self, name: str, prop: Property) -> bool:
        match name:
            case "*" | ":all" | ":*":
                return self._is_included(prop)
            case ":owner":
                return prop.persisted and prop.owner
            case ":persisted":
                return prop.persisted
            case ":identifiable":
                return prop.persisted and prop.key in ("id", "code", "name", "created", "lastUpdated", "lastUpdatedBy")
            case ":nameable":
                return prop.persisted and prop.key in ("id", "code", "name", "shortName", "description", "created")
            case _:
                raise Dhis2Refusal(400, f"Field preset not supported: `{name}`")

    def _is_included(self, prop: Property) -> bool:
        preferences: Json = prop["gistPreferences"] or {}
        included = preferences.get("included", "AUTO")
        if included != "AUTO":
            return bool(included == "TRUE")
        if not (prop.persisted and prop["readable"] and prop["fieldName"]) or prop.value_type == "PASSWORD":
            return False
        if self.size == "XS":
            return prop.type in ONLY_SHORT
        return self.size != "S" or prop.value_type != "COMPLEX"

    def _property(self, path: tuple[str, ...]) -> Property | None:
        """The property at a path; None for an attribute.

        Raises:
            Dhis2Refusal: 400, there is none.
        """
        schema: Schema | None = self.schema
        prop: Property | None = None
        for key in path:
            prop = schema.properties.get(key) if schema else None
            if prop is None and len(path) == 1 and UID.fullmatch(key):
                return None
            if prop is None:
                raise Dhis2Refusal(400, f"Unknown property: {'.'.join(path)}")
            schema = self.call.server.schemas.of(prop)
        return prop

    def _row(self, document: Json) -> Any:
        values = [(field.name, self._column(field, document)) for field in self.fields]
        links = {field.name: self._link(field, document) for field in self.fields} if self.links else {}
        links = {name: link for name, link in links.items() if link is not None}
        if self.unwraps and len(values) == 1 and not links:
            return values[0][1]
        row: Json = {}
        for name, value in values:
            if value not in (None, "", [], {}):
                _nest(row, name, value)
        return {**row, "apiEndpoints": links} if links else row

    def _column(self, field: GistField, document: Json) -> Any:
        prop = self._property(field.path)
        if prop is None:
            rows: Iterable[Json] = document.get("attributeValues") or ()
            return next((row.get("value") for row in rows if row["attribute"]["id"] == field.path[0]), None)
        schema, holder = self.schema, document
        for index, key in enumerate(field.path):
            step = schema.properties[key]
            value = self._translated(schema, step, holder)
            target = self.call.server.schemas.of(step)
            if index == len(field.path) - 1:
                return self._transformed(field, step, target, value)
            if step.collection:
                plucked = replace(field, transform="pluck", argument=field.path[index + 1])
                return self._transformed(plucked, step, target, value)
            if not isinstance(value, dict) or target is None:
                return None
            schema, holder = target, self.rendering.referred(target, cast("Json", value))
        return None

    def _translated(self, schema: Schema, prop: Property, document: Json) -> Any:
        value = self.value(schema, prop, document)
        if isinstance(value, str) and prop["translationKey"]:
            return self.rendering.translated(document, prop["translationKey"], value)
        return value

    def _transformed(self, field: GistField, prop: Property, target: Schema | None, value: Any) -> Any:
        if isinstance(value, list):
            return self._list_value(field, prop, target, cast("list[Any]", value))
        if not isinstance(value, dict) or not prop.reference:
            return cast("Any", value)
        uid = cast("Json", value).get("id")
        return {"id": uid} if field.transform == "idobjects" else uid

    def _list_value(self, field: GistField, prop: Property, target: Schema | None, items: list[Any]) -> Any:
        transform = field.transform if field.transform != "auto" else LISTS_BECOME[self.size].lower()
        if transform == "pluck" and target is not None:
            wanted = target.properties.get(field.argument or "name")
            return [self._translated(target, wanted, item) for item in items] if wanted else None
        if transform in ("ids", "idobjects") and not prop.reference and not prop.embedded:
            return items
        uids = [cast("Json", item).get("id") for item in items if isinstance(item, dict)]
        become = LIST_TRANSFORMS.get(transform if not prop.embedded else "size")
        return become(uids, field.argument) if become else len(items)

    def _link(self, field: GistField, document: Json) -> str | None:
        prop = self._property(field.path)
        if prop is None or len(field.path) > 1 or not prop.persisted or "id" not in document:
            return None
        root = f"{self.call.base_url}/api" if self.call.flag("absoluteUrls") else ""
        if prop.collection:
            related = prop["oneToMany"] or prop["manyToMany"]
            return f"{root}{self.schema.endpoint}/{document['id']}/{prop.key}/gist" if related else None
        target = self.call.server.schemas.of(prop)
        value = self.value(self.schema, prop, document)
        if not prop.reference or target is None or target.endpoint is None or not isinstance(value, dict):
            return None
        return f"{root}{target.endpoint}/{cast('Json', value).get('id')}/gist"


@endpoints.add("GET", "/api/{type}/gist", SOURCE, accepts=is_type)
def get_list(call: Call) -> Reply:
    """The gist of a list."""
    schema = readable_schema(call)
    return _list(Gist(call, schema, "S"), documents_of(call.server, schema))


@endpoints.add("GET", "/api/{type}/{uid:uid}/gist", SOURCE, accepts=is_type)
def get_object(call: Call) -> Reply:
    """The gist of an object."""
    return _object(Gist(call, readable_schema(call), "L"))


@endpoints.add("GET", "/api/{type}/{uid:uid}/{property}/gist", SOURCE, accepts=is_type)
def get_property(call: Call) -> Reply:
    """The gist of what is in a list of an object (with `inverse`, of what is not), or of another property."""
    schema = readable_schema(call)
    prop = schema.properties.get(call.parts["property"])
    if prop is None:
        raise Dhis2Refusal(400, f"No such property: {call.parts['property']}")
    target = call.server.schemas.of(prop)
    if not prop.collection or not prop.reference or target is None:
        return _object(Gist(replace(call, query=[*call.query, ("fields", prop.key)]), schema, "L"))
    owner = call.server.store.get(schema.singular, call.parts["uid"])
    gist = Gist(call, target, "M")
    members = cast("list[Json]", gist.value(schema, prop, owner) or []) if owner else []
    uids = [member["id"] for member in members]
    if bool_param(call, "inverse", False):
        return _list(gist, [row for row in documents_of(call.server, target) if row["id"] not in uids])
    found = (call.server.store.get(target.singular, uid) for uid in uids)
    return _list(gist, [row for row in found if row is not None])


def _object(gist: Gist) -> Reply:
    call, schema = gist.call, gist.schema
    document = call.server.store.get(schema.singular, call.parts["uid"])
    readable = document is not None and access.can_read(call.user, schema, document)
    rows = gist.rows([document]) if document is not None and readable else []
    if not rows or rows[0] in (None, {}):
        raise not_found(schema.short_klass, call.parts["uid"])
    return Reply.json(rows[0], headers=PRIVATE)


def _list(gist: Gist, documents: Iterable[Json]) -> Reply:
    call = gist.call
    counted = bool_param(call, "totalPages", bool_param(call, "total", False))
    pager, rows = paged_rows(gist, documents, counted=counted)
    if bool_param(call, "headless", False):
        return Reply.json(rows, headers=PRIVATE)
    body: Json = {"pager": pager} if bool_param(call, "paging", True) else {}
    return Reply.json({**body, call.param("pageListName") or gist.schema.plural: rows}, headers=PRIVATE)


def paged_rows(gist: Gist, documents: Iterable[Json] | None = None, *, counted: bool) -> tuple[Json, list[Any]]:
    """The pager and the items of the page that the request wants.

    Args:
        gist: the request.
        documents: those that may be listed; by default all of the type.
        counted: whether the pager says how many there are.
    """
    call = gist.call
    found = _selected(gist, documents_of(call.server, gist.schema) if documents is None else documents)
    size = min(max(int_param(call, "pageSize", 50), 1), MAX_PAGE_SIZE)
    page = max(int_param(call, "page", 1), 1)
    paging = bool_param(call, "paging", True)
    rows = gist.rows(found[(page - 1) * size : page * size] if paging else found)
    return _pager(call, page, size, len(rows), len(found) if counted else None), rows


def _selected(gist: Gist, documents: Iterable[Json]) -> list[Json]:
    call, schema = gist.call, gist.schema
    tests = [_test(gist, text) for value in call.params("filter") for text in _split(value)]
    together = any if tests and enum_param(call, "rootJunction", Junction.AND) is Junction.OR else all
    found = [
        document
        for document in documents
        if access.can_read(call.user, schema, document) and together(test(document) for test in tests)
    ]
    orders = [_order(gist, text) for value in call.params("order") for text in value.split(",") if text]
    return ordered(schema, orders, gist.value, found)


def _order(gist: Gist, text: str) -> Order:
    name, *direction = re.split(SEPARATOR, text)
    prop = gist.schema.properties.get(name)
    if prop is None or not prop.persisted or prop.collection:
        raise Dhis2Refusal(400, f"Property `{name}` cannot be used as order property.")
    if direction and direction[0].lower() not in ("asc", "desc"):
        raise Dhis2Refusal(400, f"Not a valid order expression: {text}")
    return Order(prop, bool(direction) and direction[0].lower() == "desc")


def _test(gist: Gist, text: str) -> Callable[[Json], bool]:
    call, schema = gist.call, gist.schema
    found = re.fullmatch(r"(?:(\d+)[:~@]{1,2})?([^:~@]+)[:~@]{1,2}([^:~@]+)(?:[:~@]{1,2}(.*))?", text)
    if found is None:
        raise Dhis2Refusal(400, f"Not a valid filter expression: {text}")
    operator = found[3].lower()
    if operator in ACCESS_TESTS:
        user = call.server.user(found[4]) if found[4] else call.user
        return lambda document: user is not None and ACCESS_TESTS[operator](user, schema, document)
    condition = _condition(gist, found[2], PLAIN_OPERATORS.get(operator, operator), found[4])
    return lambda document: matches(call.server.schemas, schema, gist.value, condition, document)


def _condition(gist: Gist, path: str, operator: str, value: str | None) -> Filter:
    server = gist.call.server
    prop = gist.schema.properties.get(path)
    by_size = operator in ("empty", "!empty", "gt", "ge", "gte", "lt", "le", "lte")
    if prop is not None and prop.collection and prop.reference and not by_size:
        path += ".id"
    try:
        return parse_filter(
            server.schemas, gist.schema, ":".join(filter(None, (path, operator, value))), server.behaviour
        )
    except (FilterError, FilterCrash) as refused:
        raise Dhis2Refusal(400, str(refused) or f"Not a valid filter: {path}:{operator}") from refused


def _pager(call: Call, page: int, size: int, shown: int, total: int | None) -> Json:
    row: Json = {"page": page, "pageSize": size}
    if total is not None:
        row |= {"total": total, "pageCount": math.ceil(total / size)}
    if page > 1:
        row["prevPage"] = _page_link(call, page - 1)
    endless = shown == size or call.server.behaviour.gist_always_names_next_page
    if endless if total is None else page * size < total:
        row["nextPage"] = _page_link(call, page + 1)
    return row


def _page_link(call: Call, page: int) -> str:
    query = [(name, value) for name, value in call.query if name != "page"]
    return f"{call.base_url}{call.path}?{urlencode([*query, ('page', str(page))])}"


def parse_field(text: str) -> list[GistField]:
    """The columns that one part of `fields` asks for: `groups::size`, `groups[id,name]`, `name~rename(label)`."""
    path, bracket, inner = text.partition("[")
    outer, *transforms = re.split(rf"(?:::|~|@){OUTSIDE_BRACKETS}", path if bracket else text)
    name, transform, argument = outer, "auto", ""
    for word in transforms:
        kind, _, rest = word.partition("(")
        if kind == "rename":
            name = rest.removesuffix(")")
        else:
            transform, argument = kind.replace("-", "").lower(), rest.removesuffix(")")
    if not bracket:
        return [GistField(tuple(outer.split(".")), name, transform, argument)]
    return [
        replace(child, path=(*outer.split("."), *child.path), name=f"{name}.{child.name}")
        for part in _split(inner.removesuffix("]"))
        for child in parse_field(part)
    ]


def _split(text: str) -> list[str]:
    """The parts between commas that are outside brackets."""
    return [part for part in re.split(rf",{OUTSIDE_BRACKETS}", text) if part]


def _nest(row: Json, name: str, value: Any) -> None:
    """Put a value under a dotted name: `a.b` is `b` inside `a`."""
    *outer, last = name.split(".")
    for key in outer:
        row = row.setdefault(key, {})
    row[last] = value
