"""What became of data values, and who did it: `client.data_values.audits`.

Source: `AuditController`, `DataValueAuditService` (2.41, 2.42), `DataValueChangelogService` (2.43, 2.44) of dhis2-core;
recordings `data/entry-extras`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, TypeAlias

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.json_value import as_array, as_count, as_object, as_text
from dhis2w_client.periods import period_of

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.periods import Calendar

PATH = "audits/dataValue"
KEY = "dataValueAudits"
PAGE_SIZE = 1000
"""The most that 2.44 gives at once."""
AuditType: TypeAlias = Literal["CREATE", "UPDATE", "DELETE"]


@dataclass(frozen=True, slots=True)
class DataValueAudit:
    """What became of one value."""

    data_element: str
    period: str
    org_unit: str
    category_option_combo: str
    attribute_option_combo: str
    type: str
    """`CREATE` (from 2.43 on only), `UPDATE` or `DELETE`."""
    value: str | None
    """2.43 on: the value as it was written; up to 2.42: as it was before."""
    modified_by: str | None
    """Username."""
    created: str | None
    """When, in the server's time zone: `2024-02-03T10:11:12.345`."""


class AuditService:
    """Audits of data values; `rows`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def rows(
        self,
        *,
        data_sets: Sequence[str] = (),
        data_elements: Sequence[str] = (),
        periods: Sequence[str] = (),
        org_units: Sequence[str] = (),
        category_option_combo: str | None = None,
        attribute_option_combo: str | None = None,
        types: Sequence[AuditType] = (),
        page_size: int = PAGE_SIZE,
    ) -> AsyncGenerator[DataValueAudit]:
        """Read what became of values, the latest first, page after page.

        What is written while pages are read moves rows to the next page; they are then told twice.

        Args:
            data_sets: Only of data sets: UIDs.
            data_elements: Only of data elements: UIDs.
            periods: Only of periods.
            org_units: Only of units: UIDs; without those below.
            category_option_combo: Only of a combo: UID.
            attribute_option_combo: Only of a combo: UID.
            types: Only what was done so.
            page_size: Rows in one request, at most 1,000.

        Raises:
            InvalidPeriodError: A period is none.
            InvalidRequestError: A data set, data element or unit does not exist.
            ConflictError: The same, as 2.41 and 2.42 say it (E1112).
        """
        params: dict[str, ParamValue | Sequence[ParamValue]] = {
            "ds": list(data_sets),
            "de": list(data_elements),
            "pe": [self._api.period(period) for period in periods],
            "ou": list(org_units),
            "co": category_option_combo,
            "cc": attribute_option_combo,
            self._api.dialect.audit_type_parameter: list(types),
            "pageSize": page_size,
        }
        page, pages = 1, 1
        while page <= pages:
            answer = await self._api.read(PATH, params | {"page": page})
            rows = as_array(answer.get(KEY))
            if not rows and page == 1:
                await self._check_known(data_sets, data_elements, org_units)
            for row in rows:
                yield audit_of(as_object(row), self._api.calendar)
            pages = as_count(as_object(answer.get("pager")).get("pageCount"))
            page += 1

    async def _check_known(
        self, data_sets: Iterable[str], data_elements: Iterable[str], org_units: Iterable[str]
    ) -> None:
        """Tell nothing found from nothing there, which 2.43 answers alike."""
        named = {"dataSets": data_sets, "dataElements": data_elements, "organisationUnits": org_units}
        for plural, uids in named.items():
            wanted = set(uids)
            rows = await self._api.rows_by_id(plural, wanted, "id") if wanted else []
            if unknown := sorted(wanted - {str(row["id"]) for row in rows}):
                raise InvalidRequestError(
                    f"There are no {plural} {', '.join(unknown[:5])}, or you may not see them.",
                    next_step="Without them nothing can be found.",
                )


def audit_of(row: Mapping[str, object], calendar: Calendar) -> DataValueAudit:
    """An audit, from what DHIS2 says of it."""
    element, unit, combo, attribute = (
        as_text(as_object(row.get(key)).get("id")) or ""
        for key in ("dataElement", "organisationUnit", "categoryOptionCombo", "attributeOptionCombo")
    )
    return DataValueAudit(
        element,
        _period_in(as_object(row.get("period")), calendar),
        unit,
        combo,
        attribute,
        as_text(row.get("auditType")) or "",
        as_text(row.get("value")),
        as_text(row.get("modifiedBy")),
        as_text(row.get("created")),
    )


def _period_in(period: Mapping[str, object], calendar: Calendar) -> str:
    """The period of a row: its name, or, from 2.43 on, from its type and first day."""
    name, type, start = (as_text(period.get(key)) for key in ("id", "periodType", "startDate"))
    if name or not (type and start):
        return name or ""
    return str(period_of(type, date.fromisoformat(start[:10]), calendar))
