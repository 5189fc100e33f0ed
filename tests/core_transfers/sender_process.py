"""A process that sends a file to a server, to be killed: `python sender_process.py FILE ADDRESS`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from dhis2w_client import BasicAuth, Dhis2Client
from dhis2w_core.transfers.data_push import DataPush
from dhis2w_core.transfers.source_rows import digest_of


async def main(file: Path, address: str) -> None:
    """Send the file, a few rows at a time; say when the first request is about to be sent."""
    plan = DataPush(file, digest_of(file), rows_at_once=5)
    async with Dhis2Client(address, BasicAuth("admin", "district")) as client:
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        await plan.apply(client, lambda _: None)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
