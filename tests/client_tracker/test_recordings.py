"""Recorded payloads and reports: each is read into its type, and written back as it came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import pytest

from dhis2w_client import InvalidRequestError
from dhis2w_client.jobs.job_run import story_of
from dhis2w_client.models.server_model import ServerModel
from dhis2w_client.tracker import Enrollment, Event, Relationship, TrackedEntity, TrackerPayload, events_in_csv
from dhis2w_client.tracker.payload import objects_of, with_uids
from dhis2w_client.tracker.report import tracker_report
from tests.recorded_files import recorded

pytestmark = pytest.mark.shared

OF_ONE: dict[str, type[ServerModel]] = {
    "trackedEntityType": TrackedEntity,
    "enrolledAt": Enrollment,
    "programStage": Event,
    "relationshipType": Relationship,
}
"""By which property an object that stands alone is told."""
PLURALS = ("trackedEntities", "enrollments", "events", "relationships")


def live(shared: Path, key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON objects of requests or answers of the recorded tracker scenarios."""
    for file in sorted((shared / "dhis2/live").glob("v*/tracker/*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            exchange = json.loads(line)
            if "request" in exchange and exchange["request"]["path"].startswith("/api/tracker"):
                body = exchange[key].get("json")
                if isinstance(body, dict):
                    yield f"{file.name}: {exchange['request']['path']}", cast("dict[str, Any]", body)


def listed(body: object) -> list[Any]:
    """The body, where it is a list; else it alone in one."""
    return cast("list[Any]", body) if isinstance(body, list) else [body]


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
    files = [file for file in recorded(shared, "tracker-payload") if file.name.endswith(".json")]
    assert len(files) == len(recorded(shared, "tracker-payload")) - len(TABLES)
    for file in files:
        for each in listed(file.json):
            model = read(deepcopy(each))
            looked_at(model)
            assert model.to_dict() == each, file.name


TABLES = {"events.csv": (4, 18), "event-with-de-optionset.csv": (1, 1), "invalid_uid_event.csv": (1, 1)}
"""How many events and values the recorded CSV files have."""


def test_every_recorded_table_of_events_is_read(shared: Path) -> None:
    files = [file for file in recorded(shared, "tracker-payload") if file.name.endswith(".csv")]
    assert {Path(file.name).name for file in files} == set(TABLES)
    for file in files:
        name = Path(file.name).name
        unnamed = name == "invalid_uid_event.csv"
        if unnamed:
            with pytest.raises(InvalidRequestError, match="no column `program`"):
                events_in_csv(file.content)
        payload = events_in_csv(file.content, header=not unnamed)
        events = payload.events or []
        values = [value for event in events for value in event.dataValues or []]
        assert (len(events), len(values)) == TABLES[name]
        text = file.content.decode()
        for event in events:
            assert event.to_dict()["occurredAt"] in text
            assert event.to_dict()["orgUnit"] in text
        if unnamed:  # made so that DHIS2 refuses it
            with pytest.raises(InvalidRequestError, match="'invalid_uid' is no UID"):
                with_uids(payload)
        else:
            assert [row["event"] for _, row in objects_of(with_uids(payload))] == [event.event for event in events]


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


def test_every_recorded_report_is_read(shared: Path) -> None:
    told = 0
    for file in recorded(shared, "tracker-report"):
        body = file.json
        if "validationReport" in body or "bundleReport" in body:
            check_report(body)
        else:  # what the job tells while it works
            story = story_of(listed(body))
            assert story[-1].completed
            assert "Import" in story[-1].message
            told += 1
    assert told == 2


def test_every_live_report_is_read(shared: Path) -> None:
    bodies = [body for _, body in live(shared, "response") if "validationReport" in body]
    assert len(bodies) > 200
    for body in bodies:
        check_report(body)


def check_report(body: dict[str, Any]) -> None:
    report = tracker_report(body)
    assert report is not None
    stats = body.get("stats", {})
    for key in ("created", "updated", "deleted", "ignored"):
        assert getattr(report.counts, key) == stats.get(key, 0)
    told = body.get("validationReport", {})
    assert len(report.errors) >= len(told.get("errorReports", []))
    assert len(report.warnings) == len(told.get("warningReports", []))
    ignored = stats.get("ignored", 0) > 0
    assert report.refused == (ignored or bool(report.errors) or body.get("status") == "ERROR")
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
