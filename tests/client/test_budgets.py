"""The budgets of time and memory, measured: each benchmark says itself whether it is within its limit."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "packages/dhis2w-client/bench"


@pytest.mark.slow
@pytest.mark.parametrize("benchmark", ["startup.py", "memory.py"])
def test_budget(benchmark: str) -> None:
    if benchmark == "memory.py":
        pytest.importorskip("resource", reason="this system does not tell the peak memory of a process")
    command = [sys.executable, str(BENCHMARKS / benchmark)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
    assert done.returncode == 0, done.stdout + done.stderr
