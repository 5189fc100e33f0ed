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
    told: list[str] = []
    for _ in range(3):  # other tests run beside this one: a budget is kept when one run of three keeps it
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)
        told.append(done.stdout + done.stderr)
        if done.returncode == 0:
            return
    pytest.fail("\n".join(told))
