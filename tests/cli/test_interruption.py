"""Ctrl-C, and a server that fails in the middle: what is done is told, and the command that goes on."""

import json
import re
import shlex
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from dhis2w_cli.exit_codes import ExitCode
from dhis2w_cli.patience import Patience
from dhis2w_cli.progress import Progress
from dhis2w_cli.settings import Settings
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.faults import Fault
from tests.cli.conftest import Command
from tests.core.conftest import Home

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminal", allow_module_level=True)

from tests.cli.pseudo_terminal import Terminal, in_terminal

MONTHS = ("202501", "202502", "202503")
ROWS = "".join(f"DKWiQdn8P1B,{month},A5RDGbzMDjs,{number}\n" for number, month in enumerate(MONTHS, 3))
PUSH = ("data", "push", "my values.csv", "--rows-at-once", "1")
PULL = ("data", "pull", "--data-set", "aSrbqFgGVmR", "--org-unit", "A5RDGbzMDjs", *("--period", "202501"))


@pytest.fixture
def country(home: Home, monkeypatch: pytest.MonkeyPatch) -> Generator[Sandbox]:
    """The demo country, and a folder with a file of values for it."""
    assert home
    Path("my values.csv").write_text(f"dataElement,period,orgUnit,value\n{ROWS}")
    with Sandbox(42) as sandbox, sandbox.serve() as url:
        monkeypatch.setenv("DHIS2_URL", url)
        monkeypatch.setenv("DHIS2_PAT", sandbox.pat())
        yield sandbox


def after_the_first(status: int | None = None, *, delay: float = 0, times: int | None = 1) -> Fault:
    return Fault(status, path="dataValueSets", method="POST", skip=1, delay=delay, times=times)


def test_a_push_that_is_interrupted_says_what_is_done_and_goes_on_as_it_says(country: Sandbox) -> None:
    country.faults.add(after_the_first(delay=2.5))
    command = Terminal(*PUSH, "--yes")
    command.wait_for("Rows: [")
    command.interrupt()
    assert command.end() == ExitCode.INTERRUPTED
    assert "Interrupted. 1 row is done, and written down." in command.seen
    told = re.search(r"The same command goes on: d2w (.*)", command.seen)
    assert told
    code, seen = in_terminal(*shlex.split(told[1]), "-o", "json")
    assert (code, json.loads(seen)["read"]) == (0, 3), seen
    assert len(in_terminal("data", "pull", *PULL[2:-1], "202502", "-o", "ndjson")[1].splitlines()) == 1


def test_a_question_that_is_interrupted_sends_nothing(country: Sandbox) -> None:
    assert country
    command = Terminal(*PUSH)
    command.wait_for("[y/N]: ")
    command.interrupt()
    assert command.end() == ExitCode.INTERRUPTED
    assert "Interrupted. Nothing was sent." in command.seen


@pytest.mark.slow
def test_a_pull_that_is_interrupted_leaves_no_file(country: Sandbox) -> None:
    country.faults.add(Fault(path="dataValueSets", delay=2.5))
    command = Terminal(*PULL, "--to", "values.ndjson")
    command.wait_for("Waiting for the server: 1 s")
    command.interrupt()
    assert command.end() == ExitCode.INTERRUPTED
    assert "values.ndjson was not written." in command.seen
    assert not Path("values.ndjson").exists()


@pytest.mark.slow
def test_tables_that_are_built_go_on_without_us(country: Sandbox) -> None:
    country.faults.add(Fault(path="resourceTables/analytics", delay=2.5))
    command = Terminal("analytics", "refresh", "--yes")
    command.wait_for("Waiting for the server: 1 s")
    command.interrupt()
    assert command.end() == ExitCode.INTERRUPTED
    assert "`d2w jobs history` shows what became of it." in command.seen


@pytest.mark.slow
def test_an_interrupted_change_points_to_the_journal(country: Sandbox) -> None:
    country.faults.add(Fault(path="dataElements", method="PATCH", delay=2.5))
    command = Terminal("metadata", "rename", "dataElements", "DKWiQdn8P1B", "Malaria", "--yes")
    command.wait_for("Waiting for the server: 1 s")
    command.interrupt()
    assert command.end() == ExitCode.INTERRUPTED
    assert "`d2w journal list` shows what was written" in command.seen


def test_a_push_that_the_server_ends_says_how_it_goes_on(country: Sandbox, d2w: Command) -> None:
    country.faults.add(after_the_first(status=401, times=None))
    done = d2w(*PUSH, "--yes", "-o", "json")
    step = json.loads(done.err.splitlines()[-1])["error"]["next_step"]
    assert done.code == ExitCode.NOT_AUTHENTICATED
    assert "1 row is done, and written down. The same command goes on: d2w data push 'my values.csv'" in step


def test_a_push_that_sent_nothing_says_nothing_of_going_on(country: Sandbox, d2w: Command) -> None:
    country.faults.add(Fault(path="api/(?!system)", status=401, times=None))
    done = d2w(*PUSH, "--yes")
    assert done.code == ExitCode.NOT_AUTHENTICATED
    assert "goes on" not in done.err


def test_a_file_that_changed_meanwhile_is_no_push_that_goes_on(country: Sandbox, d2w: Command) -> None:
    country.faults.add(after_the_first(status=401))
    assert d2w(*PUSH, "--yes").code == ExitCode.NOT_AUTHENTICATED
    with Path("my values.csv").open("a") as file:
        file.write("DKWiQdn8P1B,202504,A5RDGbzMDjs,9\n")
    done = d2w(*PUSH, "--yes")
    assert (done.code, "--restart" in done.err) == (ExitCode.USAGE, True)
    assert "The same command goes on" not in done.err


def test_a_warning_has_a_line_of_its_own(country: Sandbox) -> None:
    country.faults.add(after_the_first(delay=1.2))
    Path("my values.csv").write_text(f"dataElement,period,orgUnit,value\n{ROWS}".replace(",4\n", ",0\n"))
    command = Terminal(*PUSH, "--yes")
    assert command.end() == 0
    assert re.search(r"\r\x1b\[Kwarning: DHIS2 took", command.seen), command.seen


def test_a_count_goes_on_when_something_is_said() -> None:
    patience = Patience(Settings())
    patience.seconds = 5
    patience.clear()
    assert patience.seconds == 0
    patience.seconds = 5
    patience.note(Progress("Rows", 10))
    patience.clear()
    assert patience.seconds == 5
