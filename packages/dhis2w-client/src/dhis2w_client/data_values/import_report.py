"""What became of data values that were imported: one report for every version, envelope and status.

Sources: `ImportSummary`, `ImportConflict`, `DataEntrySummary` of dhis2-core; recordings `data/import-*`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dhis2w_client.data_values.data_value import ValueKey, key_of
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.reports import ImportCounts, read_report

_LISTED = re.compile(r"\[([^\]]*)\]")
_WORDS = re.compile(r"\w+")
COMBO = "attribute option combo"
_ALONE = re.compile(r"(org unit|data element|attribute option combo) ([A-Za-z]\w{10})\b")
SUMMARY_KEYS = frozenset({"importCount", "conflicts", "rejectedIndexes"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One value that was not taken, and one reason."""

    index: int | None
    """Its position in what was given, from 0; None where DHIS2 speaks of the whole."""
    key: ValueKey | None
    """Which value it is; None where that is not known."""
    code: str | None
    """DHIS2's code; None where the client found it, or DHIS2 has none."""
    message: str
    value: str | None = None
    """The value as it was given."""
    collateral: bool = False
    """The value itself may be right: DHIS2 refused its whole group because of another one, or it was not sent because
    one with the same key was."""
    sent: bool = True
    """Whether it was sent at all; False where the client found it."""


@dataclass(frozen=True, slots=True)
class DataValueReport:
    """What became of data values; `given` is what all the others add up to."""

    given: int
    """How many values there were."""
    counts: ImportCounts
    """As DHIS2 counted: from 2.43 on `created` is always 0, and what is new counts as `updated`."""
    refusals: tuple[Refusal, ...] = ()
    """One for each value that was not taken, in their order."""
    skipped: int = 0
    """What the strategy left alone."""
    unchanged: int = 0
    """What was there already; from 2.43 on it counts as updated."""
    status: str | None = None
    """DHIS2's status of the whole: `SUCCESS`, `WARNING` or `ERROR`; of several groups the worst."""
    message: str | None = None
    """What DHIS2 says in words."""
    complete_date: str | None = None
    """The date of completion that was registered."""

    @property
    def refused(self) -> int:
        """How many values were refused."""
        return len({refusal.index for refusal in self.refusals if refusal.index is not None})

    @property
    def accepted(self) -> int:
        """How many values were written or deleted."""
        return self.counts.created + self.counts.updated + self.counts.deleted

    @property
    def vanished(self) -> int:
        """How many values DHIS2 neither wrote nor counted: up to 2.42, zeros where zero is not significant."""
        return max(0, self.given - self.accepted - self.refused - self.skipped - self.unchanged)

    @property
    def ok(self) -> bool:
        """Whether every value is stored as it was given."""
        return not (self.refusals or self.vanished or self.status == "ERROR")


def is_import_report(answer: object) -> bool:
    """Whether an answer holds an import summary."""
    envelope = as_object(answer)
    body = as_object(envelope.get("response")) or envelope
    return bool(SUMMARY_KEYS & body.keys())


def read_import_report(
    answer: object, values: Sequence[Mapping[str, Any]] | None = None, head: Mapping[str, str] | None = None
) -> DataValueReport:
    """Read a summary, in its WebMessage or bare (of a job).

    Args:
        answer: The answer as JSON.
        values: What was sent, so that refusals can name their values. None: as many as DHIS2 counted.
        head: What stood once for all values.
    """
    envelope = as_object(answer)
    body = as_object(envelope.get("response")) or envelope
    report = read_report(answer)
    counts = report.counts if report else ImportCounts()
    status = as_text(body.get("status")) or as_text(envelope.get("status"))
    message = as_text(body.get("description")) or as_text(envelope.get("message"))
    rejected = {index for index in as_array(body.get("rejectedIndexes")) if isinstance(index, int)}
    refusals = _refusals(body, values, head or {})
    blamed = {refusal.index for refusal in refusals if refusal.index is not None}
    if status == "ERROR" and values is not None and not counts.total:
        refusals += _collateral(set(range(len(values))) - blamed, refusals, message, values, head or {})
        blamed = set(range(len(values)))
    skipped = len(rejected - blamed)
    given = len(values) if values is not None else max(counts.total, len(rejected | blamed))
    date = as_text(body.get("dataSetComplete"))
    return DataValueReport(
        given=given,
        counts=counts,
        refusals=tuple(sorted(refusals, key=lambda refusal: -1 if refusal.index is None else refusal.index)),
        skipped=skipped,
        unchanged=max(0, counts.ignored - skipped - len(blamed)),
        status=status,
        message=message,
        complete_date=date if date and date != "false" else None,
    )


