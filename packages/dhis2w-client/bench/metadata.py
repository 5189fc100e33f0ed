"""How fast and how frugal reading metadata is, as ratios of bare httpx2 and orjson in the same run.

`python packages/dhis2w-client/bench/metadata.py` prints one row each: what, median ratio, smallest ratio, limit, what
the loop touches. `--objects 10000 --rounds 3 --million 0` is a quick run.

The server (`page_server.py`, a process of its own) has its answers ready. The floor is a loop that reads the pages one
after the other with httpx2, decodes each with orjson and drops it. Connecting and imports are not measured; floor and
candidate take turns, and each ratio is of neighbours.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import orjson

from dhis2w_client import Dhis2Client, PatAuth

PAGE_SIZE = 1000
GETS = 200
GET_ROUNDS = 5
"""How often the concurrent gets are repeated in one measurement, which would be short otherwise."""
PEAK_LIMIT = 40.0
"""Megabytes."""

Loop = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Row:
    """One loop that is measured."""

    name: str
    loop: Loop
    floor: Loop
    limit: float
    touches: str


class Loops:
    """The loops, of the floor and of the client."""

    def __init__(self, client: Dhis2Client, http: httpx2.AsyncClient, objects: int) -> None:
        self._elements = client.data_elements
        self._http = http
        self._pages = -(-objects // PAGE_SIZE)
        self._ids = [f"e{number:010d}" for number in range(0, objects, max(1, objects // GETS))][:GETS]

    async def floor(self, fields: str = ":owner") -> None:
        """Read the pages, decode each, drop it."""
        for page in range(1, self._pages + 1):
            params = {"fields": fields, "page": page, "pageSize": PAGE_SIZE}
            answer = await self._http.get("/api/dataElements", params=params)
            orjson.loads(answer.content)

    async def floor_narrow(self) -> None:
        """The same of two fields."""
        await self.floor("id,name")

    async def floor_gets(self) -> None:
        """Single objects, many at once."""

        async def get(uid: str) -> None:
            answer = await self._http.get(f"/api/dataElements/{uid}")
            orjson.loads(answer.content)

        for _ in range(GET_ROUNDS):
            await asyncio.gather(*map(get, self._ids))

    async def rows(self) -> None:
        """Dictionaries."""
        async for row in self._elements.rows(fields=":owner", page_size=PAGE_SIZE):
            _ = row

    async def models(self) -> None:
        """Full models, of which two attributes are read."""
        async for element in self._elements.iterate(fields=":owner", page_size=PAGE_SIZE):
            _ = element.id, element.name

    async def nested(self) -> None:
        """Full models, of which three parts are read too."""
        async for element in self._elements.iterate(fields=":owner", page_size=PAGE_SIZE):
            _ = element.id, element.name, element.categoryCombo, element.sharing, element.lastUpdatedBy

    async def validated(self) -> None:
        """Full models, each checked."""
        async for element in self._elements.iterate(fields=":owner", page_size=PAGE_SIZE, validate=True):
            _ = element.id, element.name

    async def narrow(self) -> None:
        """Models of two fields."""
        async for element in self._elements.iterate(fields="id,name", page_size=PAGE_SIZE):
            _ = element.id, element.name

    async def gets(self) -> None:
        """Single models, many at once."""
        for _ in range(GET_ROUNDS):
            await asyncio.gather(*map(self._elements.get, self._ids))

    def table(self) -> list[Row]:
        """What is measured."""
        return [
            Row("rows()", self.rows, self.floor, 1.3, "each row"),
            Row("iterate()", self.models, self.floor, 2.0, "id, name"),
            Row("iterate(), nested parts", self.nested, self.floor, 3.5, "id, name, three parts"),
            Row("iterate(validate=True)", self.validated, self.floor, 3.0, "id, name"),
            Row('iterate(fields="id,name")', self.narrow, self.floor_narrow, 2.5, "id, name"),
            Row(f"{GETS} concurrent get()", self.gets, self.floor_gets, 1.3, "the model"),
        ]


async def seconds(loop: Loop) -> float:
    """How long a loop takes."""
    begun = time.perf_counter()
    await loop()
    return time.perf_counter() - begun


async def ratios(row: Row, rounds: int) -> list[float]:
    """Time of the loop over that of its floor, once for each round."""
    return [await seconds(row.loop) / await seconds(row.floor) for _ in range(rounds)]


@contextmanager
def server(objects: int) -> Generator[str]:
    """The address of a server with so many objects."""
    command = [sys.executable, str(Path(__file__).with_name("page_server.py")), str(objects), str(PAGE_SIZE)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.stdin.close()


PEAK = """
import asyncio, re, sys
from pathlib import Path
from dhis2w_client import Dhis2Client, PatAuth

def kilobytes(what):
    return int(re.search(what + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

async def main():
    async with Dhis2Client(sys.argv[1], PatAuth("t")) as client:
        connected = kilobytes("VmRSS")
        count = 0
        async for element in client.data_elements.iterate(fields=":owner", page_size=int(sys.argv[2])):
            count += element.name is not None
        print(count, (kilobytes("VmHWM") - connected) / 1024)

asyncio.run(main())
"""


def peak_megabytes(objects: int) -> float:
    """Peak memory of a fresh process that iterates, over what it has after connecting; as Linux counts it."""
    with server(objects) as base_url:
        command = [sys.executable, "-c", PEAK, base_url, str(PAGE_SIZE)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    count, megabytes = done.stdout.split()
    assert int(count) == objects
    return float(megabytes)


async def measure(objects: int, rounds: int) -> bool:
    """Print the rows of speed; whether all are within their limits."""
    good = True
    with server(objects) as base_url:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "Authorization": "ApiToken t"}
        limits = httpx2.Limits(max_connections=10)
        async with (
            Dhis2Client(base_url, PatAuth("t")) as client,
            httpx2.AsyncClient(base_url=base_url, headers=headers, limits=limits) as http,
        ):
            for row in Loops(client, http, objects).table():
                await ratios(row, 1)  # the first round loads modules and builds validators
                found = await ratios(row, rounds)
                median = statistics.median(found)
                good = good and median <= row.limit
                print(f"{row.name:<28} {median:6.2f} {min(found):6.2f}  limit {row.limit:<4}  {row.touches}")
    return good


def main() -> int:
    """Print the table; the exit code says whether all is within its limits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--million", type=int, default=1_000_000, help="objects of the second measurement of memory")
    options = parser.parse_args()
    print(f"{options.objects} data elements of 850 bytes, pages of {PAGE_SIZE}\n{'':<28} median    min")
    good = asyncio.run(measure(options.objects, options.rounds))
    lengths = (options.objects, options.million) if sys.platform == "linux" else ()
    for objects in filter(None, lengths):
        megabytes = peak_megabytes(objects)
        good = good and megabytes <= PEAK_LIMIT
        print(f"{f'peak memory, {objects} objects':<28} {megabytes:6.1f} MB     limit {PEAK_LIMIT} MB  iterate(): name")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
