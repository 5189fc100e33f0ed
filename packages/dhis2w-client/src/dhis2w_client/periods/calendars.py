"""The calendars in which DHIS2 names periods: the setting `keyCalendar`, `calendar` in `client.system.info()`.

On a server with the Ethiopian or Nepali calendar `202401` is the first month of the year 2024 of that calendar. Days
stay ISO days (`date`); only names are of the calendar. The two come with the extra `calendars`:
`pip install 'dhis2w-client[calendars]'`.
Source: `EthiopianCalendar`, `NepaliCalendar`, `DateUnitPeriodTypeParser` of dhis2-api, the same in all versions.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import cache
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Protocol, cast

from dhis2w_client.errors import Dhis2Error, InvalidSettingError

if TYPE_CHECKING:
    from abyssinica.calendar import Date  # pyright: ignore[reportMissingTypeStubs] # annotated in the source

NEPALI_YEARS = range(2000, 2087)
"""The years for which DHIS2 and the library tell the same months; later ones have not been laid down."""
NEPALI_MONTHS = {2062: (30, 32, 31, 32, 31, 31, 29, 30, 29, 30, 29, 31)}
"""Days of the months of a year, where DHIS2 has others than the library."""


class Calendar(Protocol):
    """Years of twelve months, and the ISO days that they stand for."""

    @property
    def name(self) -> str:
        """As DHIS2 names it: `ethiopian`."""
        ...

    @property
    def counts_weeks(self) -> bool:
        """Whether DHIS2 can read and write weeks in it."""
        ...

    def day(self, year: int, month: int, day: int) -> date:
        """The ISO day.

        Raises:
            ValueError: There is no such day, or it is out of the calendar's range.
        """
        ...

    def place(self, day: date) -> tuple[int, int, int]:
        """Year, month and day of an ISO day.

        Raises:
            ValueError: It is in no month, or out of the calendar's range.
        """
        ...

    def month_length(self, year: int, month: int) -> int:
        """Days of a month.

        Raises:
            ValueError: There is no such month, or it is out of the calendar's range.
        """
        ...


class MissingCalendarError(Dhis2Error, ImportError):
    """The library of a calendar is not installed."""


class IsoCalendar:
    """The ISO calendar, and what DHIS2 calls `gregorian`, which is the same."""

    name = "iso8601"
    counts_weeks = True

    def day(self, year: int, month: int, day: int) -> date:
        """The day itself."""
        return date(year, month, day)

    def place(self, day: date) -> tuple[int, int, int]:
        """Its parts."""
        return day.year, day.month, day.day

    def month_length(self, year: int, month: int) -> int:
        """28 to 31."""
        return monthrange(year, month)[1]


class EthiopianCalendar:
    """Twelve months of 30 days. To DHIS2 the five or six days after them, Pagume, are in no month: it fails on them.

    Years, and what else spans the turn of a year, hold Pagume in their middle, but end before it.
    """

    name = "ethiopian"
    counts_weeks = False

    def day(self, year: int, month: int, day: int) -> date:
        """The ISO day; Pagume has none."""
        if not (1 <= year <= 9000 and 1 <= month <= 12 and 1 <= day <= 30):
            raise ValueError(f"{year}-{month}-{day}")
        return _ethiopian_date()(year, month, day).to_gregorian()

    def place(self, day: date) -> tuple[int, int, int]:
        """Its parts."""
        found = _ethiopian_date().from_gregorian(day)
        if found.month > 12:
            raise ValueError(f"{day} is in Pagume, which is in no month")
        return found.year, found.month, found.day

    def month_length(self, year: int, month: int) -> int:  # noqa: ARG002 - as every calendar
        """30."""
        return 30


class NepaliCalendar:
    """Bikram Sambat: months of 29 to 32 days, of the years 2000 to 2086 (ISO 1943 to 2030)."""

    name = "nepali"
    counts_weeks = False

    def day(self, year: int, month: int, day: int) -> date:
        """The ISO day."""
        if not 1 <= day <= self.month_length(year, month):
            raise ValueError(f"{year}-{month}-{day}")
        return _nepali_month(year, 1) + timedelta(days=sum(_nepali_months(year)[: month - 1]) + day - 1)

    def place(self, day: date) -> tuple[int, int, int]:
        """Its parts."""
        year = day.year + 57
        if year in NEPALI_YEARS and _nepali_month(year, 1) > day:
            year -= 1
        if year not in NEPALI_YEARS:
            raise ValueError(f"{day} is out of the Nepali years {NEPALI_YEARS[0]} to {NEPALI_YEARS[-1]}")
        rest = (day - _nepali_month(year, 1)).days
        ends = list(accumulate(_nepali_months(year)))
        month = next((number for number, end in enumerate(ends, 1) if rest < end), None)
        if month is None:
            raise ValueError(f"{day} is out of the Nepali years {NEPALI_YEARS[0]} to {NEPALI_YEARS[-1]}")
        return year, month, rest - (ends[month - 2] if month > 1 else 0) + 1

    def month_length(self, year: int, month: int) -> int:
        """29 to 32."""
        if year not in NEPALI_YEARS or not 1 <= month <= 12:
            raise ValueError(f"{year}-{month}")
        return _nepali_months(year)[month - 1]


def _ethiopian_date() -> type[Date]:
    try:
        from abyssinica.calendar import Date  # pyright: ignore[reportMissingTypeStubs] # annotated in the source
    except ImportError as error:
        raise _missing("ethiopian") from error

    return Date


@cache
def _nepali_month(year: int, month: int) -> date:
    """The first day of a month, as the library has it."""
    try:
        from nepali_datetime import date as nepali_date
    except ImportError as error:
        raise _missing("nepali") from error

    return cast("date", nepali_date(year, month, 1).to_datetime_date())


@cache
def _nepali_months(year: int) -> tuple[int, ...]:
    """Days of each month."""
    firsts = [*(_nepali_month(year, month) for month in range(1, 13)), _nepali_month(year + 1, 1)]
    return NEPALI_MONTHS.get(year) or tuple((after - first).days for first, after in pairwise(firsts))


def _missing(name: str) -> MissingCalendarError:
    return MissingCalendarError(
        f"The {name} calendar needs a library that is not installed.",
        next_step="pip install 'dhis2w-client[calendars]'",
    )


ISO = IsoCalendar()
CALENDARS: dict[str, Calendar] = {
    "iso8601": ISO,
    "gregorian": ISO,
    "ethiopian": EthiopianCalendar(),
    "nepali": NepaliCalendar(),
}
"""The calendars by DHIS2's names. DHIS2 has `coptic`, `islamic`, `julian`, `persian` and `thai` besides."""


def calendar_named(name: str | None) -> Calendar:
    """The calendar of a name; ISO for none, as DHIS2 does.

    Args:
        name: `keyCalendar` of the server: `ethiopian`.

    Raises:
        InvalidSettingError: There is none of this name here.
    """
    if not name:
        return ISO
    if name not in CALENDARS:
        raise InvalidSettingError(
            f"There is no calendar {name!r} here.", next_step=f"Calendars: {', '.join(sorted(CALENDARS))}."
        )
    return CALENDARS[name]
