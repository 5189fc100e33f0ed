"""The floor of `push.py`: bare httpx2 and orjson. `python push_floor.py push FILE|read --server URL`."""

from __future__ import annotations

import argparse
import asyncio
import csv
import gzip
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import orjson
from peak_memory import megabytes

from dhis2w_client.call import GZIP_LEVEL

BLOCK = 1024 * 1024
ROWS_AT_ONCE = 10_000
Rows = list[dict[str, Any]]


class Cutter:
    """Cuts an object with a list of flat values into blocks of values, as its bytes come."""

    def __init__(self) -> None:
        self._rest = b""
        self._begun = False

    def feed(self, piece: bytes) -> Rows:
        """The values that are complete."""
        self._rest += piece
        if not self._begun:
            self._rest, self._begun = self._rest[len(b'{"dataValues":[') :], True
        end = self._rest.rfind(b"},") + 1
        values, self._rest = self._rest[:end], self._rest[end + 1 :]
        return orjson.loads(b"[" + values + b"]")

    def end(self) -> Rows:
        """The values that are left."""
        return orjson.loads(b"[" + self._rest[: self._rest.rindex(b"]")] + b"]")


def json_rows(file: Path) -> Iterator[Rows]:
    """The values of a JSON file, block by block."""
    cutter = Cutter()
    with file.open("rb") as content:
        while block := content.read(BLOCK):
            yield cutter.feed(block)
    yield cutter.end()


def csv_rows(file: Path) -> Iterator[Rows]:
    """The values of a CSV file, block by block."""
    with file.open(newline="", encoding="utf-8") as content:
        table = csv.reader(content)
        names = next(table)
        while rows := [dict(zip(names, cells, strict=True)) for cells in islice(table, ROWS_AT_ONCE)]:
            yield rows


def chunks(blocks: Iterator[Rows]) -> Iterator[Rows]:
    """The rows, cut anew."""
    rows: Rows = []
    for block in blocks:
        rows += block
        while len(rows) >= ROWS_AT_ONCE:
            yield rows[:ROWS_AT_ONCE]
            rows = rows[ROWS_AT_ONCE:]
    if rows:
        yield rows


async def push(http: httpx2.AsyncClient, file: Path) -> int:
    """Post every chunk."""
    count = 0
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    for rows in chunks(json_rows(file) if file.suffix == ".json" else csv_rows(file)):
        body = gzip.compress(orjson.dumps({"dataValues": rows}), GZIP_LEVEL, mtime=0)
        answer = await http.post("/api/dataValueSets", content=body, headers=headers)
        orjson.loads(answer.content)
        count += len(rows)
    return count


async def read(http: httpx2.AsyncClient) -> int:
    """Read an export in bounded memory, and look at each value."""
    count = 0
    cutter = Cutter()
    async with http.stream("GET", "/api/dataValueSets") as answer:
        async for piece in answer.aiter_bytes(BLOCK):
            for row in cutter.feed(piece):
                count += "value" in row
    for row in cutter.end():
        count += "value" in row
    return count


async def main() -> None:
    """Connect, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["push", "read"])
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--server", required=True)
    options = parser.parse_args()
    async with httpx2.AsyncClient(base_url=options.server, headers={"Authorization": "ApiToken t"}, timeout=60) as http:
        await http.get("/api/system/info")
        before, begun = megabytes("VmRSS"), time.perf_counter()
        count = await (push(http, options.file) if options.what == "push" else read(http))
        print(count, time.perf_counter() - begun, megabytes("VmHWM") - before)


if __name__ == "__main__":
    asyncio.run(main())
