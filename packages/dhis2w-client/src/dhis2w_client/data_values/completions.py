"""Data sets that were registered as complete: `client.data_values.completions`.

Source: `CompleteDataSetRegistrationController` of dhis2-core; recordings `data/entry-extras`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dhis2w_client.errors import ConflictError, InvalidRequestError
from dhis2w_client.json_value import as_array, as_object
from dhis2w_client.periods.day_text import day_text
from dhis2w_client.refusals import error_of
from dhis2w_client.reports import read_report
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.reports import ReportRow

PATH = "completeDataSetRegistrations"
NEW_PERIOD = "Failed to flush BatchHandler"


class CompletionService:
    """Complete data sets; `list`, `register`, `remove`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def list(
        self, data_sets: Sequence[str], periods: Sequence[str], org_units: Sequence[str], *, children: bool = False
    ) -> list[dict[str, Any]]:
        """Read what is complete, with `organisationUnit`, `date`, `storedBy` and `completed` of each.

        Args:
            data_sets: UIDs of the data sets.
            periods: The periods.
            org_units: UIDs of the units.
            children: With all that is below the units.

        Raises:
            InvalidRequestError: One of them is not said.
            InvalidPeriodError: A period is none.
        """
        if not (data_sets and periods and org_units):
            raise InvalidRequestError("Say which data sets, periods and units.")
        params = {
            "dataSet": list(data_sets),
            "period": [self._api.period(period) for period in periods],
            "orgUnit": list(org_units),
            "children": children or None,
        }
        answer = await self._api.read(PATH, params)  # an empty object where there is none
        return [as_object(row) for row in as_array(answer.get(PATH))]

    async def register(
        self,
        data_set: str,
        period: str,
        org_unit: str,
        *,
        attribute_option_combo: str | None = None,
        date: str | None = None,
    ) -> tuple[ReportRow, ...]:
        """Register a data set as complete; it may be repeated.

        Args:
            data_set: UID of the data set.
            period: The period: `202401`.
            org_unit: UID of the unit.
            attribute_option_combo: UID of the combo. Default: the default combo.
            date: The day of completion: `2024-02-03`. Default: today.

        Returns:
            What DHIS2 complained about in a success.

        Raises:
            InvalidPeriodError: The period is none.
            InvalidRequestError: The day is none; nothing was sent.
            ConflictError: DHIS2 refused.
        """
        row = {
            "dataSet": data_set,
            "period": self._api.period(period),
            "organisationUnit": org_unit,
            "attributeOptionCombo": attribute_option_combo,
            "date": date and day_text(date),
            "completed": True,
        }
        body = {PATH: [{key: value for key, value in row.items() if value is not None}]}
        try:
            return await self._post(body)
        except ConflictError as error:
            # 2.43 fails on a period that nothing has used before, and has it the second time
            if NEW_PERIOD not in str(error):
                raise
        return await self._post(body)

    async def _post(self, body: dict[str, Any]) -> tuple[ReportRow, ...]:
        from pydantic_core import from_json

        reply = await self._api.ask("POST", PATH, body=body)
        error = error_of(reply)
        if error is not None:
            raise error
        report = read_report(from_json(reply.body))
        return report.rows if report else ()

    async def remove(self, data_set: str, period: str, org_unit: str) -> None:
        """Take a registration back; it is well where there is none.

        Args:
            data_set: UID of the data set.
            period: The period: `202401`.
            org_unit: UID of the unit.

        Raises:
            InvalidPeriodError: The period is none.
            ConflictError: It is locked.
        """
        params = {"ds": data_set, "pe": self._api.period(period), "ou": org_unit}
        write_report(await self._api.ask("DELETE", PATH, params=params))
