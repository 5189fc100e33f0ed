"""A server that is not the bottleneck: data elements as bytes made beforehand, over bare sockets.

`python page_server.py OBJECTS PAGE_SIZE` prints its port and serves until its standard input ends.
It answers `/api/system/info`, lists of data elements (whole, or `fields=id,name`; by page, or after an id) and one data
element, and looks at nothing else.
"""

from __future__ import annotations

import asyncio
import re
import sys
from functools import lru_cache

KEPT_PAGES = 100
"""Pages of each kind that are kept; longer lists are made as they are asked for, to spare memory."""
OBJECT_BYTES = 850

_WHOLE = (
    b'{"code":"DE_%010d","created":"2019-03-04T10:11:12.131","lastUpdated":"2024-05-06T07:08:09.101",'
    b'"createdBy":{"id":"GOLswS44mh8","code":"admin","name":"Tom Wakiki","displayName":"Tom Wakiki","username":"tom"},'
    b'"lastUpdatedBy":{"id":"GOLswS44mh8","name":"Tom Wakiki","displayName":"Tom Wakiki","username":"tom"},'
    b'"sharing":{"owner":"GOLswS44mh8","external":false,"users":{},"userGroups":{},"public":"rw------"},'
    b'"id":"e%010d","name":"Doses given %010d","shortName":"Doses %010d","aggregationType":"SUM",'
    b'"domainType":"AGGREGATE","valueType":"NUMBER","zeroIsSignificant":false,"categoryCombo":{"id":"bjDvmb4bfuf"},'
    b'"dataElementGroups":[{"id":"oDkJh5Ddh7d"}],"legendSets":[],"aggregationLevels":[],"attributeValues":[],'
    b'"translations":[],"description":"%s"}'
)
_PADDING = b"-" * (OBJECT_BYTES - len(_WHOLE % (0, 0, 0, 0, b"")))
_NARROW = b'{"id":"e%010d","name":"Doses given %010d"}'
_PAGE = re.compile(rb"[?&]page=(\d+)")
_AFTER = re.compile(rb"filter=id:gt:e(\d+)")


def whole_object(number: int) -> bytes:
    """A data element with all it owns."""
    return _WHOLE % (number, number, number, number, _PADDING)


class Pages:
    """The answers, as whole HTTP messages."""

    def __init__(self, objects: int, page_size: int) -> None:
        self.objects = objects
        self.page_size = page_size
        self.page = lru_cache(maxsize=2 * KEPT_PAGES)(self._page)
        for number in range(min(KEPT_PAGES, -(-objects // page_size))):
            self.page(number, whole=True)
            self.page(number, whole=False)
        self.info = _message(b'{"version":"2.42.6","contextPath":"http://127.0.0.1"}')

    def _page(self, number: int, *, whole: bool) -> bytes:
        begin = number * self.page_size
        ids = range(begin, min(begin + self.page_size, self.objects))
        items = b",".join([whole_object(i) if whole else _NARROW % (i, i) for i in ids])
        left = self.objects - begin
        pager = b'{"page":1,"total":%d,"pageSize":%d,"pageCount":%d}' % (
            left,
            self.page_size,
            -(-left // self.page_size),
        )
        return _message(b'{"pager":%s,"dataElements":[%s]}' % (pager, items))

    def answer(self, target: bytes) -> bytes:
        """The message for a request's target."""
        if b"/system/info" in target:
            return self.info
        path, _, query = target.partition(b"?")
        if not path.endswith(b"dataElements"):
            return _message(whole_object(int(path[-10:])))
        after, page = _AFTER.search(query), _PAGE.search(query)
        number = (int(after[1]) + 1) // self.page_size if after else int(page[1]) - 1 if page else 0
        return self.page(number, whole=b"fields=id" not in query)


def _message(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    return head + body


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._left = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete."""
        *requests, self._left = (self._left + data).split(b"\r\n\r\n")
        for request in requests:
            self._transport.write(self._pages.answer(request.split(b" ", 2)[1]))


async def serve(objects: int, page_size: int) -> None:
    """Serve until standard input ends."""
    pages = Pages(objects, page_size)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(pages), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
