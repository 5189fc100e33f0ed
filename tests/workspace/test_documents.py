"""What README and documentation show runs."""

import re
from pathlib import Path

import pytest

from tests.workspace.conftest import Served
from tests.workspace.test_worked_example import run

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROGRAMS = [
    pytest.param(block, id=f"{document.relative_to(ROOT)}-{number}")
    for document in DOCUMENTS
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), re.S))
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_program_runs_and_prints(served_sandboxes: dict[str, Served], program: str) -> None:
    done = run(program, served_sandboxes["v42"].pat_environment())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_every_make_target_that_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"make ([a-z-]+)", "".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)))
    assert named <= set(re.findall(r"^([a-z-]+):", makefile, re.M))
    assert {"demo", "test", "test-all", "check", "docs"} <= named


def test_ci_calls_the_commands_that_the_readme_names() -> None:
    called = re.findall(r"^make ([a-z-]+)", (ROOT / ".ci/run").read_text(encoding="utf-8"), re.M)
    assert called == ["demo", "check", "docs", "test-all"]
