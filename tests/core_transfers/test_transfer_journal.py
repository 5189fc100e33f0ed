"""The journal of a transfer: one run at a time, what is left of runs that did not end, and how it goes away."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.chunk import Chunk, Outcome, RefusedRow
from dhis2w_core.transfers.transfer_journal import LIFETIME, TransferJournal, purge_transfers, transfers
from tests.cli.conftest import Command, d2w

__all__ = ["d2w"]

SERVER = "https://dhis2.example.org"
ROWS: list[dict[str, object]] = [{"value": "1"}] * 3


def leave(source: Path) -> None:
    """A run that did not end: three rows are decided, one of them refused; three are under way."""
    with TransferJournal.open(source, "digest", SERVER, "") as journal:
        done = Chunk(0, ROWS, [2, 3, 4])
        journal.begin(done)
        journal.end(done, Outcome(accepted=2, refused=(RefusedRow(1, 3, "E7619", "no number", "Write one."),)))
        journal.begin(Chunk(3, ROWS, [5, 6, 7]))


def test_what_is_left_is_known(tmp_path: Path) -> None:
    source = tmp_path / "values.csv"
    assert transfers() == []
    leave(source)
    (found,) = transfers()
    assert (found.source, found.base_url, found.rows, found.refused) == (str(source), SERVER, 3, 1)
    with TransferJournal.open(source, "digest", SERVER, "") as journal:
        assert (journal.finished(), journal.unfinished()) == ([(0, 3)], [(3, 6)])
        assert journal.totals() == Outcome(2, refused=(RefusedRow(1, 3, "E7619", "no number", "Write one."),))
        journal.forget()
    assert transfers() == []


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "values.csv"
    with TransferJournal.open(source, "digest", SERVER, "") as journal:
        with (
            pytest.raises(OperationError, match=f"Another process is sending .*values.csv to {SERVER}"),
            TransferJournal.open(source, "digest", SERVER, ""),
        ):
            pass
        with TransferJournal.open(source, "digest", "https://other.example.org", "") as other:
            assert other.unfinished() == []
        journal.begin(Chunk(0, ROWS, [2, 3, 4]))
    with TransferJournal.open(source, "digest", SERVER, "") as journal:
        assert journal.unfinished() == [(0, 3)]


def test_old_ones_are_deleted_but_none_that_is_in_use(tmp_path: Path, state: Path) -> None:
    leave(tmp_path / "old.csv")
    leave(tmp_path / "new.csv")
    folder = state / "dhis2" / "transfers"
    (old,) = [folder / f"{each.name}.sqlite" for each in transfers() if each.source.endswith("old.csv")]
    long_ago = time.time() - LIFETIME - 1
    os.utime(old, (long_ago, long_ago))
    with TransferJournal.open(tmp_path / "third.csv", "digest", SERVER, "") as journal:
        journal.begin(Chunk(0, ROWS, [2, 3, 4]))
        assert sorted(Path(each.source).name for each in transfers()) == ["new.csv", "third.csv"]
        assert purge_transfers(0) == 1
        assert [Path(each.source).name for each in transfers()] == ["third.csv"]
    assert [file.name for file in folder.iterdir()] == [f"{transfers()[0].name}.sqlite"]


def test_a_run_that_sent_nothing_leaves_no_journal(tmp_path: Path, state: Path) -> None:
    with TransferJournal.open(tmp_path / "values.csv", "digest", SERVER, ""):
        assert len(transfers()) == 1
    assert list((state / "dhis2" / "transfers").glob("*.sqlite*")) == []


def test_begun_anew_nothing_is_left_of_the_run_before(tmp_path: Path) -> None:
    source = tmp_path / "values.csv"
    leave(source)
    with (
        pytest.raises(OperationError, match="has changed since a part of it was sent"),
        TransferJournal.open(source, "other", SERVER, ""),
    ):
        pass
    with TransferJournal.open(source, "other", SERVER, "", restart=True) as journal:
        assert (journal.finished(), journal.unfinished(), journal.totals()) == ([], [], Outcome())


def test_the_commands_list_and_forget_them(tmp_path: Path, d2w: Command) -> None:
    leave(tmp_path / "values.csv")
    (row,) = json.loads(d2w("transfers", "list", "-o", "json").out)
    assert (row["file"], row["server"], row["rows"], row["refused"]) == (str(tmp_path / "values.csv"), SERVER, 3, 1)
    assert json.loads(d2w("transfers", "purge", "-o", "json").out) == {"deleted": 0}
    assert json.loads(d2w("transfers", "purge", "--days", "0", "-o", "json").out) == {"deleted": 1}
    assert json.loads(d2w("transfers", "list", "-o", "json").out) == []