def _refusals(
    body: Mapping[str, object], values: Sequence[Mapping[str, Any]] | None, head: Mapping[str, str]
) -> list[Refusal]:
    """One refusal for each value that a conflict names; a value keeps its first reason (DHIS2 merges conflicts)."""
    found: dict[int, Refusal] = {}
    general: list[Refusal] = []
    for conflict in map(as_object, as_array(body.get("conflicts"))):
        code, message = as_text(conflict.get("errorCode")), as_text(conflict.get("value")) or ""
        indexes = [index for index in as_array(conflict.get("indexes")) if isinstance(index, int) and index >= 0]
        if not indexes:
            general.append(Refusal(None, None, code, message))
        whole_group = len(indexes) > 1 and (code or "").startswith("E80")
        for index in indexes:
            key, value = _named(index, values, head)
            found.setdefault(
                index, Refusal(index, key, code, message, value, whole_group and not _blames(message, key))
            )
    return general + list(found.values())


def _blames(message: str, key: ValueKey | None) -> bool:
    """Whether a message about a group names this value.

    What is wrong stands last in it, in brackets; and with what it does not go together stands alone before. A value
    that names no attribute option combo may be of any that the message names: it is the default one, or the head's.
    """
    if key is None:
        return True
    alone = {uid for what, uid in _ALONE.findall(message) if key.attribute_option_combo or what != COMBO}
    if not alone <= set(key):
        return False
    listed = _LISTED.findall(message)
    named = {name.strip() for name in listed[-1].split(",")} if listed else set(_WORDS.findall(message))
    return not (named - {""}).isdisjoint(key)


def _collateral(
    indexes: Iterable[int],
    refusals: Sequence[Refusal],
    message: str | None,
    values: Sequence[Mapping[str, Any]],
    head: Mapping[str, str],
) -> list[Refusal]:
    """What was refused with the whole: nothing was written, and no conflict names these."""
    reason = next((refusal for refusal in refusals), Refusal(None, None, None, message or "The import failed"))
    named = {index: _named(index, values, head) for index in indexes}
    blamed = {index for index, (key, _) in named.items() if _blames(reason.message, key)}
    # without a code only a message that names some of the values tells that the others are innocent
    by_group = reason.code.startswith("E8") if reason.code else bool(blamed)
    return [
        Refusal(index, key, reason.code, reason.message, value, by_group and index not in blamed)
        for index, (key, value) in named.items()
    ]


def _named(
    index: int, values: Sequence[Mapping[str, Any]] | None, head: Mapping[str, str]
) -> tuple[ValueKey | None, str | None]:
    if values is None or index >= len(values):
        return None, None
    return key_of(values[index], head), as_text(values[index].get("value"))


_WORST = {None: -1, "SUCCESS": 0, "OK": 0, "WARNING": 1, "ERROR": 2}


def merged(reports: Sequence[DataValueReport]) -> DataValueReport:
    """The reports of several requests as one."""
    counts = ImportCounts(
        created=sum(report.counts.created for report in reports),
        updated=sum(report.counts.updated for report in reports),
        deleted=sum(report.counts.deleted for report in reports),
        ignored=sum(report.counts.ignored for report in reports),
    )
    refusals = [refusal for report in reports for refusal in report.refusals]
    worst = max(reports, key=lambda report: _WORST.get(report.status, 1), default=None)
    return DataValueReport(
        given=sum(report.given for report in reports),
        counts=counts,
        refusals=tuple(sorted(refusals, key=lambda refusal: -1 if refusal.index is None else refusal.index)),
        skipped=sum(report.skipped for report in reports),
        unchanged=sum(report.unchanged for report in reports),
        status=worst.status if worst else None,
        message=worst.message if worst else None,
        complete_date=next((report.complete_date for report in reports if report.complete_date), None),
    )
