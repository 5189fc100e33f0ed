"""What became of a push to tracker: one report for all versions, synchronous or not.

Source: tracker's `ImportReport`, `ValidationReport`, `PersistenceReport`; recordings `tracker/modes-and-refusals`.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dhis2w_client.errors import ConflictError, UnexpectedShapeError
from dhis2w_client.json_value import as_array, as_count, as_object, as_text
from dhis2w_client.reports import ImportCounts, Report, ReportRow, read_report
from dhis2w_client.tracker.errors import LeftOutWarning
from dhis2w_client.tracker.payload import objects_of, uids

if TYPE_CHECKING:
    from dhis2w_client.tracker.push_options import PushOptions

ROWS_SHOWN = 3
"""How many rows an error's message shows; all are in `rows`."""


@dataclass(frozen=True, slots=True)
class TrackerReport(Report):
    """What DHIS2 says about a push to tracker."""

    by_type: Mapping[str, ImportCounts] = field(default_factory=dict[str, ImportCounts])
    """The counts of each type: `TRACKED_ENTITY`, `ENROLLMENT`, `EVENT`, `RELATIONSHIP`. None where all was refused."""
    sent: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """What was sent, with all UIDs: sending it again changes nothing."""
    left_out: int = 0
    """How many of the objects sent DHIS2 says nothing about: they hang on one that was refused, or came twice."""

    @property
    def errors(self) -> tuple[ReportRow, ...]:
        """One row for each refusal."""
        return tuple(row for row in self.rows if row.severity == "ERROR")

    @property
    def warnings(self) -> tuple[ReportRow, ...]:
        """One row for each warning; E4015 says that a relationship was not changed."""
        return tuple(row for row in self.rows if row.severity == "WARNING")

    @property
    def refused(self) -> bool:
        """Whether anything was refused or left alone, whatever DHIS2's status says."""
        return bool(self.errors) or self.counts.ignored > 0 or self.status == "ERROR"

    @property
    def uids(self) -> dict[str, list[str]]:
        """The UIDs of what was sent, by list: `{"events": [...]}`."""
        return uids(objects_of(self.sent))


def tracker_report(
    answer: object, sent: Mapping[str, Any] | None = None, *, saved: bool = True
) -> TrackerReport | None:
    """The tracker report in an answer; None where there is none.

    Args:
        answer: The JSON of an answer.
        sent: What was sent.
        saved: Whether the counts mean anything; a dry run counts nothing.
    """
    report = read_report(answer)
    if report is None or report.kind != "TrackerReport":
        return None
    total = sum(1 for _ in objects_of(sent or {}))
    by_type = as_object(as_object(as_object(answer).get("bundleReport")).get("typeReportMap"))
    return TrackerReport(
        report.kind,
        report.status,
        report.counts,
        report.rows or _object_rows(by_type),
        report.message,
        {name: _counts(as_object(value).get("stats")) for name, value in by_type.items()},
        sent or {},
        max(total - report.counts.total, 0) if saved and sent else 0,
    )


def _counts(stats: object) -> ImportCounts:
    values = as_object(stats)
    return ImportCounts(*(as_count(values.get(key)) for key in ("created", "updated", "deleted", "ignored")))


def _object_rows(by_type: Mapping[str, object]) -> tuple[ReportRow, ...]:
    """What was refused while saving: DHIS2 says it object by object."""
    return tuple(
        ReportRow(
            message=as_text(as_object(error).get("message")) or "",
            code=as_text(as_object(error).get("errorCode")),
            uid=as_text(as_object(each).get("uid")),
            klass=name,
        )
        for name, value in by_type.items()
        for each in as_array(as_object(value).get("objectReports"))
        for error in as_array(as_object(each).get("errorReports"))
    )


def checked_report(report: TrackerReport | None, options: PushOptions, asked: dict[str, Any]) -> TrackerReport:
    """The report, where it is what was wanted.

    Args:
        report: The report.
        options: How the import was asked for. `partial` and `dry_run` want to know refusals; otherwise one is an error.
        asked: Method, path and status of the request.

    Raises:
        ConflictError: Something was refused; `rows` say what, `report` all of it.
        UnexpectedShapeError: The answer is no report.
    """
    if report is None:
        raise UnexpectedShapeError("The answer to a push is no tracker report.", **asked)
    if report.refused and not options.partial and not options.dry_run:
        shown = "".join(f"\n- {row}" for row in report.errors[:ROWS_SHOWN])
        more = len(report.errors) - ROWS_SHOWN
        refused = max(report.counts.ignored, len({row.uid for row in report.errors}))
        saved = report.counts.total - report.counts.ignored
        raise ConflictError(
            f"DHIS2 refused {refused} tracker objects, and saved {saved}.{shown}"
            + (f"\n- and {more} more" if more > 0 else ""),
            report=report,
            next_step="Repair them and push again; PushOptions(partial=True) saves what is valid.",
            **asked,
        )
    if report.left_out and not report.refused:
        warnings.warn(
            f"DHIS2 says nothing about {report.left_out} of the objects that it was sent, and did not save them.",
            LeftOutWarning,
            stacklevel=4,
        )
    return report
