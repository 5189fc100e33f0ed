"""`client.metadata`: bundles of objects of many types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from dhis2w_client.errors import ConflictError, InvalidRequestError
from dhis2w_client.metadata.accounts import AccountService
from dhis2w_client.metadata.bulk import BulkService
from dhis2w_client.metadata.bundle import Bundle
from dhis2w_client.metadata.bundle_check import check_bundle, missing_references, refuse_invalid
from dhis2w_client.metadata.bundle_diff import BundleDiff, diff_bundles
from dhis2w_client.metadata.category_combos import CategoryComboService
from dhis2w_client.metadata.clean_bundle import clean
from dhis2w_client.metadata.closure import NOT_FOLLOWED, with_needed
from dhis2w_client.metadata.export_params import export_params
from dhis2w_client.metadata.expressions import ExpressionService
from dhis2w_client.metadata.import_options import ImportOptions
from dhis2w_client.metadata.job_run import job_of, summary_of, wait_for
from dhis2w_client.metadata.merges import MergeService
from dhis2w_client.metadata.metadata_api import MetadataApi, by_plural, together
from dhis2w_client.metadata.option_sets import OptionSetService
from dhis2w_client.metadata.org_units import OrgUnitService
from dhis2w_client.metadata.plan import MetadataPlan, apply_plan
from dhis2w_client.metadata.routes import RouteService
from dhis2w_client.metadata.search import By, Found, search
from dhis2w_client.metadata.sql_views import SqlViewService
from dhis2w_client.metadata.usage import Usage, usage_of
from dhis2w_client.replies import value_of
from dhis2w_client.reports import ImportCounts, read_report
from dhis2w_client.write_report import WriteReport, write_report

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue
    from dhis2w_client.clock import Clock
    from dhis2w_client.connection import Connection
    from dhis2w_client.json_value import Json
    from dhis2w_client.metadata.export_params import Which
    from dhis2w_client.pages import Row
    from dhis2w_client.reports import ReportRow
    from dhis2w_client.versions import Dialect

ROOTS = frozenset({"dataSets", "programs", "categoryCombos", "dashboards", "dataElementGroups", "optionSets"})
"""Types of which DHIS2 itself exports an object with what it needs (`/api/{type}/{uid}/metadata`)."""


class MetadataService:
    """Bundles of objects of many types: `client.metadata`.

    ```python
    bundle = await client.metadata.export(["dataElements", "optionSets"])
    bundle.save("elements.json.gz")
    print(await client.metadata.diff(Bundle.load("elements.json.gz")))
    await client.metadata.import_bundle(Bundle.load("elements.json.gz"), ImportOptions(dry_run=True))
    ```

    Every method raises `ApiError` where the server refuses, `NoAnswerError` where no answer comes, and `AnswerError`
    where the answer is not what DHIS2 gives; what else it raises is with it.
    """

    def __init__(self, connection: Connection, dialect: Dialect, clock: Clock) -> None:
        self._api = MetadataApi(connection, dialect, clock)

    @property
    def bulk(self) -> BulkService:
        """The same change of many objects."""
        return BulkService(self._api)

    @property
    def merges(self) -> MergeService:
        """Making one object of several, and several of one."""
        return MergeService(self._api)

    @property
    def org_units(self) -> OrgUnitService:
        """The tree of organisation units, and where they are on the map."""
        return OrgUnitService(self._api)

    @property
    def category_combos(self) -> CategoryComboService:
        """Building category combinations."""
        return CategoryComboService(self._api)

    @property
    def option_sets(self) -> OptionSetService:
        """Bringing option sets to a list."""
        return OptionSetService(self._api)

    @property
    def accounts(self) -> AccountService:
        """Users with their roles and groups."""
        return AccountService(self._api)

    @property
    def expressions(self) -> ExpressionService:
        """What DHIS2 makes of an expression."""
        return ExpressionService(self._api)

    @property
    def sql_views(self) -> SqlViewService:
        """Running SQL views, and reading what they give."""
        return SqlViewService(self._api)

    @property
    def routes(self) -> RouteService:
        """Sending requests by routes to other servers."""
        return RouteService(self._api)

    # Export

    async def export(
        self,
        which: Which = (),
        *,
        fields: str | None = None,
        skip_sharing: bool = False,
        defaults: bool = True,
        cleaned: bool = True,
    ) -> Bundle:
        """Export objects, with one request (`GET /api/metadata`).

        Args:
            which: The types, by plural; as a mapping with filters: `{"dataElements": "name:like:malaria"}`. Nothing:
                every type, which needs the authority `F_METADATA_EXPORT`.
            fields: Which properties. Default: those that the objects own, which is what an import writes.
            skip_sharing: Leave out the sharing settings.
            defaults: Include the `default` objects of the category model.
            cleaned: Leave out what only confuses a re-import; see `clean`.

        Returns:
            The bundle, types by name and objects by UID, so that the same objects give the same bytes; `head["system"]`
            says which server it is from.

        Raises:
            ConflictError: A filter that DHIS2 cannot read, or an authority is missing.
        """
        params = export_params(self._api.dialect, which, fields=fields, skip_sharing=skip_sharing, defaults=defaults)
        answer = await self._api.read("metadata", params)
        bundle = Bundle(answer)
        return (clean(bundle, self._api.dialect.version) if cleaned else bundle).sorted()

    async def export_needed(
        self,
        plural: str,
        id: str,
        *,
        by: Literal["dhis2", "client"] | None = None,
        not_followed: Iterable[str] = NOT_FOLLOWED,
        skip_sharing: bool = False,
        cleaned: bool = True,
    ) -> Bundle:
        """Export an object with all that it needs, so that it can be imported elsewhere.

        Args:
            plural: The plural of its type: `dataSets`.
            id: Its UID.
            by: Who finds out what it needs. `dhis2`: the server, for data sets, programs, category combos, dashboards,
                data element groups and option sets alone; it follows the links that its authors thought of. `client`:
                this method follows every link that an object owns, and finds what belongs to it (sections, option
                combos, program rules), in a few requests for each step. Default: DHIS2 where it can.
            not_followed: Classes whose objects the client leaves out. Default: users, their groups and roles, and
                organisation units, which an installation has of its own.
            skip_sharing: Leave out the sharing settings.
            cleaned: Leave out what only confuses a re-import; see `clean`.

        Returns:
            The bundle, types by name and objects by UID.

        Raises:
            ObjectNotFoundError: There is no such object.
            ConflictError: DHIS2 wants the authority `F_METADATA_EXPORT` for its own export.
        """
        params = {"skipSharing": skip_sharing or None}
        path = self._api.path(plural, id)
        if by == "dhis2" or (by is None and plural in ROOTS):
            bundle = Bundle(await self._api.read(f"{path}/metadata", params))
        else:
            root = await self._api.read(path, {"fields": ":owner"})
            bundle = await with_needed(self._api, {plural: [root]}, frozenset(not_followed))
            if skip_sharing:
                bundle = without(bundle, "sharing")
        return (clean(bundle, self._api.dialect.version) if cleaned else bundle).sorted()

    # Check, compare

    async def validate(self, bundle: Bundle, *, skip_sharing: bool = False) -> tuple[ReportRow, ...]:
        """What DHIS2 would refuse of a bundle, found without sending it: only links are looked up on the server.

        Args:
            bundle: What is to be imported.
            skip_sharing: Do not look at sharing settings, as the import option of that name.

        Returns:
            One row for each complaint, as an import report has them; none where all is well. See `check_bundle` for
            what needs no server at all, and `ImportOptions(dry_run=True)` for what only DHIS2 knows.
        """
        version = self._api.dialect.version
        there = await self._there(missing_references(bundle, version))
        return check_bundle(bundle, version, is_there=lambda name, uid: (name, uid) in there, skip_sharing=skip_sharing)

    async def _there(self, ids: Mapping[str, Iterable[str]]) -> set[tuple[str, str]]:
        """Which of these objects the server has, by class and UID."""
        facts = self._api.facts
        wanted = by_plural(facts, ids)
        answers = await together([self._api.rows_by_id(plural, wanted[plural], "id") for plural in wanted])
        return {
            (type.name, str(row["id"]))
            for plural, rows in zip(wanted, answers, strict=True)
            if (type := facts.of_plural(plural))
            for row in rows
        }

    async def diff(
        self, bundle: Bundle, *, only_named: bool = True, sharing: bool = False, ignore: Iterable[str] = ()
    ) -> BundleDiff:
        """What an import of a bundle would change on the server: from what is there to what the bundle holds.

        Two servers are compared by their exports: `diff_bundles(await a.metadata.export(types), await b.…)`.

        Args:
            bundle: What is to be imported.
            only_named: Compare only the properties that the objects of the bundle name. False shows what an import
                would empty too.
            sharing: Compare who may see and change the objects too.
            ignore: Names of further properties to leave out.

        Returns:
            The changes; nothing is ever `removed`, because an import removes nothing.
        """
        there = await self._counterparts(bundle)
        if only_named:
            there = _named_alone(there, bundle)
        return diff_bundles(there, bundle, version=self._api.dialect.version, sharing=sharing, ignore=ignore)

    async def _counterparts(self, bundle: Bundle) -> Bundle:
        """The objects of the server that have the UIDs, or else the codes, of those in a bundle."""
        plurals = [
            plural for plural in bundle.objects if (type := self._api.facts.of_plural(plural)) and type.is_metadata
        ]
        answers = await together([self._counterparts_of(plural, bundle.objects[plural]) for plural in plurals])
        return Bundle(dict(zip(plurals, answers, strict=True)))

    async def _counterparts_of(self, plural: str, objects: list[Row]) -> list[Row]:
        found = await self._api.rows_by_id(plural, (str(row["id"]) for row in objects if "id" in row), ":owner")
        known = {row["id"] for row in found}
        codes = {str(row["code"]) for row in objects if row.get("code") and row.get("id") not in known}
        return found + [row for row in await self._by_code(plural, codes) if row["id"] not in known]

    async def _by_code(self, plural: str, codes: Iterable[str]) -> list[Row]:
        """The objects with these codes; a code with a comma or bracket cannot be asked for."""
        plain = sorted(code for code in codes if not set(code) & set(",[]"))
        return await self._api.rows_by(plural, "code", plain, ":owner")

    # Find

    async def search(
        self, text: str, *, by: Iterable[By] = ("id", "code", "name"), types: Iterable[str] = ()
    ) -> tuple[Found, ...]:
        """Find objects of any type: by UID, by code, or by a text in their name; one request for each of the three.

        Args:
            text: The UID, the code, or a part of the name, whatever its case.
            by: What to look at.
            types: Plurals of the types to search. Default: all that are metadata, but users.

        Returns:
            What was found: by UID or code first, then whose name is the text, begins with it, has it inside.

        Raises:
            InvalidRequestError: A text that this version would misread in a filter (with a comma, from 2.42).
        """
        return await search(self._api, text, tuple(by), frozenset(types))

    async def usage(self, plural: str, id: str) -> tuple[Usage, ...]:
        """Who refers to an object: by a link, or by its UID in an expression. One request for each type that can.

        Sharing settings and attribute values are not looked at, and neither are data.

        Args:
            plural: The plural of the object's type: `dataElements`.
            id: Its UID.

        Raises:
            UnknownCollectionError: There is no such type.
        """
        self._api.collection(plural)
        type = self._api.facts.of_plural(plural)
        return await usage_of(self._api, type, id) if type else ()

    # Write

    async def apply(self, plan: MetadataPlan, *, refuse_stale: bool = True) -> WriteReport:
        """Make the changes of a plan: what is written all or nothing, then what is deleted.

        Args:
            plan: The changes, from `bulk`, `org_units` and others.
            refuse_stale: Refuse where somebody has changed an object since the plan was made. DHIS2 has no conditional
                writes: this checks, then writes.

        Raises:
            StaleObjectError: See `refuse_stale`; nothing was written.
            ConflictError: DHIS2 refused some of it; `rows` name object and property.
        """
        return await apply_plan(self._api, plan, refuse_stale=refuse_stale)

    async def import_bundle(
        self,
        bundle: Bundle,
        options: ImportOptions | None = None,
        *,
        check: bool = False,
        background: bool = False,
        within: float = 1800.0,
        compress: bool = True,
    ) -> WriteReport:
        """Import a bundle (`POST /api/metadata`).

        Args:
            bundle: What to import.
            options: How. Default: create and update, all or nothing.
            check: Validate the bundle before it is sent, and send nothing where DHIS2 would refuse it.
            background: Have DHIS2 run the import as a job, and wait for it here: for bundles that take longer than a
                proxy waits.
            within: Seconds to wait for such a job. Default: half an hour.
            compress: Send it gzipped.

        Returns:
            The report: `counts` say what was done.

        Raises:
            InvalidBundleError: `check` found something; `rows` name object and property, and nothing was sent.
            InvalidRequestError: `check` with options that it cannot follow: deletes, and links by code.
            ConflictError: DHIS2 refused some of it; `rows` name object and property, `report.counts` what was done.
            JobTimeoutError: The job is not done in time; it goes on running.
        """
        chosen = options or ImportOptions()
        if check:
            _check_that_checkable(chosen)
            refuse_invalid(await self.validate(bundle, skip_sharing=chosen.skip_sharing))
        params: dict[str, ParamValue] = {**chosen.params(), "async": True if background else None}
        reply = await self._api.ask("POST", "metadata", params=params, body=bundle.to_bytes(), compress=compress)
        if not background:
            return write_report(reply)
        job = job_of(value_of(reply))
        if job is None:
            return write_report(reply)
        await wait_for(self._api, job, within)
        return _report_of_job(await summary_of(self._api, job))


def _check_that_checkable(options: ImportOptions) -> None:
    if options.strategy == "DELETE" or options.identifier == "CODE":
        raise InvalidRequestError(
            "A bundle can be checked before it is created or updated by UID; not one of deletes or of links by code.",
            next_step="Leave out `check`; ImportOptions(dry_run=True) has the server check it.",
        )


def without(bundle: Bundle, *properties: str) -> Bundle:
    """The same objects without some of their properties."""
    rows = {
        plural: [{key: value for key, value in row.items() if key not in properties} for row in objects]
        for plural, objects in bundle.objects.items()
    }
    return Bundle({**bundle.head, **rows})


def _named_alone(there: Bundle, bundle: Bundle) -> Bundle:
    """The objects of a server with the properties that their counterparts in a bundle name."""
    named = {
        (plural, str(row.get(key))): set(row) for plural, _, row in bundle for key in ("code", "id") if row.get(key)
    }
    kept: dict[str, list[Row]] = {}
    for plural, _, row in there:
        keys = named.get((plural, str(row["id"]))) or named.get((plural, str(row.get("code")))) or set()
        kept.setdefault(plural, []).append({key: value for key, value in row.items() if key in keys or key == "id"})
    return Bundle(kept)


def _report_of_job(summary: Json) -> WriteReport:
    """The report of an import that ran as a job, as one that did not gives it.

    Raises:
        ConflictError: DHIS2 refused some of it.
    """
    report = read_report(summary)
    if report is None:
        raise ConflictError("The import ended without a report.", next_step="The server's log says why.")
    if report.rows or report.status == "ERROR":
        shown = "".join(f"\n- {row}" for row in report.rows[:3])
        raise ConflictError(f"DHIS2 refused the import that ran as a job ({report.status}).{shown}", report=report)
    return WriteReport(report.kind, report.status, report.counts or ImportCounts(), report.rows, report.message)
