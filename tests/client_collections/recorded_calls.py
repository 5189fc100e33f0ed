"""The call of the client that a recorded request is, where it has one."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any, cast

from dhis2w_client import Dhis2Client, InvalidRequestError
from dhis2w_client.collection import Collection, numbers_in
from dhis2w_client.list_query import list_query
from dhis2w_client.models.collection_table import COLLECTIONS
from tests.client_collections.recordings import Exchange, Query

Call = Callable[[], Awaitable[object]]

BY_ENDPOINT = {row.endpoint: row for row in COLLECTIONS}
ONE = {"fields", "translate", "locale"}
NAMED = ONE | {"filter", "order", "rootJunction", "query", "page", "pageSize", "paging"}
IMPORT = {"importStrategy", "importMode", "atomicMode"}


def call_of(client: Dhis2Client, exchange: Exchange) -> Call | None:
    """The client's own call for a recorded request; None where only the raw verbs can say it."""
    if exchange.path == "/api/metadata":
        return _import(client, exchange)
    collection, rest = _place(client, exchange)
    if collection is None or exchange.other_body is not None:
        return None
    if not rest:
        return _whole(collection, exchange)
    return _one(collection, exchange, *rest)


def _place(client: Dhis2Client, exchange: Exchange) -> tuple[Collection[Any] | None, list[str]]:
    parts = exchange.path.removeprefix("/api/").split("/")
    row = BY_ENDPOINT.get(parts[0])
    if row is None or client.version.number not in numbers_in(row.versions) or not all(map(str.isalnum, parts)):
        return None, []
    return client.collection(row.plural), parts[1:]


def _whole(collection: Collection[Any], exchange: Exchange) -> Call | None:
    body = exchange.body
    if exchange.method == "POST" and isinstance(body, dict) and not exchange.query:
        return lambda: collection.create(cast("dict[str, Any]", body))
    if exchange.method == "GET":
        return _list(collection, exchange.query)
    return None


def _list(collection: Collection[Any], query: Query) -> Call | None:
    one = {key: value for key, value in query if key not in ("filter", "order")}
    filters = [value for key, value in query if key == "filter"]
    numbers = [one.get("page", "1"), one.get("pageSize", "1")]
    if one.get("paging", "true") not in ("true", "false") or not all(re.fullmatch(r"-?\d+", n) for n in numbers):
        return None
    if one.get("rootJunction") not in (None, "AND", "OR") or one.get("translate") not in (None, "true", "false"):
        return None
    options: dict[str, Any] = {
        "fields": one.get("fields"),
        "filters": filters,
        "order": [value for key, value in query if key == "order"],
        "root_junction": one.get("rootJunction"),
        "query": one.get("query"),
        "locale": one.get("locale"),
        "translate": one["translate"] == "true" if "translate" in one else None,
        "params": {key: value for key, value in one.items() if key not in NAMED},
    }
    try:
        list_query(collection._dialect, **options)  # pyright: ignore[reportPrivateUsage] # the version's own check
    except InvalidRequestError:
        return None
    options |= {
        "page": int(one["page"]) if "page" in one else None,
        "page_size": int(one["pageSize"]) if "pageSize" in one else None,
        "paging": one.get("paging") != "false",
    }
    return lambda: collection.list(**options)


def _one(collection: Collection[Any], exchange: Exchange, uid: str, *more: str) -> Call | None:  # noqa: PLR0911 # one for each call
    body, query = exchange.body, dict(exchange.query)
    if more:
        return _part(collection, exchange, uid, *more)
    if exchange.method == "GET" and query.keys() <= ONE and "translate" not in query:
        return lambda: collection.get(uid, fields=query.get("fields"), locale=query.get("locale"))
    if query:
        return None
    match exchange.method, body:
        case "DELETE", None:
            return lambda: collection.delete(uid)
        case "PATCH", [*operations] if "patch" in (exchange.content_type or ""):
            return lambda: collection.patch(uid, operations)
        case "PUT", {"id": named} if named == uid:
            return lambda: collection.update(body, keep_unnamed=False)
        case _:
            return None


def _part(collection: Collection[Any], exchange: Exchange, uid: str, *more: str) -> Call | None:  # noqa: PLR0911 # one for each call
    if exchange.query or len(more) != 1:
        return None
    (part,) = more
    match exchange.method, part, exchange.body:
        case "PUT", "sharing", {**sharing}:
            return lambda: collection.set_sharing(uid, sharing)
        case "PUT", "translations", {"translations": translations, **rest} if not rest:
            return lambda: collection.set_translations(uid, translations)
        case "POST", _, {"additions": members, **rest} if not rest:
            return lambda: collection.members(uid, part).add([member["id"] for member in members])
        case "POST", _, {"deletions": members, **rest} if not rest:
            return lambda: collection.members(uid, part).remove([member["id"] for member in members])
        case "PUT", _, {"identifiableObjects": members, **rest} if not rest:
            return lambda: collection.members(uid, part).replace([member["id"] for member in members])
        case _:
            return None


def _import(client: Dhis2Client, exchange: Exchange) -> Call | None:
    body, query = exchange.body, dict(exchange.query)
    if exchange.method != "POST" or not isinstance(body, dict) or len(cast("dict[str, Any]", body)) != 1:
        return None
    ((key, objects),) = cast("dict[str, Any]", body).items()
    row = next((row for row in COLLECTIONS if row.key == key and row.metadata), None)
    if row is None or not query.keys() <= IMPORT or query.get("importMode", "VALIDATE") != "VALIDATE":
        return None
    collection, dry_run = client.collection(row.plural), "importMode" in query
    atomic = query.get("atomicMode") != "NONE"
    strategy = query.get("importStrategy")
    if strategy == "CREATE":
        return lambda: collection.create_many(objects, atomic=atomic, dry_run=dry_run)
    if strategy == "UPDATE":
        return lambda: collection.update_many(objects, keep_unnamed=False, atomic=atomic, dry_run=dry_run)
    if strategy == "DELETE" and all(member.keys() == {"id"} for member in objects):
        return lambda: collection.delete_many([member["id"] for member in objects], dry_run=dry_run)
    return None
