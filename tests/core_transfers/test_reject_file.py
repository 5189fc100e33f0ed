"""What was refused is told in names, with what to do, under DHIS2's keys; readable to the user alone."""

from __future__ import annotations

import csv
import json
import stat
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client import Dhis2Client
from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.data_push import DataPush
from dhis2w_core.transfers.source_rows import digest_of
from dhis2w_core.transfers.what_to_do import BY_CODE, OTHERWISE, what_to_do
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.faults import Fault
from tests.client_data.small_country import AVERAGE, COUNT, OTHER, UNIT, run


def table(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def write(file: Path, header: str, *lines: str) -> Path:
    file.write_text("\n".join((header, *lines, "")), encoding="utf-8")
    return file


def test_problems_are_told_in_names_with_what_to_do(empty: Sandbox, tmp_path: Path) -> None:
    file = write(
        tmp_path / "values.csv",
        "element,facility,month,n",
        f"{COUNT},{UNIT},202401,many",
        f"{COUNT},UnknownUni1,202401,2",
        f"{COUNT},{UNIT},202402,3",
    )
    columns = {"dataElement": "element", "orgUnit": "facility", "period": "month", "value": "n"}

    async def use(client: Dhis2Client) -> None:
        report = await DataPush(file, digest_of(file), columns).apply(client, lambda _: None)
        assert (report["read"], report["accepted"], report["refused"]) == (3, 1, 2)
        rejects = tmp_path / "values.rejects.csv"
        wrong_value, unknown_unit = table(rejects)
        assert list(wrong_value) == [
            "dataElement", "orgUnit", "period", "value", "source_line", "code", "problem", "what_to_do"
        ]  # fmt: skip
        assert wrong_value["problem"] == f"Count ({COUNT}): 'many' is no value of the type INTEGER"
        assert wrong_value["what_to_do"] == BY_CODE["E8122"]
        assert wrong_value["code"] in ("E7619", "E8122")
        assert (unknown_unit["source_line"], unknown_unit["orgUnit"]) == ("3", "UnknownUni1")
        if sys.platform != "win32":
            assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
        again = await DataPush(rejects, digest_of(rejects)).apply(client, lambda _: None)
        assert (again["read"], again["refused"]) == (2, 2)

    run(empty, use)


def test_what_the_server_says_is_told_in_names(tmp_path: Path) -> None:
    file = write(tmp_path / "values.csv", "dataElement,orgUnit,period,value", f"{AVERAGE},{OTHER},202401,2")

    async def use(client: Dhis2Client) -> None:
        plan = DataPush(file, digest_of(file), check=False)
        assert (await plan.apply(client, lambda _: None))["refused"] == 1
        (row,) = table(tmp_path / "values.rejects.csv")
        assert row["code"] == "E8022"
        assert f"There ({OTHER})" in row["problem"]
        assert row["what_to_do"] == BY_CODE["E8022"]

    with Sandbox(43, empty=True) as sandbox:
        run(sandbox, use)


def test_names_that_cannot_be_had_do_not_fail_the_push(empty: Sandbox, tmp_path: Path) -> None:
    file = write(tmp_path / "values.csv", "dataElement,orgUnit,period,value", f"{COUNT},{UNIT},202401,many")

    async def use(client: Dhis2Client) -> None:
        empty.faults.add(Fault(409, path="dataElements", times=9))
        plan = DataPush(file, digest_of(file), check=False)
        assert (await plan.apply(client, lambda _: None))["refused"] == 1
        empty.faults.clear()

    run(empty, use)


@pytest.mark.parametrize("ending", ["json", "ndjson", "parquet"])
def test_rows_of_every_kind_of_file_are_rejected_under_dhis2s_keys(empty: Sandbox, tmp_path: Path, ending: str) -> None:
    rows: list[dict[str, Any]] = [
        {"element": COUNT, "orgUnit": UNIT, "period": None, "value": 1},
        {"element": COUNT, "orgUnit": UNIT, "period": "202402", "value": 1.5},
    ]
    file = tmp_path / f"values.{ending}"
    if ending == "parquet":
        arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
        parquet.write_table(arrow.Table.from_pylist(rows), file)
    else:
        file.write_text(json.dumps(rows) if ending == "json" else "\n".join(map(json.dumps, rows)))

    async def use(client: Dhis2Client) -> None:
        plan = DataPush(file, digest_of(file), {"dataElement": "element"}, {"period": "202401"})
        report = await plan.apply(client, lambda _: None)
        assert (report["read"], report["accepted"], report["refused"]) == (2, 1, 1)
        (row,) = table(tmp_path / "values.rejects.csv")
        assert (row["dataElement"], row["period"], row["value"]) == (COUNT, "202402", "1.5")

    run(empty, use)


def test_refused_rows_that_cannot_be_written_are_written_by_the_next_run(empty: Sandbox, tmp_path: Path) -> None:
    file = write(
        tmp_path / "values.csv",
        "dataElement,orgUnit,period,value",
        f"{COUNT},{UNIT},202401,many",
        f"{COUNT},{UNIT},202402,2",
    )

    async def use(client: Dhis2Client) -> None:
        plan = DataPush(file, digest_of(file), rejects=tmp_path / "nowhere" / "rejects.csv")
        with pytest.raises(OperationError, match="Everything was sent"):
            await plan.apply(client, lambda _: None)
        empty.faults.add(Fault(500, path="dataValueSets", method="POST", times=9))
        report = await replace(plan, rejects=tmp_path / "rejects.csv").apply(client, lambda _: None)
        assert (report["read"], report["refused"]) == (2, 1)
        assert len(table(tmp_path / "rejects.csv")) == 1
        empty.faults.clear()

    run(empty, use)


def test_instructions_follow_the_code_or_the_words() -> None:
    assert what_to_do("E7640", "") == BY_CODE["E8030"]
    assert what_to_do(None, "the same key as value 3") == BY_CODE["E8128"]
    assert what_to_do("E9999", "new") == OTHERWISE
