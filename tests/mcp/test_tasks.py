"""Eleven tasks from start to end, by the SDK's client, over stdio and HTTP, against all four versions in one server."""

import asyncio
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from tests.core.conftest import Home
from tests.mcp.conftest import VERSIONS, Answer, Call, calls_of, command, environment, run, served

Task = Callable[[Call, str], Awaitable[None]]
"""What an agent does for a person, with the profile of one version."""


async def which_server_is_this(call: Call, profile: str) -> None:
    told = await call("connect", profile=profile)
    assert told.facts["dhis2"].startswith(f"2.{profile[1:]}")
    assert told.data["user"] == "admin"


async def how_many_facilities(call: Call, profile: str) -> None:
    found = await call("find_operation", text="how many facilities do we have")
    assert "metadata count" in [row["operation"] for row in found.facts["operations"][:3]]
    arguments = {"type": "organisationUnits", "filter": ["level:eq:4"]}
    counted = await call("read", operation="metadata count", arguments=arguments, profile=profile)
    assert counted.data["value"]["count"] > 10


async def what_is_in_an_indicator(call: Call, profile: str) -> None:
    found = await call("search_metadata", text="malaria", type=["indicators"], profile=profile)
    shown = await call("get_object", type="indicators", id=found.data["rows"][0]["id"], profile=profile)
    assert re.search(r"#\{\w{11}", shown.data["value"]["numerator"])


async def who_uses_a_data_element(call: Call, profile: str) -> None:
    found = await call("search_metadata", text="malaria", type=["dataElements"], profile=profile)
    arguments = {"type": "dataElements", "id": found.data["rows"][0]["id"]}
    used = await call("read", operation="metadata usage", arguments=arguments, profile=profile)
    assert used.data["rows"]


async def everything_page_by_page(call: Call, profile: str) -> None:
    arguments = {"type": "organisationUnits", "order": ["id:asc"]}
    seen: list[str] = []
    cursor = None
    while True:
        page = await call(
            "read", operation="metadata list", arguments=arguments, profile=profile, limit=40, cursor=cursor
        )
        seen += [row["id"] for row in page.data["rows"]]
        cursor = page.facts["next_cursor"]
        if cursor is None:
            break
    counted = await call("read", operation="metadata count", arguments={"type": "organisationUnits"}, profile=profile)
    assert len(seen) == len(set(seen)) == counted.data["value"]["count"]


async def which_roles_there_are(call: Call, profile: str) -> None:
    roles = await call("read", operation="role list", profile=profile)
    assert any("Superuser" in str(row) for row in roles.data["rows"])


async def a_wrong_uid_is_told(call: Call, profile: str) -> None:
    refused = await call("get_object", type="dataElements", id="a1234567890", profile=profile)
    assert refused.failed
    assert refused.facts["code"] == "E1005"
    assert refused.facts["next_step"]


async def which_jobs_run(call: Call, profile: str) -> None:
    jobs = await call("read", operation="jobs list", profile=profile)
    assert jobs.data["rows"]


async def a_value_is_reported_and_seen(call: Call, profile: str) -> None:
    """A write whose effect is seen in the raw data, and after the tables were built in analytics."""
    listed = await call("read", operation="metadata list", arguments=FORMS, profile=profile)
    form = next(row for row in listed.data["rows"] if row["periodType"] == "Monthly")
    facility = form["organisationUnits"][0]["id"]
    element = next(
        row["dataElement"]["id"]
        for row in form["dataSetElements"]
        if row["dataElement"]["valueType"] in ("NUMBER", "INTEGER_ZERO_OR_POSITIVE", "INTEGER_POSITIVE")
        and row["dataElement"]["categoryCombo"]["name"] == "default"
    )
    value = {"data_element": element, "period": "202510", "org_unit": facility, "value": "42", "data_set": form["id"]}
    await committed(call, profile, "data set", value)
    where = {"data_set": [form["id"]], "org_unit": [facility], "period": ["202510"]}
    values = await call("data_values", **where, profile_=profile, limit_=200)
    assert (element, "42") in [(row["dataElement"], row["value"]) for row in values.data["rows"]]
    assert {element, facility} <= set(values.data["names"])
    job = (await committed(call, profile, "maintenance analytics", {})).data["result"]["job"]
    watch = {"type": "ANALYTICS_TABLE", "job": job}
    assert (await call("read", operation="jobs watch", arguments=watch, profile=profile)).data["rows"]
    asked = {"dx": [element], "pe": ["202510"], "ou": [facility]}
    answer = await call("analytics_query", **asked, profile_=profile)
    if answer.data["rows"]:
        assert [float(row["value"]) for row in answer.data["rows"]] == [42]
    else:  # from 2.43 on the tables have periods only after somebody chose some
        assert "output period types" in answer.facts["warnings"][0]


async def committed(call: Call, profile: str, operation: str, arguments: dict[str, Any]) -> Answer:
    proposed = await call("propose", operation=operation, arguments=arguments, profile=profile)
    assert not proposed.failed, proposed.text
    done = await call("commit", token=proposed.facts["token"], profile=profile)
    assert not done.failed, done.text
    return done


