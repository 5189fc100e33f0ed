"""How a list is walked from its first page to its last while others change it: decisions only, `items.py` sends them.

Where no order is asked for, a page is "what comes after this id, by id": an object that others insert or delete in the
meantime cannot move the ones that are still to come. In any other order pages have numbers, and what is inserted or
deleted before a page moves its beginning. Repeats are dropped; and whether the page before still ends where it ended
tells whether something may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dhis2w_client.errors import UnexpectedShapeError
from dhis2w_client.filters import split_as_server
from dhis2w_client.list_query import ListQuery, with_id

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue
    from dhis2w_client.pages import Pager, Row
    from dhis2w_client.versions import Dialect

ID_ORDER = "id:asc"


@dataclass(frozen=True, slots=True)
class Walk:
    """How a list is walked."""

    query: ListQuery
    page_size: int
    by_id: bool
    """Whether a page begins after an id; otherwise pages have numbers."""
    has_ids: bool
    """Whether the objects of the answer have an `id`."""

    def params(self, step: Step) -> list[tuple[str, ParamValue]]:
        """The query parameters for a page."""
        query = self.query
        if step.after is not None:
            query = replace(query, filters=(*query.filters, f"id:gt:{step.after}"))
        number = step.number if step.number > 1 else None
        return [*query.params(), ("page", number), ("pageSize", self.page_size)]

    def params_of_end(self, step: Step) -> list[tuple[str, ParamValue]] | None:
        """The query parameters for the last object of the page before; None where pages cannot shift."""
        if step.last is None or self.by_id:
            return None
        query = replace(self.query, fields="id")
        return [*query.params(), ("page", (step.number - 1) * self.page_size), ("pageSize", 1)]


@dataclass(frozen=True, slots=True)
class Step:
    """Which page of a walk comes next, and what is remembered of the one before."""

    number: int = 1
    after: str | None = None
    """The id after which the page begins."""
    total: int | None = None
    """How many objects the list had when the walk began."""
    last: str | None = None
    """The id at the end of the page before."""
    seen: frozenset[str | None] = frozenset()
    """The ids of the page before."""


def plan_walk(query: ListQuery, page_size: int, *, identifiable: bool, dialect: Dialect) -> Walk:
    """Decide how to walk a list.

    Args:
        query: What is asked for.
        page_size: Objects in a page.
        identifiable: Whether the collection's objects have an `id`.
        dialect: The version's ways.
    """
    fields = with_id(query.fields) if identifiable else None
    if fields is None:
        return Walk(query, page_size, by_id=False, has_ids=False)
    filters = (*query.filters, "id:gt:a0000000000")
    stays_whole = not dialect.splits_filters_at_commas or split_as_server(filters) == filters
    is_heard = query.root_junction != "OR" and not (query.query and dialect.hears_query_alone)
    by_id = not query.order and is_heard and stays_whole
    return Walk(replace(query, fields=fields, order=_total_order(query.order)), page_size, by_id=by_id, has_ids=True)


def _total_order(order: tuple[str, ...]) -> tuple[str, ...]:
    """The order, with `id` at its end, so that objects that are alike have an order too."""
    properties = {part.partition(":")[0] for text in order for part in text.split(",")}
    return order if "id" in properties else (*order, ID_ORDER)


def step_after(walk: Walk, step: Step, rows: list[Row], pager: Pager | None) -> Step | None:
    """The step after a page; None at the end of the list.

    Raises:
        UnexpectedShapeError: The server gave the same page again.
    """
    if not rows or _is_last(walk, step, len(rows), pager):
        return None
    last = rows[-1].get("id") if walk.has_ids else None
    if walk.by_id and last:
        return _step_behind(step, last)
    return Step(
        number=step.number + 1,
        total=pager.total if step.total is None and pager else step.total,
        last=last,
        seen=frozenset(row.get("id") for row in rows) if walk.has_ids else frozenset(),
    )


def _step_behind(step: Step, last: str) -> Step:
    if last == step.after:
        raise UnexpectedShapeError(
            f"The list does not go on after {last}, because the server does not heed the filter id:gt.",
            next_step="Ask for an order, such as name:asc; then pages are read by number.",
        )
    return Step(after=last)


def _is_last(walk: Walk, step: Step, found: int, pager: Pager | None) -> bool:
    """Whether a page is the last one; the server may leave objects out of a page, so its length alone says little."""
    if pager is None:
        return True
    if pager.page_count is None:
        return found < walk.page_size
    return step.number >= pager.page_count


def without_repeats(step: Step, rows: list[Row]) -> list[Row]:
    """The rows that the page before did not have."""
    return [row for row in rows if row.get("id") not in step.seen] if step.seen else rows


def drift(walk: Walk, step: Step, pager: Pager | None, end: str | None) -> str | None:
    """What says that the list changed so that objects may be missing; None when nothing does.

    Args:
        walk: How the list is walked.
        step: The step that brought this page.
        pager: Of this page.
        end: The id that is now at the end of the page before.
    """
    if walk.by_id:
        return None
    if step.last is not None:
        moved = end != step.last
        return f"page {step.number - 1} ended with {step.last}, and now ends with {end or 'nothing'}" if moved else None
    if step.total is not None and pager and pager.total is not None and pager.total != step.total:
        return f"it had {step.total} objects, and now has {pager.total}"
    return None
