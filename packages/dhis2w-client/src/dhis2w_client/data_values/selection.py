"""Which data values are read: the parameters of `GET /api/dataValueSets`, typed and checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from dhis2w_client.data_values.push_options import IdSchemes
from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.periods import calendar_named, parse_period
from dhis2w_client.periods.day_text import day_text

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue
    from dhis2w_client.versions import Dialect

FIRST_DAY, LAST_DAY = "1900-01-01", "2200-12-31"
"""The dates that are sent where a version wants some beside `since`."""


LISTS = (
    *("data_sets", "data_elements", "data_element_groups", "periods"),
    *("org_units", "org_unit_groups", "attribute_option_combos"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataValueSelection:
    """Which values are read; data, time and units must be said. Unknown ids are dropped by DHIS2 without a word."""

    data_sets: tuple[str, ...] = ()
    data_elements: tuple[str, ...] = ()
    data_element_groups: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    """Fixed periods; relative ones are not for data values (`relative_periods` resolves them)."""
    start: date | None = None
    end: date | None = None
    """First and last day, both included."""
    org_units: tuple[str, ...] = ()
    children: bool = False
    """With all that is below the units."""
    org_unit_groups: tuple[str, ...] = ()
    attribute_option_combos: tuple[str, ...] = ()
    since: datetime | None = None
    """Only what was changed since, by the server's clock and without a zone. Begin some minutes before the last read: a
    value shows up when its import ends, with the time at which it was written."""
    include_deleted: bool | None = None
    """Also what was deleted, with `deleted` in its row. Default: with `since`, where a deletion is a change too."""
    limit: int | None = None
    schemes: IdSchemes = field(default_factory=IdSchemes)
    """What identifiers are in the answer."""

    def params(self, dialect: Dialect) -> list[tuple[str, ParamValue]]:
        """The query parameters.

        Raises:
            InvalidRequestError: DHIS2 would refuse it, or misread it.
            InvalidPeriodError: A period is none of the connected version.
        """
        self._check()
        start, end, calendar = self.start, self.end, calendar_named(dialect.calendar)
        deleted = self.since is not None if self.include_deleted is None else self.include_deleted
        wants_dates = self.since and not self.periods and start is None and not dialect.reads_changes_by_moment_alone
        repeated: list[tuple[str, tuple[str, ...]]] = [
            ("dataSet", self.data_sets),
            ("dataElement", self.data_elements),
            ("dataElementGroup", self.data_element_groups),
            ("period", tuple(str(parse_period(text, dialect.version, calendar)) for text in self.periods)),
            ("orgUnit", self.org_units),
            ("orgUnitGroup", self.org_unit_groups),
            ("attributeOptionCombo", self.attribute_option_combos),
        ]
        return [
            *((name, value) for name, values in repeated for value in values),
            ("startDate", FIRST_DAY if wants_dates else start and day_text(start)),
            ("endDate", LAST_DAY if wants_dates else end and day_text(end)),
            ("children", self.children or None),
            ("lastUpdated", _moment(self.since) if self.since else None),
            ("includeDeleted", deleted or None),
            ("limit", self.limit),
            *self.schemes.params().items(),
        ]

    def _check(self) -> None:
        for name in LISTS:
            if isinstance(getattr(self, name), str):
                raise InvalidRequestError(f"{name} is one text.", next_step=f"Give several, or one: {name}=(…,).")
        if self.since is not None and (not isinstance(self.since, datetime) or self.since.tzinfo is not None):  # pyright: ignore[reportUnnecessaryIsInstance] # a clear error for who has no types
            raise InvalidRequestError(
                f"{self.since!r:.60} is no point in time without a zone, which DHIS2 takes for its own local time.",
                next_step="client.system.watermark() gives one.",
            )
        if not (self.data_sets or self.data_elements or self.data_element_groups):
            raise InvalidRequestError("Say which data: data_sets, data_elements or data_element_groups.")
        if not (self.org_units or self.org_unit_groups):
            raise InvalidRequestError("Say where: org_units or org_unit_groups.")
        if (self.start is None) != (self.end is None):
            raise InvalidRequestError("start and end go together.")
        if self.periods and self.start:
            raise InvalidRequestError("Say periods, or start and end: DHIS2 2.42 forgets the dates, 2.43 refuses both.")
        if not (self.periods or self.start or self.since):
            raise InvalidRequestError("Say when: periods, start and end, or since.")
        if self.start and self.end and day_text(self.end) < day_text(self.start):
            raise InvalidRequestError("end is before start.")
        if self.children and self.org_unit_groups:
            raise InvalidRequestError("children and org_unit_groups exclude each other.")


def _moment(since: datetime) -> str:
    """A moment as DHIS2 reads it, in the server's own time: it knows no time zones here."""
    return since.strftime("%Y-%m-%dT%H:%M:%S.") + f"{since.microsecond // 1000:03}"
