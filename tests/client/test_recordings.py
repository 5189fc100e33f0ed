"""Answers of real servers: every error becomes the class that a table gives for it, everything else is read."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client import ApiError, errors, read_report
from dhis2w_client.json_value import as_array, as_object
from dhis2w_client.models.me import Me
from dhis2w_client.models.system_info import SystemInfo
from dhis2w_client.replies import Reply, error_of, model_of, value_of

pytestmark = pytest.mark.shared

TABLE = Path(__file__).parent / "recorded_errors.tsv"
"""File of each `error` recording, and the class it becomes."""


MODELS: dict[str, tuple[type[SystemInfo | Me], set[str]]] = {
    "system/info": (SystemInfo, {"version"}),
    "me": (Me, {"id", "username"}),
}
"""The model of a path, and what an answer must have to be one (some were asked for a few fields only)."""


def rows(shared: Path, kind: str) -> Iterator[dict[str, Any]]:
    """The rows of the index of one kind."""
    index = shared / "dhis2/recordings/index.jsonl"
    for line in index.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["kind"] == kind:
            yield row


def reply_of(shared: Path, row: dict[str, Any]) -> Reply:
    """The answer in a file, whatever form the file has."""
    content = json.loads((shared / "dhis2/recordings" / row["file"]).read_text(encoding="utf-8"))
    body = {"recording": "responseBody", "reconstructed": "responseBody", "documentation": "body"}.get(row["format"])
    answer = content[body] if body else content
    status: Any = row["status"] or (as_object(answer).get("httpStatusCode", 200))
    return Reply(
        method=row["method"] or "GET",
        path=(row["path"] or "/api/unknown").partition("?")[0],
        status=status,
        headers={"content-type": "application/json;charset=UTF-8"},
        body=json.dumps(answer).encode(),
        base_url="https://dhis2.example.org",
    )


def test_each_error_becomes_its_class(shared: Path) -> None:
    found = {row["file"]: reply_of(shared, row) for row in rows(shared, "error")}
    table = dict(line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines())
    assert len(found) == 262

    outcome = {file: type(error_of(reply)).__name__ for file, reply in found.items()}

    assert outcome == table


def test_each_error_says_what_dhis2_said(shared: Path) -> None:
    for row in rows(shared, "error"):
        reply = reply_of(shared, row)
        said = json.loads(reply.body)
        error = error_of(reply)
        assert isinstance(error, ApiError)
        assert error.dhis2_message == said.get("message"), row["file"]
        assert error.code == said.get("errorCode"), row["file"]
        assert (error.status, error.method, error.path) == (reply.status, reply.method, reply.path)
        assert (said.get("message") or "").rstrip(".") in str(error), row["file"]


def test_each_system_answer_is_read(shared: Path) -> None:
    count = models = 0
    for row in rows(shared, "system-get"):
        reply = reply_of(shared, row)
        answer = json.loads(reply.body)
        assert value_of(reply) == answer, row["file"]
        count += 1
        model, required = MODELS.get(reply.path.rpartition("/api/")[2].lstrip("0123456789/"), (None, set[str]()))
        if model is None or not required <= answer.keys():
            continue
        models += 1
        assert model_of(reply, model).model_dump(exclude_unset=True) == answer, row["file"]
    assert (count, models) == (173, 33)


def live_replies(shared: Path) -> Iterator[tuple[str, Reply]]:
    """Every answer of the recorded scenarios."""
    for file in sorted((shared / "dhis2/live").glob("v4*/*/*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines()[1:]:
            exchange = json.loads(line)
            request, response = exchange["request"], exchange["response"]
            media = {"content-type": response["media"]} if response["media"] else {}
            yield (
                f"{file.parent.name}/{file.name} {request['method']} {request['path']}",
                Reply(
                    method=request["method"],
                    path=request["path"].partition("?")[0],
                    status=response["status"],
                    headers={**media, **{name.lower(): value for name, value in response["headers"].items()}},
                    body=body_of(response),
                    base_url="http://127.0.0.1:8200",
                ),
            )


def body_of(response: dict[str, Any]) -> bytes:
    if "json" in response:
        return json.dumps(response["json"]).encode()
    return base64.b64decode(response["base64"]) if "base64" in response else response["text"].encode()


def test_every_recorded_answer_is_a_value_or_an_error(shared: Path) -> None:
    """No answer of a real server surprises the client, and refusals are told by their status."""
    refused = read = 0
    for place, reply in live_replies(shared):
        error = error_of(reply)
        if reply.status >= 300:
            refused += 1
            assert error is not None, place
            assert str(error)
        elif error is not None:
            refused += 1
            assert json.loads(reply.body)["status"] == "ERROR", place
        elif reply.is_html or reply.media == "image/png" or b"\x00" in reply.body:
            with pytest.raises(errors.AnswerError):
                value_of(reply)
        else:
            read += 1
            value_of(reply)
    assert refused > 2000
    assert read > 5000


def test_every_complaint_of_a_recorded_report_is_a_row(shared: Path) -> None:
    """As many rows as there are messages in the report, wherever they are nested."""
    reports = 0
    for place, reply in live_replies(shared):
        if not reply.is_json or reply.body[:1] != b"{":
            continue
        answer = json.loads(reply.body)
        report = read_report(answer)
        if report is None:
            continue
        reports += 1
        assert all(row.message for row in report.rows), place
        assert len(report.rows) >= complaints(answer.get("response", answer)), place
    assert reports > 2000


def complaints(value: object) -> int:
    """How many complaints are anywhere in a report."""
    fields = as_object(value)
    if not fields:
        return sum(map(complaints, as_array(value)))
    here = sum(len(as_array(fields.get(key))) for key in ("errorReports", "conflicts", "mergeErrors", "warningReports"))
    return here + sum(complaints(item) for key, item in fields.items() if key not in ("args", "errorProperties"))
