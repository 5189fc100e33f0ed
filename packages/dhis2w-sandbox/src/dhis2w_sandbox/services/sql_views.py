"""`/api/sqlViews/{uid}/data`, `/execute` and `/refresh`: statements that are stored as objects, and what they give.

Source: `SqlViewController`, `DefaultSqlViewService`, `SqlViewUtils` and `HibernateSqlViewStore` of dhis2-core;
recordings `services/sql-views`.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, argument_text, conflict, message, not_found, web_message
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.querying import int_param
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services import sql_database
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.services.settings import SystemSettings, guessed
from dhis2w_sandbox.services.sql_database import Grid, SqlFailure

Json = dict[str, Any]

endpoints = Endpoints()

TYPE = "sqlView"
_PROTECTED = ("users", "userinfo", "trackedentityattributevalue", "oauth_access_token", "oauth2client")
_ILLEGAL = [
    "alter",
    "commit",
    "create",
    "createdb",
    "createuser",
    "delete",
    "drop",
    "grant",
    "insert",
    "rename",
    "restore",
    "revoke",
    "truncate",
    "update",
    "write",
]
_STANDARD = {"_current_user_id", "_current_username"}
_VARIABLE = re.compile(r"\$\{(\w+)}")
_CACHE_SECONDS = {
    "CACHE_1_MINUTE": 60,
    "CACHE_5_MINUTES": 300,
    "CACHE_10_MINUTES": 600,
    "CACHE_15_MINUTES": 900,
    "CACHE_30_MINUTES": 1800,
    "CACHE_1_HOUR": 3600,
    "CACHE_TWO_WEEKS": 1_209_600,
}


class MadeViews:
    """The views that exist in the database, and what a materialized one held when it was last refreshed."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._sql = server.store.sql
        self._sql.execute("CREATE TABLE IF NOT EXISTS made_view (name TEXT PRIMARY KEY, query TEXT, grid TEXT)")

    def make(self, view: Json) -> None:
        """Create the view of a document anew.

        Raises:
            SqlFailure: its statement cannot be run.
        """
        kind = "MATERIALIZED VIEW" if view["type"] == "MATERIALIZED_VIEW" else "VIEW"
        query, name = view["sqlQuery"], view_name(view)
        placeholder = query.find("${")
        if placeholder >= 0:
            position = len(f'CREATE {kind} "{name}" AS ') + placeholder + 1
            raise SqlFailure("42601", f'ERROR: syntax error at or near "$"\n  Position: {position}')
        grid = sql_database.run(self._server, query, [], self.all())
        kept = json.dumps([grid.columns, grid.rows]) if kind != "VIEW" else None
        self._sql.execute("INSERT OR REPLACE INTO made_view VALUES (?, ?, ?)", (name, query, kept))

    def drop(self, view: Json) -> None:
        """Remove the view of a document."""
        self._sql.execute("DELETE FROM made_view WHERE name = ?", (view_name(view),))

    def all(self) -> dict[str, Grid]:
        """What each view holds, by its name."""
        found: dict[str, Grid] = {}
        for name, query, kept in self._sql.execute("SELECT name, query, grid FROM made_view").fetchall():
            found[name] = Grid(*json.loads(kept)) if kept else sql_database.run(self._server, query, [], dict(found))
        return found


def view_name(view: Json) -> str:
    """What a view is called in the database."""
    words = re.split(r"\W", view["name"].strip().replace("_", ""))
    return "_view" + "".join(f"_{word}" for word in words if word).lower()


def create_all(call: Call) -> None:
    """Create every view anew; those that cannot be are left out."""
    for view in _made_of_tables(call.server):
        try:
            MadeViews(call.server).make(view)
        except SqlFailure:
            continue


def drop_all(call: Call) -> None:
    """Remove every view from the database; their documents stay."""
    for view in _made_of_tables(call.server):
        MadeViews(call.server).drop(view)


def _made_of_tables(server: Server) -> list[Json]:
    return [view for view in server.store.all(TYPE) if view.get("type") != "QUERY"]


@endpoints.add("GET", "/api/sqlViews/{uid}/data", RECORDED, suffixes={"csv"})
def data(call: Call) -> Reply:
    """Run a view and show its rows: as JSON, in pages, or as CSV, all of them."""
    view = _existing(call)
    try:
        reply = _answer(call, view, _grid(call, view))
    except Dhis2Refusal as refusal:
        reply = Reply.json(refusal.as_json(), refusal.status)
    except SqlFailure as failure:
        reply = _failed(call.server, failure)
    reply.headers["Cache-Control"] = _cache_control(call.server, view)
    return reply