async def officers_see_the_dashboard(call: Call, profile: str) -> None:
    """A write by propose and commit."""
    found = await call("find_operation", text="let district officers see the malaria dashboard")
    assert "metadata share" in [row["operation"] for row in found.facts["operations"][:3]]
    dashboards = await call("search_metadata", text="malaria", type=["dashboards"], profile=profile)
    uid = dashboards.data["rows"][0]["id"]
    made = await call("propose", operation="group create", arguments={"name": "Officers"}, profile=profile)
    group = (await call("commit", token=made.facts["token"], profile=profile)).data["result"][0]["id"]
    arguments = {"type": "dashboards", "id": [uid], "group": [f"{group}=r-------"]}
    proposed = await call("propose", operation="metadata share", arguments=arguments, profile=profile)
    done = await call("commit", token=proposed.facts["token"], profile=profile)
    assert not done.failed, done.text
    shown = await call("get_object", type="dashboards", id=uid, fields="sharing", profile=profile)
    assert shown.data["value"]["sharing"]["userGroups"][group]["access"] == "r-------"


async def a_typo_is_corrected_and_taken_back(call: Call, profile: str) -> None:
    """Another write by propose and commit."""
    listed = await call("read", operation="metadata list", arguments={"type": "dataElements"}, profile=profile, limit=1)
    element = listed.data["rows"][0]
    arguments = {"type": "dataElements", "id": element["id"], "name": "Corrected"}
    proposed = await call("propose", operation="metadata rename", arguments=arguments, profile=profile)
    done = await call("commit", token=proposed.facts["token"], profile=profile)
    undo = await call("undo", run=done.data["undo_with_run"], profile=profile)
    word = undo.facts["next_step"].split("'")[1]
    back = await call("commit", token=undo.facts["token"], profile=profile, confirm_destroy=word)
    assert not back.failed, back.text
    shown = await call("get_object", type="dataElements", id=element["id"], fields="displayName", profile=profile)
    assert shown.data["value"]["displayName"] == element["displayName"]


ELEMENTS = "dataSetElements[dataElement[id,valueType,categoryCombo[name]]]"
FORMS = {"type": "dataSets", "fields": f"id,periodType,organisationUnits[id],{ELEMENTS}"}
TASKS: tuple[Task, ...] = (
    which_server_is_this,
    how_many_facilities,
    what_is_in_an_indicator,
    who_uses_a_data_element,
    everything_page_by_page,
    which_roles_there_are,
    a_wrong_uid_is_told,
    which_jobs_run,
    a_value_is_reported_and_seen,
    officers_see_the_dashboard,
    a_typo_is_corrected_and_taken_back,
)
NAMES = ",".join(f"v{version}" for version in VERSIONS)
OPTIONS = ("--writes", "--profiles", NAMES)


@pytest.fixture
def world(home: Home) -> Generator[None]:
    """A profile and a sandbox for each version."""
    with ExitStack() as stack:
        countries = {version: stack.enter_context(served(version)) for version in VERSIONS}
        home.write_user("".join(country.profile(f"v{version}") for version, country in countries.items()))
        yield


async def all_tasks(call: Call) -> None:
    """Task by task, each for all versions at once: nothing of one version gets into another."""
    for task in TASKS:
        await asyncio.gather(*(task(call, f"v{version}") for version in VERSIONS))


@pytest.mark.slow
@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_eleven_tasks_over_stdio(mode: str) -> None:
    async def work() -> None:
        async with Client(command(*OPTIONS), mode=mode) as client:
            await all_tasks(calls_of(client))

    run(work())


@contextmanager
def serving(token_file: Path) -> Generator[str]:
    """A server on loopback in a process of its own; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [*OPTIONS, "--http", str(port), "--token-file", str(token_file)]
    with subprocess.Popen([sys.executable, "-m", "dhis2w_mcp", *options], env=environment()) as process:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    """Until somebody listens; a connection that is refused is tried again, for a minute."""
    end = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(secrets.token_urlsafe(32), encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.slow
@pytest.mark.usefixtures("world")
def test_eleven_tasks_over_http(token_file: Path) -> None:
    headers = {"Authorization": f"Bearer {token_file.read_text(encoding='utf-8')}"}

    async def work(url: str) -> None:
        async with (
            create_mcp_http_client(headers) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            await all_tasks(calls_of(client))

    with serving(token_file) as url:
        run(work(url))


@pytest.mark.slow
@pytest.mark.usefixtures("world")
def test_http_lets_nobody_in_who_is_not_meant(token_file: Path) -> None:
    token = token_file.read_text(encoding="utf-8")
    body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    good = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    refused = {
        "no token": {key: value for key, value in good.items() if key != "Authorization"},
        "another token": good | {"Authorization": f"Bearer {token}x"},
        "another host, as after DNS rebinding": good | {"Host": "evil.example"},
        "another origin": good | {"Origin": "https://evil.example"},
    }
    with serving(token_file) as url:
        for why, headers in refused.items():
            answer = httpx2.post(url, json=body, headers=headers)
            assert answer.status_code in (401, 403, 421), (why, answer.status_code)
            assert token not in answer.text


@pytest.mark.parametrize(("mode", "text"), [(0o644, "x" * 40), (0o600, "short")])
@pytest.mark.skipif(os.name == "nt", reason="Windows does not tell who can read a file")
def test_a_token_file_that_protects_nothing_is_refused(tmp_path: Path, mode: int, text: str) -> None:
    path = tmp_path / "token"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    options = ["--http", "1", "--token-file", str(path)]
    ended = subprocess.run(
        [sys.executable, "-m", "dhis2w_mcp", *options], env=environment(), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert str(path) in ended.stderr
