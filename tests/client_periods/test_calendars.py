"""Periods of servers with the Ethiopian or the Nepali calendar: worked dates, and what must hold for every type."""

from __future__ import annotations

import builtins
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dhis2w_client import Dhis2, InvalidSettingError
from dhis2w_client.data_values import DataValueSelection
from dhis2w_client.data_values.value_batch import ValueBatch
from dhis2w_client.periods import (
    ISO,
    PERIOD_TYPES,
    InvalidPeriodError,
    MissingCalendarError,
    calendar_named,
    parse_period,
    period_of,
    period_type_of,
    period_types_of,
    periods_between,
    periods_in_year,
    relative_periods,
)
from dhis2w_client.periods import calendars as calendars_module
from dhis2w_client.versions import DIALECTS, LIBRARY_OF_CALENDAR, in_calendar

CALENDARS = ("ethiopian", "nepali")
TYPES = sorted(name for name, type in PERIOD_TYPES.items() if type.family != "weeks")
WEEKS = sorted(name for name, type in PERIOD_TYPES.items() if type.family == "weeks")
DAYS = st.dates(date(1947, 1, 1), date(2028, 12, 31))

WORKED = [
    ("ethiopian", "20160101", "Daily", "2023-09-12", "2023-09-12"),
    ("ethiopian", "201601", "Monthly", "2023-09-12", "2023-10-11"),
    ("ethiopian", "201612", "Monthly", "2024-08-07", "2024-09-05"),
    ("ethiopian", "201701", "Monthly", "2024-09-11", "2024-10-10"),
    ("ethiopian", "201606B", "BiMonthly", "2024-07-08", "2024-09-05"),
    ("ethiopian", "2016Q1", "Quarterly", "2023-09-12", "2023-12-10"),
    ("ethiopian", "2016NovQ1", "QuarterlyNov", "2023-07-08", "2023-10-11"),
    ("ethiopian", "2016S2", "SixMonthly", "2024-03-10", "2024-09-05"),
    ("ethiopian", "2016AprilS2", "SixMonthlyApril", "2024-06-08", "2024-12-09"),
    ("ethiopian", "2016NovS2", "SixMonthlyNov", "2024-01-10", "2024-07-07"),
    ("ethiopian", "2016", "Yearly", "2023-09-12", "2024-09-05"),
    ("ethiopian", "2016Feb", "FinancialFeb", "2023-10-12", "2024-10-10"),
    ("ethiopian", "2016April", "FinancialApril", "2023-12-11", "2024-12-09"),
    ("ethiopian", "2016July", "FinancialJuly", "2024-03-10", "2025-03-09"),
    ("ethiopian", "2016Aug", "FinancialAug", "2024-04-09", "2025-04-08"),
    ("ethiopian", "2016Sep", "FinancialSep", "2024-05-09", "2025-05-08"),
    ("ethiopian", "2016Oct", "FinancialOct", "2024-06-08", "2025-06-07"),
    ("ethiopian", "2016Nov", "FinancialNov", "2023-07-08", "2024-07-07"),
    ("nepali", "20800232", "Daily", "2023-06-15", "2023-06-15"),
    ("nepali", "208001", "Monthly", "2023-04-14", "2023-05-14"),
    ("nepali", "208012", "Monthly", "2024-03-14", "2024-04-12"),
    ("nepali", "206201", "Monthly", "2005-04-14", "2005-05-13"),
    ("nepali", "206202", "Monthly", "2005-05-14", "2005-06-14"),
    ("nepali", "208001B", "BiMonthly", "2023-04-14", "2023-06-15"),
    ("nepali", "2080Q4", "Quarterly", "2024-01-15", "2024-04-12"),
    ("nepali", "2080NovQ1", "QuarterlyNov", "2023-02-13", "2023-05-14"),
    ("nepali", "2080S1", "SixMonthly", "2023-04-14", "2023-10-17"),
    ("nepali", "2080AprilS1", "SixMonthlyApril", "2023-07-17", "2024-01-14"),
    ("nepali", "2080NovS1", "SixMonthlyNov", "2023-02-13", "2023-08-17"),
    ("nepali", "2080", "Yearly", "2023-04-14", "2024-04-12"),
    ("nepali", "2080April", "FinancialApril", "2023-07-17", "2024-07-15"),
    ("nepali", "2080Nov", "FinancialNov", "2023-02-13", "2024-02-12"),
]


