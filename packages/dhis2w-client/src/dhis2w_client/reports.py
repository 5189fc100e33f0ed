"""The reports in which DHIS2 tells what it did and what it refused, brought to one row shape.

DHIS2 has a dozen of them (ObjectReport, ImportReport, TypeReport, ErrorReports, ImportSummary, ImportSummaries, merge,
GeoJSON and tracker reports), most inside of a WebMessage. `read_report` reads any of them. It never fails: what is not
there is `None`, and what it does not know it leaves out.
Sources: `WebMessageResponse` and its subclasses, `ErrorReport`, `ImportSummary`, `ImportConflict`, tracker's
`ImportReport`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from dhis2w_client.json_value import as_array, as_count, as_object, as_text

_UID = re.compile(r"[A-Za-z][A-Za-z0-9]{10}")

Severity = Literal["ERROR", "WARNING"]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One complaint of DHIS2 about one thing."""

    message: str
    """DHIS2's sentence, word for word."""
    code: str | None = None
    """DHIS2's error code, for example `E4000`. In a tracker report the codes are tracker's own."""
    uid: str | None = None
    """UID of the object that the complaint is about."""
    klass: str | None = None
    """The object's type: a Java class name, or tracker's type (`EVENT`)."""
    property: str | None = None
    """The property that is wrong."""
    value: str | None = None
    """The value that is wrong."""
    index: int | None = None
    """Position of the object in what was sent, from 0, within its type."""
    severity: Severity = "ERROR"
    """Whether it stopped the object (`ERROR`) or not (`WARNING`)."""

    def __str__(self) -> str:
        place = [self.klass.rpartition(".")[2] if self.klass else None, self.uid, self.property]
        where = " ".join(part for part in place if part)
        return f"{self.code + ': ' if self.code else ''}{self.message}{f' [{where}]' if where else ''}"


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """How many objects an import touched."""

    created: int = 0
    """Made new (`created`, or `imported` in an import summary)."""
    updated: int = 0
    """Changed."""
    deleted: int = 0
    """Deleted."""
    ignored: int = 0
    """Refused or left alone."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.created + self.updated + self.deleted + self.ignored


@dataclass(frozen=True, slots=True)
class Report:
    """What DHIS2 says about an import, a write or a validation."""

    kind: str
    """DHIS2's name of the report, for example `ImportReport`; `TrackerReport` for tracker's."""
    status: str | None
    """DHIS2's status of the whole: `OK`, `SUCCESS`, `WARNING` or `ERROR`."""
    counts: ImportCounts
    """How many objects were touched."""
    rows: tuple[ReportRow, ...]
    """What was complained about, in the order of the report."""
    message: str | None = None
    """What the report says in words."""


def read_report(answer: object) -> Report | None:
    """Read the report in an answer: in the `response` of a WebMessage, or standing by itself.

    Args:
        answer: A JSON value, of any shape.

    Returns:
        The report, or `None` when the answer holds none.
    """
    envelope = as_object(answer)
    body = as_object(envelope.get("response")) or envelope
    kind = _kind(body)
    if kind is None:
        return None
    merge = as_object(body.get("mergeReport"))
    return Report(
        kind=kind,
        status=as_text(body.get("status")) or as_text(envelope.get("status")),
        counts=_counts(body),
        rows=tuple(_rows(body)),
        message=as_text(body.get("description")) or as_text(merge.get("message")) or as_text(body.get("message")),
    )


_KIND_OF_KEY = {
    "validationReport": "TrackerReport",
    "bundleReport": "TrackerReport",
    "mergeReport": "MergeReport",
    "importSummaries": "ImportSummaries",
    "typeReports": "ImportReport",
    "objectReports": "TypeReport",
    "conflicts": "ImportSummary",
    "importCount": "ImportSummary",
    "errorReports": "ObjectReport",
}


def _kind(body: dict[str, object]) -> str | None:
    """The kind of report, by the key that only it has (41 does not name every one in `responseType`)."""
    known = next((kind for key, kind in _KIND_OF_KEY.items() if key in body), None)
    if known is None:
        return None
    named = as_text(body.get("responseType"))
    return named if named and known != "MergeReport" else known


