"""The client against recorded answers of real servers, without the sandbox."""

from __future__ import annotations

import asyncio
import warnings
from contextlib import suppress
from pathlib import Path

import pytest

from dhis2w_client import Dhis2Error, Dhis2Warning
from tests.client_collections.outcomes import outcomes_of, read_table
from tests.client_collections.recorded_calls import call_of
from tests.client_collections.recordings import AREAS, VERSIONS, Playback, Scenario, scenarios
from tests.client_collections.servers import client_of

pytestmark = pytest.mark.shared

FEWEST_REQUESTS = 2_000
"""Over all versions, of 3,020 exchanges; the others are logins, wrong requests, and what has no collection."""
FEWEST_SCENARIOS = 70


def test_every_answer_becomes_what_the_table_says(shared: Path) -> None:
    table = read_table()
    wrong: list[str] = []
    for scenario in scenarios(shared):
        outcomes = asyncio.run(outcomes_of(scenario))
        for exchange, found in zip(scenario.exchanges, outcomes, strict=True):
            due = table.pop((scenario.name, exchange.number, scenario.folder), None)
            if found != due:
                wrong.append(f"{scenario.folder} {scenario.name} {exchange.number} {exchange.text}: {found}, not {due}")
    assert wrong == []
    assert table == {}, "the table has exchanges that no recording has"


async def _requests(scenario: Scenario) -> list[str]:
    """Where the client's own requests differ from those recorded, an empty text where one does not."""
    playback = Playback(scenario.version)
    found: list[str] = []
    async with client_of(playback) as client:
        for exchange in scenario.exchanges:
            call = call_of(client, exchange)
            if call is None:
                continue
            playback.exchange, playback.request = exchange, None
            with warnings.catch_warnings(), suppress(Dhis2Error):
                warnings.simplefilter("ignore", Dhis2Warning)
                await call()
            query = sorted(exchange.query, key=lambda pair: pair[0])
            due = (exchange.method, exchange.path, query, exchange.body)
            sent = playback.sent()
            found.append("" if sent == due else f"{exchange.text}: sent {sent}, recorded {due}")
    return found


def test_the_client_sends_what_was_recorded(shared: Path) -> None:
    compared: dict[tuple[str, str], list[str]] = {}
    for scenario in scenarios(shared):
        found = asyncio.run(_requests(scenario))
        if found:
            compared[scenario.folder, scenario.name] = found
    assert [text for found in compared.values() for text in found if text] == []
    assert sum(map(len, compared.values())) >= FEWEST_REQUESTS
    assert len(compared) >= FEWEST_SCENARIOS
    kinds = {(folder, name.partition("/")[0]) for folder, name in compared}
    assert kinds == {(folder, area) for folder in VERSIONS for area in AREAS}
