"""Imports: options, refusals, jobs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from dhis2w_client import ConflictError, Dhis2Client, InvalidRequestError
from dhis2w_client.clock import Clock
from dhis2w_client.jobs import JobTimeoutError
from dhis2w_client.metadata import Bundle, InvalidBundleError
from dhis2w_client.metadata.import_options import ImportOptions
from dhis2w_client.sync import Dhis2Client as BlockingClient
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run

TYPE = {"id": "abcdefghij1", "name": "Per cent", "factor": 100}
INDICATOR = {
    "id": "abcdefghij2",
    "name": "I",
    "shortName": "I",
    "numerator": "1",
    "denominator": "1",
    "indicatorType": {"id": "abcdefghij1"},
}
WHOLE = Bundle({"indicators": [INDICATOR], "indicatorTypes": [TYPE]})
BROKEN = Bundle({"indicators": [INDICATOR, {**INDICATOR, "id": "abcdefghij3", "name": "J", "shortName": "J"}]})


def test_defaults_are_left_out_of_the_request() -> None:
    assert ImportOptions().params() == {}


def test_every_option_has_its_parameter() -> None:
    options = ImportOptions(
        strategy="UPDATE",
        atomic=False,
        dry_run=True,
        identifier="CODE",
        report="FULL",
        preheat="ALL",
        flush="OBJECT",
        skip_sharing=True,
        skip_translation=True,
        skip_validation=True,
    )
    assert options.params() == {
        "importStrategy": "UPDATE",
        "atomicMode": "NONE",
        "importMode": "VALIDATE",
        "identifier": "CODE",
        "importReportMode": "FULL",
        "preheatMode": "ALL",
        "flushMode": "OBJECT",
        "skipSharing": True,
        "skipTranslation": True,
        "skipValidation": True,
    }


def test_create_update_and_delete(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> list[tuple[int, int, int]]:
        reports = [
            await client.metadata.import_bundle(WHOLE, ImportOptions(dry_run=True)),
            await client.metadata.import_bundle(WHOLE),
            await client.metadata.import_bundle(WHOLE, compress=False),
            await client.metadata.import_bundle(WHOLE.only("indicators"), ImportOptions(strategy="DELETE")),
        ]
        return [(report.counts.created, report.counts.updated, report.counts.deleted) for report in reports]

    assert run(empty_sandbox, use) == [(2, 0, 0), (2, 0, 0), (0, 2, 0), (0, 0, 1)]


@pytest.mark.parametrize("background", [False, True])
def test_a_refusal_has_rows(empty_sandbox: Sandbox, background: bool) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(ConflictError) as refusal:
            await client.metadata.import_bundle(BROKEN, background=background)
        assert [(row.code, row.uid, row.property, row.index) for row in refusal.value.rows] == [
            ("E5002", "abcdefghij2", "indicatorType", 0),
            ("E5002", "abcdefghij3", "indicatorType", 1),
        ]
        assert await client.indicators.count() == 0

    run(empty_sandbox, use)


def test_a_check_before_nothing_is_sent(empty_sandbox: Sandbox) -> None:
    asked: list[str] = []

    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidBundleError, match=r"\[abcdefghij1\] \(IndicatorType\)"):
            await client.metadata.import_bundle(BROKEN, check=True)
        await client.metadata.import_bundle(WHOLE.only("indicatorTypes"))
        asked.clear()
        report = await client.metadata.import_bundle(WHOLE.only("indicators"), check=True)  # its type is there by now
        assert report.counts.created == 1

    run(empty_sandbox, use, transport=listening(empty_sandbox, asked))
    assert asked == ["GET /api/indicatorTypes", "POST /api/metadata"]


@pytest.mark.parametrize("options", [ImportOptions(strategy="DELETE"), ImportOptions(identifier="CODE")])
def test_what_cannot_be_checked(empty_sandbox: Sandbox, options: ImportOptions) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match="can be checked"):
            await client.metadata.import_bundle(WHOLE, options, check=True)

    run(empty_sandbox, use)


def test_what_is_good_is_written_where_it_need_not_be_all(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        bundle = Bundle({"indicatorTypes": [TYPE, {"id": "abcdefghij4", "factor": 1}]})
        with pytest.raises(ConflictError) as refusal:
            await client.metadata.import_bundle(bundle, ImportOptions(atomic=False))
        report = refusal.value.report
        assert report is not None
        assert (report.counts.created, report.counts.ignored) == (1, 1)
        assert (await client.indicator_types.get("abcdefghij1")).name == "Per cent"

    run(empty_sandbox, use)


def test_it_is_sent_gzipped(empty_sandbox: Sandbox) -> None:
    bodies: list[bytes] = []

    async def use(client: Dhis2Client) -> None:
        await client.metadata.import_bundle(WHOLE)

    run(empty_sandbox, use, transport=listening(empty_sandbox, [], bodies))
    assert json.loads(gzip.decompress(bodies[-1])) == WHOLE.to_dict()


def test_a_job_in_the_background(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> int:
        return (await client.metadata.import_bundle(WHOLE, background=True)).counts.created

    assert run(empty_sandbox, use) == 2


@dataclass
class PatientClock:
    """A clock that only goes on while somebody sleeps."""

    now: float = 0.0
    slept: list[float] = field(default_factory=list[float])

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.now, wall=lambda: self.now, sleep=self.sleep, random=lambda: 0.5)


class LateStory(httpx2.AsyncBaseTransport):
    """A sandbox whose jobs tell nothing for some questions, and then that they still run."""

    def __init__(self, sandbox: Sandbox, silent: int) -> None:
        self._inner = httpx2.ASGITransport(sandbox.app)
        self._answers = [[], [{"message": "going on", "completed": False}]][:silent] + [[]] * (silent - 2)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if "/api/system/tasks/" in request.url.path and self._answers:
            return httpx2.Response(200, json=self._answers.pop(0), request=request)
        return await self._inner.handle_async_request(request)


def test_a_job_is_waited_for(empty_sandbox: Sandbox) -> None:
    time = PatientClock()

    async def use(client: Dhis2Client) -> int:
        return (await client.metadata.import_bundle(WHOLE, background=True)).counts.created

    assert run(empty_sandbox, use, transport=LateStory(empty_sandbox, 6), clock=time.clock()) == 2
    assert time.slept == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_a_job_that_takes_too_long(empty_sandbox: Sandbox) -> None:
    time = PatientClock()

    async def use(client: Dhis2Client) -> None:
        with pytest.raises(JobTimeoutError, match="has not begun after 10 seconds") as late:
            await client.metadata.import_bundle(WHOLE, background=True, within=10)
        assert len(late.value.job) == 11

    run(empty_sandbox, use, transport=LateStory(empty_sandbox, 99), clock=time.clock())
    assert time.now == 10


def test_the_blocking_twin(empty_sandbox: Sandbox) -> None:
    from dhis2w_client import BasicAuth

    auth = BasicAuth("admin", "district")
    transport = httpx2.ASGITransport(empty_sandbox.app)
    with BlockingClient("http://127.0.0.1:8080", auth, transport=transport) as client:
        assert client.metadata.import_bundle(WHOLE).counts.created == 2
        assert client.metadata.export(["indicators"]).counts() == {"indicators": 1}
        assert not client.metadata.diff(WHOLE)


class _Listening(httpx2.AsyncBaseTransport):
    def __init__(self, inner: httpx2.AsyncBaseTransport, hear: Callable[[httpx2.Request], Awaitable[None]]) -> None:
        self._inner = inner
        self._hear = hear

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await self._hear(request)
        return await self._inner.handle_async_request(request)


def listening(sandbox: Sandbox, asked: list[str], bodies: list[bytes] | None = None) -> Any:
    """A transport to the sandbox that keeps what it was asked."""

    async def hear(request: httpx2.Request) -> None:
        asked.append(f"{request.method} {request.url.path}")
        if bodies is not None:
            bodies.append(await request.aread())

    return _Listening(httpx2.ASGITransport(sandbox.app), hear)
