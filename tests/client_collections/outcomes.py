"""What a recorded answer becomes in the client, in a few words.

`python -m tests.client_collections.outcomes` writes `outcomes.tsv` anew; read the difference before you commit it.
"""

from __future__ import annotations

import asyncio
import csv
import io
import warnings
from pathlib import Path
from typing import Any, cast

from dhis2w_client import ApiError, Dhis2Client, Dhis2Error, Dhis2Warning, Page, Report, read_report
from dhis2w_client.models import SystemInfo
from dhis2w_client.models.server_model import ServerModel
from tests.client_collections.recorded_calls import call_of
from tests.client_collections.recordings import Exchange, Playback, Scenario, scenarios
from tests.client_collections.servers import client_of

TABLE = Path(__file__).with_name("outcomes.tsv")
COLUMNS = ("scenario", "number", "versions", "request", "outcome")

Key = tuple[str, int, str]
"""Scenario, number of the exchange, folder of the version."""


async def outcomes_of(scenario: Scenario) -> list[str]:
    """What each answer of a scenario becomes."""
    playback = Playback(scenario.version)
    async with client_of(playback) as client:
        found: list[str] = []
        for exchange in scenario.exchanges:
            playback.exchange = exchange
            found.append(await outcome(client, exchange))
        return found


async def outcome(client: Dhis2Client, exchange: Exchange) -> str:
    """What one answer becomes."""
    call = call_of(client, exchange)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Dhis2Warning)
        try:
            value = await call() if call else await _raw(client, exchange)
        except Dhis2Error as error:
            return _error(error)
    return _value(value, exchange)


async def _raw(client: Dhis2Client, exchange: Exchange) -> object:
    if exchange.text == "GET /api/system/info":
        return await client.get(exchange.path, as_=SystemInfo)
    body = exchange.body if exchange.other_body is None else exchange.other_body
    more: dict[str, Any] = {"body": body} if body is not None else {}
    verbs = {"GET": client.get, "POST": client.post, "PUT": client.put, "PATCH": client.patch, "DELETE": client.delete}
    verb: Any = verbs.get(exchange.method)
    if verb is not None:
        return await verb(exchange.path, params=exchange.query, **more)
    async with client.stream(exchange.path, method=exchange.method, params=exchange.query) as pieces:
        return b"".join([piece async for piece in pieces])


def _error(error: Dhis2Error) -> str:
    words = [type(error).__name__]
    if isinstance(error, ApiError):
        words += [str(error.status), error.code or "-", _rows(error.report)]
    return " ".join(filter(None, words))


def _value(value: object, exchange: Exchange) -> str:
    if isinstance(value, Report):
        return f"{type(value).__name__} {_report(value)}"
    if isinstance(value, Page):
        models = cast("Page[ServerModel]", value)
        key = next(key for key, rows in exchange.json.items() if isinstance(rows, list))
        assert [model.to_dict() for model in models] == exchange.json[key]
        kind = type(models[0]).__name__ if models else "nothing"
        return f"list of {len(models)} {kind}{_oddity(list(models))}"
    if isinstance(value, ServerModel):
        assert value.to_dict() == exchange.json
        return type(value).__name__ + _oddity([value])
    if isinstance(value, SystemInfo):
        return "SystemInfo"
    report = read_report(value)
    return _report(report) if report else _plain(value)


def _oddity(models: list[ServerModel]) -> str:
    """Whether transformers in `fields` made something of the answer that its model does not have."""
    from pydantic import ValidationError

    try:
        for model in models:
            type(model).check(model.to_dict())
    except ValidationError:
        return ", reshaped by its fields"
    return ""


def _report(report: Report) -> str:
    counts = report.counts
    numbers = f"{counts.created}/{counts.updated}/{counts.deleted}/{counts.ignored}"
    return " ".join(filter(None, [report.kind, report.status, numbers, _rows(report)]))


def _rows(report: Report | None) -> str:
    """The rows of a report: code and property of each; DHIS2 gives many of them in no fixed order."""
    return ",".join(sorted(f"{row.code}:{row.property or ''}" for row in (report.rows if report else ())))


def _plain(value: object) -> str:
    names: dict[type, str] = {
        dict: "object",
        list: "list",
        str: "text",
        bytes: "bytes",
        bool: "boolean",
        type(None): "nothing",
    }
    return names.get(type(value), "number")


def read_table() -> dict[Key, str]:
    """The committed table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {
            (row["scenario"], int(row["number"]), f"v{version}"): row["outcome"]
            for row in rows
            for version in row["versions"].split(",")
        }


def table_text(shared: Path) -> str:
    """The table as the client makes it now: one row where versions agree."""
    found: dict[tuple[str, int, str, str], list[str]] = {}
    for scenario in scenarios(shared):
        results = asyncio.run(outcomes_of(scenario))
        for exchange, result in zip(scenario.exchanges, results, strict=True):
            key = (scenario.name, exchange.number, exchange.text[:90], result)
            found.setdefault(key, []).append(scenario.folder[1:])
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    for (name, number, request, result), versions in sorted(found.items()):
        writer.writerow([name, number, ",".join(versions), request, result])
    return out.getvalue()


if __name__ == "__main__":
    TABLE.write_text(table_text(Path(__file__).resolve().parents[3] / "shared"), encoding="utf-8", newline="\n")
