"""Periods: worked dates of the wire facts, and what must hold for every type."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dhis2w_client import InvalidRequestError
from dhis2w_client.periods import (
    PERIOD_TYPES,
    RELATIVE_PERIODS,
    InvalidPeriodError,
    parse_period,
    period_of,
    period_types_of,
    periods_between,
    periods_in_year,
    relative_periods,
)
from dhis2w_client.periods.day_text import day_text
from dhis2w_client.versions import Dhis2

WORKED = [
    ("20240131", "Daily", "2024-01-31", "2024-01-31"),
    ("2024W5", "Weekly", "2024-01-29", "2024-02-04"),
    ("2024W1", "Weekly", "2024-01-01", "2024-01-07"),
    ("2025W1", "Weekly", "2024-12-30", "2025-01-05"),
    ("2020W53", "Weekly", "2020-12-28", "2021-01-03"),
    ("2024WedW5", "WeeklyWednesday", "2024-01-31", "2024-02-06"),
    ("2024WedW1", "WeeklyWednesday", "2024-01-03", "2024-01-09"),
    ("2024ThuW5", "WeeklyThursday", "2024-02-01", "2024-02-07"),
    ("2024ThuW1", "WeeklyThursday", "2024-01-04", "2024-01-10"),
    ("2024FriW5", "WeeklyFriday", "2024-01-26", "2024-02-01"),
    ("2024FriW1", "WeeklyFriday", "2023-12-29", "2024-01-04"),
    ("2024SatW5", "WeeklySaturday", "2024-01-27", "2024-02-02"),
    ("2024SatW1", "WeeklySaturday", "2023-12-30", "2024-01-05"),
    ("2024SunW5", "WeeklySunday", "2024-01-28", "2024-02-03"),
    ("2025SunW1", "WeeklySunday", "2024-12-29", "2025-01-04"),
    ("2024BiW1", "BiWeekly", "2024-01-01", "2024-01-14"),
    ("2020BiW27", "BiWeekly", "2020-12-28", "2021-01-10"),
    ("202401", "Monthly", "2024-01-01", "2024-01-31"),
    ("202401B", "BiMonthly", "2024-01-01", "2024-02-29"),
    ("202406B", "BiMonthly", "2024-11-01", "2024-12-31"),
    ("2024Q1", "Quarterly", "2024-01-01", "2024-03-31"),
    ("2024NovQ1", "QuarterlyNov", "2023-11-01", "2024-01-31"),
    ("2024NovQ4", "QuarterlyNov", "2024-08-01", "2024-10-31"),
    ("2024S1", "SixMonthly", "2024-01-01", "2024-06-30"),
    ("2024AprilS2", "SixMonthlyApril", "2024-10-01", "2025-03-31"),
    ("2024NovS1", "SixMonthlyNov", "2023-11-01", "2024-04-30"),
    ("2024", "Yearly", "2024-01-01", "2024-12-31"),
    ("2024Feb", "FinancialFeb", "2024-02-01", "2025-01-31"),
    ("2024April", "FinancialApril", "2024-04-01", "2025-03-31"),
    ("2024July", "FinancialJuly", "2024-07-01", "2025-06-30"),
    ("2024Aug", "FinancialAug", "2024-08-01", "2025-07-31"),
    ("2024Sep", "FinancialSep", "2024-09-01", "2025-08-31"),
    ("2024Oct", "FinancialOct", "2024-10-01", "2025-09-30"),
    ("2024Nov", "FinancialNov", "2023-11-01", "2024-10-31"),
]


@pytest.mark.parametrize(("text", "type", "start", "end"), WORKED)
def test_a_period_has_its_type_and_days(text: str, type: str, start: str, end: str) -> None:
    period = parse_period(text)
    assert (str(period), period.type.name) == (text, type)
    assert (period.start.isoformat(), period.end.isoformat()) == (start, end)


def test_every_type_has_a_worked_date() -> None:
    assert {type for _, type, _, _ in WORKED} == set(PERIOD_TYPES)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("2024-01-31", "20240131"), ("2024W05", "2024W5"), ("2024BiW01", "2024BiW1"), ("2024-01", "202401")],
)
def test_other_spellings_become_the_canonical_one(text: str, canonical: str) -> None:
    assert str(parse_period(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "2024Apr",
        "2024q1",
        "2024-Q1",
        "2024-1",
        "2024-W05",
        "2024W0",
        "2024W53",
        "2024BiW27",
        "202413",
        "202407B",
        "2024Q5",
        "2024S3",
        "0000",
        "20230229",
        "2024-0131",
        "202401-31",
        "24",
        "2024x",
        "",
        " 202401",
        "\uff12\uff10\uff12\uff14",
    ],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(InvalidPeriodError):
        parse_period(text)


def test_types_come_with_versions() -> None:
    assert [len(period_types_of(version)) for version in Dhis2] == [19, 20, 23, 23]
    with pytest.raises(InvalidPeriodError, match="WeeklyFriday"):
        parse_period("2024FriW5", Dhis2.V42)
    assert parse_period("2024FriW5", Dhis2.V43).type.name == "WeeklyFriday"


DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))


@pytest.mark.parametrize("version", Dhis2)
@given(day=DAYS)
def test_reading_what_was_written_gives_the_same(version: Dhis2, day: date) -> None:
    for type in period_types_of(version):
        period = period_of(type, day)
        assert parse_period(str(period), version) == period


@pytest.mark.parametrize("type", sorted(PERIOD_TYPES))
@given(day=DAYS)
def test_a_day_is_in_its_period(type: str, day: date) -> None:
    period = period_of(type, day)
    assert period.start <= day <= period.end or str(period).endswith("BiW1"), "the odd week of a long year"


@pytest.mark.parametrize("type", sorted(PERIOD_TYPES))
@given(day=DAYS)
def test_the_one_after_the_one_before_is_the_same(type: str, day: date) -> None:
    period = period_of(type, day)
    assert period.next().previous() == period.previous().next() == period


@pytest.mark.parametrize("type", sorted(PERIOD_TYPES))
@given(year=st.integers(1900, 2200))
def test_the_periods_of_a_year_tile_it(type: str, year: int) -> None:
    """Each begins where the one before ends; of two weeks the odd week of a long year is in none."""
    periods, following = periods_in_year(type, year), periods_in_year(type, year + 1)
    assert all(period.year == year for period in periods)
    assert all(after.start == before.end + timedelta(days=1) for before, after in pairwise(periods))
    gap = (following[0].start - periods[-1].end).days - 1
    long_year = len(periods_in_year("Weekly", year)) == 53
    assert gap == (7 if type == "BiWeekly" and long_year else 0)
    assert periods[-1].next() == following[0]


def test_the_odd_week_of_a_long_year_is_no_period_of_two_weeks_of_its_own() -> None:
    assert len(periods_in_year("BiWeekly", 2020)) == 26
    assert str(parse_period("2020BiW26").next()) == "2021BiW1"
    assert str(parse_period("2021BiW1").previous()) == "2020BiW26"


def test_periods_between_two_days_are_whole() -> None:
    found = periods_between("Monthly", date(2024, 1, 2), date(2024, 4, 29))
    assert [str(period) for period in found] == ["202402", "202403"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("TODAY", ["20210815"]),
        ("YESTERDAY", ["20210814"]),
        ("LAST_3_DAYS", ["20210812", "20210813", "20210814"]),
        ("LAST_3_MONTHS", ["202105", "202106", "202107"]),
        ("THIS_MONTH", ["202108"]),
        ("MONTHS_LAST_YEAR", [f"2020{month:02}" for month in range(1, 13)]),
        ("LAST_2_SIXMONTHS", ["2020S2", "2021S1"]),
        ("LAST_SIX_MONTH", ["2021S1"]),
        ("THIS_FINANCIAL_YEAR", ["2020Oct"]),
        ("LAST_WEEK", ["2021W31"]),
        ("QUARTERS_THIS_YEAR", ["2021Q1", "2021Q2", "2021Q3", "2021Q4"]),
    ],
)
def test_a_relative_period_stands_for_fixed_ones(name: str, expected: list[str]) -> None:
    assert [str(period) for period in relative_periods(name, date(2021, 8, 15))] == expected


def test_every_relative_period_can_be_resolved() -> None:
    assert len(RELATIVE_PERIODS) == 45
    assert all(relative_periods(name, date(2024, 2, 29)) for name in RELATIVE_PERIODS)
    with pytest.raises(InvalidPeriodError):
        relative_periods("LAST_2_MONTHS", date(2024, 1, 1))


def test_settings_choose_weeks_and_financial_years() -> None:
    assert str(relative_periods("THIS_WEEK", date(2024, 2, 1), weeks="WeeklySunday")[0]) == "2024SunW5"
    found = relative_periods("THIS_FINANCIAL_YEAR", date(2024, 2, 1), financial_year="FinancialNov")
    assert str(found[0]) == "2024Nov"


def test_the_calendar_ends() -> None:
    with pytest.raises(InvalidPeriodError):
        parse_period("99991231").next()
    with pytest.raises(InvalidPeriodError):
        period_of("Fortnightly", date(2024, 1, 1))


@pytest.mark.parametrize("text", [202401, None, date(2024, 1, 1), 202401.0])
def test_what_is_no_text_is_no_period(text: Any) -> None:
    with pytest.raises(InvalidPeriodError, match="A period is a text"):
        parse_period(text)


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2024, 1, 31), "2024-01-31"),
        (datetime(2024, 1, 31, 12), "2024-01-31"),
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T10:00:00", "2024-01-31T10:00:00"),
    ],
)
def test_a_day_is_written_as_iso(day: Any, text: str) -> None:
    assert day_text(day) == text


@pytest.mark.parametrize("day", ["31/01/2024", "soon", "", 20240131, None, float("nan")])
def test_what_is_no_day_is_refused(day: Any) -> None:
    with pytest.raises(InvalidRequestError, match="is no day"):
        day_text(day)
