"""The rows of a tracker file are the same however they are taken, and so are the UIDs that are made for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client.metadata.uids import is_uid
from dhis2w_core.transfers.event_cells import cells_of, event_of
from dhis2w_core.transfers.tracker_rows import TrackerRows, kind_of, letters, objects_in
from tests.core_transfers.test_tracker_push import person

PEOPLE = [person(name) for name in ("Ada", "Eve", "Ida")]


def read(file: Path, digest: str, at_once: int) -> list[dict[str, Any]]:
    with TrackerRows(file, digest) as rows:
        found = list[dict[str, Any]]()
        while chunk := rows.take(at_once):
            assert chunk.first == len(found)
            found += chunk.values
        assert rows.position == len(found)
        assert rows.share == 1.0
    return found


def uids_in(rows: list[dict[str, Any]]) -> list[str]:
    objects = [(kind, each) for row in rows for kind, each in objects_in(row)]
    notes = [note["note"] for _, each in objects for note in each.get("notes", ())]
    return [each[kind.uid] for kind, each in objects] + notes


@pytest.mark.parametrize("ending", ["json", "ndjson"])
def test_uids_follow_from_the_content_and_the_place(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"people.{ending}"
    lines = "\n".join(json.dumps(row) for row in PEOPLE)
    file.write_text(lines if ending == "ndjson" else json.dumps({"trackedEntities": PEOPLE}), encoding="utf-8")
    rows = read(file, "one", 1)
    assert rows == read(file, "one", 100)
    uids = uids_in(rows)
    assert len(uids) == len(set(uids)) == 3 * 5  # an entity, an enrollment, an event and two notes
    assert all(map(is_uid, uids))
    assert not set(uids) & set(uids_in(read(file, "another", 100)))


def test_one_seed_gives_one_row_of_letters() -> None:
    first, second = (letters("seed") for _ in range(2))
    assert [first("abc") for _ in range(40)] == [second("abc") for _ in range(40)]
    assert {letters(str(seed))("abc") for seed in range(40)} == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"relationshipType": "t", "from": {}, "to": {}}, "relationships"),
        ({"event": "e", "enrollment": "n", "trackedEntity": "t"}, "events"),
        ({"programStage": "s", "enrollment": "n"}, "events"),
        ({"program": "p", "occurredAt": "2024-01-01"}, "events"),
        ({"enrolledAt": "2024-01-01", "trackedEntity": "t", "events": []}, "enrollments"),
        ({"trackedEntityType": "t", "enrollments": [], "relationships": []}, "trackedEntities"),
        ({"trackedEntity": "t"}, "trackedEntities"),
    ],
)
def test_an_object_is_told_by_its_properties(row: dict[str, Any], kind: str) -> None:
    assert kind_of(row).key == kind


def test_an_event_is_a_line_of_a_table_and_back() -> None:
    event = {
        "event": "EventAaaaa1",
        "orgUnit": "UnitAaaa001",
        "assignedUser": {"username": "admin"},
        "geometry": {"type": "Point", "coordinates": [-11.5, 8.25]},
        "dataValues": [{"dataElement": "ElementAaa1", "value": "5"}],
    }
    cells = cells_of({**event, "createdAt": "2024-01-01", "notes": [{"note": "a"}], "createdBy": None})
    assert cells["longitude"] == "-11.5"
    assert event_of(cells) == event
    polygon = {"type": "Polygon", "coordinates": [[[1.0, 2.0], [3.0, 4.0]]]}
    assert event_of(cells_of({"geometry": polygon})) == {"geometry": polygon}
    both = {"event": "e", "followUp": True, "followup": True}  # 2.41 says it twice, and a table cannot
    assert cells_of(both) == {"event": "e", "followUp": "true"}
    assert event_of({"geometry": "POINT (1 2)"}) == {"geometry": "POINT (1 2)"}  # DHIS2 refuses it
