"""What became of a write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dhis2w_client.json_value import as_object, as_text
from dhis2w_client.refusals import error_of
from dhis2w_client.replies import value_of
from dhis2w_client.reports import ImportCounts, Report, read_report

if TYPE_CHECKING:
    from dhis2w_client.reply import Reply


@dataclass(frozen=True, slots=True)
class WriteReport(Report):
    """What DHIS2 says about a write that it did; a write that it refused is an error."""

    id: str | None = None
    """UID of the object that was written; None for a write of many."""
    response: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)
    """What DHIS2 sent as its report, as it came: a new access token has its secret here, as `key`."""


_ONE = {
    "POST": ImportCounts(created=1),
    "PUT": ImportCounts(updated=1),
    "PATCH": ImportCounts(updated=1),
    "DELETE": ImportCounts(deleted=1),
}


def write_report(reply: Reply, id: str | None = None) -> WriteReport:
    """The report in the answer to a write.

    Args:
        reply: The answer.
        id: UID of the object that was to be written, where the answer does not say it.

    Raises:
        ApiError: DHIS2 refused.
    """
    error = error_of(reply)
    if error is not None:
        raise error
    answer = value_of(reply)
    report = read_report(answer) or Report(
        "Empty", as_text(as_object(answer).get("status")) or "OK", ImportCounts(), ()
    )
    response = as_object(as_object(answer).get("response"))
    # a report on one object does not count; 204 has no report; a 200 without report says that nothing was done
    counts = _ONE[reply.method] if report.kind in ONE_OBJECT or reply.status == 204 else report.counts
    uid = as_text(response.get("uid")) or id or reply.headers.get("location", "").rpartition("/")[2] or None
    return WriteReport(report.kind, report.status, counts, report.rows, report.message, uid, response)


ONE_OBJECT = frozenset({"ObjectReport", "ApiTokenCreationResponse"})
"""Reports about one object."""
