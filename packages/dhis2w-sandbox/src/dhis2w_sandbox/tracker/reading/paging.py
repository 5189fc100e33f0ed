"""Pages of tracker's lists, and what the answer says about them.

Source: `PageRequestParams`, `Page` and `PagingAndSortingCriteriaAdapter` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.errors import bad_request
from dhis2w_sandbox.tracker.reading.parameters import Parameters

Json = dict[str, Any]
Row = TypeVar("Row")

PAGE_SIZE = 50


@dataclass(frozen=True)
class Paging:
    """Which page is wanted."""

    on: bool = True
    """Whether pages are wanted at all; otherwise everything at once."""
    page: int = 1
    size: int = PAGE_SIZE
    totals: bool = False
    """Whether the answer says how many there are."""
    cuts: bool | None = None
    """Whether the list is cut; None where that is so if pages are wanted."""

    @property
    def needed(self) -> int | None:
        """How many rows are needed to know the page, and whether another follows; None for all."""
        return self.page * self.size + 1 if self.on and not self.totals else None

    def cut(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows of the page."""
        if not (self.on if self.cuts is None else self.cuts):
            return rows
        first = (self.page - 1) * self.size
        return rows[first : first + self.size]


def read_paging(parameters: Parameters, largest: int = 0, *, counts: bool = True) -> Paging:
    """The page that a request wants; 400 for contradictions.

    Args:
        parameters: the request's.
        largest: the most rows that a page may have; 0 for no limit.
        counts: whether the list knows how many rows it has on all pages.
    """
    page, size = parameters.integer("page"), parameters.integer("pageSize")
    totals = bool(counts and parameters.flag("totalPages"))
    old = parameters.server.behaviour.takes_old_tracker_parameters
    skipped = parameters.flag("paging") is False or (old and parameters.flag("skipPaging") is True)
    if skipped and (page is not None or size is not None or totals):
        how = "skipped with isSkipPaging=true" if old else "disabled with paging=false"
        raise bad_request(
            f"Paging cannot be {how} while also requesting a paginated response with page, pageSize and/or"
            " totalPages=true"
        )
    if page is not None and page < 1:
        raise bad_request("page must be greater than or equal to 1 if specified")
    if size is not None and size < 1:
        raise bad_request("pageSize must be greater than or equal to 1 if specified")
    if size is not None and 0 < largest < size:
        raise bad_request(
            f"Invalid page size: {size}. It must not exceed the system limit of KeyTrackedEntityMaxLimit {largest}."
        )
    return Paging(not skipped, page or 1, size or PAGE_SIZE, totals)


def page_json(call: Call, key: str, rows: list[Json], paging: Paging, total: int) -> Json:
    """The answer with a page of a list.

    Args:
        call: the request, which links to other pages repeat.
        key: the name of the list.
        rows: the page.
        paging: which one that is.
        total: how many there are on all pages; where they are not counted, more than the page holds is enough.
    """
    if not paging.on:
        return {key: rows}
    numbers: Json = {"page": paging.page, "pageSize": paging.size}
    if paging.totals:
        numbers |= {"total": total, "pageCount": -(-total // paging.size)}
    if call.server.behaviour.repeats_tracker_pager:
        return {"pager": numbers, **numbers, key: rows}
    return {"pager": numbers | _links(call, paging, total), key: rows}


def _links(call: Call, paging: Paging, total: int) -> Json:
    links: Json = {}
    if paging.page > 1:
        links["prevPage"] = _link(call, paging.page - 1)
    if paging.page * paging.size < total:
        links["nextPage"] = _link(call, paging.page + 1)
    return links


def _link(call: Call, page: int) -> str:
    kept = [pair for pair in call.raw_query.split("&") if pair and pair.partition("=")[0] != "page"]
    return f"{call.origin}{call.raw_path}?{'&'.join([*kept, f'page={page}'])}"
