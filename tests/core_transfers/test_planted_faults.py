"""137 wrong rows among many: the reject file holds exactly these, and after repair only these are sent."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client import Dhis2Client
from dhis2w_client.data_values import DataValueSelection
from dhis2w_client.metadata import Bundle
from dhis2w_core.transfers.data_push import DataPush
from dhis2w_core.transfers.source_rows import digest_of
from dhis2w_core.transfers.what_to_do import BY_CODE
from dhis2w_sandbox import Sandbox
from tests.client_data.small_country import AVERAGE, COUNT, FIRST_SET, ROOT, run

UNITS = [f"UnitMany{number:03}" for number in range(60)]
PERIODS = [f"{year}{month:02}" for year in range(1955, 2025) for month in range(1, 13)]
FAULTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "no whole number": ("value", "1.5", ("E8122",)),
    "no number": ("value", "many", ("E8122",)),
    "no value": ("value", "", ("E8120",)),
    "no such month": ("period", "202413", ("E8100",)),
    "no such week": ("period", "2024W60", ("E8100",)),
    "no period": ("period", "", ("E8100",)),
    "unknown unit": ("orgUnit", "UnknownUni1", ("E8107", "E8022")),
    "no unit": ("orgUnit", "", ("E8105",)),
    "unknown element": ("dataElement", "UnknownEle1", ("E8103", "E8003")),
    "no element": ("dataElement", "", ("E8102",)),
    "unknown combo": ("categoryOptionCombo", "UnknownCmb1", ("E8108",)),
    "unknown attribute combo": ("attributeOptionCombo", "UnknownAtt1", ("E8110",)),
}
"""Kinds of faults: where, what, and the codes whose instruction is the right one."""


def write(file: Path, rows: list[dict[str, Any]]) -> DataPush:
    names = ["dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo", "value"]
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return DataPush(file, digest_of(file))


async def add_units(client: Dhis2Client) -> None:
    units = [
        {"id": id, "name": id, "shortName": id, "openingDate": "1950-01-01", "parent": {"id": ROOT}} for id in UNITS
    ]
    await client.metadata.import_bundle(Bundle({"organisationUnits": units}))
    operations = [{"op": "add", "path": "/organisationUnits/-", "value": {"id": id}} for id in UNITS]
    await client.patch(f"dataSets/{FIRST_SET}", operations)


def find_faults(version: int, count: int, planted: int, folder: Path, *, check: bool) -> None:
    good = [
        {"dataElement": element, "period": period, "orgUnit": unit, "value": str(number)}
        for number, (element, unit, period) in enumerate(islice(product((COUNT, AVERAGE), UNITS, PERIODS), count), 1)
    ]
    chance = random.Random(version)  # noqa: S311 - a repeatable one
    rows = [dict(row) for row in good]
    counts = [number for number, row in enumerate(good) if row["dataElement"] == COUNT]
    places = sorted(chance.sample(counts, planted))
    kinds = list(FAULTS.values())
    for number, place in enumerate(places):
        key, wrong, _ = kinds[number % len(kinds)]
        rows[place][key] = wrong

    async def use(client: Dhis2Client) -> None:
        await add_units(client)
        plan = replace(write(folder / "values.csv", rows), check=check)
        report = await plan.apply(client, lambda _: None)
        assert (report["read"], report["accepted"], report["refused"]) == (count, count - planted, planted)
        text = (folder / "values.rejects.csv").read_text(encoding="utf-8")
        rejects = list(csv.DictReader(text.splitlines()))
        assert [int(row["source_line"]) - 2 for row in rejects] == places
        for number, row in enumerate(rejects):
            _, wrong, codes = kinds[number % len(kinds)]
            assert row["what_to_do"] in {BY_CODE[code] for code in codes}, row
            assert not wrong or wrong in row["problem"] or not check, row
        again = await write(folder / "repaired.csv", [good[place] for place in places]).apply(client, lambda _: None)
        assert (again["read"], again["accepted"], again["refused"]) == (planted, planted, 0)
        everything = DataValueSelection(
            data_elements=(COUNT, AVERAGE), periods=tuple(PERIODS), org_units=(ROOT,), children=True
        )
        stored = {
            (row["dataElement"], row["orgUnit"], row["period"]): row.get("value")
            async for row in client.data_values.rows(everything)
        }
        assert stored == {(row["dataElement"], row["orgUnit"], row["period"]): row["value"] for row in good}

    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, use)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("version", [42, 43])
def test_planted_faults_are_found(version: int, check: bool, tmp_path: Path) -> None:
    find_faults(version, 400, 24, tmp_path, check=check)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("version", [41, 42, 43, 44])
def test_137_faults_in_100_000_rows_are_found(version: int, check: bool, tmp_path: Path) -> None:
    find_faults(version, 100_000, 137, tmp_path, check=check)
