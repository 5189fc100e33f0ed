"""The examples that help shows are of commands that there are, and do what they say: each is run against a sandbox."""

import os
import re
import shlex
import sys
import tomllib
from collections.abc import Generator
from pathlib import Path

import pytest

from dhis2w_cli.examples import EXAMPLES_FILE
from dhis2w_core.operation_index import read_index
from dhis2w_sandbox import Sandbox
from tests.cli.conftest import Command
from tests.core.conftest import Home

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminal", allow_module_level=True)

from tests.cli.pseudo_terminal import Terminal

ROOT = Path(__file__).parents[2]
UID = r"\b(?=\w*\d)(?=\w*[A-Z])[A-Za-z]\w{10}\b"
EXAMPLES: dict[str, list[str]] = tomllib.loads(EXAMPLES_FILE.read_text("utf-8"))
ANSWERS = {"Password:": "District1!", "Password of the new user:": "District1!", "[y/N]:": "y"}
FILES = {
    "values.csv": "dataElement,period,orgUnit,value\nDKWiQdn8P1B,202501,neINw0qT1QU,7\n",
    "visits.csv": "dataElement,facility,n\nMAL_CONFIRMED,TB-F0407,7\n",
    "manual.pdf": "%PDF-1.4\n",
}
EVENTS = (
    "program,programStage,facility,occurredAt,age,xOVzKVeJJN1\nLqGPSqTKu6f,gdiFSa8OF0R,neINw0qT1QU,2025-02-01,30,POS\n"
)


def test_every_example_is_one_of_its_command() -> None:
    names = {entry.name for entry in read_index().entries}
    assert set(EXAMPLES) <= names
    for name, lines in EXAMPLES.items():
        assert all(f"d2w {name} " in f"{line} " for line in lines)


def test_help_and_reference_show_them(d2w: Command) -> None:
    shown = d2w("data", "push", "--help").out
    assert "Examples:\n  $ d2w data push values.csv\n" in shown
    assert all(f"  $ {line}\n" in shown for line in EXAMPLES["data push"])
    assert "Examples:" not in d2w("system", "info", "--help").out
    page = (ROOT / "docs/reference/cli.md").read_text("utf-8")
    assert all(f"$ {line}\n" in page for lines in EXAMPLES.values() for line in lines)


@pytest.mark.parametrize("page", ["data-push", "tracker", "analytics"])
def test_commands_of_the_pages_name_what_the_sandbox_has(page: str) -> None:
    lines = re.findall(r"^(?:\$ )?d2w .*", (ROOT / f"docs/{page}.md").read_text("utf-8"), re.MULTILINE)
    assert len(lines) > 4
    assert set(re.findall(UID, " ".join(lines))) <= set(re.findall(UID, EXAMPLES_FILE.read_text("utf-8")))


@pytest.fixture
def desk(home: Home, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """A sandbox, and the files that are spoken of."""
    assert home
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.core.keyring_in_file.FileKeyring")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name, text in FILES.items():
        Path(name).write_text(text)
    with Sandbox(42) as sandbox, sandbox.serve() as url:
        monkeypatch.setenv("DHIS2_URL", url)
        monkeypatch.setenv("DHIS2_PAT", sandbox.pat())
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("desk")
def test_every_example_does_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    failed: list[str] = []
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    for name, lines in EXAMPLES.items():
        if name == "tracker push":
            Path("visits.csv").write_text(EVENTS)
        for line in lines:
            command = Terminal("-c", line, program=("sh",)) if "|" in line else Terminal(*shlex.split(line)[1:])
            if command.answer(ANSWERS) != 0:
                failed.append(f"{line}\n{command.seen}")
    assert not failed, "\n".join(failed)
