"""The candidate of `push.py`: `python push_candidate.py push FILE [--no-check]|read --server URL`."""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path
from typing import Any

from peak_memory import megabytes
from values import DATA_SET, UNITS

from dhis2w_client import Dhis2Client, PatAuth


async def push(client: Dhis2Client, file: Path, *, check: bool) -> int:
    """The plan of `d2w data push`, made and carried out."""
    from dhis2w_core.transfers.data_push import DataPush
    from dhis2w_core.transfers.source_rows import digest_of

    counts = await DataPush(file, digest_of(file), check=check).apply(client, lambda _: None)
    read: Any = counts["read"]
    assert counts["accepted"] == read, counts
    return read


async def read(client: Dhis2Client) -> int:
    """Every value as a row."""
    from dhis2w_client.data_values import DataValueSelection

    count = 0
    selection = DataValueSelection(data_sets=(DATA_SET,), org_units=tuple(UNITS), periods=("2022",))
    async for row in client.data_values.rows(selection):
        count += "value" in row
    return count


async def main() -> None:
    """Connect, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["push", "read"])
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--no-check", action="store_true")
    parser.add_argument("--server", required=True)
    options = parser.parse_args()
    async with Dhis2Client(options.server, PatAuth("t")) as client:
        await client.get("me")
        before, begun = megabytes("VmRSS"), time.perf_counter()
        pushing = options.what == "push"
        count = await (push(client, options.file, check=not options.no_check) if pushing else read(client))
        print(count, time.perf_counter() - begun, megabytes("VmHWM") - before)


if __name__ == "__main__":
    asyncio.run(main())