def _counts(body: dict[str, object]) -> ImportCounts:
    """The counts, which every family of reports keeps under another name."""
    counts = as_object(body.get("stats")) or as_object(body.get("importCount")) or body
    return ImportCounts(
        created=as_count(counts.get("created")) or as_count(counts.get("imported")),
        updated=as_count(counts.get("updated")),
        deleted=as_count(counts.get("deleted")),
        ignored=as_count(counts.get("ignored")),
    )


def _rows(body: dict[str, object]) -> Iterator[ReportRow]:
    """The rows of a report and of the reports inside of it."""
    yield from _object_rows(body, None)
    for type_report in as_array(body.get("typeReports")):
        for object_report in as_array(as_object(type_report).get("objectReports")):
            yield from _object_rows(as_object(object_report), as_text(as_object(type_report).get("klass")))
    for object_report in as_array(body.get("objectReports")):
        yield from _object_rows(as_object(object_report), as_text(body.get("klass")))
    for summary in as_array(body.get("importSummaries")):
        yield from _summary_rows(as_object(summary))
    yield from _conflict_rows(body.get("conflicts"))
    for error in as_array(as_object(body.get("mergeReport")).get("mergeErrors")):
        yield _error_row(as_object(error))
    yield from _tracker_rows(as_object(body.get("validationReport")))


def _object_rows(report: dict[str, object], klass: str | None) -> Iterator[ReportRow]:
    """The rows of an ObjectReport (or of bare ErrorReports)."""
    for error in as_array(report.get("errorReports")):
        yield _error_row(
            as_object(error),
            uid=as_text(report.get("uid")),
            klass=as_text(report.get("klass")) or klass,
            index=_index(report.get("index")),
        )


def _error_row(
    error: dict[str, object], *, uid: str | None = None, klass: str | None = None, index: int | None = None
) -> ReportRow:
    """One ErrorReport; what it says about the object wins over what the report around it says."""
    return ReportRow(
        message=as_text(error.get("message")) or "",
        code=as_text(error.get("errorCode")),
        uid=as_text(error.get("mainId")) or uid,
        klass=as_text(error.get("mainKlass")) or klass,
        property=as_text(error.get("errorProperty")),
        value=as_text(error.get("value")),
        index=index,
    )


def _summary_rows(summary: dict[str, object]) -> Iterator[ReportRow]:
    """The rows of one import summary; one that failed as a whole has a description and no conflicts."""
    yield from _conflict_rows(summary.get("conflicts"))
    if not summary.get("conflicts") and summary.get("status") == "ERROR":
        yield ReportRow(message=as_text(summary.get("description")) or "", uid=as_text(summary.get("reference")))


def _conflict_rows(conflicts: object) -> Iterator[ReportRow]:
    """The conflicts of an import summary, one row for each place in what was sent.

    `value` is the message; `objects` names what clashed, by role; `object` repeats one of them (or says `ADX Error`).
    """
    for conflict in map(as_object, as_array(conflicts)):
        subject = as_text(conflict.get("object"))
        roles = as_object(conflict.get("objects"))
        row = ReportRow(
            message=as_text(conflict.get("value")) or "",
            code=as_text(conflict.get("errorCode")),
            uid=subject if subject and _UID.fullmatch(subject) else None,
            klass=next((role for role, value in roles.items() if value == subject and subject), None),
            property=as_text(conflict.get("property")) or None,
        )
        indexes = [index for index in map(_index, as_array(conflict.get("indexes"))) if index is not None]
        yield from (replace(row, index=index) for index in indexes or [None])


def _tracker_rows(report: dict[str, object]) -> Iterator[ReportRow]:
    """The rows of tracker's validation report: errors, then warnings."""
    severities: tuple[tuple[str, Severity, str], ...] = (
        ("errorReports", "ERROR", "errorCode"),
        ("warningReports", "WARNING", "warningCode"),
    )
    for key, severity, code in severities:
        for entry in map(as_object, as_array(report.get(key))):
            yield ReportRow(
                message=as_text(entry.get("message")) or "",
                code=as_text(entry.get(code)) or as_text(entry.get("errorCode")),
                uid=as_text(entry.get("uid")),
                klass=as_text(entry.get("trackerType")),
                severity=severity,
            )


def _index(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
