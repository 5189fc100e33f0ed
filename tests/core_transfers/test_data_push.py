"""A file of data values is sent: whole, after it was stopped, and with rows that the server refuses."""

from __future__ import annotations

import csv
import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError, ServerError
from dhis2w_client.clock import Clock
from dhis2w_client.data_values import IdSchemes
from dhis2w_client.data_values.data_value import PLACE
from dhis2w_core.errors import OperationError, StalePlanError
from dhis2w_core.plan import StepDone
from dhis2w_core.transfers.chunk_size import ChunkSize
from dhis2w_core.transfers.data_push import DataPush
from dhis2w_core.transfers.json_head import JsonHead, json_head
from dhis2w_core.transfers.source_rows import ColumnsLeftOutWarning, SourceRows, digest_of, source_rows
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.faults import Fault
from tests.client_data.small_country import AVERAGE, COUNT, FIRST_SET, UNIT, run, stored, value

DAYS = [f"2024{month:02}" for month in (1, 2, 3)]


def table(file: Path, rows: list[dict[str, Any]]) -> DataPush:
    """The plan to send rows, written as CSV."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, names)
        writer.writeheader()
        writer.writerows(rows)
    return DataPush(file, digest_of(file), rows_at_once=2, clock=Clock(sleep=at_once))


async def at_once(_: float) -> None:
    """Wait for nothing."""


def note(_: StepDone) -> None:
    """Nothing of a transfer is written down step by step."""


async def send(client: Dhis2Client, plan: DataPush) -> dict[str, Any]:
    report = await plan.apply(client, note)
    parts = ("accepted", "unchanged", "refused", "skipped")
    assert report["read"] == sum(int(str(report[part])) for part in parts)
    return report


ROWS = [value(element, period, str(number)) for number, (element, period) in enumerate(
    [(element, period) for element in (COUNT, AVERAGE) for period in DAYS], 1
)]  # fmt: skip
STORED = sorted((row["dataElement"], row["period"], UNIT, row["value"]) for row in ROWS)


def test_a_file_is_sent_in_chunks_and_leaves_no_journal(empty: Sandbox, tmp_path: Path, state: Path) -> None:
    plan = table(tmp_path / "values.csv", ROWS)

    async def use(client: Dhis2Client) -> tuple[dict[str, Any], Any]:
        return await send(client, plan), await stored(client)

    report, rows = run(empty, use)
    assert (report["read"], report["accepted"], report["rejects"]) == (6, 6, None)
    assert rows == STORED
    assert not list((state / "dhis2" / "transfers").glob("*.sqlite"))


def test_refused_rows_become_a_file_that_can_be_repaired_and_sent(empty: Sandbox, tmp_path: Path) -> None:
    faults: dict[int, dict[str, Any]] = {
        1: {**ROWS[1], "value": "many"},
        2: {**ROWS[2], "period": "2024-13"},
        4: {**ROWS[4], "dataElement": "Unknown0001"},
    }
    plan = table(tmp_path / "values.csv", [faults.get(number) or row for number, row in enumerate(ROWS)])
    whole = DataPush(plan.source, plan.source_digest, rows_at_once=100)

    async def use(client: Dhis2Client) -> Any:
        report = await send(client, whole)
        assert (report["accepted"], report["refused"]) == (3, 3)
        text = (tmp_path / "values.rejects.csv").read_text(encoding="utf-8")
        rejects = list(csv.DictReader(text.splitlines()))
        assert [int(row["source_line"]) for row in rejects] == [3, 4, 6]
        assert all(row["problem"] for row in rejects)
        assert [row["value"] for row in rejects] == ["many", "3", "5"]
        for row, number in zip(rejects, (1, 2, 4), strict=True):
            row.update(ROWS[number])
        again = await send(client, table(tmp_path / "repaired.csv", rejects))
        assert (again["read"], again["accepted"], again["refused"]) == (3, 3, 0)
        return await stored(client)

    assert run(empty, use) == STORED


@pytest.mark.parametrize("rows_at_once", [2, 3, 100])
def test_of_rows_with_one_key_the_last_counts_wherever_they_are(
    empty: Sandbox, tmp_path: Path, rows_at_once: int
) -> None:
    rows = [*ROWS, *({**ROWS[0], "value": text} for text in ("7", "8")), {**ROWS[1], "value": "9"}]
    plan = table(tmp_path / "values.csv", rows)

    async def use(client: Dhis2Client) -> Any:
        again = DataPush(plan.source, plan.source_digest, rows_at_once=rows_at_once)
        report = await send(client, again)
        assert (report["accepted"], report["refused"]) == (9, 0)
        return {(row[0], row[1]): row[3] for row in await stored(client)}

    found = run(empty, use)
    assert (found[COUNT, DAYS[0]], found[COUNT, DAYS[1]], found[COUNT, DAYS[2]]) == ("8", "9", "3")


def test_a_source_that_changed_is_refused(empty: Sandbox, tmp_path: Path) -> None:
    plan = table(tmp_path / "values.csv", ROWS)

    async def use(client: Dhis2Client) -> None:
        empty.faults.add(Fault(500, path="dataValueSets", method="POST"))
        with pytest.raises(ServerError):
            await send(client, plan)
        changed = table(tmp_path / "values.csv", ROWS[:5])
        with pytest.raises(StalePlanError):
            await send(client, plan)
        with pytest.raises(OperationError, match="has changed since a part of it was sent"):
            await send(client, changed)
        anew = DataPush(changed.source, changed.source_digest, rows_at_once=2, restart=True)
        assert (await send(client, anew))["read"] == 5

    run(empty, use)


def test_a_body_that_is_too_large_is_sent_in_halves(empty: Sandbox, tmp_path: Path) -> None:
    rows = [
        value(period=f"{year}{month:02}", content=str(year)) for year in range(2000, 2020) for month in range(1, 13)
    ]
    plan = table(tmp_path / "values.csv", rows)
    empty.faults.add(Fault(413, path="dataValueSets", method="POST"))

    async def use(client: Dhis2Client) -> dict[str, Any]:
        return await send(client, DataPush(plan.source, plan.source_digest, rows_at_once=240))

    assert run(empty, use)["accepted"] == 240


def test_the_same_data_set_is_named_for_all(empty: Sandbox, tmp_path: Path) -> None:
    plan = table(tmp_path / "values.csv", ROWS)

    async def use(client: Dhis2Client) -> dict[str, Any]:
        return await send(client, DataPush(plan.source, plan.source_digest, data_set=FIRST_SET))

    assert run(empty, use)["accepted"] == 6


def test_columns_have_other_names_and_files_other_kinds(tmp_path: Path) -> None:
    named = tmp_path / "a.csv"
    named.write_text("facility,DataElement,n\nU1,E1,5\n")
    assert next(source_rows(named, {"orgUnit": "facility", "value": "n"})).value == {
        "orgUnit": "U1",
        "dataElement": "E1",
        "value": "5",
    }
    named.write_text("orgUnit,,value\nU1,x,\n\nU2\nU3,x,a,b\n")
    rows = source_rows(named)
    with pytest.raises(OperationError, match=r"a\.csv, line 5: there are more cells than columns"):
        next(rows)
    named.write_text("orgUnit,,value\nU1,x,\n\nU2\n")
    assert [(row.line, row.value) for row in source_rows(named)] == [(2, {"orgUnit": "U1"}), (4, {"orgUnit": "U2"})]
    lines = tmp_path / "a.ndjson"
    lines.write_text('{"value": 1}\n\n{"value": 2}\n')
    assert [(row.line, row.value["value"]) for row in source_rows(lines)] == [(1, 1), (3, 2)]
    whole = tmp_path / "a.json"
    whole.write_text(json.dumps({"period": "202401", "dataValues": [{"value": 1}]}))
    assert [row.value for row in source_rows(whole)] == [{"period": "202401", "value": 1}]
    lines.write_text("[1]\n")
    with pytest.raises(OperationError, match="line 1"):
        list(source_rows(lines))
    with pytest.raises(OperationError, match="by its name"):
        next(source_rows(tmp_path / "a.txt"))


def test_chunks_shrink_when_they_are_too_much_and_grow_again() -> None:
    size = ChunkSize(500, 1000)
    assert ChunkSize(1000, 1000).after_failure(1000) == size
    for _ in range(4):
        size = size.after_success()
    assert size == ChunkSize(1000, 1000)
    assert size.after_success().rows == 1000
    assert ChunkSize(150, 1000).after_failure(150) == ChunkSize(100, 1000)
    assert ChunkSize(100, 1000).after_failure(100) is None
    assert ChunkSize(100, 1000, smallest=1).after_failure(100) == ChunkSize(50, 1000, smallest=1)


def test_what_is_too_much_says_how_much_that_is() -> None:
    """A short chunk at the end is not sent again and again as it is; a long one of before is cut, and says no more."""
    assert ChunkSize(1000, 1000).after_failure(300) == ChunkSize(150, 1000)
    assert ChunkSize(1000, 1000).after_failure(80) is None
    assert ChunkSize(100, 1000).after_failure(1000) == ChunkSize(100, 1000)


def test_slips_are_told_before_anything_is_sent(empty: Sandbox, tmp_path: Path, state: Path) -> None:
    """A column that the file does not have, and a scheme that DHIS2 does not have; neither leaves a journal."""
    file = tmp_path / "values.csv"
    file.write_text("facility,dataElement,period,value\nU1,E1,202401,5\n")

    async def use(client: Dhis2Client) -> None:
        await send(client, DataPush(file, digest_of(file), {"orgUnit": "Facility"}))

    with pytest.raises(OperationError, match=r"values\.csv has no column Facility") as refused:
        run(empty, use)
    assert refused.value.next_step == "It has facility, dataElement, period, value."
    assert list((state / "dhis2" / "transfers").glob("*.sqlite*")) == []
    with pytest.raises(InvalidRequestError, match="orgUnitIdScheme is not 'CODES'"):
        IdSchemes(org_unit="CODES")


@pytest.mark.parametrize("parted_by", [",", ";", "\t"])
@pytest.mark.parametrize("quoted", [False, True])
def test_cells_are_parted_as_those_of_the_first_line(tmp_path: Path, parted_by: str, quoted: bool) -> None:
    """Excel writes semicolons where numbers have commas, and may say so in a line of its own."""
    table = '"period","value"\n"202401","5"\n"202402","6"\n'.replace(",", parted_by)
    file = tmp_path / "a.csv"
    for said in ("", f"sep={parted_by}\r\n"):
        file.write_text(said + (table if quoted else table.replace('"', "")), "utf-8")
        first = 3 if said else 2
        assert list(source_rows(file)) == [
            (first, {"period": "202401", "value": "5"}),
            (first + 1, {"period": "202402", "value": "6"}),
        ]


def test_a_table_that_cannot_be_meant_is_told_before_anything_is_sent(empty: Sandbox, tmp_path: Path) -> None:
    """Without what every value has, with a column twice, or in another encoding."""
    tables: dict[bytes, str] = {
        b"facility,dataElement,value\nU1,E1,5\n": "has no column period, orgUnit",
        b"event,programStage,orgUnit\nU1,E1,5\n": "has no column dataElement, period",
        b"dataElement,period,orgUnit,value,value\nE1,202401,U1,5,6\n": "two columns for value",
        b"dataElement,period,orgUnit,value\nE1,202401,U1,5\nE1,202402,U1,\xe9\n": "line 3: this is no CSV in UTF-8",
    }
    file = tmp_path / "values.csv"
    empty.faults.add(Fault(500, path="dataValueSets", method="POST", times=None))

    async def use(client: Dhis2Client) -> None:
        await send(client, DataPush(file, digest_of(file)))

    for content, problem in tables.items():
        file.write_bytes(content)
        with pytest.raises(OperationError, match=problem):
            run(empty, use)
    file.write_bytes(next(iter(tables)))
    given = DataPush(file, digest_of(file), {"orgUnit": "facility"}, {"period": "202401"})
    with SourceRows(file, given.columns, given.constants, PLACE) as rows:
        assert [*rows.take(9).values] == [{"period": "202401", "orgUnit": "U1", "dataElement": "E1", "value": "5"}]


def test_columns_that_are_not_sent_are_told(tmp_path: Path) -> None:
    """A slip in a name would lose what is in the column without a word."""
    file = tmp_path / "a.csv"
    file.write_text("dataelement,period,orgUnit,value,Coment,created,problem\nE1,202401,U1,5,seen,2024,x\n", "utf-8")
    with SourceRows(file, needed=PLACE) as rows, pytest.warns(ColumnsLeftOutWarning, match=r"not sent: Coment\.$"):
        rows.take(1)
    with SourceRows(file, {"comment": "Coment"}, needed=PLACE) as rows, warnings.catch_warnings(action="error"):
        assert rows.take(1).values[0]["comment"] == "seen"


@pytest.mark.parametrize("ending", ["json", "ndjson"])
def test_a_byte_order_mark_hides_nothing(tmp_path: Path, ending: str) -> None:
    content = {"period": "202401", "dataValues": [{"value": 1}]}
    file = tmp_path / f"a.{ending}"
    file.write_text(json.dumps(content if ending == "json" else {"period": "202401", "value": 1}), "utf-8-sig")
    assert [row.value for row in source_rows(file)] == [{"period": "202401", "value": 1}]
    if ending == "json":
        assert json_head(file).all == {"period": "202401"}
        file.write_text(json.dumps(content["dataValues"]), "utf-8-sig")
        assert [row.value for row in source_rows(file)] == [{"value": 1}]


def test_what_is_refused_is_written_whatever_it_is(empty: Sandbox, tmp_path: Path) -> None:
    """An object where an identifier is due, and a value that is null."""
    rows = [{"dataElement": {"id": COUNT}, "period": "202401", "orgUnit": "U1", "value": 5}, {**ROWS[0], "value": None}]
    plan = in_json(tmp_path / "values.json", dataValues=rows)

    async def use(client: Dhis2Client) -> None:
        assert (await send(client, plan))["refused"] == 2

    run(empty, use)
    first, second = csv.DictReader((tmp_path / "values.rejects.csv").read_text("utf-8").splitlines())
    assert json.loads(first["dataElement"]) == {"id": COUNT}
    assert second["value"] == ""


def in_json(file: Path, **around: Any) -> DataPush:
    """The plan to send a JSON file as it says itself."""
    file.write_text(json.dumps(around))
    return DataPush(file, digest_of(file), rows_at_once=2, clock=Clock(sleep=at_once)).with_head()


@pytest.mark.parametrize("behind", [False, True])
def test_what_a_json_file_says_beside_its_values_holds_for_all_of_them(
    empty: Sandbox, tmp_path: Path, behind: bool
) -> None:
    """Schemes, data set and unit, before the list or behind it, though the values are sent in parts."""
    codes = {COUNT: "COUNT", AVERAGE: "AVERAGE"}
    rows = [{"dataElement": codes[row["dataElement"]], "period": row["period"], "value": row["value"]} for row in ROWS]
    said = {"dataElementIdScheme": "CODE", "orgUnitIdScheme": "NAME", "dataSet": FIRST_SET, "orgUnit": "Here"}
    plan = in_json(tmp_path / "values.json", **({"dataValues": rows} | said if behind else said | {"dataValues": rows}))

    async def use(client: Dhis2Client) -> tuple[dict[str, Any], Any]:
        return await send(client, plan), await stored(client)

    report, there = run(empty, use)
    assert report["accepted"] == len(ROWS)
    assert there == STORED
    assert plan.constants == ({"orgUnit": "Here"} if behind else {})  # what stands before is in the values as read


def test_a_json_file_that_is_a_trial_stores_nothing(empty: Sandbox, tmp_path: Path) -> None:
    plan = in_json(tmp_path / "values.json", dataValues=ROWS, dryRun=True)

    async def use(client: Dhis2Client) -> Any:
        await send(client, plan)
        return await stored(client)

    assert run(empty, use) == []


def test_a_json_file_that_completes_a_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperationError, match="completeDate"):
        in_json(tmp_path / "values.json", completeDate="2024-02-03", dataValues=ROWS)


@pytest.mark.parametrize("content", ["", "[]", '[{"value": "1"}]', '{"dataValues": [{"comment": "]"}]', "no JSON ]x"])
def test_a_file_without_a_head_says_nothing(tmp_path: Path, content: str) -> None:
    file = tmp_path / "values.json"
    file.write_text(content)
    assert json_head(file) == JsonHead()