@pytest.mark.parametrize(("calendar", "text", "type", "start", "end"), WORKED)
def test_a_period_has_its_type_and_days(calendar: str, text: str, type: str, start: str, end: str) -> None:
    period = parse_period(text, calendar=calendar_named(calendar))
    assert (str(period), period.type.name) == (text, type)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)
    assert period_of(type, period.start, calendar_named(calendar)) == period


def test_every_type_has_a_worked_date() -> None:
    assert {type for _, _, type, _, _ in WORKED} == set(TYPES)


@pytest.mark.parametrize(
    ("calendar", "text"),
    [
        ("ethiopian", "201613"),
        ("ethiopian", "20161301"),
        ("ethiopian", "20160131"),
        ("ethiopian", "0000"),
        ("nepali", "20800132"),
        ("nepali", "20800100"),
        ("nepali", "199912"),
        ("nepali", "208701"),
    ],
)
def test_what_is_no_period_is_refused(calendar: str, text: str) -> None:
    with pytest.raises(InvalidPeriodError, match=f"no period of the {calendar} calendar"):
        parse_period(text, calendar=calendar_named(calendar))


@pytest.mark.parametrize("calendar", CALENDARS)
@pytest.mark.parametrize("type", WEEKS)
def test_weeks_are_refused(calendar: str, type: str) -> None:
    with pytest.raises(InvalidPeriodError, match=f"no {type} periods"):
        period_of(type, date(2024, 1, 1), calendar_named(calendar))
    with pytest.raises(InvalidPeriodError, match=f"no {type} periods"):
        periods_in_year(type, 2016, calendar_named(calendar))
    with pytest.raises(InvalidPeriodError, match=f"no {type} periods"):
        parse_period(str(period_of(type, date(2024, 1, 1))), calendar=calendar_named(calendar))


def test_the_days_after_the_twelfth_month_are_in_no_period() -> None:
    ethiopian = calendar_named("ethiopian")
    for type in TYPES:
        with pytest.raises(InvalidPeriodError, match="Pagume"):
            period_of(type, date(2024, 9, 6), ethiopian)
    assert str(parse_period("20161230", calendar=ethiopian).next()) == "20170101"
    assert str(parse_period("201701", calendar=ethiopian).previous()) == "201612"
    found = periods_between("Monthly", date(2024, 8, 7), date(2024, 10, 10), ethiopian)
    assert [str(period) for period in found] == ["201612", "201701"]


def in_month(calendar: str, day: date) -> date:
    """The day, or the last one before it that is in a month of the calendar."""
    try:
        calendar_named(calendar).place(day)
    except ValueError:
        return in_month(calendar, day - timedelta(days=1))
    return day


@pytest.mark.parametrize("version", Dhis2)
@pytest.mark.parametrize("calendar", CALENDARS)
@given(day=DAYS)
def test_reading_what_was_written_gives_the_same(version: Dhis2, calendar: str, day: date) -> None:
    named = calendar_named(calendar)
    for type in period_types_of(version):
        if type.family != "weeks":
            period = period_of(type, in_month(calendar, day), named)
            assert parse_period(str(period), version, named) == period


@pytest.mark.parametrize("calendar", CALENDARS)
@pytest.mark.parametrize("type", TYPES)
@given(day=DAYS)
def test_a_day_is_in_its_period_and_neighbours_know_each_other(type: str, calendar: str, day: date) -> None:
    day = in_month(calendar, day)
    period = period_of(type, day, calendar_named(calendar))
    assert period.start <= day <= period.end
    assert period.next().previous() == period.previous().next() == period


