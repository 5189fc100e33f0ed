"""Every example runs unchanged against the sandbox of its version."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.workspace.conftest import Served

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = [pytest.param(file, id=str(file.relative_to(EXAMPLES))) for file in sorted(EXAMPLES.glob("v*/**/*.py"))]


@pytest.mark.parametrize("program", PROGRAMS)
def test_example_runs(served_sandboxes: dict[str, Served], program: Path) -> None:
    version = program.relative_to(EXAMPLES).parts[0]
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        env={"PYTHONUTF8": "1", "SYSTEMROOT": "", **served_sandboxes[version].pat_environment()},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_each_version_has_the_pinned_example() -> None:
    for version in ("v41", "v42", "v43"):
        program = EXAMPLES / version / "client/profile_pat_pure_client.py"
        assert f"from dhis2w_client.{version} import" in program.read_text(encoding="utf-8")
