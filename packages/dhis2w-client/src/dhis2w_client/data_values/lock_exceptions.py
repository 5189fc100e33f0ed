"""Units that may enter data of a closed period after all: `client.data_values.lock_exceptions`.

Source: `LockExceptionController` of dhis2-core.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dhis2w_client.errors import DataLossWarning, InvalidRequestError
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi

PATH = "lockExceptions"
UNITS_AT_ONCE = 200
"""Units that fit into one URL."""
_PERIOD_IN_NAME = re.compile(r"[( ]([^( ]+)\)")


@dataclass(frozen=True, slots=True)
class LockException:
    """A data set that is open for a period after all."""

    data_set: str
    """UID of the data set."""
    period: str
    """The period: `202401`."""
    org_unit: str | None
    """UID of the unit; None in a list of `combinations`."""
    name: str
    """As DHIS2 names it: `Child Health (Ngelehun CHC, January 2024)`."""


class LockExceptionService:
    """Exceptions from the locking of data sets; `list`, `combinations`, `create`, `delete`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def list(self, data_set: str | None = None, period: str | None = None) -> list[LockException]:
        """Read the exceptions.

        Args:
            data_set: Only those of a data set: its UID.
            period: Only those of a period.

        Raises:
            InvalidPeriodError: The period is none.
        """
        wanted = self._api.period(period) if period else None
        answer = await self._api.read(PATH, {"paging": False})
        rows = [exception_of(as_object(row)) for row in as_array(answer.get(PATH))]
        return [row for row in rows if data_set in (None, row.data_set) and wanted in (None, row.period)]

    async def combinations(self) -> list[LockException]:
        """Read which data sets and periods have exceptions, by name, without their units."""
        answer = await self._api.read(f"{PATH}/combinations")
        return [exception_of(as_object(row)) for row in as_array(answer.get(PATH))]

    async def create(self, data_set: str, period: str, org_units: Sequence[str]) -> None:
        """Let units enter data of a data set for a period, however long ago that was; it may be repeated.

        Args:
            data_set: UID of the data set.
            period: The period.
            org_units: UIDs of the units; the data set is assigned to them, and you enter data for them.

        Warns:
            DataLossWarning: The data set is not assigned to some of the units, which DHIS2 passes over.

        Raises:
            InvalidRequestError: No unit.
            InvalidPeriodError: The period is none.
            ConflictError: The data set or a unit does not exist, or the set is assigned to none of them.
            ForbiddenError: You may not update the data set, or not enter data for a unit.
        """
        if not org_units:
            raise InvalidRequestError("Say for which units.")
        place = {"ds": data_set, "pe": self._api.period(period)}
        for start in range(0, len(org_units), UNITS_AT_ONCE):
            units = ",".join(org_units[start : start + UNITS_AT_ONCE])
            write_report(await self._api.ask("POST", PATH, params={**place, "ou": f"[{units}]"}))
        if len(org_units) > 1:
            there = {row.org_unit for row in await self.list(data_set, period)}
            if passed_over := sorted(set(org_units) - there):
                text = f"DHIS2 passed over units that {data_set} is not assigned to: {', '.join(passed_over[:5])}"
                more = f" and {len(passed_over) - 5} more." if len(passed_over) > 5 else "."
                warnings.warn(text + more, DataLossWarning, stacklevel=2)

    async def delete(self, data_set: str, period: str, org_unit: str | None = None) -> None:
        """Take exceptions back; it is well where there are none.

        Args:
            data_set: UID of the data set.
            period: The period.
            org_unit: UID of the unit. Default: all units.

        Raises:
            InvalidRequestError: There is no such unit: DHIS2 would take the exceptions of all units back.
            InvalidPeriodError: The period is none.
            ConflictError: The data set does not exist.
            ForbiddenError: You may not delete the data set.
        """
        if org_unit is not None and not await self._api.rows_by_id("organisationUnits", [org_unit], "id"):
            raise InvalidRequestError(
                f"There is no unit {org_unit}, or you may not see it; nothing was sent.",
                next_step="DHIS2 would take the exceptions of all units back.",
            )
        params = {"ds": data_set, "pe": self._api.period(period), "ou": org_unit}
        write_report(await self._api.ask("DELETE", PATH, params=params))


def exception_of(row: Mapping[str, object]) -> LockException:
    """An exception, from what DHIS2 says of it."""
    data_set, unit, period = (
        as_text(as_object(row.get(key)).get("id")) for key in ("dataSet", "organisationUnit", "period")
    )
    name = as_text(row.get("name")) or ""
    # from 2.43 on nothing is said of the period but its name, at the end of the exception's own
    in_name = _PERIOD_IN_NAME.findall(name)
    return LockException(data_set or "", period or (in_name[-1] if in_name else ""), unit, name)
