"""Recorded payloads and reports: each is read into its type, and written back as it came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import pytest

from dhis2w_client.models.server_model import ServerModel
from dhis2w_client.tracker import Enrollment, Event, Relationship, TrackedEntity, TrackerPayload
from dhis2w_client.tracker.payload import objects_of, with_uids
from dhis2w_client.tracker.report import tracker_report

pytestmark = pytest.mark.shared

OF_ONE: dict[str, type[ServerModel]] = {
    "trackedEntityType": TrackedEntity,
    "enrolledAt": Enrollment,
    "programStage": Event,
    "relationshipType": Relationship,
}
"""By which property an object that stands alone is told."""
PLURALS = ("trackedEntities", "enrollments", "events", "relationships")


def recorded(shared: Path, kind: str) -> Iterator[tuple[str, Any]]:
    folder = shared / "dhis2/recordings"
    for line in (folder / "index.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["kind"] == kind and row["file"].endswith(".json"):
            content = json.loads((folder / row["file"]).read_text("utf-8"))
            yield row["file"], content["body"] if row["format"] == "documentation" else content


def live(shared: Path, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON objects of requests or answers of the recorded tracker scenarios."""
    for file in sorted((shared / "dhis2/live").glob("v*/tracker/*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            exchange = json.loads(line)
            if "request" in exchange and exchange["request"]["path"].startswith("/api/tracker"):
                body = exchange[key].get("json")
                if isinstance(body, dict):
                    yield f"{file.name}: {exchange['request']['path']}", cast("dict[str, Any]", body)


def read(body: dict[str, Any]) -> ServerModel:
    """The body as its type."""
    if any(key in body for key in PLURALS):
        return TrackerPayload.trust(body)
    found = next((model for key, model in OF_ONE.items() if key in body), TrackerPayload)
    return found.trust(body)


def looked_at(model: ServerModel) -> None:
    """Look at every attribute, so that parts become what they are."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, list):
            for part in cast("list[object]", value):
                if isinstance(part, ServerModel):
                    looked_at(part)
        elif isinstance(value, ServerModel):
            looked_at(value)


def test_every_recorded_payload_is_read_and_written_back(shared: Path) -> None:
    files = list(recorded(shared, "tracker-payload"))
    assert len(files) == 256  # three more are CSV
    for file, body in files:
        for each in cast("list[Any]", body) if isinstance(body, list) else [body]:
            model = read(deepcopy(each))
            looked_at(model)
            assert model.to_dict() == each, file


def test_every_live_answer_is_read_and_written_back(shared: Path) -> None:
    count = 0
    for name, body in live(shared, "response"):
        if not any(key in body for key in PLURALS) or "stats" in body:
            continue
        model = TrackerPayload.trust(deepcopy(body))
        looked_at(model)
        assert model.to_dict() == body, name
        model.validated()
        count += 1
    assert count > 100


def test_every_report_is_read(shared: Path) -> None:
    bodies = [body for source in (recorded(shared, "tracker-report"), live(shared, "response")) for _, body in source]
    found: list[dict[str, Any]] = [body for body in bodies if "validationReport" in body]
    assert len(found) > 200
    for body in found:
        report = tracker_report(body)
        assert report is not None
        stats = body.get("stats", {})
        counts = report.counts
        for key in ("created", "updated", "deleted", "ignored"):
            assert getattr(counts, key) == stats.get(key, 0)
        told = body["validationReport"]
        assert len(report.errors) >= len(told.get("errorReports", []))
        assert len(report.warnings) == len(told.get("warningReports", []))
        assert report.refused == (stats.get("ignored", 0) > 0 or bool(report.errors) or body["status"] == "ERROR")
        assert set(report.by_type) == set(body.get("bundleReport", {}).get("typeReportMap", {}))


def test_uids_are_given_once(shared: Path) -> None:
    count = 0
    for _, body in live(shared, "request"):
        if not any(body.get(key) for key in PLURALS):
            continue
        try:
            sent = with_uids(body)
        except ValueError:
            continue  # the recordings plant UIDs that are none, and rows that are no objects
        assert with_uids(sent) == sent
        assert all(row.get(kind.uid) for kind, row in objects_of(sent))
        count += 1
    assert count > 100
