"""Values are imported, and what is not is told, on servers of every version and both engines."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from dhis2w_client import ConflictError, DataLossWarning, Dhis2Client, InvalidRequestError
from dhis2w_client.data_values import DataValueOptions, DataValueReport, DataValueSelection, IdSchemes
from dhis2w_sandbox import Sandbox
from tests.client_data.small_country import (
    AVERAGE,
    COUNT,
    EVERYTHING,
    FIRST_SET,
    OTHER,
    ROOT,
    TEXT,
    UNIT,
    run,
    stored,
    value,
)


def adds_up(report: DataValueReport) -> bool:
    parts = report.accepted + report.unchanged + report.refused + report.skipped + report.vanished
    return parts == report.given


def test_values_of_several_data_sets_are_written_at_once(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> tuple[DataValueReport, Any]:
        report = await client.data_values.push(
            [value(), value(AVERAGE, content=2.5), value(TEXT, content="a"), value(unit=OTHER, content=7)]
        )
        return report, await stored(client)

    report, rows = run(empty, use)
    assert report.ok
    assert (report.given, report.accepted) == (4, 4)
    assert rows == [
        (AVERAGE, "202401", UNIT, "2.5"),
        (COUNT, "202401", UNIT, "1"),
        (COUNT, "202401", OTHER, "7"),
        (TEXT, "202401", UNIT, "a"),
    ]


def test_without_grouping_a_pipeline_server_refuses_everything(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        body = {"dataValues": [value(), value(AVERAGE), value(TEXT)]}
        if client.dialect.groups_data_values_by_data_set:
            with pytest.raises(ConflictError):
                await client.post("dataValueSets", body)
            assert await stored(client) == []
        assert (await client.data_values.push(body["dataValues"])).ok

    run(empty, use)


def test_one_wrong_value_leaves_the_others(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> tuple[DataValueReport, Any]:
        report = await client.data_values.push(
            [value(content="x"), value(AVERAGE, content="3"), value(period="202402")]
        )
        return report, await stored(client)

    report, rows = run(empty, use)
    assert adds_up(report)
    assert not report.ok
    refusal = report.refusals[0]
    assert (len(report.refusals), refusal.index, refusal.value) == (1, 0, "x")
    assert refusal.key is not None
    assert refusal.key[:3] == (COUNT, "202401", UNIT)
    assert refusal.code in ("E7619", "E8122")
    assert [row[0] for row in rows] == [AVERAGE, COUNT]


def test_what_no_server_takes_is_not_sent_and_spoils_nothing(empty: Sandbox) -> None:
    bad = [value(period="2024-13"), value(content=""), value(unit=""), value(content=[1]), value(content="9")]

    async def use(client: Dhis2Client) -> tuple[DataValueReport, Any]:
        return await client.data_values.push([value(content="5"), *bad]), await stored(client)

    report, rows = run(empty, use)
    assert [refusal.index for refusal in report.refusals] == [1, 2, 3, 4, 5]
    assert not any(refusal.sent for refusal in report.refusals)
    assert "the same key as value 0" in report.refusals[-1].message
    assert adds_up(report)
    assert rows == [(COUNT, "202401", UNIT, "5")]


def test_the_same_again_changes_nothing(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> DataValueReport:
        await client.data_values.push([value(), value(AVERAGE)])
        return await client.data_values.push([value(), value(AVERAGE)])

    report = run(empty, use)
    assert adds_up(report)
    assert report.ok
    assert report.unchanged + report.counts.updated == 2


def test_an_unknown_element_is_refused_and_named(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> tuple[DataValueReport, Any]:
        return await client.data_values.push([value("Unknown0001"), value()]), await stored(client)

    report, rows = run(empty, use)
    assert adds_up(report)
    assert report.refused >= 1
    assert report.refusals[0].key is not None
    assert report.refusals[0].key.data_element == "Unknown0001"
    assert report.accepted == len(rows)


def test_zeros_that_vanish_are_told(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        if client.dialect.groups_data_values_by_data_set:
            assert (await client.data_values.push([value(content="0")])).ok
        else:
            with pytest.warns(DataLossWarning, match="1 of 2 values"):
                report = await client.data_values.push([value(content="0"), value(AVERAGE, content="0")])
            assert (report.vanished, report.ok, adds_up(report)) == (1, False, True)

    run(empty, use)


def test_a_job_writes_the_same(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> tuple[DataValueReport, Any]:
        return await client.data_values.push([value(), value(AVERAGE, content="x")], background=True), await stored(
            client
        )

    report, rows = run(empty, use)
    assert (report.accepted, report.refused, len(rows)) == (1, 1, 1)


def test_a_dry_run_writes_nothing(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> tuple[DataValueReport, Any]:
        return await client.data_values.push([value()], DataValueOptions(dry_run=True)), await stored(client)

    report, rows = run(empty, use)
    assert (report.accepted, rows) == (1, [])


def test_a_dry_run_that_would_complete_is_refused(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match="dry run"):
            await client.data_values.push(
                [value()], DataValueOptions(dry_run=True), data_set=FIRST_SET, complete_date="2024-02-03"
            )

    run(empty, use)


def test_a_strategy_that_the_version_does_not_keep_is_refused(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.data_values.push([value(content="1")])
        create = DataValueOptions(strategy="CREATE")
        if client.dialect.honours_import_strategy:
            report = await client.data_values.push([value(content="2")], create)
            assert (report.skipped, adds_up(report)) == (1, True)
        else:
            with pytest.raises(InvalidRequestError, match="overwrite"):
                await client.data_values.push([value(content="2")], create)
        assert [row[3] for row in await stored(client)] == ["1"]

    run(empty, use)


def test_codes_are_taken_for_identifiers(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> tuple[DataValueReport, Any]:
        options = DataValueOptions(schemes=IdSchemes(all="CODE"))
        report = await client.data_values.push([value("COUNT", unit="HERE"), value("AVERAGE", unit="HERE")], options)
        return report, await stored(client)

    report, rows = run(empty, use)
    assert report.ok
    assert [row[0] for row in rows] == [AVERAGE, COUNT]


def test_an_export_keeps_its_marks_when_it_is_imported(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> list[Any]:
        await client.data_values.push([value(followup=True, comment="odd")])
        exported = [row async for row in client.data_values.rows(EVERYTHING)]
        await client.data_values.push([{**row, "value": "2"} for row in exported])
        return [row async for row in client.data_values.rows(EVERYTHING)]

    row = run(empty, use)[0]
    assert (row["value"], row.get("followup"), row["comment"]) == ("2", True, "odd")


def test_csv_and_json_content_is_read_and_guarded(empty: Sandbox) -> None:
    csv = f'dataelement,period,orgunit,value,comment\n{COUNT},202401,{UNIT},4,"two\nlines"\n'

    async def use(client: Dhis2Client) -> tuple[DataValueReport, list[Any]]:
        report = await client.data_values.push_content(csv.encode(), "csv")
        return report, [row async for row in client.data_values.rows(EVERYTHING)]

    report, rows = run(empty, use)
    assert report.ok
    assert (rows[0]["value"], rows[0]["comment"]) == ("4", "two\nlines")


def test_single_values_are_set_read_marked_and_deleted(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        values = client.data_values
        assert await values.get(COUNT, "202401", UNIT) is None
        await values.set(COUNT, "202401", UNIT, 12, comment="counted", data_set=FIRST_SET)
        await values.set(COUNT, "202401", UNIT, comment="twice", data_set=FIRST_SET)
        assert await values.get(COUNT, "202401", UNIT) == "12"
        await values.follow_up([value()])
        await values.follow_up([value()])
        (row,) = [row async for row in values.rows(EVERYTHING)]
        assert (row.get("comment"), row.get("followup")) == ("twice", True)
        await values.follow_up([value()], marked=False)
        (row,) = [row async for row in values.rows(EVERYTHING)]
        assert not row.get("followup")
        await values.delete(COUNT, "202401", UNIT, data_set=FIRST_SET)
        await values.delete(COUNT, "202401", UNIT, data_set=FIRST_SET)
        assert await values.get(COUNT, "202401", UNIT) is None
        with pytest.raises(InvalidRequestError):
            await values.set(COUNT, "202401", UNIT, "")

    run(empty, use)


def test_changes_are_read_in_every_version(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> int:
        await client.data_values.push([value(), value(AVERAGE)])
        since = DataValueSelection(data_sets=(FIRST_SET,), org_units=(ROOT,), children=True, since=datetime(2001, 1, 1))
        return len([row async for row in client.data_values.rows(since)])

    assert run(empty, use) == 2


def test_an_unknown_attribute_combo_reads_nothing_instead_of_everything(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> int:
        await client.data_values.push([value()])
        chosen = DataValueSelection(
            data_sets=(FIRST_SET,), periods=("202401",), org_units=(UNIT,), attribute_option_combos=("UnknownCmb1",)
        )
        return len([row async for row in client.data_values.rows(chosen)])

    assert run(empty, use) == 0


@pytest.mark.parametrize(
    "selection",
    [
        DataValueSelection(periods=("202401",), org_units=(UNIT,)),
        DataValueSelection(data_sets=(FIRST_SET,), periods=("202401",)),
        DataValueSelection(data_sets=(FIRST_SET,), org_units=(UNIT,)),
        DataValueSelection(data_sets=(FIRST_SET,), org_units=(UNIT,), start=date(2024, 1, 1)),
    ],
)
def test_half_a_selection_is_refused_before_it_is_sent(selection: DataValueSelection) -> None:
    with Sandbox(42, empty=True) as sandbox:

        async def use(client: Dhis2Client) -> None:
            with pytest.raises(InvalidRequestError):
                [row async for row in client.data_values.rows(selection)]

        run(sandbox, use)
