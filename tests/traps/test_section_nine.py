"""Scenarios of section 9 of the wire facts that no other test plays on a whole server.

`section_nine.toml` says of each scenario which tests play it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import httpx2
import pytest

from dhis2w_client import (
    AuthenticationError,
    ConflictError,
    Dhis2Client,
    GatewayError,
    NotFoundError,
    PayloadTooLargeError,
    SessionAuth,
)
from dhis2w_client.clock import Clock
from dhis2w_client.data_values import DataValueReport
from dhis2w_client.jobs import JobNotStartedError, SummaryMissingError
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.faults import Fault
from dhis2w_sandbox.schedule import Clock as ServerClock
from tests.client_data import small_country
from tests.client_data.small_country import COUNT, FIRST_SET, UNIT, stored, value
from tests.client_metadata.connecting import run
from tests.client_tracker.conftest import FAMILY_NAME, GIVEN_NAME, PROGRAM
from tests.client_tracker.conftest import UNIT as PERSONS_UNIT
from tests.traps.servers import ALL, LEGACY, of

PATH = "dataValueSets"
ADDRESS = "http://127.0.0.1:8080"


@dataclass
class Patience:
    """A clock that a waiting client moves by itself."""

    seconds: float = 0.0

    def clock(self) -> Clock:
        async def sleep(seconds: float) -> None:
            self.seconds += seconds

        return Clock(monotonic=lambda: self.seconds, sleep=sleep)


@of(*ALL)
def test_a_job_that_does_not_start_in_time_is_not_done(version: int) -> None:
    clock = ServerClock()

    async def use(client: Dhis2Client) -> None:
        sandbox.server.schedule.delay = timedelta(hours=1)
        body = {"dataSet": FIRST_SET, "dataValues": [value()]}
        answer = await client.post(PATH, body, params={"async": True})
        assert answer["status"] == "OK"
        assert await stored(client) == []

    async def wait(client: Dhis2Client) -> None:
        with pytest.raises(JobNotStartedError, match="do not start it twice"):
            await client.data_values.push([value(content="2")], data_set=FIRST_SET, background=True, within=30)
        clock.advance(3_700)
        rows = await client.get(PATH, params={"dataSet": FIRST_SET, "period": "202401", "orgUnit": UNIT})
        assert [row["value"] for row in rows["dataValues"]] == ["2"]  # it was only late

    with Sandbox(version, empty=True, clock=clock) as sandbox:
        small_country.run(sandbox, use)
        run(sandbox, wait, clock=Patience().clock())


@of(*ALL)
def test_a_job_that_crashed_looks_completed(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        body = {"dataSet": FIRST_SET, "dataValues": [value()]}
        job = (await client.post(PATH, body, params={"async": True}))["response"]["id"]
        assert (await client.get(f"system/tasks/DATAVALUE_IMPORT/{job}"))[0]["completed"] is True
        sandbox.faults.add(Fault(status=200, path="/api/system/taskSummaries/", times=None))
        assert await client.get(f"system/taskSummaries/DATAVALUE_IMPORT/{job}") is None
        with pytest.raises(SummaryMissingError, match="may have crashed"):
            await client.data_values.push([value(content="2")], data_set=FIRST_SET, background=True)

    with Sandbox(version, empty=True) as sandbox:
        small_country.run(sandbox, lambda client: client.get("me"))
        run(sandbox, use, clock=Patience().clock())


@of(*LEGACY)
def test_a_tracker_job_that_crashed_left_no_report(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        type = (await client.get(f"programs/{PROGRAM}", params={"fields": "trackedEntityType"}))["trackedEntityType"]
        names = ((GIVEN_NAME, "Anna"), (GIVEN_NAME, "Anne"), (FAMILY_NAME, "Bell"))
        twice = [{"attribute": uid, "value": name} for uid, name in names]
        person = {"trackedEntityType": type["id"], "orgUnit": PERSONS_UNIT, "attributes": twice}
        with pytest.raises(SummaryMissingError, match="without a report"):
            await client.tracker.push({"trackedEntities": [person]}, background=True)

    with Sandbox(version) as sandbox:
        run(sandbox, use, clock=Patience().clock())


@of(*ALL)
def test_a_summary_comes_after_the_job_says_that_it_is_done(version: int) -> None:
    async def use(client: Dhis2Client) -> DataValueReport:
        sandbox.faults.add(Fault(status=200, path="/api/system/taskSummaries/", times=3))
        return await client.data_values.push([value()], data_set=FIRST_SET, background=True)

    with Sandbox(version, empty=True) as sandbox:
        small_country.run(sandbox, lambda client: client.get("me"))
        patience = Patience()
        report = run(sandbox, use, clock=patience.clock())
    assert (report.ok, report.accepted) == (True, 1)
    assert patience.seconds > 0


@of(*ALL)
def test_a_second_delete_of_a_value_is_told_by_the_older_versions_only(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.data_values.push([value()])
        params = {"de": COUNT, "pe": "202401", "ou": UNIT, "ds": FIRST_SET}
        await client.delete("dataValues", params=params)
        if client.dialect.groups_data_values_by_data_set:
            await client.delete("dataValues", params=params)
        else:
            with pytest.raises(ConflictError):
                await client.delete("dataValues", params=params)
        await client.data_values.delete(COUNT, "202401", UNIT, data_set=FIRST_SET)

    with Sandbox(version, empty=True) as sandbox:
        small_country.run(sandbox, use)


@of(*ALL)
@pytest.mark.parametrize(
    "fault",
    [
        Fault(ends_sessions=True, path="/api/dataElements", skip=1),
        Fault.redirect("/dhis-web-login", path="/api/dataElements", times=None),
        Fault(status=401, path="/api/dataElements", times=None),
    ],
    ids=["logout", "login", "401"],
)
def test_a_session_that_ends_on_the_way_is_no_short_list(version: int, fault: Fault) -> None:
    async def use() -> None:
        transport = httpx2.ASGITransport(sandbox.app)
        async with httpx2.AsyncClient(base_url=ADDRESS, transport=transport) as plain:
            reply = await plain.post("/api/auth/login", json={"username": "admin", "password": "district"})
        async with Dhis2Client(ADDRESS, SessionAuth(reply.cookies["JSESSIONID"]), transport=transport) as client:
            sandbox.faults.add(fault)
            with pytest.raises(AuthenticationError):
                [row async for row in client.data_elements.rows(page_size=20, fields="id")]

    with Sandbox(version) as sandbox:
        asyncio.run(use())


@of(*ALL)
def test_a_page_of_a_proxy_is_no_answer(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        sandbox.faults.add(Fault.page(502, "Bad Gateway", path="/api/dataValueSets"))
        with pytest.raises(GatewayError, match="502"):
            await client.data_values.push([value()], data_set=FIRST_SET)
        assert await stored(client) == []
        sandbox.faults.add(Fault.page(502, "Bad Gateway", path="/api/me"))
        assert (await client.system.me()).username == "admin"  # a read is asked again

    with Sandbox(version, empty=True) as sandbox:
        small_country.run(sandbox, lambda client: client.get("me"))
        run(sandbox, use, clock=Patience().clock())


@of(*ALL)
def test_a_body_that_is_too_large_is_refused_with_what_to_do(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        sandbox.faults.add(Fault.too_large(250))
        values = [value(period=period) for period in ("202401", "202402", "202403")]
        with pytest.raises(PayloadTooLargeError, match="Send less at once"):
            await client.data_values.push(values, data_set=FIRST_SET, compress=False)
        assert (await client.data_values.push(values[:1], data_set=FIRST_SET, compress=False)).ok

    with Sandbox(version, empty=True) as sandbox:
        small_country.run(sandbox, use)


@of(*ALL)
def test_an_import_that_a_proxy_gave_up_on_was_done(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        sandbox.faults.add(Fault(status=504, done=True, path="/api/dataValueSets", method="POST"))
        with pytest.raises(GatewayError, match="504"):
            await client.data_values.push([value()], data_set=FIRST_SET)
        rows = await stored(client)
        assert len(rows) == 1  # so it is looked up before anything else is done
        again = await client.data_values.push([value()], data_set=FIRST_SET)
        assert again.ok
        assert await stored(client) == rows

    with Sandbox(version, empty=True) as sandbox:
        small_country.run(sandbox, use)


@of(*ALL)
def test_a_packed_body_is_read(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        body = {"dataSet": FIRST_SET, "dataValues": [value()]}
        await client.post(PATH, body, compress=True)
        assert len(await stored(client)) == 1
        sandbox.faults.add(Fault.too_large(1_000))
        many = [value(period="202402", comment="x" * 2_000)]
        assert (await client.data_values.push(many, data_set=FIRST_SET)).ok  # packed, it is below the limit

    with Sandbox(version, empty=True) as sandbox:
        small_country.run(sandbox, use)


@of(42, 43, 44)
@pytest.mark.parametrize("path", ["events", "enrollments", "trackedEntityInstances", "relationships"])
def test_the_endpoints_before_tracker_are_gone(version: int, path: str) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(NotFoundError):
            await client.get(path)

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(41, 42, 43)
def test_a_newer_version_of_the_api_is_not_there(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        newest = 42 if version == 41 else version
        assert (await client.get(f"/api/{newest}/me", params={"fields": "username"})) == {"username": "admin"}
        with pytest.raises(NotFoundError):
            await client.get("/api/44/me")

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_an_empty_setting_is_the_default_again(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        setting = "systemSettings/keyApplicationFooter"
        await client.post(setting, "Some footer", content_type="text/plain")
        before = await client.get(setting)
        await client.post(setting, params={"value": ""})
        assert await client.get(setting) != before

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)
