"""The sandbox as its users hold it: in-process, served, on a file, misbehaving, from the command line."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import httpx2
import pytest

from dhis2w_sandbox import Fault, Sandbox
from dhis2w_sandbox.__main__ import main
from dhis2w_sandbox.evidence import evidence_markdown, evidence_table
from dhis2w_sandbox.sandbox import all_endpoints


async def fetch(sandbox: Sandbox, path: str, **headers: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(sandbox.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        return await client.get(path, headers={"Authorization": f"ApiToken {sandbox.pat()}", **headers})


def test_in_process_through_an_http_client() -> None:
    with Sandbox(43, empty=True) as sandbox:
        answer = asyncio.run(fetch(sandbox, "/api/system/info?fields=version"))
        assert answer.json() == {"version": "2.43.1"}
        assert answer.headers["content-type"] == "application/json"


def test_served_on_a_free_loopback_port() -> None:
    with Sandbox(41, empty=True, context_path="/dhis") as sandbox, sandbox.serve() as url:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/dhis", url)
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{url}/api/me?fields=username", headers={"Authorization": f"ApiToken {sandbox.pat()}"}
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - likewise
            assert json.load(answer) == {"username": "admin"}


@pytest.mark.parametrize("version", [42, "42", "v42"])
def test_a_version_may_be_named_in_three_ways(version: int | str) -> None:
    with Sandbox(version, empty=True) as sandbox:
        assert sandbox.server.behaviour.release == "2.42.5.2"


def test_an_unknown_version_or_user() -> None:
    with pytest.raises(ValueError, match="there is no DHIS2 40"):
        Sandbox(40)
    with Sandbox(42, empty=True) as sandbox, pytest.raises(LookupError, match="nobody"):
        sandbox.pat("nobody")


def test_a_file_keeps_objects_tokens_and_settings_but_no_sessions(tmp_path: Path) -> None:
    file = str(tmp_path / "kept.sqlite")
    with Sandbox(42, empty=True, database=file) as sandbox:
        token = sandbox.pat()
        sandbox.server.store.put("constant", "constant001", {"id": "constant001", "name": "Pi", "value": 3.14})
        sandbox.server.configuration.write("corsAllowlist", ["https://x.example.org"])
        cookie = sandbox.server.sessions.open("M5zQapPyTZI", registered=True).cookie
    with Sandbox(42, empty=True, database=file) as sandbox:
        header = {"Authorization": f"ApiToken {token}"}
        assert asyncio.run(fetch(sandbox, "/api/constants/constant001?fields=name", **header)).json() == {"name": "Pi"}
        assert sandbox.server.configuration.read("corsAllowlist") == ["https://x.example.org"]
        assert sandbox.server.sessions.find(cookie) is None
    with pytest.raises(ValueError, match="holds a sandbox of DHIS2 42, not of 43"):
        Sandbox(43, database=file)


def test_the_same_seed_makes_the_same_identifiers() -> None:
    with Sandbox(42, empty=True, seed=7) as one, Sandbox(42, empty=True, seed=7) as other:
        assert one.server.new_uid() == other.server.new_uid()
        assert one.pat() == other.pat()


def test_faults_hit_what_fits_so_many_times() -> None:
    with Sandbox(42, empty=True, faults=[Fault(status=503, times=2, headers={"Retry-After": "1"})]) as sandbox:
        answers = [asyncio.run(fetch(sandbox, "/api/ping")) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [503, 503, 200]
        assert answers[0].headers["retry-after"] == "1"
        sandbox.faults.add(Fault.page(502, "Bad gateway", path="/api/me"))
        sandbox.faults.add(Fault.redirect("https://elsewhere.example.org/", path="/api/me"))
        assert asyncio.run(fetch(sandbox, "/api/ping")).status_code == 200
        page = asyncio.run(fetch(sandbox, "/api/me"))
        assert (page.status_code, page.headers["content-type"]) == (502, "text/html")
        assert asyncio.run(fetch(sandbox, "/api/me")).headers["location"] == "https://elsewhere.example.org/"
        sandbox.faults.add(Fault(cut=10, times=None))
        cut = asyncio.run(fetch(sandbox, "/api/system/info"))
        assert (cut.status_code, len(cut.content)) == (200, 10)
        sandbox.faults.clear()
        assert asyncio.run(fetch(sandbox, "/api/system/info")).json()["version"] == "2.42.5.2"


def test_a_slow_answer_waits_by_the_sleep_that_was_given() -> None:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    fault = Fault(delay=30, path="/api/ping", method="GET")
    with Sandbox(42, empty=True, faults=[fault], sleep=note) as sandbox:
        assert asyncio.run(fetch(sandbox, "/api/ping")).status_code == 200
    assert waited == [30]


def test_the_table_of_evidence_has_a_row_for_every_endpoint() -> None:
    rows = evidence_table(all_endpoints())
    assert len(rows) == len(all_endpoints())
    assert {row.evidence for row in rows} <= {"recorded", "source", "inferred"}
    assert all(row.what.endswith((".", ":")) for row in rows)
    assert not any(":" in row.path for row in rows)
    assert "| `GET /api/system/info` | v41, v42, v43, v44 | recorded |" in evidence_markdown(all_endpoints())


def test_a_port_in_use_is_said_clearly(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["--empty", "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert f"Port {port} of 127.0.0.1 cannot be used" in said
    assert "--port" in said


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_the_command_serves_until_it_is_interrupted(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dhis2w_sandbox", "--version", "41", "--port", "0", "--empty"]
    with subprocess.Popen(
        [*command, "--database", str(tmp_path / "s.sqlite")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]
        url, token = lines[0].split()[-1], lines[2].split()[-1]
        request = urllib.request.Request(f"{url}/api/me", headers={"Authorization": f"ApiToken {token}"})  # noqa: S310 - our own loopback address
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - likewise
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(request)  # noqa: S310 - likewise
