"""The objects of a list, page by page, with the next page under way while one is worked on."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from dhis2w_client.errors import ListChangedWarning
from dhis2w_client.pages import Page, Pager, Row, made, object_of, pager_of, rows_of
from dhis2w_client.walk import Step, Walk, drift, step_after, without_repeats

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue
    from dhis2w_client.reply import Reply

T = TypeVar("T")
Ask: TypeAlias = "Callable[[list[tuple[str, ParamValue]]], Awaitable[Reply]]"


class Items(Generic[T]):
    """The objects of a list; `async for` reads them page by page.

    Two pages are in memory at most: the one that is worked on, and the next, which is asked for meanwhile. Each
    `async for` begins anew.
    """

    def __init__(self, walk: Walk, key: str, ask: Ask, make: Callable[[list[Row]], list[T]]) -> None:
        self._walk = walk
        self._key = key
        self._ask = ask
        self._make = make

    def __aiter__(self) -> AsyncIterator[T]:
        """The objects one by one."""
        return self._each()

    async def _each(self) -> AsyncGenerator[T]:
        async with aclosing(self._read()) as pages:
            async for page in pages:
                for item in page:
                    yield item

    def pages(self) -> AsyncIterator[Page[T]]:
        """The same objects, a page at a time."""
        return self._read()

    async def _read(self) -> AsyncGenerator[Page[T]]:
        step: Step | None = Step()
        changed = None
        under_way = asyncio.create_task(self._fetch(step))
        try:
            while step:
                fetched = await under_way
                changed = changed or drift(self._walk, step, fetched.pager, fetched.end_before)
                rows = without_repeats(step, fetched.rows)
                step = step_after(self._walk, step, fetched.rows, fetched.pager)
                if step:
                    under_way = asyncio.create_task(self._fetch(step))
                    await asyncio.sleep(0)  # lets the request go out before the caller works on this page
                yield Page(made(rows, self._make, fetched.reply), fetched.pager)
        finally:
            under_way.cancel()
            await asyncio.gather(under_way, return_exceptions=True)
        if changed:
            warnings.warn(f"The list of {self._key} changed while it was read: {changed}.", ListChangedWarning, 2)

    async def _fetch(self, step: Step) -> _Fetched:
        reply = await self._ask(self._walk.params(step))
        answer = object_of(reply)
        end = await self._end_before(step)
        return _Fetched(reply, rows_of(answer, self._key, reply), pager_of(answer), end)

    async def _end_before(self, step: Step) -> str | None:
        """The id at the end of the page before, as it is now."""
        params = self._walk.params_of_end(step)
        if params is None:
            return None
        reply = await self._ask(params)
        rows = rows_of(object_of(reply), self._key, reply)
        return rows[0].get("id") if rows else None


@dataclass(frozen=True, slots=True)
class _Fetched:
    reply: Reply
    rows: list[Row]
    pager: Pager | None
    end_before: str | None
