"""`client.maintenance`: what puts the house of an instance in order.

Source: "Maintenance", "Resource and analytics tables" in DHIS2's developer guide, `MaintenanceController`,
`ResourceTableController`; recording `services/maintenance`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from dhis2w_client.errors import InvalidRequestError, UnexpectedShapeError
from dhis2w_client.integrity import IntegrityService
from dhis2w_client.jobs.job_run import job_of
from dhis2w_client.replies import value_of
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.call import Params
    from dhis2w_client.jobs.job_run import JobRun
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.write_report import WriteReport


@dataclass(frozen=True, slots=True)
class MaintenanceAction:
    """One thing that DHIS2 can do at once."""

    name: str
    """DHIS2's name of it."""
    does: str
    """What it does."""
    removes: bool = False
    """Whether something is lost for good."""


ACTIONS = {
    action.name: action
    for action in (
        MaintenanceAction("analyticsTablesClear", "Empty the analytics tables; there are no analytics until the next."),
        MaintenanceAction("analyticsTablesAnalyze", "Have the database look at the analytics tables again."),
        MaintenanceAction("expiredInvitationsClear", "Delete the accounts of invitations that have expired.", True),
        MaintenanceAction("ouPathsUpdate", "Work out the paths of organisation units again."),
        MaintenanceAction("periodPruning", "Delete periods without data.", True),
        MaintenanceAction("zeroDataValueRemoval", "Delete zeros of data elements that do not keep them.", True),
        MaintenanceAction("softDeletedDataValueRemoval", "Delete data values that are marked as deleted.", True),
        MaintenanceAction("softDeletedEventRemoval", "Delete events that are marked as deleted.", True),
        MaintenanceAction("softDeletedRelationshipRemoval", "Delete relationships that are marked as deleted.", True),
        MaintenanceAction("softDeletedEnrollmentRemoval", "Delete enrollments that are marked as deleted.", True),
        MaintenanceAction(
            "softDeletedTrackedEntityRemoval", "Delete tracked entities that are marked as deleted.", True
        ),
        MaintenanceAction("sqlViewsCreate", "Create the database views of all SQL views."),
        MaintenanceAction("sqlViewsDrop", "Drop the database views of all SQL views."),
        MaintenanceAction("categoryOptionComboUpdate", "Create the option combos that category combos lack."),
        MaintenanceAction("cacheClear", "Empty all caches."),
    )
}
"""What `POST /api/maintenance/{name}` knows in every version; 2.41's older names for two of them are left out."""

TABLES = {
    "resource": "skipResourceTables",
    "aggregate": "skipAggregate",
    "events": "skipEvents",
    "enrollments": "skipEnrollment",
    "tracked entities": "skipTrackedEntities",
    "ownership": "skipOrgUnitOwnership",
    "validation results": "skipValidationResult",
    "outliers": "skipOutliers",
}
"""The groups of analytics tables that can be left out, and the parameter that does."""
Table = Literal[
    "resource",
    "aggregate",
    "events",
    "enrollments",
    "tracked entities",
    "ownership",
    "validation results",
    "outliers",
]


class MaintenanceService:
    """Maintenance: `client.maintenance`. All of it needs the authority `F_PERFORM_MAINTENANCE`; none can be undone."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    @property
    def integrity(self) -> IntegrityService:
        """Checks of the integrity of metadata and data."""
        return IntegrityService(self._api)

    async def run(self, *names: str) -> None:
        """Have DHIS2 do one thing after the other; each is done when its request is answered.

        Args:
            names: Names of `ACTIONS`.

        Raises:
            InvalidRequestError: There is no such action; nothing was sent.
            ForbiddenError: The authority is missing.
        """
        unknown = [name for name in names if name not in ACTIONS]
        if unknown:
            raise InvalidRequestError(
                f"DHIS2 has no maintenance action {unknown[0]!r}.", next_step=f"There are: {', '.join(ACTIONS)}."
            )
        for name in names:
            await self._post(f"maintenance/{name}")

    async def clear_cache(self) -> None:
        """Empty all caches.

        Raises:
            ForbiddenError: The authority is missing.
        """
        await self.run("cacheClear")

    async def update_option_combos(self, category_combo: str) -> WriteReport:
        """Create the option combos that one category combo lacks, and delete those that it has no more.

        Args:
            category_combo: UID of the category combo.

        Raises:
            NotFoundError: There is no such category combo.
            ConflictError: An option combo that it has no more has data.
        """
        return await self._post(f"maintenance/categoryOptionComboUpdate/categoryCombo/{quote(category_combo, safe='')}")

    async def prune_data(self, kind: Literal["organisationUnits", "dataElements"], id: str) -> WriteReport:
        """Delete all data of an organisation unit or of a data element, for good.

        Args:
            kind: What it is.
            id: Its UID.

        Raises:
            NotFoundError: There is no such object.
            ConflictError: Something of it cannot be deleted.
            ForbiddenError: The user is no superuser.
        """
        return await self._post(f"maintenance/dataPruning/{kind}/{quote(id, safe='')}")

    async def refresh_analytics(self, *, without: Iterable[Table] = (), last_years: int | None = None) -> JobRun:
        """Begin to build the analytics tables, as a job.

        Args:
            without: Groups of tables that stay as they are.
            last_years: Only the data of so many years; 0 is the current one. Default: all.

        Returns:
            The job that runs now.

        Raises:
            ConflictError: It runs already.
            InvalidRequestError: There is no such group of tables, or the number is negative.
            ForbiddenError: The authority is missing.
        """
        left_out = list(without)
        unknown = [name for name in left_out if name not in TABLES]
        if unknown or (last_years is not None and last_years < 0):
            what = f"tables {unknown[0]!r}" if unknown else f"number of years {last_years}"
            raise InvalidRequestError(f"There are no {what}.", next_step=f"Tables are: {', '.join(TABLES)}.")
        params = {TABLES[name]: True for name in left_out}
        return await self._started("resourceTables/analytics", {**params, "lastYears": last_years})

    async def refresh_resource_tables(self) -> JobRun:
        """Begin to build the resource tables, on which analytics and SQL views rest, as a job.

        Returns:
            The job that runs now.

        Raises:
            ForbiddenError: The authority is missing.
        """
        return await self._started("resourceTables")

    async def _post(self, path: str) -> WriteReport:
        return write_report(await self._api.ask("POST", path))

    async def _started(self, path: str, params: Params | None = None) -> JobRun:
        reply = await self._api.ask("POST", path, params=params)
        job = job_of(value_of(reply))
        if job is None:
            raise UnexpectedShapeError(
                f"{reply.asked} did not say which job it started.", method="POST", path=reply.path, status=reply.status
            )
        return job
