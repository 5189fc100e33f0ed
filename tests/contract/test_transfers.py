"""Transfers: files are pushed by their plan, interrupted and taken up again; pulled back, and pulled since a moment.

Evidence: recordings `data/import-conflicts`, `data/export-select`, `tracker/modes-and-refusals`, `tracker/async`;
what a transfer promises is in `docs/data-push.md` and `docs/tracker.md`.
"""

from __future__ import annotations

import asyncio
import csv
import json
import warnings
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest

from dhis2w_client import Dhis2Client, InsecureTransportWarning
from dhis2w_client.clock import Clock
from dhis2w_client.data_values import DataValueOptions
from dhis2w_client.errors import NoAnswerError
from dhis2w_client.metadata import new_uid
from dhis2w_core.features.data import operations as data
from dhis2w_core.features.tracker import operations as tracker
from dhis2w_core.transfers.data_push import DataPush
from dhis2w_core.transfers.source_rows import digest_of
from dhis2w_core.transfers.tracker_push import TrackerPush
from tests.contract.ground import Ground
from tests.contract.place import Row
from tests.contract.server import Server

Months = tuple[str, str, str]
Result = TypeVar("Result")
IMPORTS = ("/api/dataValueSets", "/api/tracker")


class Line(httpx2.AsyncBaseTransport):
    """The line to the server, which breaks at an import: the server gets it, its answer and all later ones are lost."""

    def __init__(self, breaks_at: int | None = None) -> None:
        self.imports = 0
        """How many imports the server got."""
        self._breaks_at = breaks_at
        self._passed_to = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method != "POST" or request.url.path not in IMPORTS:
            return await self._passed_to.handle_async_request(request)
        if self.imports == self._breaks_at:
            raise httpx2.ConnectError("the line is broken")
        self.imports += 1
        response = await self._passed_to.handle_async_request(request)
        if self.imports == self._breaks_at:
            await response.aread()
            raise httpx2.ReadError("the line broke")
        return response

    async def aclose(self) -> None:
        await self._passed_to.aclose()


async def at_once(_: float) -> None:
    """Wait for nothing."""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own for journals, and for what is remembered of pulls."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@dataclass(frozen=True)
