"""How long imports of the client take, as ratios of a floor measured in the same run.

`python packages/dhis2w-client/bench/startup.py` prints one row each: what, ratio, limit. Each time is the median of
fresh interpreters, floor and candidate in turn, so that a noisy machine hits both.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

ROUNDS = 15


@dataclass(frozen=True)
class Import:
    """One import that is measured against a floor."""

    name: str
    code: str
    floor: str
    limit: float


IMPORTS = (
    Import(
        "from dhis2w_client import open_client, Profile",
        "from dhis2w_client import open_client, Profile",
        "import httpx2, pydantic; pydantic.BaseModel",
        1.6,
    ),
    Import("import dhis2w_client", "import dhis2w_client", "pass", 2.5),
    Import(
        "from dhis2w_client.models import DataElement, and its use",
        "from dhis2w_client.models import DataElement; DataElement.trust({'id': 'fbfJHSPpUQD', 'name': 'N'}).name",
        "from pydantic import BaseModel",
        1.8,
    ),
)


def seconds(code: str) -> float:
    """How long a fresh interpreter takes for `code`."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begun


def ratio(measured: Import) -> float:
    """Median time of the import over that of its floor."""
    times = [(seconds(measured.floor), seconds(measured.code)) for _ in range(ROUNDS)]
    return statistics.median(code for _, code in times) / statistics.median(floor for floor, _ in times)


def main() -> int:
    """Print the rows; the exit code says whether all are within their limits."""
    good = True
    for measured in IMPORTS:
        found = ratio(measured)
        good = good and found <= measured.limit
        print(f"{measured.name:<58} {found:5.2f}  limit {measured.limit}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
