"""What came of a tracker import: the report of a direct import, and of a job.

Source: `ImportReport`, `PersistenceReport` and `TrackerTypeReport` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from dhis2w_sandbox.tracker.records import ENROLLMENT, EVENT, RELATIONSHIP, TRACKED_ENTITY
from dhis2w_sandbox.tracker.reporter import Problem

Json = dict[str, Any]

KINDS = (RELATIONSHIP, TRACKED_ENTITY, ENROLLMENT, EVENT)


@dataclass
class TypeReport:
    """What became of the objects of one kind."""

    kind: str
    created: int = 0
    updated: int = 0
    deleted: int = 0
    ignored: int = 0
    uids: list[str] = field(default_factory=list[str])
    """The objects that were written."""

    @property
    def done(self) -> int:
        """How many were written."""
        return self.created + self.updated + self.deleted

    def as_json(self, sent: int) -> Json:
        """The report, when so many objects of the kind were sent."""
        return {
            "trackerType": self.kind,
            "stats": _stats(self.created, self.updated, self.deleted, sent - self.done),
            "objectReports": [{"trackerType": self.kind, "uid": uid, "errorReports": []} for uid in self.uids],
        }


def sizes_after(errors: Iterable[Problem], sizes: dict[str, int]) -> dict[str, int]:
    """How many objects of each kind 43 and newer count: those that are left, and those that have an error."""
    refused_uids: dict[str, set[str]] = {}
    for problem in errors:
        refused_uids.setdefault(problem.kind, set()).add(problem.uid)
    return {kind: size + len(refused_uids.get(kind, ())) for kind, size in sizes.items()}


def refused(errors: Iterable[Problem], warnings: Iterable[Problem], sizes: dict[str, int]) -> Json:
    """The report of an import of which nothing was stored."""
    return {
        "status": "ERROR",
        "validationReport": _problems(errors, warnings),
        "stats": _stats(0, 0, 0, sum(sizes.values())),
    }


def completed(
    errors: Iterable[Problem], warnings: Iterable[Problem], sizes: dict[str, int], types: list[TypeReport]
) -> Json:
    """The report of an import that went through; with errors only where each object stands for itself.

    Args:
        errors: what was refused; the grandchildren of a refused object are in no error and no count.
        warnings: what was remarked.
        sizes: how many objects of each kind were sent.
        types: what became of them; none for a dry run.
    """
    errors = list(errors)
    refused_uids = {problem.uid for problem in errors}
    stats = _stats(
        sum(row.created for row in types),
        sum(row.updated for row in types),
        sum(row.deleted for row in types),
        sum(row.ignored for row in types) + len(refused_uids),
    )
    by_kind = {row.kind: row for row in types}
    type_reports = {kind: by_kind[kind].as_json(sizes[kind]) for kind in KINDS if kind in by_kind}
    return {
        "status": "OK",
        "validationReport": _problems(errors, warnings),
        "stats": stats,
        "bundleReport": {"typeReportMap": type_reports},
    }


def shown(report: Json, mode: str) -> Json:
    """A report as `reportMode` wants it: ERRORS leaves the warnings out."""
    if mode != "ERRORS":
        return report
    validation: Json = {**report["validationReport"], "warningReports": []}
    return {**report, "validationReport": validation}


def _problems(errors: Iterable[Problem], warnings: Iterable[Problem]) -> Json:
    return {
        "errorReports": [problem.as_error() for problem in errors],
        "warningReports": [problem.as_warning() for problem in warnings],
    }


def _stats(created: int, updated: int, deleted: int, ignored: int) -> Json:
    return {
        "created": created,
        "updated": updated,
        "deleted": deleted,
        "ignored": ignored,
        "total": created + updated + deleted + ignored,
    }
