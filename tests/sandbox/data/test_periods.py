"""Every period type: how it is written, when it starts and ends, and that its periods tile the time."""

from datetime import date, timedelta

import pytest

from dhis2w_sandbox.data.periods import TYPES, between, containing, parse
from dhis2w_sandbox.data.relative_periods import RELATIVE, RelativeSettings, periods_of
from dhis2w_sandbox.versions import BEHAVIOURS


@pytest.mark.parametrize(
    ("text", "iso", "start", "end"),
    [
        ("20240131", "20240131", "2024-01-31", "2024-01-31"),
        ("2024-01-31", "20240131", "2024-01-31", "2024-01-31"),
        ("2024W05", "2024W5", "2024-01-29", "2024-02-04"),
        ("2020W53", "2020W53", "2020-12-28", "2021-01-03"),
        ("2025W1", "2025W1", "2024-12-30", "2025-01-05"),
        ("2024WedW5", "2024WedW5", "2024-01-31", "2024-02-06"),
        ("2024ThuW5", "2024ThuW5", "2024-02-01", "2024-02-07"),
        ("2024FriW1", "2024FriW1", "2023-12-29", "2024-01-04"),
        ("2024SatW5", "2024SatW5", "2024-01-27", "2024-02-02"),
        ("2025SunW1", "2025SunW1", "2024-12-29", "2025-01-04"),
        ("2024BiW01", "2024BiW1", "2024-01-01", "2024-01-14"),
        ("2024-01", "202401", "2024-01-01", "2024-01-31"),
        ("202406B", "202406B", "2024-11-01", "2024-12-31"),
        ("2024Q4", "2024Q4", "2024-10-01", "2024-12-31"),
        ("2024NovQ1", "2024NovQ1", "2023-11-01", "2024-01-31"),
        ("2024S2", "2024S2", "2024-07-01", "2024-12-31"),
        ("2024AprilS2", "2024AprilS2", "2024-10-01", "2025-03-31"),
        ("2024NovS1", "2024NovS1", "2023-11-01", "2024-04-30"),
        ("2024", "2024", "2024-01-01", "2024-12-31"),
        ("2024April", "2024April", "2024-04-01", "2025-03-31"),
        ("2024Nov", "2024Nov", "2023-11-01", "2024-10-31"),
    ],
)
def test_a_period_is_read_into_its_canonical_spelling(text: str, iso: str, start: str, end: str) -> None:
    period = parse(text, TYPES)
    assert period is not None
    assert (period.iso, period.start.isoformat(), period.end.isoformat()) == (iso, start, end)


@pytest.mark.parametrize(
    "text",
    [
        "20240230",
        "2024131",
        "2024W0",
        "2024W53",
        "2024-W05",
        "2024sunW6",
        "2024BiW27",
        "202413",
        "2024-1",
        "2024B1",
        "202407B",
        "2024Q5",
        "2024q1",
        "2024S3",
        "2024Apr",
        "2024oct",
        "024",
        "0000",
        "2024x",
        "",
    ],
)
def test_what_is_no_period_is_none(text: str) -> None:
    assert parse(text, TYPES) is None


def test_a_version_knows_its_own_types_only() -> None:
    assert parse("2024FriW5", BEHAVIOURS["v42"].period_types) is None
    assert parse("2024FriW5", BEHAVIOURS["v43"].period_types) is not None
    assert parse("2024Sep", BEHAVIOURS["v41"].period_types) is None


# The 27th two weeks of a long year overlap the next year's first, in DHIS2 too.
@pytest.mark.parametrize("name", [name for name in TYPES if name != "BiWeekly"])
def test_periods_follow_each_other_without_a_gap(name: str) -> None:
    period = containing(TYPES[name], date(2019, 1, 1))
    while period.end < date(2030, 1, 1):
        assert parse(period.iso, TYPES) == period
        following = period.next()
        assert following.start == period.end + timedelta(days=1)
        assert following.previous() == period
        period = following


def test_the_periods_between_two_days_are_whole() -> None:
    found = [period.iso for period in between(TYPES["Monthly"], date(2024, 1, 2), date(2024, 4, 29))]
    assert found == ["202402", "202403"]


@pytest.mark.parametrize(
    ("name", "isos"),
    [
        ("TODAY", ["20210815"]),
        ("LAST_3_MONTHS", ["202105", "202106", "202107"]),
        ("THIS_MONTH", ["202108"]),
        ("MONTHS_LAST_YEAR", [f"2020{month:02}" for month in range(1, 13)]),
        ("LAST_2_SIXMONTHS", ["2020S2", "2021S1"]),
        ("THIS_FINANCIAL_YEAR", ["2020Oct"]),
        ("LAST_WEEK", ["2021W31"]),
    ],
)
def test_a_relative_period_stands_for_fixed_ones(name: str, isos: list[str]) -> None:
    assert [period.iso for period in periods_of(name, date(2021, 8, 15), RelativeSettings())] == isos


def test_every_relative_period_can_be_resolved() -> None:
    assert all(periods_of(name, date(2024, 2, 29), RelativeSettings()) for name in RELATIVE)
