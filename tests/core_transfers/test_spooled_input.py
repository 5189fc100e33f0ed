"""What is piped in is kept privately until it is sent, under a name that follows from the content."""

from __future__ import annotations

import io
import os
import stat
import sys
import time
from pathlib import Path

import pytest

from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.spooled_input import KEPT_SECONDS, drop_spooled, is_spooled, kind_of, spooled_input


@pytest.mark.parametrize(
    ("begin", "kind"),
    [
        (b"dataelement,period\n", "csv"),
        (b"\xef\xbb\xbfdataelement,period\n", "csv"),
        (b'  [{"value": 1}]', "json"),
        (b'{"dataValues": [\n', "json"),
        (b'{"dataValues": []}', "json"),
        (b'{"value": 1}\n{"value": 2}', "ndjson"),
        (b'{"value": 1}', "ndjson"),
        (b'{"pager": {"page": 1}, "events": [{"event": "a"}]}', "json"),
        (b'{"program": "a", "dataValues": []}\n{"program": "b"}', "ndjson"),
        (b'{"enrollment": "a", "events": []}', "ndjson"),
        (b"{\n", "json"),
        (b"PAR1...", "parquet"),
    ],
)
def test_the_kind_is_told_from_how_it_begins(begin: bytes, kind: str) -> None:
    assert kind_of(begin) == kind


def test_the_same_content_has_the_same_name(tmp_path: Path) -> None:
    first = spooled_input(io.BytesIO(b"a,b\n"))
    assert first == spooled_input(io.BytesIO(b"a,b\n"))
    assert first != spooled_input(io.BytesIO(b"a,b\n"), "ndjson")
    if sys.platform != "win32":
        assert stat.S_IMODE(first.stat().st_mode) == 0o600
    other = tmp_path / "kept.csv"
    other.write_text("a")
    drop_spooled(first)
    drop_spooled(other)
    assert (first.exists(), other.exists(), is_spooled(first)) == (False, True, True)


def test_nothing_is_refused_and_what_is_old_is_removed() -> None:
    old = spooled_input(io.BytesIO(b"old\n"))
    long_ago = time.time() - KEPT_SECONDS - 60
    os.utime(old, (long_ago, long_ago))
    with pytest.raises(OperationError, match="Nothing was piped in"):
        spooled_input(io.BytesIO(b" \n"))
    assert not list(old.parent.iterdir())
