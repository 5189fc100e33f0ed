"""Data stores, settings, files, messages, apps, routes, maintenance and jobs by the command line, on every version."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

from dhis2w_cli.exit_codes import ExitCode
from dhis2w_client import BasicAuth, Dhis2Client
from dhis2w_client.clock import Clock
from dhis2w_client.jobs import JobFailedError
from dhis2w_core.features.jobs import operations as jobs
from tests.operations.conftest import Desk


def test_values_are_set_and_taken_back(desk: Desk) -> None:
    desk.json("datastore", "set", "rooms", "a", '{"list": [2, 1], "none": null}')
    desk.json("datastore", "set", "rooms", "a", '{"list": [1, 2], "none": null}')
    desk.json("datastore", "set", "rooms", "b", "3")
    assert desk.json("datastore", "list") == [{"namespace": "rooms"}]
    assert desk.json("datastore", "list", "rooms") == [{"key": "a"}, {"key": "b"}]
    desk.undo()
    assert desk.json("datastore", "list", "rooms") == [{"key": "a"}]
    desk.undo()
    assert desk.json("datastore", "get", "rooms", "a") == {"list": [2, 1], "none": None}
    assert desk.json("datastore", "query", "rooms", "--parts", "list", "--filter", "_:eq:a") == [
        {"key": "a", "list": [2, 1]}
    ]


def test_the_same_value_in_another_order_of_keys_changes_nothing(desk: Desk) -> None:
    desk.json("datastore", "set", "rooms", "a", '{"x": 1, "y": 2}')
    assert "Nothing would change" in desk.ended("datastore", "set", "rooms", "a", '{"y": 2, "x": 1}', "--yes")[2]


def test_a_value_that_somebody_changed_is_left_alone(desk: Desk) -> None:
    desk.json("datastore", "set", "rooms", "a", "[1, 2]")
    desk.json("api", "PUT", "dataStore/rooms/a", "--body", "[2, 1]")
    code, _, err = desk.ended("undo", "--yes")
    assert (code, "was changed by somebody" in err) == (ExitCode.REFUSED, True)


def test_a_namespace_is_deleted_and_comes_back(desk: Desk) -> None:
    for key in ("a", "b"):
        desk.json("datastore", "set", "rooms", key, f'"{key}"', "--own")
    assert desk.json("datastore", "list") == []
    desk.json("datastore", "delete", "rooms", "--own")
    assert desk.json("datastore", "list", "--own") == []
    desk.undo()
    assert desk.json("datastore", "get", "rooms", "b", "--own") == "b"
    desk.json("datastore", "delete", "rooms", "a", "--own")
    assert desk.json("datastore", "list", "rooms", "--own") == [{"key": "b"}]


def test_settings_are_set_and_taken_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.json("settings", "set", "applicationTitle", "First")
    desk.json("settings", "set", "applicationTitle", "Second")
    assert desk.json("settings", "get", "applicationTitle")["value"] == "Second"
    desk.undo()
    assert desk.json("settings", "list", "applicationtitle") == [{"setting": "applicationTitle", "value": "First"}]
    assert desk.ended("settings", "set", "applicationTitle", "First", "--yes")[2].startswith("Nothing would change")
    desk.json("settings", "reset", "applicationTitle")
    assert desk.json("settings", "get", "applicationTitle")["value"] != "First"
    assert desk.ended("settings", "set", "keyEmailPassword", "Orange#Bicycle71", "--yes")[0] == ExitCode.USAGE
    monkeypatch.setenv("MAIL", "Orange#Bicycle71")
    code, out, err = desk.ended("settings", "set-secret", "keyEmailPassword", "--secret-from", "env:MAIL", "--yes")
    assert (code, "Orange" in out + err) == (0, False)
    assert desk.ended("settings", "set", "noSuchSetting", "1", "--yes")[0] != 0


def test_a_switch_is_given_back_as_it_was(desk: Desk) -> None:
    desk.json("settings", "set", "keyAccountRecovery", "true")
    assert str(desk.json("settings", "get", "keyAccountRecovery")["value"]).lower() == "true"
    desk.json("settings", "set", "keyAccountRecovery", "false")
    desk.undo()
    assert str(desk.json("settings", "get", "keyAccountRecovery")["value"]).lower() == "true"


def test_files_and_documents(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "guide.txt"
    file.write_text("How to")
    stored = desk.json("files", "upload", str(file), "--id", "fileRes0001")
    assert (stored["id"], stored["bytes"]) == ("fileRes0001", 6)
    assert desk.json("files", "list", "--domain", "DOCUMENT")[0]["id"] == "fileRes0001"
    desk.json("files", "download", "fileRes0001", str(tmp_path / "back"))
    made = desk.json("files", "document", "add", str(file), "--name", "Guide")
    desk.json("files", "document", "download", made["id"], str(tmp_path / "document"))
    assert (tmp_path / "back").read_text() == (tmp_path / "document").read_text() == "How to"
    assert desk.ended("files", "upload", str(tmp_path / "none"), "--yes")[0] == ExitCode.USAGE


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def test_icons(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "icon.png"
    file.write_bytes(PNG)
    desk.json("files", "icon", "add", str(file), "cold_chain", "--description", "A box", "--keyword", "cold")
    desk.json("files", "icon", "download", "cold_chain", str(tmp_path / "back.png"))
    assert (tmp_path / "back.png").read_bytes() == PNG
    assert desk.json("files", "icon", "delete", "cold_chain") == {"deleted": "cold_chain"}
    assert desk.ended("files", "icon", "download", "cold_chain", str(tmp_path / "x"))[0] == ExitCode.NOT_FOUND


def test_a_conversation(desk: Desk) -> None:
    sent = desk.json("messages", "send", "Stock", "Vaccines are out.", "--user", "nurse_kemba", "--user", "admin")
    uid = sent["id"]
    assert desk.json("messages", "list")[0]["subject"] == "Stock"
    desk.json("messages", "reply", uid, "Still out.")
    texts = [row["text"] for row in desk.json("messages", "get", uid)["messages"]]
    assert sorted(texts) == ["Still out.", "Vaccines are out."]
    desk.json("messages", "unread", uid)
    assert [row["id"] for row in desk.json("messages", "list", "--unread")] == [uid]
    desk.json("messages", "read", uid)
    assert desk.json("messages", "list", "--unread") == []
    assert desk.ended("messages", "get", "aaaaaaaaaaa")[0] == ExitCode.NOT_FOUND
    assert desk.ended("messages", "send", "To nobody", "x", "--yes")[0] == ExitCode.USAGE


def test_a_ticket(desk: Desk) -> None:
    uid = desk.json("messages", "feedback", "Broken", "The form does not open.")["id"]
    desk.json("messages", "status", uid, "PENDING")
    desk.json("messages", "priority", uid, "HIGH")
    shown = desk.json("messages", "get", uid)
    assert (shown["status"], shown["priority"], shown["messageType"]) == ("PENDING", "HIGH", "TICKET")
    assert desk.ended("messages", "assign", uid, "nobody_at_all", "--yes")[0] == ExitCode.USAGE
    desk.ended("messages", "assign", uid, "--yes")


def test_apps(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "app.zip"
    file.write_bytes(b"PK nothing")
    assert desk.json("apps", "list") == []
    assert desk.json("apps", "reload") == {"reloaded": True}
    assert desk.ended("apps", "install", str(file), "--yes")[0] == ExitCode.REFUSED
    assert desk.ended("apps", "remove", "nothing", "--yes")[0] == ExitCode.NOT_FOUND
    assert desk.ended("apps", "hub", "list")[0] != 0  # no server of a test reaches the hub
    assert desk.ended("apps", "hub", "install", "no-uuid", "--yes")[0] == ExitCode.REFUSED


class Elsewhere(BaseHTTPRequestHandler):
    """A server that a route leads to: it says what it was asked."""

    def do_GET(self) -> None:
        body = f'{{"method": "{self.command}", "path": "{self.path}"}}'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@pytest.fixture
def elsewhere() -> Generator[str]:
    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_routes(desk: Desk, elsewhere: str) -> None:
    code, _, err = desk.ended("routes", "create", "Lab", f"{elsewhere}/**", "--code", "LAB", "--yes")
    if code:  # DHIS2 lets routes lead to plain HTTP only where its configuration says so
        assert "not permitted" in err
        desk.json("routes", "create", "Lab", "https://127.0.0.1:1/**", "--code", "LAB", "--header", "X-A=b")
    assert [row["code"] for row in desk.json("routes", "list")] == ["LAB"]
    code, out, err = desk.ended("routes", "run", "GET", "LAB", "samples/1", "--param", "a=b", "-o", "json")
    assert '"path": "/samples/1?a=b"' in out if code == 0 else "next:" in err or "next_step" in err
    assert "POST" in desk.ended("routes", "run", "post", "LAB", "samples", "--body", "{}", "--dry-run")[1]
    desk.undo()
    assert desk.json("routes", "list") == []


def test_maintenance(desk: Desk) -> None:
    names = [row["action"] for row in desk.json("maintenance", "actions")]
    assert [row["done"] for row in desk.json("maintenance", "run", *names)] == names
    assert desk.ended("maintenance", "run", "nothing", "--yes")[0] == ExitCode.USAGE
    shown = desk.ended("maintenance", "run", "periodPruning", "--dry-run")[1]
    assert "Delete periods without data" in shown
    assert "cannot be undone" in shown
    desk.json("maintenance", "option-combos", "default")
    desk.json("metadata", "create", "dataElements", _ELEMENT)
    desk.json("maintenance", "prune", "dataElements", "No data")
    assert desk.json("maintenance", "resource-tables")["started"] == "RESOURCE_TABLE"


_ELEMENT = (
    '{"name": "No data", "shortName": "No data", "valueType": "NUMBER", "aggregationType": "SUM", '
    '"domainType": "AGGREGATE"}'
)


def test_integrity(desk: Desk) -> None:
    assert {row["check"] for row in desk.json("maintenance", "checks", "group size")}
    desk.json("metadata", "create", "indicatorGroups", '{"id": "indGroup001", "name": "Scarce"}')
    (found,) = desk.json("maintenance", "integrity", "indicator_groups_scarce")
    assert found["count"] >= 1
    details = desk.json("maintenance", "integrity", "indicator_groups_scarce", "--details")
    assert "indGroup001" in {row["id"] for row in details}
    assert desk.ended("maintenance", "integrity", "no_such_check")[0] == ExitCode.USAGE


def test_jobs(desk: Desk) -> None:
    job = "Checks at night"
    nightly = f'{{"name": "{job}", "jobType": "DATA_INTEGRITY", "cronExpression": "0 0 3 ? * *"}}'
    desk.json("metadata", "create", "jobConfigurations", nightly)
    assert [row["name"] for row in desk.json("jobs", "list", "--type", "DATA_INTEGRITY")].count(job) == 1
    started = desk.json("maintenance", "analytics", "--without", "outliers", "--last-years", "2")
    told = desk.json("jobs", "watch", started["started"], started["job"])
    assert told[-1]["completed"] is True
    assert started["job"] in {row["job"] for row in desk.json("jobs", "history", "ANALYTICS_TABLE")}
    assert started["job"] in {row["job"] for row in desk.json("jobs", "history")}
    desk.json("jobs", "run", job)
    desk.json("jobs", "disable", job)
    assert {row["name"]: row["enabled"] for row in desk.json("jobs", "list")}[job] is False
    desk.undo()
    desk.json("jobs", "disable", job)
    desk.json("jobs", "enable", job)
    assert {row["name"]: row["enabled"] for row in desk.json("jobs", "list")}[job] is True
    code, _, err = desk.ended("jobs", "cancel", job, "--yes")
    assert code in (0, ExitCode.REFUSED), err  # nothing runs


class Talking(httpx2.AsyncBaseTransport):
    """A server whose job says one word more each time it is asked."""

    def __init__(self, *words: dict[str, object]) -> None:
        self._words = words
        self._asked = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answers: dict[str, object] = {"/api/system/info": {"version": "2.42.5"}, "/api/jobConfigurations/y": {}}
        if request.url.path not in answers:
            self._asked += 1
        said = [*reversed(self._words[: self._asked])]
        return httpx2.Response(200, json=answers.get(request.url.path, said), request=request)


def told(*words: dict[str, object]) -> list[object]:
    """What is told of a job."""

    async def sleep(seconds: float) -> None:
        del seconds

    async def listen() -> list[object]:
        options: Any = {"transport": Talking(*words), "clock": Clock(sleep=sleep)}
        async with Dhis2Client("http://127.0.0.1:8080", BasicAuth("admin", "district"), **options) as client:
            return [row["message"] async for row in await jobs.watch(client, "ANALYTICS_TABLE", "y")]

    return asyncio.run(listen())


def test_each_word_of_a_job_is_told_once() -> None:
    words: list[dict[str, object]] = [
        {"message": str(number), "completed": number == 6, "level": "INFO"} for number in range(7)
    ]
    assert told(*words) == [str(number) for number in range(7)]


def test_a_job_that_failed_is_told() -> None:
    with pytest.raises(JobFailedError, match="no table"):
        told({"message": "no table", "completed": True, "level": "ERROR"})