@endpoints.add("POST", "/api/sqlViews/{uid}/execute", RECORDED)
def execute(call: Call) -> Reply:
    """Create the database view of a view."""
    view = _existing(call)
    if view.get("type") == "QUERY":
        raise conflict("SQL view is a query, no view to create")
    _validate(call, view, None, None)
    try:
        MadeViews(call.server).make(view)
    except SqlFailure as failure:
        raise conflict(failure.text) from failure
    location = {"Location": f"{call.base_url}/api/sqlViews/{view['id']}"}
    return Reply.message(201, "SQL view created", headers=location)


@endpoints.add("POST", "/api/sqlViews/{uid}/refresh", RECORDED)
def refresh(call: Call) -> Reply:
    """Read the rows of a materialized view again."""
    view = _existing(call)
    if view.get("type") != "MATERIALIZED_VIEW":
        raise conflict("View could not be refreshed")
    try:
        MadeViews(call.server).make(view)
    except SqlFailure as failure:
        raise conflict("View could not be refreshed") from failure
    return Reply.message(200, "Materialized view refreshed")


def _existing(call: Call) -> Json:
    view = call.server.store.get(TYPE, call.parts["uid"])
    if view is None:
        raise not_found("SqlView", call.parts["uid"])
    return view


def _grid(call: Call, view: Json) -> Grid:
    server = call.server
    if not access.can_data_read(call.user, server.schemas.by_singular[TYPE], view):
        raise Dhis2Refusal(409, message(server.version, "E4312", view["id"]), "E4312")
    variables, criteria = _pairs(call.params("var")), _pairs(call.params("criteria"))
    _validate(call, view, variables, criteria)
    sql, arguments = _statement(call, view, variables, criteria)
    grid = sql_database.run(server, sql, arguments, MadeViews(server).all())
    settings = SystemSettings(server)
    limit = settings.value(settings.known["keySqlViewMaxLimit"])
    return Grid(grid.columns, grid.rows[:limit]) if limit > 0 else grid


def _pairs(texts: Iterable[str]) -> dict[str, str]:
    """`name:value` texts; any other shape is left out."""
    split = (text.split(":") for text in texts)
    return {parts[0]: parts[1] for parts in split if len(parts) == 2}


def _statement(call: Call, view: Json, variables: dict[str, str], criteria: dict[str, str]) -> tuple[str, list[Any]]:
    conditions = [(f"[{name}]  = ? ", [guessed(value)]) for name, value in criteria.items()]
    conditions += [_condition(text) for text in call.params("filter")]
    if view.get("type") == "QUERY":
        standard = {"_current_username": call.user.username, "_current_user_id": call.user.uid}
        sql = _VARIABLE.sub(lambda found: {**variables, **standard}.get(found[1], found[0]), view["sqlQuery"])
        if conditions:
            sql = f"select {_fields(call)} from ({sql.strip().removesuffix(';')}) as qry "  # noqa: S608 - what such a view is for; validated, and run on a copy
    else:
        sql = f"select {_fields(call)} from [{view_name(view)}] "  # noqa: S608 - what such a view is for; validated, and run on a copy
    joined = "".join(f"{'and' if number else 'where'} {text}" for number, (text, _) in enumerate(conditions))
    return sql + joined, [value for _, values in conditions for value in values]


def _fields(call: Call) -> str:
    names = [name for text in call.params("fields") for name in text.split(",") if re.fullmatch(r"\w+", name)]
    return ",".join(f"[{name}]" for name in names) or " * "


_OPERATORS = {
    "eq": "= ?",
    "!eq": "!= ?",
    "ne": "!= ?",
    "neq": "!= ?",
    "gt": "> ?",
    "lt": "< ?",
    "gte": ">= ?",
    "ge": ">= ?",
    "lte": "<= ?",
    "le": "<= ?",
    "like": "like ?",
    "!like": "not like ?",
    "ilike": "like ?",
    "!ilike": "not like ?",
}


def _condition(text: str) -> tuple[str, list[Any]]:
    name, _, rest = text.partition(":")
    operator, _, value = rest.partition(":")
    if operator in {"null", "!null"} and not value:
        return f"[{name}] is {'not ' if operator == '!null' else ''}null ", []
    if operator in {"in", "!in"} and value:
        values: list[Any] = value.strip("[]").split(",")
        return f"[{name}] {'not ' if operator == '!in' else ''}in ({','.join('?' * len(values))}) ", values
    if operator not in _OPERATORS or not value:
        raise Dhis2Refusal(409, f"Invalid filter => {text}")
    return f"[{name}] {_OPERATORS[operator]} ", [f"%{value}%" if "like" in operator else guessed(value)]


