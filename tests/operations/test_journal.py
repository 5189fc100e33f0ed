"""The journal is private, survives a kill, and forgets."""

import os
import stat
import sys
from pathlib import Path

import pytest

from dhis2w_core.errors import JournalError
from dhis2w_core.journal import LIFETIME, Journal
from dhis2w_core.plan import ObjectChange, StepDone
from dhis2w_core.undo import run_to_undo

STEPS = (ObjectChange("dataElements", "abc", {"id": "abc", "name": "Old"}, {"id": "abc", "name": "New"}),)


def begun(journal: Journal, steps: tuple[ObjectChange, ...] = STEPS) -> str:
    log = journal.begin(operation="x", base_url="http://a", title="T", undo="full", fingerprint="f", steps=steps)
    return log.name


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        begun(Journal(tmp_path / "journal"))
    finally:
        os.umask(before)
    (file,) = (tmp_path / "journal").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o700


def test_a_run_that_was_killed_says_what_was_done(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    log = journal.begin(operation="x", base_url="http://a", title="T", undo="full", fingerprint="f", steps=STEPS)
    log.step_done(StepDone(0, "abc", "digest"))
    file = tmp_path / f"{log.name}.jsonl"
    file.write_bytes(file.read_bytes() + b'{"state": "do')  # cut by the kill
    (run,) = journal.runs()
    assert (run.state, run.done) == ("unknown", (StepDone(0, "abc", "digest"),))
    assert run.steps[0].before == {"id": "abc", "name": "Old"}


def test_what_is_too_old_is_deleted_when_the_next_run_begins(tmp_path: Path) -> None:
    now = 2_000_000_000.0
    journal = Journal(tmp_path, now=lambda: now)
    old = begun(journal)
    os.utime(tmp_path / f"{old}.jsonl", (now - LIFETIME - 1, now - LIFETIME - 1))
    new = begun(journal)
    assert [run.head.run for run in journal.runs()] == [new]


def test_a_file_that_is_none_of_ours_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "odd.jsonl").write_text("not json\n")
    (tmp_path / "empty.jsonl").write_text("")
    assert Journal(tmp_path).runs() == []


def test_it_was_not_done_when_it_cannot_be_written_down(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError):
        begun(Journal(tmp_path / "file" / "journal"))


def test_undo_refuses_what_it_cannot_take_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    name = begun(journal, ())
    with pytest.raises(JournalError, match="wrote nothing"):
        run_to_undo(journal, "http://a", name)
    with pytest.raises(JournalError, match="was on http://a, not on http://b"):
        run_to_undo(journal, "http://b", name)
    with pytest.raises(JournalError, match="no run 'nope'"):
        run_to_undo(journal, "http://a", "nope")
    with pytest.raises(JournalError, match="nothing to undo"):
        run_to_undo(journal, "http://a")


def test_a_run_is_taken_back_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    log = journal.begin(operation="x", base_url="http://a", title="T", undo="full", fingerprint="f", steps=STEPS)
    log.step_done(StepDone(0, "abc", "digest"))
    assert run_to_undo(journal, "http://a").head.run == log.name
    journal.mark_taken_back(log.name)
    with pytest.raises(JournalError, match="undone already"):
        run_to_undo(journal, "http://a", log.name)
