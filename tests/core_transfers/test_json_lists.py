"""One list of a JSON object is read piece by piece, however the pieces are cut."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dhis2w_core.transfers.json_lists import NAMELESS, JsonLists

KNOWN = ("events", "enrollments", NAMELESS)
EVENTS: list[dict[str, Any]] = [
    {"event": "a]}[", "notes": [{"value": 'he said "]"\\'}, {}], "geometry": {"coordinates": [[1, 2], [3]]}},
    {"event": "é\\", "empty": [], "nothing": None},
    {},
]
WHOLE = json.dumps(
    {"pager": {"page": 1, "pages": [1, 2]}, "events": EVENTS, "status": [3], "enrollments": [{"enrollment": "x"}]},
    ensure_ascii=False,
).encode()


def read(content: bytes, wanted: str, size: int) -> tuple[list[dict[str, Any]], list[str]]:
    reader = JsonLists(wanted, KNOWN)
    rows = [row for start in range(0, len(content), size) for row in reader.feed(content[start : start + size])]
    reader.end()
    return rows, reader.found


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1000])
def test_the_rows_are_the_same_however_the_pieces_are_cut(size: int) -> None:
    assert read(WHOLE, "events", size) == (EVENTS, ["events", "enrollments"])
    assert read(WHOLE, "enrollments", size)[0] == [{"enrollment": "x"}]
    assert read(json.dumps(EVENTS, indent=2).encode(), NAMELESS, size) == (EVENTS, [NAMELESS])


def test_rows_come_before_the_end() -> None:
    reader = JsonLists("events", KNOWN)
    assert reader.feed(b'{"events": [{"event": "1"}, {"event": "2", "notes": [{') == [{"event": "1"}]
    assert reader.feed(b"}]}") == [{"event": "2", "notes": [{}]}]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"events": [{"event": "1"}', "too early"),
        (b'{"events": [{"event": "1"}]} x', "too early"),
        (b'{"people": [{"event": "1"}]}', "no list"),
        (b'{"events": [1]}', "no object"),
        (b'{"events": [{"event": 1x}]}', "broken"),
        (b"", "no list"),
    ],
)
def test_what_is_no_list_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read(content, "events", 5)