def _validate(call: Call, view: Json, variables: dict[str, str] | None, criteria: dict[str, str] | None) -> None:
    """Refuse a statement that is no plain SELECT: the last reason counts."""
    found = [problem for problem in _problems(view, variables, criteria) if problem]
    if found:
        code, *arguments = found[-1]
        raise Dhis2Refusal(409, message(call.server.version, code, *arguments), code)


def _problems(
    view: Json, variables: dict[str, str] | None, criteria: dict[str, str] | None
) -> Iterable[tuple[Any, ...] | None]:
    sql = re.sub(r"[\r\n]", " ", view.get("sqlQuery") or "").lower()
    names = list(dict.fromkeys(_VARIABLE.findall(view.get("sqlQuery") or "")))
    is_query = view.get("type") == "QUERY"
    given = {*(variables or {}), *_STANDARD}
    yield ("E4301",) if not re.match(r"\s*(select|with)\s+.+", sql) else None
    yield ("E4302",) if ";" in sql and not sql.strip().endswith(";") else None
    yield from _bad_pairs(variables, "E4305", "E4306")
    yield ("E4307", _java_set(names)) if is_query and not given.issuperset(names) else None
    yield from _bad_pairs(criteria, "E4308", "E4309")
    yield ("E4310",) if _names_any(sql, _PROTECTED) else None
    yield ("E4311",) if _names_any(sql, _ILLEGAL) else None


def _bad_pairs(pairs: dict[str, str] | None, name_code: str, value_code: str) -> Iterable[tuple[Any, ...]]:
    names = [name for name in pairs or {} if not re.fullmatch(r"[-a-zA-Z0-9_]+", name)]
    values = [value for value in (pairs or {}).values() if not re.fullmatch(r"[\w\s-]*", value)]
    if names:
        yield name_code, _java_set(names)
    if values:
        yield value_code, _java_set(values)


def _java_set(names: list[str]) -> str:
    return argument_text(names)


def _names_any(sql: str, words: Iterable[str]) -> bool:
    return bool(re.match(rf"(.*\W)?({'|'.join(words)})(\W.*)?$", sql))


def _answer(call: Call, view: Json, grid: Grid) -> Reply:
    if call.suffix == "csv":
        return _csv(view, grid)
    skips = call.flag("skipPaging") or (call.param("paging") or "").lower() == "false"
    page, size = int_param(call, "page", 1), int_param(call, "pageSize", 50)
    rows = grid.rows if skips else grid.rows[(page - 1) * size : page * size]
    total = len(grid.rows)
    pager = {"page": page, "total": total, "pageSize": size, "pageCount": math.ceil(total / size)}
    headers = [
        {"name": name, "column": name, "type": "java.lang.String", "hidden": False, "meta": False}
        for name in grid.columns
    ]
    table: Json = {
        "title": view["name"],
        **({"subtitle": view["description"]} if view.get("description") else {}),
        "headers": headers,
        "metaData": {},
        "rowContext": {},
        "rows": rows,
        "width": len(grid.columns) if rows else 0,
        "headerWidth": len(headers),
        "height": len(rows),
    }
    return Reply.json({**({} if skips else {"pager": pager}), "listGrid": table})


def _csv(view: Json, grid: Grid) -> Reply:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([grid.columns, *grid.rows])
    attachment = {"Content-Disposition": f'attachment; filename="{view["name"]}.csv"'}
    return Reply(200, text.getvalue().encode(), "application/csv", attachment)


def _failed(server: Server, failure: SqlFailure) -> Reply:
    code = "E7144" if failure.state == "42P01" else "E7145"
    detail = failure.text if differences(server).tells_sql_errors else f"SqlState: {failure.state}"
    text = f"{message(server.version, code)} (SqlState: {failure.state})"
    return Reply.json(web_message(409, text, code, word="ERROR", dev_message=detail), 409)


def _cache_control(server: Server, view: Json) -> str:
    strategy = view.get("cacheStrategy") or "RESPECT_SYSTEM_SETTING"
    settings = SystemSettings(server)
    if strategy == "RESPECT_SYSTEM_SETTING":
        strategy = settings.value(settings.known["keyCacheStrategy"])
    seconds = _CACHE_SECONDS.get(strategy)
    scope = str(settings.value(settings.known["keyCacheability"])).lower()
    return f"max-age={seconds}, {scope}" if seconds else "no-cache"
