"""What an import tells its sender: counts and refusals by type and object.

Source: `ImportReport`, `TypeReport`, `ObjectReport` and `Stats` of dhis2-core, `WebMessageUtils`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dhis2w_sandbox.call import Reply
from dhis2w_sandbox.errors import ErrorReport, message_patterns

Json = dict[str, Any]

PROBLEMS = "One or more errors occurred, please see full details in import report."


@dataclass
class Stats:
    """How many objects were created, updated, deleted, and left alone."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    ignored: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.created + self.updated + self.deleted + self.ignored

    def ignore_all(self) -> None:
        """Count everything as ignored: what a refused atomic import says."""
        self.ignored = self.total
        self.created = self.updated = self.deleted = 0

    def add(self, other: Stats) -> None:
        """Add the counts of another."""
        self.created += other.created
        self.updated += other.updated
        self.deleted += other.deleted
        self.ignored += other.ignored

    def as_json(self) -> Json:
        """The counts as DHIS2 writes them."""
        return {
            "created": self.created,
            "updated": self.updated,
            "deleted": self.deleted,
            "ignored": self.ignored,
            "total": self.total,
        }


@dataclass
class ObjectReport:
    """The refusals of one object."""

    klass: str
    index: int | None
    uid: str | None
    display_name: str | None = None
    errors: list[ErrorReport] = field(default_factory=list[ErrorReport])

    def as_json(self, version: str) -> Json:
        """The report; refusals are sorted by their code, as DHIS2's map of them is."""
        order = list(message_patterns(version))
        row: Json = {
            "klass": self.klass,
            "index": self.index,
            "uid": self.uid,
            "displayName": self.display_name,
            "errorReports": [
                error.as_json(version) for error in sorted(self.errors, key=lambda error: order.index(error.code))
            ],
        }
        return {key: value for key, value in row.items() if value is not None}


@dataclass
class TypeReport:
    """Counts and refusals of one type."""

    klass: str
    stats: Stats = field(default_factory=Stats)
    objects: dict[int, ObjectReport] = field(default_factory=dict[int, ObjectReport])

    @property
    def has_errors(self) -> bool:
        """Whether an object was refused."""
        return any(report.errors for report in self.objects.values())

    def add(self, report: ObjectReport) -> None:
        """Add the report of an object to what is already said of that index."""
        index = report.index or 0
        if index in self.objects:
            self.objects[index].errors += report.errors
        else:
            self.objects[index] = report

    def as_json(self, version: str) -> Json:
        """The report, objects in order of their index."""
        return {
            "klass": self.klass,
            "stats": self.stats.as_json(),
            "objectReports": [self.objects[index].as_json(version) for index in sorted(self.objects)],
        }


@dataclass
class ImportReport:
    """The outcome of an import."""

    status: str = "OK"
    types: dict[str, TypeReport] = field(default_factory=dict[str, TypeReport])
    """By class name."""

    @property
    def has_errors(self) -> bool:
        """Whether any object was refused."""
        return any(report.has_errors for report in self.types.values())

    @property
    def stats(self) -> Stats:
        """The counts of all types."""
        whole = Stats()
        for report in self.types.values():
            whole.add(report.stats)
        return whole

    @property
    def first_object(self) -> ObjectReport | None:
        """The report of the only object of a single-object request; None where nothing is said of it."""
        first = next(iter(self.types.values()), None)
        return first.objects[min(first.objects)] if first and first.objects else None

    def of(self, klass: str) -> TypeReport:
        """The report of a type, made where there is none."""
        return self.types.setdefault(klass, TypeReport(klass))

    def as_json(self, version: str) -> Json:
        """The report as `/api/metadata` answers it."""
        return {
            "status": self.status,
            "stats": self.stats.as_json(),
            "typeReports": [report.as_json(version) for report in self.types.values()],
            "responseType": "ImportReport",
        }


def import_reply(report: ImportReport, version: str) -> Reply:
    """The answer to an import: 409 with status WARNING as soon as anything was refused."""
    body = report.as_json(version)
    if report.status == "OK":
        return Reply.message(200, response=body)
    return Reply.message(409, PROBLEMS, word="WARNING", response=body)


def object_reply(report: ObjectReport, version: str, *, status: int = 200, word: str = "ERROR") -> Reply:
    """The answer to a write of one object; `word` is the envelope's status where it was refused."""
    body: Json = {"responseType": "ObjectReport", **report.as_json(version)}
    body.pop("index", None)
    body.pop("displayName", None)
    if not report.errors:
        return Reply.message(status, response=body)
    return Reply.message(409, PROBLEMS, word=word, response=body)