class Desk:
    """Somebody who sends and fetches files."""

    server: Server
    ground: Ground
    folder: Path

    def run(self, use: Callable[[Dhis2Client], Awaitable[Result]], line: Line | None = None) -> Result:
        """Use a client, over a line."""

        async def connected() -> Result:
            client = Dhis2Client(
                self.server.url, self.ground.worker, transport=line or Line(), clock=Clock(sleep=at_once)
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", InsecureTransportWarning)
                await client.connect()
            try:
                return await use(client)
            finally:
                await client.close()

        return asyncio.run(connected())

    def send(self, plan: DataPush | TrackerPush, line: Line | None = None) -> Mapping[str, Any]:
        """What became of the rows of a plan."""
        report: Mapping[str, Any] = self.run(lambda client: plan.apply(client, lambda _: None), line)
        parts = ("accepted", "unchanged", "refused", "skipped")
        assert report["read"] == sum(int(str(report[part])) for part in parts)
        return report

    def table(self, name: str, rows: Sequence[Mapping[str, object]]) -> Path:
        """A file of CSV."""
        file = self.folder / name
        with file.open("w", newline="", encoding="utf-8") as target:
            writer = csv.DictWriter(target, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
        return file

    def values(self, file: Path) -> DataPush:
        """The plan to send data values of the first data set, two at once."""
        return DataPush(
            file, digest_of(file), data_set=self.ground.first_set, rows_at_once=2, clock=Clock(sleep=at_once)
        )

    def objects(self, file: Path) -> TrackerPush:
        """The plan to send tracker objects, one at once."""
        return TrackerPush(file, digest_of(file), rows_at_once=1, clock=Clock(sleep=at_once))

    def stored(self, months: Months) -> set[tuple[str, str, str]]:
        """Element, period and value of what is stored."""

        async def use(client: Dhis2Client) -> set[tuple[str, str, str]]:
            rows = client.data_values.rows(self.ground.selection(*months))
            return {(row["dataElement"], row["period"], row.get("value", "")) async for row in rows}

        return self.run(use)

    def now(self) -> str:
        """The server's time."""

        async def use(client: Dhis2Client) -> str:
            return str((await client.get("system/info"))["serverDate"])

        return self.run(use)


@pytest.fixture
def desk(server: Server, ground: Ground, tmp_path: Path) -> Desk:
    return Desk(server, ground, tmp_path)


def six(ground: Ground, months: Months) -> list[Row]:
    """Values of two elements in three months."""
    places = [(element, month) for element in (ground.count, ground.average) for month in months]
    return [ground.value(element, month, str(number)) for number, (element, month) in enumerate(places, 1)]


def told(rows: Sequence[Row]) -> set[tuple[str, str, str]]:
    return {(str(row["dataElement"]), str(row["period"]), str(row["value"])) for row in rows}


def table(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def test_a_push_of_values_that_was_interrupted_goes_on(desk: Desk, ground: Ground, months: Months) -> None:
    rows = six(ground, months)
    plan = desk.values(desk.table("values.csv", rows))
    with pytest.raises(NoAnswerError):
        desk.send(plan, Line(breaks_at=2))
    again = Line()
    assert (desk.send(plan, again)["accepted"], again.imports) == (6, 1)
    assert desk.stored(months) == told(rows)


def test_refused_values_are_repaired_and_pushed(desk: Desk, ground: Ground, months: Months) -> None:
    rows = six(ground, months)
    wrong = {1: {"value": "many"}, 2: {"period": "2024-13"}, 4: {"dataElement": "nOtKnown001"}}
    sent = [row | wrong.get(number, {}) for number, row in enumerate(rows)]
    for check in (True, False):
        plan = replace(desk.values(desk.table("values.csv", sent)), check=check, restart=True)
        report = desk.send(plan)
        assert report["refused"] == 3
        assert desk.stored(months) == told([row for number, row in enumerate(rows) if number not in wrong])
    rejects = table(desk.folder / "values.rejects.csv")
    assert [int(row["source_line"]) for row in rejects] == [3, 4, 6]
    assert all(row["problem"] for row in rejects)
    repaired = [reject | rows[number] for reject, number in zip(rejects, wrong, strict=True)]
    report = desk.send(desk.values(desk.table("repaired.csv", repaired)))
    assert (report["accepted"], report["refused"]) == (3, 0)
    assert desk.stored(months) == told(rows)


@pytest.mark.parametrize("ending", ["csv", "ndjson", "json"])
def test_what_is_pulled_can_be_pushed(desk: Desk, ground: Ground, months: Months, ending: str) -> None:
    rows = six(ground, months)
    desk.send(desk.values(desk.table("values.csv", rows)))
    target = desk.folder / f"pulled.{ending}"

    async def pull(client: Dhis2Client) -> Any:
        return await data.pull(client, data_set=[ground.first_set], org_unit=[ground.here], period=months, to=target)

    async def empty(client: Dhis2Client) -> None:
        await client.data_values.push(rows, DataValueOptions(strategy="DELETE"), data_set=ground.first_set)

    assert desk.run(pull)["rows"] == 6
    desk.run(empty)
    assert desk.stored(months) == set()
    assert desk.send(desk.values(target))["accepted"] == 6
    assert desk.stored(months) == told(rows)


def test_changes_of_values_are_pulled(desk: Desk, ground: Ground, months: Months) -> None:
    rows = six(ground, months)
    desk.send(desk.values(desk.table("values.csv", rows)))
    target = desk.folder / "pulled.csv"

    def pull(since: str) -> set[tuple[str, str]]:
        async def use(client: Dhis2Client) -> Any:
            return await data.pull(
                client, data_set=[ground.first_set], org_unit=[ground.here], period=months, since=since, to=target
            )

        assert desk.run(use)["next_since"]
        return {(row["value"], row.get("deleted", "")) for row in table(target)}

    assert {value for value, _ in pull("last")} == {"1", "2", "3", "4", "5", "6"}
    now = desk.now()
    desk.send(desk.values(desk.table("more.csv", [rows[0] | {"value": "7"}])))
    assert pull(now) == {("7", "")}
    assert ("7", "") in pull("last")


def person(ground: Ground, name: str, unit: str = "") -> Row:
    """Somebody enrolled and seen once; nothing has a UID but they."""
    where = {"orgUnit": unit or ground.here}
    visit: Row = {
        **where,
        "program": ground.program,
        "programStage": ground.stage,
        "occurredAt": "2024-03-02",
        "dataValues": [{"dataElement": ground.weight, "value": "61.5"}],
    }
    care: Row = {
        **where,
        "program": ground.program,
        "enrolledAt": "2024-03-01",
        "occurredAt": "2024-03-01",
        "events": [visit],
    }
    return {
        **where,
        "trackedEntity": new_uid(),
        "trackedEntityType": ground.person,
        "attributes": [{"attribute": ground.name, "value": name}],
        "enrollments": [care],
    }


def document(desk: Desk, name: str, people: Sequence[Row]) -> TrackerPush:
    file = desk.folder / name
    file.write_text("".join(f"{json.dumps(row)}\n" for row in people), encoding="utf-8")
    return desk.objects(file)


def seen(desk: Desk, people: Sequence[Row]) -> dict[str, list[int]]:
    """How many enrollments each of them has, and how many events in it."""

    async def use(client: Dhis2Client) -> dict[str, list[int]]:
        rows = client.tracker.tracked_entities.rows(
            tracked_entities=[str(row["trackedEntity"]) for row in people], program=desk.ground.program, fields="*"
        )
        return {row["trackedEntity"]: [len(each["events"]) for each in row["enrollments"]] async for row in rows}

    return desk.run(use)


def test_a_push_of_people_that_was_interrupted_goes_on(desk: Desk, ground: Ground) -> None:
    people = [person(ground, f"Broken {number}") for number in range(4)]
    plan = document(desk, "people.ndjson", people)
    with pytest.raises(NoAnswerError):
        desk.send(plan, Line(breaks_at=2))
    again = Line()
    assert (desk.send(plan, again)["accepted"], again.imports) == (4, 2)
    assert seen(desk, people) == {row["trackedEntity"]: [1] for row in people}
    assert desk.send(plan)["accepted"] == 4
    assert seen(desk, people) == {row["trackedEntity"]: [1] for row in people}


@pytest.mark.parametrize("check", [True, False], ids=["checked", "sent"])
def test_refused_people_are_repaired_and_pushed(desk: Desk, ground: Ground, check: bool) -> None:
    people = [person(ground, f"Repaired {number}") for number in range(3)]
    wrong = {1: {"orgUnit": "nOtKnown001"}, 2: {"trackedEntityType": "nOtKnown002"}}
    sent = [row | wrong.get(number, {}) for number, row in enumerate(people)]
    report = desk.send(replace(document(desk, "people.ndjson", sent), check=check))
    assert (report["accepted"], report["refused"]) == (1, 2)
    lines = (desk.folder / "people.rejects.ndjson").read_text(encoding="utf-8").splitlines()
    rejects: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert [(row["source_line"], bool(row["problem"])) for row in rejects] == [(2, True), (3, True)]
    repaired = [
        reject | {key: people[number][key] for key in wrong[number]}
        for reject, number in zip(rejects, wrong, strict=True)
    ]
    again = desk.send(document(desk, "repaired.ndjson", repaired))
    assert (again["accepted"], again["refused"]) == (2, 0)
    assert seen(desk, people) == {row["trackedEntity"]: [1] for row in people}


def test_people_that_are_pulled_can_be_pushed(desk: Desk, ground: Ground) -> None:
    people = [person(ground, f"Pulled {number}", ground.there) for number in range(2)]
    desk.send(document(desk, "people.ndjson", people))
    target = desk.folder / "pulled.ndjson"

    async def pull(client: Dhis2Client) -> Any:
        return await tracker.pull(
            client,
            "trackedEntities",
            program=ground.program,
            ou=[ground.root],
            below=True,
            filter=[f"{ground.name}:like:Pulled"],
            fields="*",
            to=target,
        )

    assert desk.run(pull)["rows"] == 2
    report = desk.send(desk.objects(target))
    assert (report["accepted"] + report["unchanged"], report["refused"]) == (2, 0)
    assert seen(desk, people) == {row["trackedEntity"]: [1] for row in people}


def test_a_table_of_events_is_pulled_and_pushed(desk: Desk, ground: Ground) -> None:
    common = {"program": ground.visits, "programStage": ground.visit, "orgUnit": ground.here}
    rows = [{**common, "occurredAt": f"2022-05-{day:02}", ground.weight: str(day)} for day in range(1, 4)]
    plan = desk.objects(desk.table("visits.csv", rows))
    for _ in range(2):
        assert desk.send(plan)["accepted"] == 3
    target = desk.folder / "pulled.csv"

    def pull(since: str | None = None) -> list[dict[str, str]]:
        async def use(client: Dhis2Client) -> Any:
            return await tracker.pull(
                client, "events", program=ground.visits, ou=[ground.here], since=since, fields="*", to=target
            )

        assert desk.run(use)["next_since"]
        return [row for row in table(target) if row["occurredAt"].startswith("2022-05-")]

    pulled = pull()
    assert sorted(row[ground.weight] for row in pulled) == ["1", "2", "3"]
    report = desk.send(desk.objects(target))
    assert report["refused"] == 0
    assert sorted(row["event"] for row in pull()) == sorted(row["event"] for row in pulled)
    now = desk.now()
    (changed,) = (row for row in pulled if row[ground.weight] == "2")
    desk.send(desk.objects(desk.table("more.csv", [{**rows[1], "event": changed["event"], ground.weight: "9"}])))
    assert [(row["event"], row[ground.weight]) for row in pull(now)] == [(changed["event"], "9")]
