"""Values as notebooks have them: written as what they mean, or refused before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy
import pandas  # pyright: ignore[reportMissingTypeStubs]
import polars
import pytest

from dhis2w_client import Dhis2, Dhis2Client, InvalidRequestError
from dhis2w_client.data_values import DataValueOptions, DataValueSelection, InvalidDataValuesError, Limits
from dhis2w_client.data_values.data_value import text_of, type_problem
from dhis2w_client.data_values.value_batch import ValueBatch
from dhis2w_client.periods import InvalidPeriodError, parse_period
from dhis2w_client.versions import DIALECTS
from dhis2w_sandbox import Sandbox
from tests.client_data.small_country import AVERAGE, COUNT, EVERYTHING, FIRST_SET, TEXT, UNIT, run, stored, value

LOOSE: Any = pandas
"""Its types are not known."""
MISSING = [None, float("nan"), numpy.float64("nan"), Decimal("NaN"), pandas.NA, pandas.NaT, numpy.datetime64("NaT")]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (12, "12"),
        (12.0, "12"),
        (2.5, "2.5"),
        (-0.5, "-0.5"),
        (1e16, "10000000000000000"),
        (1e-7, "0.0000001"),
        (Decimal("2.50"), "2.50"),
        (Decimal("1E+3"), "1000"),
        (numpy.int64(12), "12"),
        (numpy.float32(0.1), "0.1"),
        (numpy.float64(12), "12"),
        (numpy.bool_(True), "true"),
        (False, "false"),
        (date(2024, 1, 31), "2024-01-31"),
        (datetime(2024, 1, 31, 10, 30), "2024-01-31T10:30:00"),
        (10**400, f"1{400 * '0'}"),
        ("12.0", "12.0"),
        ("1e3", "1e3"),
    ],
)
def test_values_are_written_as_dhis2_reads_them(given: object, text: str) -> None:
    assert text_of(given) == text


def test_numbers_of_frames_are_stored(empty: Sandbox) -> None:
    rows = [value(content=3), value(AVERAGE, content=1e-7), value(period="202402", content=None)]
    records = LOOSE.DataFrame(rows).to_dict("records")

    async def use(client: Dhis2Client) -> None:
        report = await client.data_values.push(records)
        assert [(refusal.index, refusal.sent) for refusal in report.refusals] == [(2, False)]
        assert "missing" in report.refusals[0].message
        assert [row[3] for row in await stored(client)] == ["0.0000001", "3"]
        again = await client.data_values.push(polars.DataFrame([value(content=4)]).iter_rows(named=True))
        assert again.ok
        assert [row[3] for row in await stored(client)] == ["0.0000001", "4"]

    run(empty, use)


@pytest.mark.parametrize("content", MISSING)
def test_what_frames_have_for_nothing_is_missing(content: object) -> None:
    async def use(client: Dhis2Client) -> None:
        report = await client.data_values.push([value(TEXT, content=content), value(content="1", comment=content)])
        assert [refusal.message for refusal in report.refusals] == ["the value is missing; `deleted` removes one"]
        (row,) = [row async for row in client.data_values.rows(EVERYTHING)]
        assert "comment" not in row

    with Sandbox(43, empty=True) as sandbox:
        run(sandbox, use)


def test_a_number_that_no_float_holds_is_sent() -> None:
    assert type_problem(10**400) is None
    assert type_problem(Decimal("1E+400")) is None


@pytest.mark.parametrize("of_a_file", [False, True])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"value": float("inf")}, "wrong value: inf"),
        ({"value": Decimal("sNaN")}, "wrong value: sNaN"),
        ({"value": b"abc"}, "wrong value: bytes"),
        ({"value": (1, 2)}, "wrong value: tuple"),
        ({"value": numpy.array([1, 2])}, "wrong value: ndarray"),
        ({"value": object()}, "wrong value: object"),
        ({"comment": {"a": 1}}, "wrong comment: dict"),
        ({"orgUnit": {"id": UNIT}}, "wrong orgUnit: dict"),
        ({"period": date(2024, 1, 1)}, "the period is a date"),
        ({"period": pandas.Timestamp("2024-01-01")}, "the period is a date"),
        ({"deleted": "yes"}, "deleted is 'yes', neither true nor false"),
        ({"followup": 2}, "followup is '2', neither true nor false"),
    ],
)
def test_what_has_no_text_is_refused_alone(wrong: dict[str, Any], message: str, *, of_a_file: bool) -> None:
    async def use(client: Dhis2Client) -> None:
        rows = [value(TEXT, content="a") | wrong, value(content="1")]
        report = await client.data_values.push(ValueBatch(rows, client.dialect) if of_a_file else rows)
        assert [(refusal.index, refusal.sent) for refusal in report.refusals] == [(0, False)]
        assert report.refusals[0].message.startswith(message)
        assert [row[0] for row in await stored(client)] == [COUNT]

    for version in (42, 43):
        with Sandbox(version, empty=True) as sandbox:
            run(sandbox, use)


def test_periods_and_marks_need_not_be_texts(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        months: list[Any] = [202401, numpy.int64(202402), parse_period("202403")]
        report = await client.data_values.push([value(period=month, categoryOptionCombo=None) for month in months])
        assert report.ok
        assert [row[1] for row in await stored(client)] == ["202401", "202402", "202403"]
        gone = await client.data_values.push([value(deleted=1), value(period="202402", deleted=numpy.bool_(True))])
        assert gone.ok
        assert [row[1] for row in await stored(client)] == ["202403"]

    run(empty, use)


def broken() -> Iterator[dict[str, Any]]:
    yield value()
    raise RuntimeError("the database has gone")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (None, "not NoneType"),
        ("abc", "not str"),
        (value(), "not dict"),
        ([None], "not NoneType"),
        (["abc"], "not str"),
        (polars.DataFrame([value()]), "not DataFrame"),
        (LOOSE.DataFrame([value()]), "not DataFrame"),
        ([value(), value(categoryoptioncombo="x")], "'categoryoptioncombo'.*may be 'categoryOptionCombo'"),
        ([value(category_option_combo="x")], "'category_option_combo'.*may be 'categoryOptionCombo'"),
        ([value(comnent="x")], "'comnent'.*may be 'comment'"),
        ([value(facility="x")], "'facility', which DHIS2 does not know"),
    ],
)
def test_what_are_no_values_is_told_before_anything_is_sent(given: Any, message: str) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match=message):
            await client.data_values.push(given)
        with pytest.raises(RuntimeError, match="the database has gone"):
            await client.data_values.push(broken())
        assert await stored(client) == []
        assert (await client.data_values.push(())).given == 0

    with Sandbox(42, empty=True) as sandbox:
        run(sandbox, use)


def test_a_single_value_is_checked_likewise() -> None:
    async def use(client: Dhis2Client) -> None:
        await client.data_values.set(COUNT, "202401", UNIT, numpy.float64(7))  # pyright: ignore[reportArgumentType]
        assert await client.data_values.get(COUNT, "202401", UNIT) == "7"
        wrong: list[Any] = [*MISSING, "", float("inf"), b"abc", [1]]
        for each in wrong:
            with pytest.raises(InvalidRequestError):
                await client.data_values.set(TEXT, "202401", UNIT, each)
        with pytest.raises(InvalidRequestError):
            await client.data_values.set(TEXT, "202401", UNIT, float("nan"), comment="odd")

    with Sandbox(42, empty=True) as sandbox:
        run(sandbox, use)


def test_a_strategy_that_there_is_none_of_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="no import strategy 'NEW'"):
        DataValueOptions(strategy="NEW")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"data_sets": FIRST_SET}, "data_sets is one text"),
        ({"periods": "202401"}, "periods is one text"),
        ({"periods": (202401,)}, "A period is a text"),
        ({"periods": (), "start": "soon", "end": "2024-02-01"}, "'soon' is no day"),
        ({"periods": (), "start": datetime(2024, 2, 1), "end": date(2024, 1, 1)}, "end is before start"),
        ({"since": date(2024, 1, 1)}, "no point in time without a zone"),
        ({"since": datetime(2024, 1, 1, tzinfo=UTC)}, "no point in time without a zone"),
    ],
)
def test_a_selection_that_means_something_else_is_refused(wrong: dict[str, Any], message: str) -> None:
    given: dict[str, Any] = {"data_sets": (FIRST_SET,), "periods": ("202401",), "org_units": (UNIT,)}
    with pytest.raises((InvalidRequestError, InvalidPeriodError), match=message):
        DataValueSelection(**given | wrong).params(DIALECTS[Dhis2.V42])


@pytest.mark.parametrize(("least", "most"), [(1.5, 10), (float("nan"), 10), (1, "10"), (None, 10)])
def test_limits_are_whole_numbers(least: Any, most: Any) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match="no whole numbers"):
            await client.data_values.min_max.set(Limits(COUNT, UNIT, least, most))
        low: Any = numpy.int64(1)
        await client.data_values.min_max.set(Limits(COUNT, UNIT, low, 10))
        found = await client.data_values.min_max.get(COUNT, UNIT)
        assert found is not None
        assert (found.minimum, found.maximum) == (1, 10)

    with Sandbox(42, empty=True) as sandbox:
        run(sandbox, use)


def test_a_day_of_completion_that_is_none_is_refused(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        values = client.data_values
        with pytest.raises(InvalidRequestError, match="is no day"):
            await values.completions.register(FIRST_SET, "202401", UNIT, date="03/02/2024")
        with pytest.raises(InvalidRequestError, match="is no day"):
            await values.push([value()], data_set=FIRST_SET, complete_date="03/02/2024")
        assert await values.completions.list([FIRST_SET], ["202401"], [UNIT]) == []
        with pytest.raises(InvalidDataValuesError, match="not in UTF-8"):
            await values.push_content(b"\xff\xfea", "csv")

    run(empty, use)
