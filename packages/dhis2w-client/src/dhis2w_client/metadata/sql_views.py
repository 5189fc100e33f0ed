"""`client.metadata.sql_views`: running SQL views, and reading what they give.

Source: "SQL views" in DHIS2's developer guide, `SqlViewController`; recording `services/sql-views`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.json_value import as_array, as_object
from dhis2w_client.list_query import fields_text
from dhis2w_client.pages import Pager, pager_of
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.filters import Filters
    from dhis2w_client.list_query import Fields
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.write_report import WriteReport


@dataclass(frozen=True, slots=True)
class SqlRows:
    """What a view gives."""

    columns: tuple[str, ...]
    """The names of its columns."""
    rows: tuple[tuple[Any, ...], ...]
    """Its rows, each with a value for each column."""
    pager: Pager | None
    """Which page this is; None where everything was asked for."""

    def dicts(self) -> list[dict[str, Any]]:
        """The rows by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class SqlViewService:
    """SQL views: `client.metadata.sql_views`; as objects they are `client.sql_views`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def rows(
        self,
        id: str,
        *,
        variables: Mapping[str, str | int] | None = None,
        criteria: Mapping[str, str | int] | None = None,
        filters: Filters = None,
        fields: Fields = None,
        page: int | None = None,
        page_size: int | None = None,
    ) -> SqlRows:
        """Read what a view gives.

        Args:
            id: UID of the view.
            variables: Values for the variables of a query (`${low}`): letters, digits and a few signs alone.
            criteria: Values that columns must have.
            filters: Further conditions on columns: `label:like:3`.
            fields: Which columns. Default: all.
            page: Number of the page, from 1.
            page_size: Rows in a page. Default: everything at once.

        Raises:
            ObjectNotFoundError: There is no such view.
            InvalidRequestError: A name or value that DHIS2 would cut at a colon or comma.
            ConflictError: A variable is missing (E4307) or may not have its value (E4306), the SQL is not allowed or
                fails, or the user may not read the view's data (E4312).
        """
        given = (filters,) if isinstance(filters, str) or not isinstance(filters, Sequence) else filters
        paged = page is not None or page_size is not None
        params = [
            *(("var", _pair(name, value)) for name, value in (variables or {}).items()),
            *(("criteria", _pair(name, value)) for name, value in (criteria or {}).items()),
            *(("filter", str(text)) for text in given if text is not None),
            ("fields", fields_text(fields)),
            ("paging", None if paged else False),
            ("page", page),
            ("pageSize", page_size),
        ]
        answer = await self._api.read(self._api.path("sqlViews", id, "data"), params)
        grid = as_object(answer.get("listGrid")) or answer
        columns = tuple(str(as_object(header).get("column")) for header in as_array(grid.get("headers")))
        rows = tuple(tuple(cast("list[Any]", row)) for row in as_array(grid.get("rows")))
        return SqlRows(columns, rows, pager_of(answer))

    async def execute(self, id: str) -> WriteReport:
        """Create the view in DHIS2's database, which one of type VIEW or MATERIALIZED_VIEW needs before it is read.

        Args:
            id: UID of the view.

        Raises:
            ConflictError: It is a query, or its SQL fails.
        """
        return write_report(await self._api.ask("POST", self._api.path("sqlViews", id, "execute")), id)

    async def refresh(self, id: str) -> WriteReport:
        """Fill a materialized view anew.

        Args:
            id: UID of the view.

        Raises:
            ConflictError: It is no materialized view, or was not created yet.
        """
        return write_report(await self._api.ask("POST", self._api.path("sqlViews", id, "refresh")), id)


def _pair(name: str, value: str | int) -> str:
    text = f"{name}:{value}"
    if text.count(":") > 1 or "," in text:
        raise InvalidRequestError(f"DHIS2 would cut {text!r} at its colon or comma.")
    return text
