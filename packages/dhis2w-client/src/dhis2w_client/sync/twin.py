"""Deriving blocking classes from the async ones: the same names, without `await`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from typing import Any, ClassVar, cast

from dhis2w_client.errors import ClientStateError

Runner = Callable[[Coroutine[Any, Any, Any]], Any]


class Twin:
    """The blocking view of an async object; what is not async is passed on as it is."""

    TWINS: ClassVar[dict[type, type[Twin]]] = {}
    """The blocking class of each async class."""

    def __init_subclass__(cls, *, source: type) -> None:
        cls.__doc__ = source.__doc__
        for name, member in vars(source).items():
            if not name.startswith("_") and name not in vars(cls) and callable(member):
                setattr(cls, name, _blocking(name, member))
        Twin.TWINS[source] = cls

    def __init__(self, target: object, run: Runner) -> None:
        self.twin_of: Any = target
        self.twin_run = run

    def __repr__(self) -> str:
        return repr(self.twin_of)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return view(getattr(self.twin_of, name), self.twin_run)

    def __dir__(self) -> list[str]:
        return [name for name in dir(self.twin_of) if not name.startswith("_")]


def view(value: object, run: Runner) -> object:
    """The blocking view of a value: of an async object its twin, of an async iterator an iterator."""
    twin = next((Twin.TWINS[kind] for kind in type(value).__mro__ if kind in Twin.TWINS), None)
    if twin is not None:
        return twin(value, run)
    if isinstance(value, AsyncIterator):
        return _blocking_iterator(cast("AsyncIterator[Any]", value), run)
    return value


def _blocking(name: str, member: Callable[..., Any]) -> Callable[..., Any]:
    """The blocking form of a method."""
    if inspect.iscoroutinefunction(member):

        def call(self: Twin, *args: Any, **kwargs: Any) -> Any:
            return view(self.twin_run(getattr(self.twin_of, name)(*args, **kwargs)), self.twin_run)

    elif inspect.isasyncgenfunction(inspect.unwrap(member)):

        def call(self: Twin, *args: Any, **kwargs: Any) -> Any:
            made = getattr(self.twin_of, name)(*args, **kwargs)
            if isinstance(made, AbstractAsyncContextManager):
                return _blocking_context(cast("AbstractAsyncContextManager[Any]", made), self.twin_run)
            return view(made, self.twin_run)

    else:

        def call(self: Twin, *args: Any, **kwargs: Any) -> Any:
            return view(getattr(self.twin_of, name)(*args, **kwargs), self.twin_run)

    functools.update_wrapper(call, member)
    vars(call).pop("__wrapped__")  # or it would count as a coroutine function
    vars(call)["__signature__"] = inspect.signature(member)
    return call


def _blocking_iterator(items: AsyncIterator[Any], run: Runner) -> Iterator[Any]:
    async def next_item() -> tuple[bool, Any]:
        try:
            return True, await anext(items)
        except StopAsyncIteration:
            return False, None

    try:
        while True:
            more, item = run(next_item())
            if not more:
                return
            yield view(item, run)
    finally:
        if isinstance(items, AsyncGenerator):
            with suppress(ClientStateError):  # a closed client has ended it already
                run(items.aclose())


@contextmanager
def _blocking_context(manager: AbstractAsyncContextManager[Any], run: Runner) -> Generator[Any]:
    entered = view(run(_enter(manager)), run)
    try:
        yield entered
    except BaseException as error:
        if not run(_exit(manager, error)):
            raise
    else:
        run(_exit(manager, None))


async def _enter(manager: AbstractAsyncContextManager[Any]) -> Any:
    return await manager.__aenter__()


async def _exit(manager: AbstractAsyncContextManager[Any], error: BaseException | None) -> bool | None:
    return await manager.__aexit__(type(error) if error else None, error, error.__traceback__ if error else None)
