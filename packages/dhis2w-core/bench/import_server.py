"""A server that is not the bottleneck: it reads what is imported, and answers with bytes made beforehand.

`python import_server.py ROWS_AT_ONCE VALUES VERSION` prints its port and serves until its standard input ends.
It takes every import as one of `ROWS_AT_ONCE` values that were all created, answers an export with `VALUES` values, and
knows the metadata of `values.py` beside it; it looks at nothing else.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

from values import lists, user, value_rows

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
PIECE = 10_000
"""Values of an export that are written at once."""


class Answers:
    """The answers, as whole HTTP messages."""

    def __init__(self, rows_at_once: int, values: int, version: str) -> None:
        self.info = _message({"version": version, "contextPath": "http://127.0.0.1"})
        count = {"imported": rows_at_once, "updated": 0, "ignored": 0, "deleted": 0}
        conflicts: list[object] = []
        summary = {"responseType": "ImportSummary", "status": "SUCCESS", "importCount": count, "conflicts": conflicts}
        self.imported = _message({"httpStatus": "OK", "httpStatusCode": 200, "status": "OK", "response": summary})
        self.lists = {name: _message({name: rows}) for name, rows in lists().items()}
        self.lists["me"] = _message(user())
        self._values = values
        self.exported: list[bytes] = []

    def answer(self, method: bytes, target: bytes) -> list[bytes]:
        """The pieces of the message for a request."""
        path = target.partition(b"?")[0].rsplit(b"/", 1)[-1].decode()
        if method == b"POST":
            return [self.imported]
        if path == "dataValueSets":
            return self.export()
        return [self.lists.get(path) or self.info]

    def export(self) -> list[bytes]:
        """All values; made when they are asked for the first time."""
        if not self.exported:
            texts = [json.dumps(row, separators=(",", ":")).encode() for row in value_rows(self._values)]
            pieces = [b",".join(texts[start : start + PIECE]) for start in range(0, len(texts), PIECE)]
            pieces = [b'{"dataValues":[' + pieces[0], *(b"," + piece for piece in pieces[1:]), b"]}"]
            self.exported = [_head(sum(map(len, pieces))), *pieces]
        return self.exported


def _message(answer: object) -> bytes:
    body = json.dumps(answer, separators=(",", ":")).encode()
    return _head(len(body)) + body


def _head(length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % length


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._head = b""
        self._left = 0
        """Bytes of the body that are still to come."""
        self._request: tuple[bytes, bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer a request when it is complete; a body is counted, and not kept."""
        if self._request is None:
            head, found, body = (self._head + data).partition(b"\r\n\r\n")
            if not found:
                self._head = head
                return
            method, target, _ = head.split(b" ", 2)
            length = _LENGTH.search(head)
            self._head, self._request, self._left = b"", (method, target), int(length[1]) if length else 0
            data = body
        self._left -= len(data)
        if self._left <= 0:
            self._transport.writelines(self._answers.answer(*self._request))
            self._request = None


async def serve(rows_at_once: int, values: int, version: str) -> None:
    """Serve until standard input ends."""
    answers = Answers(rows_at_once, values, version)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(answers), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
