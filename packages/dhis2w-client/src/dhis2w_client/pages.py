"""One page of a list: from the bytes of an answer to objects."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from dhis2w_client.errors import Dhis2Error, UnexpectedShapeError
from dhis2w_client.json_value import as_object
from dhis2w_client.refusals import error_of
from dhis2w_client.replies import model_of

if TYPE_CHECKING:
    from dhis2w_client.reply import Reply

T = TypeVar("T")
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Pager:
    """Where a page is in its list."""

    page: int | None = None
    """Its number, from 1."""
    page_size: int | None = None
    """How many objects a page holds at most."""
    page_count: int | None = None
    """How many pages there are; 0 where nothing was found."""
    total: int | None = None
    """How many objects there are."""


class Page(list[T]):
    """The objects of one page, or of a whole list; a list with a `pager`."""

    def __init__(self, items: list[T], pager: Pager | None) -> None:
        super().__init__(items)
        self.pager = pager
        """Where this page is; None where everything was asked for at once."""


def object_of(reply: Reply) -> Row:
    """The JSON object that an answer is.

    Raises:
        ApiError: the server refused.
        AnswerError: the answer is no JSON object.
    """
    from pydantic_core import from_json

    error = error_of(reply)
    if error is not None:
        raise error
    try:
        with collector_paused():
            answer = from_json(reply.body, cache_strings="keys")
    except ValueError:
        return model_of(reply, Row)  # says what is wrong
    if isinstance(answer, dict):
        return cast("Row", answer)
    raise _unexpected(reply, "a JSON object")


def rows_of(answer: Row, key: str, reply: Reply) -> list[Row]:
    """The list in an answer.

    Raises:
        UnexpectedShapeError: it is not there.
    """
    rows = answer.get(key)
    if isinstance(rows, list):
        return cast("list[Row]", rows)
    raise _unexpected(reply, f"an object with a list {key!r}")


def pager_of(answer: Row) -> Pager | None:
    """The pager of an answer."""
    pager = as_object(answer.get("pager"))
    return Pager(*(_number(pager.get(key)) for key in ("page", "pageSize", "pageCount", "total"))) if pager else None


def made(rows: list[Row], make: Callable[[list[Row]], list[T]], reply: Reply) -> list[T]:
    """Objects made of all rows at once.

    Raises:
        UnexpectedShapeError: a row does not fit its model.
    """
    from pydantic import ValidationError

    try:
        with collector_paused():
            return make(rows)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
        what = f"{error.title}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}"
    except (TypeError, AttributeError):
        what = "an object for each member of the list"
    raise _unexpected(reply, what)


@contextmanager
def collector_paused() -> Generator[None]:
    """No garbage collection while many objects are made that all stay alive: it would look at each of them in vain."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _unexpected(reply: Reply, wanted: str) -> Dhis2Error:
    return UnexpectedShapeError(
        f"{reply.method} {reply.path} got JSON that is not {wanted}.",
        method=reply.method,
        path=reply.path,
        status=reply.status,
        excerpt=reply.text[:1000],
    )
