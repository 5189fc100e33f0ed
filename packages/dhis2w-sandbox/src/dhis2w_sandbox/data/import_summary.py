"""The report of an import of data values: counts, conflicts, and the envelope around it.

Source: `ImportSummary`, `ImportConflict` and `WebMessageUtils.importSummary` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from dhis2w_sandbox.errors import argument_text, message
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

ABORTED = "Import process was aborted"
COMPLETED = "Import process completed successfully"


@dataclass
class Conflict:
    """One reason for which values were refused."""

    value: str
    """The message."""
    objects: dict[str, str]
    code: str | None = None
    property: str | None = None
    object: str | None = None
    indexes: list[int] = field(default_factory=list[int])

    def as_json(self) -> Json:
        """The conflict in a report."""
        row: Json = {
            "object": self.object,
            "objects": self.objects if self.code else None,
            "value": self.value,
            "errorCode": self.code,
            "property": self.property,
            "indexes": self.indexes or None,
        }
        return {key: value for key, value in row.items() if value is not None}


@dataclass
class Summary:
    """What came of an import."""

    options: Json
    status: str = "SUCCESS"
    description: str | None = None
    imported: int = 0
    updated: int = 0
    ignored: int = 0
    deleted: int = 0
    conflicts: list[Conflict] = field(default_factory=list[Conflict])
    rejected: set[int] = field(default_factory=set[int])
    complete: str | None = None
    """The date of completion, `false`, or None where it did not come to that."""
    unreadable: str | None = None
    """Why nothing could be read, in the words of the reader; 42 tells it in the story of a job only."""

    def add(self, conflict: Conflict) -> None:
        """Add a conflict, as further places of an equal one where there is one."""
        same = next(
            (
                row
                for row in self.conflicts
                if (row.code, row.objects, row.value) == (conflict.code, conflict.objects, conflict.value)
            ),
            None,
        )
        if same is None or conflict.code is None:
            self.conflicts.append(conflict)
        else:
            same.indexes += conflict.indexes

    def as_json(self, *, names_type: bool = True) -> Json:
        """The summary, with or without its `responseType`."""
        row: Json = {
            "responseType": "ImportSummary" if names_type else None,
            "status": self.status,
            "importOptions": self.options or None,
            "description": self.description,
            "importCount": {
                "imported": self.imported,
                "updated": self.updated,
                "ignored": self.ignored,
                "deleted": self.deleted,
            },
            "conflicts": [conflict.as_json() for conflict in self.conflicts],
            "rejectedIndexes": sorted(self.rejected),
            "dataSetComplete": self.complete,
        }
        return {key: value for key, value in row.items() if value is not None}

    def envelope(self, server: Server) -> Json:
        """The summary in a WebMessage."""
        warning_is_ok = server.behaviour.enters_data_in_groups
        status, word, text = {
            "SUCCESS": (200, "OK", "Import was successful."),
            "WARNING": (200, "WARNING", "Import completed with warnings, please check import summary.")
            if warning_is_ok
            else (409, "WARNING", "One more conflicts encountered, please check import summary."),
            "ERROR": (409, "ERROR", "An error occurred, please check import summary."),
        }[self.status]
        return {
            "httpStatus": "OK" if status == 200 else "Conflict",
            "httpStatusCode": status,
            "status": word,
            "message": text,
            "response": self.as_json(),
        }


def pipeline_conflict(server: Server, code: str, args: Iterable[Any], indexes: Iterable[int]) -> Conflict:
    """A conflict as 43 and newer write it: its arguments joined, no object."""
    values = list(args)
    joined = "-".join(argument_text(value) for value in values)
    return Conflict(message(server.version, code, *values), {"args": joined}, code, indexes=list(indexes))
