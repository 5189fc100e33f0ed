"""`/api/icons`: the icons that DHIS2 brings along, and those that users add.

Of DHIS2's own icons there are the keys, descriptions and keywords (`tables/icons.tsv`, read from the enum `DefaultIcon`
of 2.42, the same in all versions), not the images. Source: `IconController`, `DefaultIconService`, `JdbcIconStore` of
dhis2-core; recordings `services/00-fresh-server`.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files as resources
from typing import Any

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.parameters import listed
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox, not_found
from dhis2w_sandbox.metadata.querying import ListParams, bool_param, int_param, pager
from dhis2w_sandbox.metadata.reading import fields_of
from dhis2w_sandbox.metadata.rendering import renderer
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services import beans, files

Json = dict[str, Any]

endpoints = Endpoints()

_KEY = re.compile(r"[a-zA-Z0-9_+-]+")
_SHOWN = "key,keywords,description,fileResource,createdBy,href"
_VARIANTS = ("negative", "outline", "positive")


class CustomIcons:
    """The icons that users added, by key."""

    def __init__(self, server: Server) -> None:
        self._sql = server.store.sql
        self._sql.execute("CREATE TABLE IF NOT EXISTS icon (key TEXT PRIMARY KEY, content TEXT NOT NULL)")

    def all(self) -> list[Json]:
        """Every icon that was added."""
        return [json.loads(text) for (text,) in self._sql.execute("SELECT content FROM icon")]

    def put(self, icon: Json) -> None:
        """Store an icon, in the place of the one with its key."""
        self._sql.execute("INSERT OR REPLACE INTO icon (key, content) VALUES (?, ?)", (icon["key"], json.dumps(icon)))

    def remove(self, key: str) -> None:
        """Remove an icon."""
        self._sql.execute("DELETE FROM icon WHERE key = ?", (key,))


@endpoints.add("GET", "/api/icons", RECORDED)
def icons(call: Call) -> Reply:
    """List icons by key; `type` is ALL, CUSTOM or DEFAULT, `keywords` are all wanted, `search` is a part of a word."""
    found = sorted((icon for icon in _all(call.server) if _wanted(call, icon)), key=lambda icon: icon["key"])
    page, size = max(1, int_param(call, "page", 1)), max(1, min(500, int_param(call, "pageSize", 50)))
    paging = bool_param(call, "paging", True)
    shown = found[(page - 1) * size : page * size] if paging else found
    schema = call.server.schemas.by_singular["icon"]
    show = renderer(call, schema, fields_of(call, _SHOWN))
    body: Json = (
        {"pager": pager(call, schema, ListParams([], [], page=page, page_size=size), len(found))} if paging else {}
    )
    return Reply.json({**body, "icons": [show(_with_href(call, icon)) for icon in shown]})


@endpoints.add("GET", "/api/icons/{key}", SOURCE)
def icon(call: Call) -> Reply:
    """Show an icon."""
    found = _with_href(call, _existing(call))
    creator = beans.named_user(call.server, found.get("createdBy"))
    return Reply.json({**found, **({"createdBy": creator} if creator else {})})


@endpoints.add("GET", "/api/icons/{key}/icon", SOURCE, suffixes="*")
def image(call: Call) -> Reply:
    """Send the image of an icon that was added."""
    found = _existing(call)
    if not found["custom"]:
        raise NotInSandbox("the images of DHIS2's own icons")
    file = call.server.store.get(files.TYPE, found["fileResource"]["id"])
    if file is None:
        raise not_found("FileResource", found["fileResource"]["id"])
    reply = files.sent(call.server, file)
    reply.headers["Cache-Control"] = "max-age=31536000"
    return reply


@endpoints.add("POST", "/api/icons", SOURCE)
def add(call: Call) -> Reply:
    """Add an icon that shows a file."""
    body = json_object(call)
    key = body.get("key")
    if not key:
        raise Dhis2Refusal(400, "Icon key not specified.")
    if not _KEY.fullmatch(key.strip()):
        text = f"Icon key {key} is not valid. Alphanumeric and special characters '-' and '_' are allowed"
        raise Dhis2Refusal(400, text)
    if _find(call.server, key) is not None:
        raise Dhis2Refusal(400, f"Icon with key {key} already exists.")
    file = call.server.store.get(files.TYPE, body.get("fileResourceId") or "")
    if file is None:
        raise not_found("FileResource", str(body.get("fileResourceId")))
    files.assign(call.server, file["id"], assigned=True)
    now = call.server.now()
    made: Json = {"created": now, "createdBy": {"id": call.user.uid}, "fileResource": {"id": file["id"]}}
    CustomIcons(call.server).put({"key": key, **_texts(body), "custom": True, **made, "lastUpdated": now})
    return Reply.message(201, f"Icon created with key {key}")


@endpoints.add("PUT", "/api/icons/{key}", SOURCE)
def change(call: Call) -> Reply:
    """Replace description and keywords of an icon that was added."""
    stored = _modifiable(call, "update")
    CustomIcons(call.server).put({**stored, **_texts(json_object(call)), "lastUpdated": call.server.now()})
    return Reply.message(200, f"Icon with key {stored['key']} updated")


@endpoints.add("DELETE", "/api/icons/{key}", SOURCE)
def remove(call: Call) -> Reply:
    """Remove an icon that was added; its file stays, and may be used again."""
    stored = _modifiable(call, "delete")
    files.assign(call.server, stored["fileResource"]["id"], assigned=False)
    CustomIcons(call.server).remove(stored["key"])
    return Reply.message(200, f"Icon with key {stored['key']} deleted")


def _texts(body: Json) -> Json:
    return {"description": body.get("description"), "keywords": body.get("keywords") or []}


def _existing(call: Call) -> Json:
    found = _find(call.server, call.parts["key"])
    if found is None:
        raise not_found("Icon", call.parts["key"])
    return found


def _modifiable(call: Call, verb: str) -> Json:
    found = _existing(call)
    if not found["custom"]:
        raise Dhis2Refusal(400, f"Not allowed to {verb} default icon")
    return found


def _find(server: Server, key: str) -> Json | None:
    return next((icon for icon in _all(server) if icon["key"] == key), None)


def _all(server: Server) -> list[Json]:
    return [*_default_icons(), *CustomIcons(server).all()]


@cache
def _default_icons() -> list[Json]:
    text = resources("dhis2w_sandbox.tables").joinpath("icons.tsv").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines())
    return [
        {
            "key": f"{prefix}_{variant}",
            "description": description,
            "keywords": [word for word in keywords.split(";") if word],
            "custom": False,
        }
        for prefix, description, keywords in rows
        for variant in _VARIANTS
    ]


def _wanted(call: Call, icon: Json) -> bool:
    kind, search = (call.param("type") or "ALL").upper(), (call.param("search") or "").lower()
    words: list[str] = [icon["key"], *icon["keywords"]]
    return (
        (kind == "ALL" or icon["custom"] == (kind == "CUSTOM"))
        and set(listed(call, "keywords")) <= set(icon["keywords"])
        and (not listed(call, "keys") or icon["key"] in listed(call, "keys"))
        and any(search in word.lower() for word in words)
    )


def _with_href(call: Call, icon: Json) -> Json:
    return {**icon, "href": f"{call.base_url}/api/icons/{icon['key']}/icon"}
