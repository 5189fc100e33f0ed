"""`/api/aggregateDataExchanges/…`: aggregate data that one server asks of its analytics and imports, here or elsewhere.

What goes to another server is not here: this server sends nothing.
Source: `AggregateDataExchangeController`, `AggregateDataExchangeService` of dhis2-core; recordings
`services/data-exchange`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data import value_sets
from dhis2w_sandbox.data.analytics import endpoints as analytics
from dhis2w_sandbox.data.analytics import tables
from dhis2w_sandbox.data.import_options import read_options
from dhis2w_sandbox.data.import_summary import Summary
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox, message
from dhis2w_sandbox.metadata import access
from dhis2w_sandbox.metadata.hooks import Hook, register
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Schema
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.differences import differences
from dhis2w_sandbox.user import User

Json = dict[str, Any]

endpoints = Endpoints()

TYPE = "aggregateDataExchange"
_KLASS = "org.hisp.dhis.dataexchange.aggregate.AggregateDataExchange"
_OUTPUTS = ("outputIdScheme", "outputDataElementIdScheme", "outputOrgUnitIdScheme", "outputDataItemIdScheme")
_TARGET_OPTIONS = {
    "dataElementIdScheme": "dataElementIdScheme",
    "orgUnitIdScheme": "orgUnitIdScheme",
    "categoryOptionComboIdScheme": "categoryOptionComboIdScheme",
    "idScheme": "idScheme",
    "importStrategy": "importStrategy",
    "skipAudit": "skipAudit",
    "dryRun": "dryRun",
}
_MESSAGES = {
    "SUCCESS": (200, "OK", "Import was successful."),
    "WARNING": (409, "WARNING", "One or more conflicts encountered, please check import summary."),
    "ERROR": (409, "ERROR", "An error occurred, please check import summary."),
}


def _complete_target(server: Server, user: User, new: Json, old: Json | None) -> None:
    """Fill in the strategy of imports, where the version says its default."""
    del user, old
    strategy = differences(server).default_exchange_strategy
    target: Json = new.get("target") or {}
    if strategy is not None and isinstance(target.get("request"), dict):
        new["target"] = {**target, "request": {"importStrategy": strategy, **target["request"]}}


register(TYPE, Hook(prepare=_complete_target))


@endpoints.add("GET", "/api/aggregateDataExchanges/{uid:uid}/sourceData", RECORDED)
def source_data(call: Call) -> Reply:
    """Show what an exchange asks for: a grid for each of its requests."""
    return _asked(call, analytics.query_analytics)


@endpoints.add("GET", "/api/aggregateDataExchanges/{uid:uid}/sourceDataValueSets", SOURCE)
def source_value_sets(call: Call) -> Reply:
    """Show what an exchange would send: a set of data values for each of its requests."""
    return _asked(call, analytics.data_value_set)


def _asked(call: Call, ask: Callable[[Call], Reply]) -> Reply:
    exchange = _exchange(call)
    if not access.can_data_read(call.user, _schema(call), exchange):
        raise Dhis2Refusal(403, message(call.server.version, "E3012", _printed(call, exchange), "{1}"), "E3012")
    _require_tables(call)
    return Reply.json([ask(asking).parsed() for asking in _requests(call, exchange, call.param("outputIdScheme"))])


@endpoints.add("POST", "/api/aggregateDataExchanges/{uid:uid}/exchange", RECORDED)
def exchange_data(call: Call) -> Reply:
    """Ask for the data of an exchange and import them."""
    return _exchanged(call, _exchange(call))


@endpoints.add("POST", "/api/aggregateDataExchanges/exchange", SOURCE)
def exchange_once(call: Call) -> Reply:
    """Ask for the data of an exchange that is not stored, and import them."""
    return _exchanged(call, json_object(call))


def _exchanged(call: Call, exchange: Json) -> Reply:
    if not access.can_data_write(call.user, _schema(call), exchange):
        text = f"User has no data write access for AggregateDataExchange: {exchange.get('name')}"
        return _summarized([Summary({}, "ERROR", text)])
    if not tables.is_built(call.server):
        raise Dhis2Refusal(500, "Transaction silently rolled back because it has been marked as rollback-only")
    target: Json = exchange["target"]
    if target["type"] != "INTERNAL":
        raise NotInSandbox("sending data to another server")
    sets = [analytics.data_value_set(asking).body for asking in _requests(call, exchange, None)]
    return _summarized([_imported(call, target.get("request") or {}, body) for body in sets])


def _imported(call: Call, options: Json, body: bytes) -> Summary:
    query = [(name, _parameter(options[key])) for key, name in _TARGET_OPTIONS.items() if options.get(key) is not None]
    sending = replace(call, path="/api/dataValueSets", query=query, body=body)
    return value_sets.run_import(sending, value_sets.JSON, read_options(sending))


def _parameter(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _summarized(summaries: list[Summary]) -> Reply:
    """The reports of all imports, under the worst of their words."""
    status = max((summary.status for summary in summaries), key=list(_MESSAGES).index, default="SUCCESS")
    counts = {
        name: sum(getattr(summary, name) for summary in summaries)
        for name in ("imported", "updated", "deleted", "ignored")
    }
    response: Json = {
        "status": status,
        **counts,
        "importSummaries": [summary.as_json() for summary in summaries],
        "total": sum(counts.values()),
        "responseType": "ImportSummaries",
    }
    code, word, text = _MESSAGES[status]
    return Reply.message(code, text, word=word, response=response)


def _requests(call: Call, exchange: Json, output_scheme: str | None) -> Iterator[Call]:
    """The analytics requests of an exchange."""
    for request in exchange["source"]["requests"]:
        query = [("dimension", f"{id}:{';'.join(request[id])}") for id in ("dx", "pe", "ou") if request.get(id)]
        filters: list[Json] = request.get("filters") or []
        query += [("filter", f"{row['dimension']}:{';'.join(row.get('items') or ())}") for row in filters]
        query += [(name, request[name]) for name in ("inputIdScheme", "aggregationType") if request.get(name)]
        query += [(name, scheme) for name in _OUTPUTS if (scheme := output_scheme or request.get(name))]
        yield replace(call, query=query, suffix=None)


def _exchange(call: Call) -> Json:
    exchange = call.server.store.get(TYPE, call.parts["uid"])
    if exchange is None or not access.can_read(call.user, _schema(call), exchange):
        text = message(call.server.version, "E1113", "AggregateDataExchange", call.parts["uid"])
        raise Dhis2Refusal(409, text, "E1113")
    return exchange


def _schema(call: Call) -> Schema:
    return call.server.schemas.by_singular[TYPE]


def _require_tables(call: Call) -> None:
    if not tables.is_built(call.server):
        detail = 'ERROR: relation "analytics" does not exist\n  Position: 70'
        shown = "SqlState: 42P01" if call.server.behaviour.hides_sql_errors else detail
        text = f"{message(call.server.version, 'E7144')} (SqlState: 42P01)"
        raise Dhis2Refusal(409, text, "E7144", dev_message=shown)


def _printed(call: Call, exchange: Json) -> str:
    """An exchange as Java prints it, with the number of its row."""
    row = call.server.store.sql.execute("SELECT number FROM object WHERE uid = ?", (exchange["id"],)).fetchone()
    times = [str(datetime.fromisoformat(exchange[key]))[:23] for key in ("created", "lastUpdated")]
    values: Json = {
        "class": f"class {_KLASS}",
        "id": str(row[0]),
        "uid": exchange["id"],
        "code": exchange.get("code", "null"),
        "name": exchange["name"],
        "created": times[0],
        "lastUpdated": times[1],
    }
    return "{" + ", ".join(f'"{key}":"{value}"' for key, value in values.items()) + " }"