@pytest.mark.parametrize(("calendar", "years"), [("ethiopian", (1900, 2100)), ("nepali", (2001, 2084))])
@pytest.mark.parametrize("type", TYPES)
@given(data=st.data())
def test_the_periods_of_a_year_tile_it(type: str, calendar: str, years: tuple[int, int], data: st.DataObject) -> None:
    """Each begins where the one before ends, but for the five or six days of Pagume."""
    year = data.draw(st.integers(*years))
    named = calendar_named(calendar)
    periods = [*periods_in_year(type, year, named), periods_in_year(type, year + 1, named)[0]]
    gaps = {(after.start - before.end).days - 1 for before, after in pairwise(periods)}
    assert gaps <= ({0, 5, 6} if calendar == "ethiopian" else {0})
    if calendar == "ethiopian":
        pagume = [period for period in periods[:-1] if period.next().start > period.end + timedelta(days=1)]
        assert len(pagume) <= 1


def test_relative_periods_are_of_the_calendar() -> None:
    def found(name: str, day: date, calendar: str) -> list[str]:
        return [str(period) for period in relative_periods(name, day, calendar=calendar_named(calendar))]

    assert found("LAST_3_MONTHS", date(2023, 10, 1), "ethiopian") == ["201510", "201511", "201512"]
    assert found("THIS_YEAR", date(2023, 10, 1), "ethiopian") == ["2016"]
    assert found("QUARTERS_LAST_YEAR", date(2024, 5, 1), "nepali") == ["2080Q1", "2080Q2", "2080Q3", "2080Q4"]


def test_a_server_without_a_calendar_has_the_iso_one() -> None:
    assert calendar_named(None) is calendar_named("gregorian") is calendar_named("iso8601") is ISO
    with pytest.raises(InvalidSettingError, match="ethiopian"):
        calendar_named("mayan")


@pytest.mark.parametrize("version", Dhis2)
def test_values_of_a_server_with_a_calendar_are_checked_by_it(version: Dhis2) -> None:
    dialect = in_calendar(DIALECTS[version], "nepali")
    periods = ["20800232", "208001", "20800233", "2080W1"]
    key = {"dataElement": "ElemCount01", "orgUnit": "UnitAaaa001", "value": "1"}
    batch = ValueBatch([{**key, "period": period} for period in periods], dialect)
    assert sorted(batch.refused) == [2, 3]
    selection = DataValueSelection(data_sets=("DataSetAaa1",), periods=("2080-02-32",), org_units=("UnitAaaa001",))
    assert ("period", "20800232") in selection.params(dialect)
    with pytest.raises(InvalidPeriodError, match="nepali"):
        replace(selection, periods=("20800233",)).params(dialect)


def test_a_type_is_told_by_its_spelling_in_every_calendar() -> None:
    assert {period_type_of(text).name for _, text, _, _, _ in WORKED} == set(TYPES)
    with pytest.raises(InvalidPeriodError):
        period_type_of("2080Q5")


def test_a_calendar_is_taken_from_a_server_where_its_library_is_here(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {*LIBRARY_OF_CALENDAR, "iso8601", "gregorian"} == set(calendars_module.CALENDARS)
    dialect = DIALECTS[Dhis2.V42]
    assert in_calendar(dialect, "persian") is in_calendar(dialect, None) is in_calendar(dialect, "iso8601") is dialect
    assert in_calendar(dialect, "ethiopian").calendar == "ethiopian"
    monkeypatch.setitem(LIBRARY_OF_CALENDAR, "ethiopian", "no_such_library")
    assert in_calendar(dialect, "ethiopian") is dialect


def test_libraries_are_loaded_when_a_calendar_is_used() -> None:
    code = (
        "import sys; from dhis2w_client.periods import parse_period, calendar_named; parse_period('202401');"
        "calendar_named('nepali'); print([name for name in ('abyssinica', 'nepali_datetime') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("calendar", CALENDARS)
def test_a_library_that_is_missing_is_named(calendar: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.startswith(("abyssinica", "nepali_datetime")):
            raise ImportError(name)
        return real(name, *rest)  # pyright: ignore[reportArgumentType] # as it came

    for cached in (calendars_module._nepali_month, calendars_module._nepali_months):  # pyright: ignore[reportPrivateUsage] # what another test loaded is forgotten
        cached.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingCalendarError, match=r"dhis2w-client\[calendars\]"):
        period_of("Monthly", date(2024, 1, 1), calendar_named(calendar))
