"""`/api/locales/…`: the languages of the user interface and of translations.

Source: `LocaleController`, `DefaultI18nLocaleService` of dhis2-core; recordings `services/static`.
The languages of a version are in `tables/<version>.locales.json`: taken from the answers of real servers in these
recordings, which list the translations that DHIS2 brings along and Java's names of them.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services import beans
from dhis2w_sandbox.services.differences import differences

Json = dict[str, Any]

endpoints = Endpoints()


@cache
def _tables(version: str) -> Json:
    return json.loads(files("dhis2w_sandbox.tables").joinpath(f"{version}.locales.json").read_text("utf-8"))


@endpoints.add("GET", "/api/locales/ui", RECORDED)
def interface_languages(call: Call) -> Reply:
    """List the languages of the user interface."""
    return Reply.json(_tables(call.server.version)["ui"])


@endpoints.add("GET", "/api/locales/db", RECORDED)
def translation_languages(call: Call) -> Reply:
    """List the languages that names can be translated into."""
    server = call.server
    known = {row["locale"]: row for row in _tables(server.version)["db"]}
    tagged = differences(server).tags_locales
    rows = [known.get(row["locale"]) or _row(row, tagged=tagged) for row in _stored(server)]
    return Reply.json(sorted(rows, key=lambda row: row["displayName"]))


@endpoints.add("GET", "/api/locales/languages", RECORDED)
def languages(call: Call) -> Reply:
    """List all languages by code."""
    return Reply.json(_tables(call.server.version)["languages"])


@endpoints.add("GET", "/api/locales/dbLocales", RECORDED)
def stored_languages(call: Call) -> Reply:
    """List the languages that names can be translated into, as objects."""
    return Reply.json([_bean(call.server, row) for row in _stored(call.server)])


@endpoints.add("GET", "/api/locales/dbLocales/{uid}", SOURCE)
def stored_language(call: Call) -> Reply:
    """Show one of these languages."""
    return Reply.json(_bean(call.server, _found(call)), headers={"Cache-Control": "no-cache, private"})


@endpoints.add("POST", "/api/locales/dbLocales", RECORDED, requires=["F_LOCALE_ADD"])
def add_language(call: Call) -> Reply:
    """Add a language that names can be translated into; its country is named by its code."""
    server, rules = call.server, differences(call.server)
    country = call.required("country") if rules.locale_needs_country else call.param("country")
    language = call.required("language")
    script = call.param("script")
    if country and not re.fullmatch(r"[A-Za-z]{2}|\d{3}", country):
        status, pattern = rules.refused_region
        raise Dhis2Refusal(status, pattern.format(language, country))
    code = "_".join(part for part in (language, country, script) if part)
    rows = _stored(server)
    if any(row["locale"] == code for row in rows):
        raise Dhis2Refusal(409, "Locale code existed.")
    names = _tables(server.version)["languages"]
    inside = ", ".join(part for part in (country, script) if part)
    name = names.get(language, language) + (f" ({inside})" if inside else "")
    row = _new(server, code, name, call.user.uid)
    server.configuration.write("dbLocales", [*rows, row])
    location = {"Location": f"{call.base_url}/api/locales/{row['id']}"}
    return Reply.message(201, "Locale created successfully", headers=location)


@endpoints.add("DELETE", "/api/locales/dbLocales/{uid}", SOURCE, requires=["F_LOCALE_DELETE"])
def remove_language(call: Call) -> Reply:
    """Remove one of these languages."""
    gone = _found(call)
    kept = [row for row in _stored(call.server) if row["id"] != gone["id"]]
    call.server.configuration.write("dbLocales", kept)
    return Reply(204)


def _stored(server: Server) -> list[Json]:
    rows = server.configuration.read("dbLocales")
    if rows is None:
        rows = [_new(server, row["locale"], row["displayName"], None) for row in _tables(server.version)["db"]]
        server.configuration.write("dbLocales", rows)
    return rows


def _new(server: Server, code: str, name: str, user: str | None) -> Json:
    now = server.now()
    row: Json = {"id": server.new_uid(), "name": name, "locale": code, "created": now, "lastUpdated": now}
    return {**row, "lastUpdatedBy": {"id": user}} if user else row


def _found(call: Call) -> Json:
    found = next((row for row in _stored(call.server) if row["id"] == call.parts["uid"]), None)
    if found is None:
        raise Dhis2Refusal(404, f"Cannot find Locale with uid: {call.parts['uid']}", "E1005")
    return found


def _bean(server: Server, row: Json) -> Json:
    return beans.bean(server, row, locale=row["locale"])


def _row(row: Json, *, tagged: bool) -> Json:
    tag = {"languageTag": row["locale"].replace("_", "-")} if tagged else {}
    return {"locale": row["locale"], **tag, "name": row["name"], "displayName": row["name"]}
