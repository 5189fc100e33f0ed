"""Where data values are lost: first as DHIS2 has it, by plain requests, then through the guard of the client.

The number in a test's name is that of the entry in `docs/dhis2-quirks.md`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dhis2w_client import (
    ApiError,
    BasicAuth,
    ConflictError,
    DataLossWarning,
    Dhis2Client,
    InvalidRequestError,
    ServerError,
)
from dhis2w_client.data_values import DataValueOptions, InvalidDataValuesError
from dhis2w_client.jobs.job_run import job_of
from dhis2w_sandbox import Sandbox
from tests.client_data.small_country import (
    AVERAGE,
    COMBO,
    COUNT,
    EVERYTHING,
    FIRST_SET,
    ROOT,
    TEXT,
    UNIT,
    run,
    stored,
    value,
)
from tests.client_metadata import connecting
from tests.traps.servers import ALL, LEGACY, PIPELINE, of

PATH = "dataValueSets"
WORKFLOW = "WorkflowAa1"
CLERK_PASSWORD = "Quiet-Harbour-7"


async def send(client: Dhis2Client, *values: Any, params: Any = None, **head: Any) -> Any:
    """Import values by a plain request, as a client without guards does."""
    return await client.post(PATH, {"dataSet": FIRST_SET, **head, "dataValues": list(values)}, params=params)


async def contents(client: Dhis2Client) -> list[str]:
    """The values that are stored."""
    return [row[3] for row in await stored(client)]


async def stored_rows(client: Dhis2Client) -> list[Any]:
    """The values that are stored, with all that is stored with them."""
    return [row async for row in client.data_values.rows(EVERYTHING)]


@of(*PIPELINE)
def test_q01_a_partial_import_is_a_success_for_http(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        values = [value(content="x"), value(AVERAGE, content="3")]
        answer = await send(client, *values)  # no error: HTTP says 200
        assert answer["response"]["status"] == "WARNING"
        assert await contents(client) == ["3"]
        report = await client.data_values.push(values)
        assert not report.ok
        assert [(refusal.index, refusal.value) for refusal in report.refusals] == [(0, "x")]

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*LEGACY)
def test_q02_a_conflict_has_written_the_other_values(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        values = [value(content="x"), value(AVERAGE, content="3")]
        with pytest.raises(ConflictError):  # who believes it sends all of them again, or nothing more
            await send(client, *values)
        assert await contents(client) == ["3"]
        report = await client.data_values.push([values[0], value(AVERAGE, content="4")])
        assert (report.accepted, report.refused) == (1, 1)
        assert await contents(client) == ["4"]

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*LEGACY)
def test_q03_a_zero_vanishes_and_is_in_no_counter(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        answer = await send(client, value(content="0"))
        assert answer["response"]["status"] == "SUCCESS"
        assert sum(answer["response"]["importCount"].values()) == 0
        assert await contents(client) == []
        with pytest.warns(DataLossWarning, match="1 of 1 values"):
            report = await client.data_values.push([value(content="0")])
        assert (report.vanished, report.ok) == (1, False)

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*PIPELINE)
def test_q04_create_overwrites(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        await send(client, value(content="1"))
        await send(client, value(content="2"), params={"importStrategy": "CREATE"})
        assert await contents(client) == ["2"]
        with pytest.raises(InvalidRequestError, match="overwrite"):
            await client.data_values.push([value(content="3")], DataValueOptions(strategy="CREATE"))
        assert await contents(client) == ["2"]

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*PIPELINE)
def test_q05_one_bad_identifier_and_two_data_sets_refuse_everything(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        mixed = [value(), value(AVERAGE, content="3"), value(TEXT, content="a")]
        for values in (mixed, [value(AVERAGE), value("nOtKnown001")]):
            with pytest.raises(ConflictError):
                await client.post(PATH, {"dataValues": values})
            assert await contents(client) == []
        report = await client.data_values.push([*mixed, value("nOtKnown001")])
        assert [refusal.index for refusal in report.refusals] == [3]
        assert sorted(await contents(client)) == ["1", "3", "a"]
        with_bad_unit = await client.data_values.push([value(AVERAGE, content="4"), value(unit="nOtKnown001")])
        blamed = {refusal.index: refusal.collateral for refusal in with_bad_unit.refusals}
        assert blamed == {0: True, 1: False}  # the first may be sent again

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q06_a_job_is_accepted_before_it_has_read_anything(version: int) -> None:
    broken = b'{"dataValues": [{"dataElement": '

    async def use(client: Dhis2Client) -> None:
        answer = await client.post(PATH, broken, params={"async": True})
        assert answer["httpStatusCode"] == 200
        assert answer["status"] == "OK"
        assert await contents(client) == []
        job = job_of(answer)
        assert job is not None
        summary: Any = (await client.jobs.wait(job, within=60)).summary
        assert summary["status"] == "ERROR"
        with pytest.raises(InvalidDataValuesError):
            await client.data_values.push_content(broken, "json", background=True)
        report = await client.data_values.push([value(content="x")], background=True, within=60)
        assert report.refused == 1

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q14_columns_of_csv_are_taken_by_position_or_by_name(version: int) -> None:
    swapped = f"dataelement,period,value,orgunit\n{COUNT},202401,7,{UNIT}\n".encode()
    unnamed = f"a,b,c,d,e,f\n{COUNT},202401,{UNIT},,,7\n".encode()

    async def use(client: Dhis2Client) -> None:
        by_position = not client.dialect.groups_data_values_by_data_set
        params = {"dataSet": FIRST_SET}
        for content, understood in ((swapped, not by_position), (unnamed, by_position)):
            try:
                await client.post(PATH, content, params=params, content_type="application/csv")
            except (ConflictError, ServerError):
                assert not understood
            assert await contents(client) == (["7"] if understood else [])
            await client.data_values.delete(COUNT, "202401", UNIT, data_set=FIRST_SET)
        assert (await client.data_values.push_content(swapped, "csv", data_set=FIRST_SET)).accepted == 1
        assert await contents(client) == ["7"]
        with pytest.raises(InvalidDataValuesError, match="no column `dataelement`"):
            await client.data_values.push_content(unnamed, "csv", data_set=FIRST_SET)

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*PIPELINE)
def test_q15_an_export_that_is_imported_loses_its_marks(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.data_values.push([value(followup=True)])
        export = await client.get(PATH, params={"dataSet": FIRST_SET, "period": "202401", "orgUnit": UNIT})
        assert export["dataValues"][0]["followup"] is True
        rows = await stored_rows(client)
        await client.post(PATH, {**export, "dataSet": FIRST_SET})
        assert not (await stored_rows(client))[0].get("followup")
        await client.data_values.push(rows)
        assert (await stored_rows(client))[0].get("followup") is True

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*LEGACY)
def test_q19_a_dry_run_completes_and_a_second_value_disappears(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        completions = client.data_values.completions
        head = {"completeDate": "2024-02-03", "period": "202401", "orgUnit": UNIT}
        await send(client, value(), params={"dryRun": True}, **head)
        assert await contents(client) == []
        assert len(await completions.list([FIRST_SET], ["202401"], [UNIT])) == 1  # for real
        await completions.remove(FIRST_SET, "202401", UNIT)
        dry = DataValueOptions(dry_run=True)
        with pytest.raises(InvalidRequestError, match="dry run"):
            await client.data_values.push([value()], dry, data_set=FIRST_SET, complete_date="2024-02-03")
        assert await completions.list([FIRST_SET], ["202401"], [UNIT]) == []

        twice = [value(content="1"), value(content="2")]
        counts = (await send(client, *twice))["response"]["importCount"]
        assert sum(counts.values()) == 1
        assert await contents(client) == ["1"]
        report = await client.data_values.push(twice)
        assert [(refusal.index, refusal.message) for refusal in report.refusals] == [(1, "the same key as value 0")]

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(43)
def test_q20_one_value_of_the_wrong_type_fails_the_whole_request(version: int) -> None:
    right = value(AVERAGE, content="3")

    async def use(client: Dhis2Client) -> None:
        wrong: list[Any] = [value(content=12), value(followUp="true"), value(period="2024-13")]
        for each in wrong:
            with pytest.raises(ServerError):
                await send(client, right, each)
            assert await contents(client) == []
        answer = await client.post(PATH, b"[]")
        assert answer["response"]["status"] == "SUCCESS"

        report = await client.data_values.push([right, *wrong[:1], wrong[2]])
        assert [(refusal.index, refusal.sent) for refusal in report.refusals] == [(2, False)]
        assert sorted(await contents(client)) == ["12", "3"]
        assert (await client.data_values.push([wrong[1]])).ok
        assert [row.get("followup") for row in await stored_rows(client)].count(True) == 1
        with pytest.raises(InvalidDataValuesError):
            await client.data_values.push_content(b"7", "json")

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*LEGACY)
def test_q22_an_unknown_combo_selects_everything(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.data_values.push([value()])
        params = {"dataSet": FIRST_SET, "period": "202401", "orgUnit": UNIT, "attributeOptionCombo": "nOtKnown001"}
        assert len((await client.get(PATH, params=params))["dataValues"]) == 1
        selection = replace(EVERYTHING, attribute_option_combos=("nOtKnown001",))
        assert [row async for row in client.data_values.rows(selection)] == []

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*PIPELINE)
def test_q23_a_server_refuses_its_own_files(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.patch(f"dataSets/{FIRST_SET}", [{"op": "add", "path": "/code", "value": "FIRST"}])
        await client.data_values.push([value(content="5"), value(AVERAGE, content="6")])
        selection = replace(EVERYTHING, data_sets=(FIRST_SET,), periods=("202401",), org_units=(UNIT,), children=False)
        files: dict[str, bytes] = {}
        for format in ("xml", "adx"):
            async with client.data_values.stream(selection, format) as pieces:
                files[format] = b"".join([piece async for piece in pieces])
        for element in (COUNT, AVERAGE):
            await client.data_values.delete(element, "202401", UNIT, data_set=FIRST_SET)
        xml, adx = "application/xml", "application/adx+xml"
        with pytest.raises(ApiError):
            await client.post(PATH, files["xml"], content_type=xml)
        with pytest.raises(ConflictError):
            await client.post(PATH, files["adx"], params={"idScheme": "CODE"}, content_type=adx)
        assert await contents(client) == []
        for format in ("xml", "adx"):
            report = await client.data_values.push_content(files[format], format)
            assert (report.ok, report.accepted) == (True, 2)
            assert sorted(await contents(client)) == ["5", "6"]

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q08_a_bulk_update_clears_the_comment_that_it_leaves_out(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.data_values.push([value(content="1", comment="counted twice", followup=True)])
        await client.data_values.set(COUNT, "202401", UNIT, 2, data_set=FIRST_SET)
        (row,) = await stored_rows(client)
        assert (row["value"], row.get("comment"), row.get("followup")) == ("2", "counted twice", True)
        await send(client, value(content="3"))
        (row,) = await stored_rows(client)
        assert (row["value"], row.get("comment"), row.get("followup") or False) == ("3", None, False)

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*PIPELINE)
def test_q21_input_periods_work_the_wrong_way_round(version: int) -> None:
    periods = [
        {"period": {"id": "202401"}, "openingDate": "2024-01-01", "closingDate": "2024-03-01"},
        {"period": {"id": "202402"}, "openingDate": "2024-01-01"},
    ]

    async def use(client: Dhis2Client) -> None:
        added = [{"op": "add", "path": "/dataInputPeriods", "value": periods}]
        await client.patch(f"dataSets/{FIRST_SET}", added)
        with pytest.raises(ConflictError, match="E8030"):
            await send(client, value(period="202402"))
        await send(client, value(AVERAGE, "202401", content="1"))  # closed since March 2024, and taken
        assert await contents(client) == ["1"]
        report = await client.data_values.push(
            [value(AVERAGE, "202401", content="2"), value(TEXT, "202401", content="a")]
        )
        assert [(refusal.index, refusal.sent) for refusal in report.refusals] == [(0, False)]
        assert "takes no values of 202401 now" in report.refusals[0].message
        named = await client.data_values.push([value(AVERAGE, "202401", content="2")], data_set=FIRST_SET)
        assert named.refused == 1
        assert sorted(await contents(client)) == ["1", "a"]

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*PIPELINE)
def test_q21_an_approved_period_does_not_stop_an_import(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        level = {"id": "ApprvlLvl02", "name": "Second", "orgUnitLevel": 2}
        await client.post("dataApprovalLevels", level)
        workflow = {"id": WORKFLOW, "name": "Monthly", "periodType": "Monthly", "categoryCombo": COMBO}
        await client.post("dataApprovalWorkflows", {**workflow, "dataApprovalLevels": [{"id": level["id"]}]})
        bound = [{"op": "add", "path": "/workflow", "value": {"id": WORKFLOW}}]
        await client.patch(f"dataSets/{FIRST_SET}", bound)
        await client.data_values.push([value(AVERAGE, content="1")])
        await client.post("dataApprovals", params={"wf": WORKFLOW, "pe": "202401", "ou": UNIT})
        await send(client, value(AVERAGE, content="2"))
        assert await contents(client) == ["2"]
        report = await client.data_values.push([value(AVERAGE, content="3")])
        assert [refusal.code for refusal in report.refusals] == ["E8033"]
        assert await contents(client) == ["2"]

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@of(*PIPELINE)
def test_q21_a_lock_exception_makes_a_write_fail(version: int) -> None:
    async def prepare(client: Dhis2Client) -> None:
        await client.patch(f"dataSets/{FIRST_SET}", [{"op": "replace", "path": "/expiryDays", "value": 5}])
        await client.data_sets.share(FIRST_SET, public="rwrw----")
        await client.post("lockExceptions", params={"ds": FIRST_SET, "pe": "202401", "ou": UNIT})
        role = {"id": "ClerkRole01", "name": "Clerk", "authorities": ["F_DATAVALUE_ADD"]}
        await client.post("userRoles", role)
        clerk = {"firstName": "Ada", "surname": "Clerk", "username": "clerk", "password": CLERK_PASSWORD}
        await client.post("users", {**clerk, "userRoles": [{"id": role["id"]}], "organisationUnits": [{"id": ROOT}]})

    async def use(client: Dhis2Client) -> None:
        with pytest.raises(ServerError, match='"valid" is null'):  # all that DHIS2 says
            await send(client, value())
        with pytest.raises(ServerError, match="lock exception: take it away"):
            await client.data_values.push([value()])

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, prepare)
        connecting.run(sandbox, use, auth=BasicAuth("clerk", CLERK_PASSWORD))


@of(*ALL)
def test_q12_audits_are_cut_at_fifty(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        for number in range(1, 54):
            await client.data_values.set(COUNT, "202401", UNIT, number, data_set=FIRST_SET)
        answer = await client.get("audits/dataValue", params={"de": COUNT})
        everything = [row async for row in client.data_values.audits.rows(data_elements=[COUNT])]
        assert len(answer["dataValueAudits"]) == 50 < len(everything)

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)
