"""A thread with an event loop, in which blocking callers have coroutines run."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from dhis2w_client.errors import ClientStateError

T = TypeVar("T")

WAKE_INTERVAL = 0.2
"""Seconds after which a waiting caller looks for Ctrl-C; a finished call wakes it at once. (Windows needs it.)"""


class Portal:
    """Runs coroutines in a thread of its own, so that callers may block even where an event loop runs (Jupyter)."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="dhis2w-client", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, and give back what it gives back; Ctrl-C cancels it.

        Raises:
            ClientStateError: The process was forked, the portal is closed, or the caller is inside of its thread.
        """
        problem = self._problem()
        if problem:
            coroutine.close()
            raise ClientStateError(problem, next_step="Open a client of your own where you use it.")
        call = _Call(coroutine)
        try:
            self._loop.call_soon_threadsafe(call.begin)
            while not call.answer.done():
                concurrent.futures.wait((call.answer,), timeout=WAKE_INTERVAL)
        except BaseException:  # Ctrl-C may come at any moment, before the call has begun too
            self._loop.call_soon_threadsafe(call.cancel)
            raise
        return call.answer.result()

    def _problem(self) -> str | None:
        if self._pid != os.getpid():
            return "The client was opened in another process; its thread did not come along with the fork."
        if not self._thread.is_alive():
            return "The client is closed."
        if threading.current_thread() is self._thread:
            return "A blocking call inside of the client's own thread would wait for itself."
        return None

    def close(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `last`, and end the thread. In a forked process there is neither thread nor anything to end."""
        if self._pid != os.getpid() or not self._thread.is_alive():
            return
        try:
            self.run(last())
        finally:
            self._stop()

    def _stop(self) -> None:
        self.run(_finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _Call(Generic[T]):
    """One coroutine under way; everything but `answer` belongs to the portal's thread."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self.answer: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._coroutine = coroutine
        self._task: asyncio.Task[T] | None = None

    def begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._coroutine)
        self._task.add_done_callback(self._end)

    def cancel(self) -> None:
        if self._task is None:
            self._coroutine.close()
        else:
            self._task.cancel()

    def _end(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self.answer.set_exception(ClientStateError("The client was closed while it waited for an answer."))
        elif (error := task.exception()) is not None:
            self.answer.set_exception(error)
        else:
            self.answer.set_result(task.result())


async def _finish() -> None:
    """Cancel what still runs, and end generators that nobody read to their end."""
    loop = asyncio.get_running_loop()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await loop.shutdown_asyncgens()
