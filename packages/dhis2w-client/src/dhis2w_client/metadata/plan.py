"""`MetadataPlan`: changes of many objects, to be looked at before they are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dhis2w_client.metadata.bundle import Bundle
from dhis2w_client.metadata.bundle_diff import BundleDiff, diff_bundles
from dhis2w_client.metadata.import_options import ImportOptions
from dhis2w_client.metadata.metadata_api import MetadataApi, together
from dhis2w_client.pages import object_of
from dhis2w_client.reports import ImportCounts
from dhis2w_client.write_report import WriteReport, write_report
from dhis2w_client.written_object import check_not_stale

if TYPE_CHECKING:
    from dhis2w_client.pages import Row
    from dhis2w_client.versions import Dhis2


@dataclass(frozen=True)
class MetadataPlan:
    """Changes that are not made yet: `str(plan)` says what they are, `client.metadata.apply(plan)` makes them."""

    diff: BundleDiff
    """What changes, object by object."""
    writes: Bundle
    """The objects to create and to update, whole."""
    deletes: Bundle = field(default_factory=Bundle)
    """The objects to delete."""
    read: Bundle = field(default_factory=Bundle)
    """The objects as they were when the plan was made."""

    def __bool__(self) -> bool:
        return bool(self.diff)

    def __str__(self) -> str:
        return str(self.diff)


def plan_of(read: Bundle, wanted: Bundle, version: Dhis2, *, delete: Bundle | None = None) -> MetadataPlan:
    """The plan that makes one state of objects of another; what does not change is left out.

    Args:
        read: The objects as they are.
        wanted: The objects as they shall be.
        version: The version of the server.
        delete: Objects of `read` that shall go.
    """
    deletes = delete or Bundle()
    diff = diff_bundles(read, wanted, version=version, sharing=True)
    changed = {(change.plural, change.id) for change in diff.changes if change.kind != "removed"}
    writes: dict[str, list[Row]] = {}
    for plural, _, row in wanted:
        if (plural, row["id"]) in changed:
            writes.setdefault(plural, []).append(row)
    return MetadataPlan(diff, Bundle(writes), deletes, read)


async def apply_plan(api: MetadataApi, plan: MetadataPlan, *, refuse_stale: bool) -> WriteReport:
    """Make the changes of a plan: first what is written, all or nothing, then what is deleted."""
    if refuse_stale:
        await _check_fresh(api, plan)
    reports = [
        await _import(api, bundle, options)
        for bundle, options in (
            (plan.writes, ImportOptions()),
            (plan.deletes, ImportOptions(strategy="DELETE")),
        )
        if bundle
    ]
    counts = [report.counts for report in reports]
    return WriteReport(
        kind="ImportReport",
        status="OK",
        counts=ImportCounts(
            created=sum(count.created for count in counts),
            updated=sum(count.updated for count in counts),
            deleted=sum(count.deleted for count in counts),
            ignored=sum(count.ignored for count in counts),
        ),
        rows=tuple(row for report in reports for row in report.rows),
    )


async def _import(api: MetadataApi, bundle: Bundle, options: ImportOptions) -> WriteReport:
    params = options.params()
    return write_report(await api.ask("POST", "metadata", params=params, body=bundle.to_bytes(), compress=True))


async def _check_fresh(api: MetadataApi, plan: MetadataPlan) -> None:
    """Refuse where somebody has changed an object since it was read."""
    touched = [entry for bundle in (plan.writes, plan.deletes) for entry in bundle]
    ids: dict[str, set[str]] = {}
    for plural, _, row in touched:
        if (plural, str(row["id"])) in plan.read.by_id:
            ids.setdefault(plural, set()).add(str(row["id"]))
    answers = await together([api.rows_by_id(plural, uids, "id,lastUpdated") for plural, uids in ids.items()])
    for plural, rows in zip(ids, answers, strict=True):
        now = {row["id"]: row for row in rows}
        for uid in ids[plural]:
            check_not_stale(plan.read.by_id[plural, uid], now.get(uid, {}))


async def owned(api: MetadataApi, plural: str, id: str) -> Row:
    """One object with all that an update writes."""
    return object_of(await api.ask("GET", api.path(plural, id), params={"fields": ":owner"}))
