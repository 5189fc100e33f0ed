"""What is refused before it is sent is what the server would refuse; nothing else."""

from __future__ import annotations

import csv
import random
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dhis2w_client import BasicAuth, Dhis2Client, InvalidRequestError
from dhis2w_client.data_values.push_options import DataValueOptions, IdSchemes
from dhis2w_client.metadata import Bundle
from dhis2w_client.versions import DIALECTS, Dhis2
from dhis2w_core.transfers.chunk import Chunk, RefusedRow
from dhis2w_core.transfers.data_push import DataPush, DeliverValues
from dhis2w_core.transfers.metadata_check import MetadataCheck
from dhis2w_core.transfers.source_rows import digest_of
from dhis2w_core.transfers.value_rule import rule_of
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.faults import Fault
from tests.client_data.small_country import (
    AVERAGE,
    COMBO,
    COUNT,
    FIRST_SET,
    OTHER,
    ROOT,
    SECOND_SET,
    TEXT,
    UNIT,
    run,
    value,
)

DEFAULT = "HllvX50cXC0"
CHOSEN, SEXES, GIRLS, BOYS = "ElemChosen1", "ComboSexes1", "CocGirls001", "CocBoys0001"
YEARLY, CLOSED_UNIT = "DataSetYear", "UnitClosed1"
TYPES = (
    "NUMBER", "UNIT_INTERVAL", "PERCENTAGE", "INTEGER", "INTEGER_POSITIVE", "INTEGER_NEGATIVE",
    "INTEGER_ZERO_OR_POSITIVE", "BOOLEAN", "TRUE_ONLY", "DATE", "TIME", "LETTER", "TEXT",
)  # fmt: skip
TEXTS = (
    "0", "1", "-1", "5", "5.0", "5.", ".5", "05", "+5", "-0", "1e3", "1,000", "0.5", "1.0", "1.01", "100", "100.1",
    "2147483647", "2147483648", "-2147483648", "99999999999999999999", "true", "TRUE", "t", "f", "yes", "No", "n",
    "false", "2024-01-31", "2024-02-30", "2024-13-01", "2024-1-1", "20240131", "12:30", "24:00", "7:05", "x", "xy", "é",
    " 5 ", " true ", "Infinity", "NaN", "٣", "5\n",
)  # fmt: skip


@pytest.fixture(params=[41, 42, 43, 44])
def server(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    """A server of each version."""
    with Sandbox(request.param, empty=True) as sandbox:
        yield sandbox


def chunk_of(rows: Sequence[dict[str, Any]]) -> Chunk:
    return Chunk(0, list(rows), range(2, len(rows) + 2))


async def refused_here(
    client: Dhis2Client, rows: Sequence[dict[str, Any]], options: DataValueOptions | None = None, **more: Any
) -> list[RefusedRow]:
    check = await MetadataCheck.of(client, options or DataValueOptions(), **more)
    return await check.refusals(chunk_of(rows))


async def refused_there(
    client: Dhis2Client, rows: Sequence[dict[str, Any]], options: DataValueOptions | None = None, **more: Any
) -> set[int]:
    deliver = await DeliverValues.of(client, options or DataValueOptions(), more.get("data_set"))
    return {each.row for each in (await deliver(chunk_of(rows), read_back=False)).refused}


async def add_more(client: Dhis2Client) -> None:
    """An element with options and categories, a yearly set, a unit that is closed."""

    def named(id: str, **more: Any) -> dict[str, Any]:
        return {"id": id, "name": id, "shortName": id, "code": id.upper(), **more}

    options = [named(f"Option0000{n}", code=code, optionSet={"id": "Options0001"}, sortOrder=n)
               for n, code in enumerate(("yes", "no"), 1)]  # fmt: skip
    choices = [named(id) for id in ("OptGirls001", "OptBoys0001")]
    kinds = {"aggregationType": "NONE", "domainType": "AGGREGATE"}
    await client.metadata.import_bundle(
        Bundle(
            {
                "options": options,
                "optionSets": [
                    named("Options0001", valueType="TEXT", options=[{"id": each["id"]} for each in options])
                ],
                "categoryOptions": choices,
                "categories": [
                    named(
                        "CategSexes1",
                        dataDimensionType="DISAGGREGATION",
                        categoryOptions=[{"id": each["id"]} for each in choices],
                    )
                ],
                "categoryCombos": [
                    named(SEXES, dataDimensionType="DISAGGREGATION", categories=[{"id": "CategSexes1"}])
                ],
                "categoryOptionCombos": [
                    named(combo, categoryCombo={"id": SEXES}, categoryOptions=[{"id": choice["id"]}])
                    for combo, choice in zip((GIRLS, BOYS), choices, strict=True)
                ],
                "dataElements": [
                    named(
                        CHOSEN, valueType="TEXT", categoryCombo={"id": SEXES}, optionSet={"id": "Options0001"}, **kinds
                    )
                ],
                "organisationUnits": [
                    named(CLOSED_UNIT, openingDate="2024-02-10", closedDate="2024-03-20", parent={"id": ROOT})
                ],
                "dataSets": [
                    named(
                        YEARLY,
                        periodType="Yearly",
                        categoryCombo=COMBO,
                        openFuturePeriods=0,
                        organisationUnits=[{"id": ROOT}],
                        dataSetElements=[{"dataElement": {"id": CHOSEN}}],
                    ),
                    named(
                        "DataSetShut",
                        periodType="Monthly",
                        categoryCombo=COMBO,
                        openFuturePeriods=0,
                        organisationUnits=[{"id": CLOSED_UNIT}, {"id": OTHER}],
                        dataSetElements=[{"dataElement": {"id": CHOSEN}}],
                    ),
                ],
            }
        )
    )


def chosen(period: str, unit: str = OTHER, content: str = "yes", **more: Any) -> dict[str, Any]:
    return value(CHOSEN, period, content, unit, **({"categoryOptionCombo": GIRLS} | more))


ROWS = [
    value(),
    value(content="1.5"),
    value(period="202402", content="many"),
    value("UnknownEle1"),
    value(unit="UnknownUni1"),
    value(period="202413"),
    value(period="2024", content="3"),
    value(AVERAGE, unit=OTHER),
    value(TEXT, unit=OTHER, content="words"),
    value(period="202402", categoryOptionCombo="UnknownCmb1"),
    value(period="202403", categoryOptionCombo=DEFAULT, attributeOptionCombo=DEFAULT),
    value(period="202404", attributeOptionCombo="UnknownAtt1"),
    value(period="209901"),
    chosen("202401"),
    chosen("202402", content="perhaps"),
    chosen("202403", categoryOptionCombo=BOYS, content="no"),
    chosen("202404", categoryOptionCombo=DEFAULT),
    chosen("2023", unit=ROOT),
    chosen("202401", unit=CLOSED_UNIT),
    chosen("202402", unit=CLOSED_UNIT),
    chosen("202403", unit=CLOSED_UNIT),
    chosen("202404", unit=CLOSED_UNIT),
    chosen("202405", unit=ROOT),
]

CODES_BY_ROW = {1: "E7619", 3: "E7610", 4: "E7612", 5: "E7611", 9: "E7613", 11: "E7615", 12: "E7641", 14: "E7621"}
CODES_BY_GROUP = {1: "E8122", 3: "E8103", 4: "E8107", 5: "E8100", 6: "E8021", 7: "E8022", 9: "E8024", 11: "E8023"} | {
    14: "E8123", 16: "E8024", 18: "E8031", 21: "E8031", 22: "E8022"
}  # fmt: skip


def test_only_what_the_server_refuses_is_refused_here(server: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await add_more(client)
        here = {each.row for each in await refused_here(client, ROWS)}
        assert here == await refused_there(client, ROWS)
        assert len(here) >= 9

    run(server, use)


def random_rows(chance: random.Random, count: int) -> list[dict[str, Any]]:
    """Rows of every kind, right and wrong, each with a key of its own."""
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    while len(rows) < count:
        row = value(
            chance.choice((COUNT, AVERAGE, TEXT, CHOSEN, "UnknownEle1")),
            chance.choice(("202401", "202402", "202403", "2023", "2024Q1", "209901", "202613", "2024W5")),
            chance.choice(("1", "2.5", "yes", "no", "maybe", "5.0")),
            chance.choice((UNIT, OTHER, ROOT, CLOSED_UNIT, "UnknownUni1")),
        )
        if chance.random() < 0.6:
            row["categoryOptionCombo"] = chance.choice((DEFAULT, GIRLS, BOYS, "UnknownCmb1"))
        if chance.random() < 0.3:
            row["attributeOptionCombo"] = chance.choice((DEFAULT, GIRLS, "UnknownAtt1"))
        names = ("dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo")
        rows.setdefault(tuple(row.get(name, DEFAULT) for name in names), row)
    return list(rows.values())


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
def test_of_any_rows_none_is_refused_that_the_server_takes_alone(server: Sandbox, seed: int) -> None:
    async def use(client: Dhis2Client) -> None:
        await add_more(client)
        rows = random_rows(random.Random(seed), 80)  # noqa: S311 - a repeatable one
        for named in (None, FIRST_SET):
            here = {each.row: each.problem for each in await refused_here(client, rows, data_set=named)}
            there = [number for number, row in enumerate(rows) if await refused_there(client, [row], data_set=named)]
            assert not [(rows[number], here[number]) for number in here.keys() - set(there)]
            assert len(here) > 0.8 * len(there)

    run(server, use)


def test_problems_have_the_code_of_the_rule(server: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await add_more(client)
        codes = {each.row: each.code for each in await refused_here(client, ROWS)}
        expected = CODES_BY_GROUP if client.dialect.groups_data_values_by_data_set else CODES_BY_ROW
        assert {row: codes.get(row) for row in expected} == expected

    run(server, use)


def test_every_wrong_value_is_wrong_for_the_server_and_none_else(server: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        kinds = {"aggregationType": "NONE", "domainType": "AGGREGATE", "categoryCombo": COMBO}
        ids = {type: f"Elem{number:07}" for number, type in enumerate(TYPES)}
        elements = [
            {"id": id, "name": type, "shortName": type, "valueType": type, "zeroIsSignificant": True, **kinds}
            for type, id in ids.items()
        ]
        await client.metadata.import_bundle(Bundle({"dataElements": elements}))
        for id in ids.values():
            added = {"op": "add", "path": "/dataSetElements/-", "value": {"dataElement": {"id": id}}}
            await client.patch(f"dataSets/{FIRST_SET}", [added])
        rows = [
            value(id, f"{1970 + number // 12}{number % 12 + 1:02}", text)
            for number, text in enumerate(TEXTS)
            for id in ids.values()
        ]
        here = {each.row for each in await refused_here(client, rows)}
        there = await refused_there(client, rows)
        names = {id: type for type, id in ids.items()}
        assert {(names[rows[n]["dataElement"]], rows[n]["value"]) for n in here ^ there} == set()

    run(server, use)


@pytest.mark.parametrize("version", list(Dhis2))
def test_rules_of_values(version: Dhis2) -> None:
    dialect = DIALECTS[version]
    lenient = version in (Dhis2.V43, Dhis2.V44)
    whole = rule_of("INTEGER", frozenset(), dialect)
    assert whole.is_wrong("5.0") is not lenient
    assert not any(map(whole.is_wrong, ("0", "-1", "  ")))
    assert rule_of("BOOLEAN", frozenset(), dialect).is_wrong("yes") is not lenient
    assert rule_of("TEXT", frozenset(), dialect).is_wrong("x" * 50_001)
    assert rule_of("DATE", frozenset(), dialect).is_wrong("2024-02-30")
    assert not rule_of("DATE", frozenset(), dialect, iso_calendar=False).is_wrong("2080-02-30")
    several = rule_of("MULTI_TEXT", frozenset({"a", "b"}), dialect)
    assert not several.is_no_option("a,b")
    assert not several.is_no_option("a,b,,")
    assert not several.is_no_option(",")
    assert several.is_no_option("a,c")
    assert several.is_no_option("a,,b")


def test_codes_are_known_and_twins_are_not_taken(empty: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        twin = {
            "id": "UnitTwin001",
            "name": "Here",
            "shortName": "H",
            "openingDate": "2000-01-01",
            "parent": {"id": ROOT},
        }
        await client.metadata.import_bundle(Bundle({"organisationUnits": [twin]}))
        by_code = DataValueOptions(schemes=IdSchemes(data_element="CODE", org_unit="CODE"))
        rows = [
            value("COUNT", unit="HERE"),
            value("COUNT", unit="NOWHERE"),
            value("COUNTS", unit="HERE", period="202402"),
        ]
        found = await refused_here(client, rows, by_code, data_set=FIRST_SET)
        assert [each.row for each in found] == [1, 2]
        by_name = DataValueOptions(schemes=IdSchemes(org_unit="NAME"))
        named = [value(unit="There"), value(unit="Here", period="202402")]
        (only,) = await refused_here(client, named, by_name, data_set=SECOND_SET)
        assert (only.row, only.problem) == (1, "several organisation units are called Here")
        (forgotten,) = await refused_here(client, [value("COUNT")], data_set=FIRST_SET)
        assert forgotten.problem == "COUNT is no UID; an id scheme says what identifiers are"
        by_attribute = DataValueOptions(schemes=IdSchemes(data_element="ATTRIBUTE:AttrUnknown"))
        assert await refused_here(client, [value("whatever", content="x")], by_attribute, data_set=FIRST_SET) == []

    run(empty, use)


def test_rows_that_delete_and_values_that_are_numbers(server: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        rows = [
            value(content=5),
            value(period="202402", content=None, deleted=True),
            value(content=True) | {"period": 202403},
        ]
        assert [each.row for each in await refused_here(client, rows)] == [2]
        deletes = DataValueOptions(strategy="DELETE")
        assert await refused_here(client, [value(content="many")], deletes) == []

    run(server, use)


def test_a_clerk_writes_into_own_units_and_open_periods(server: Sandbox) -> None:
    """What a clerk may not see is the server's to judge."""

    async def use(client: Dhis2Client) -> None:
        await client.patch(f"dataSets/{FIRST_SET}", [{"op": "add", "path": "/expiryDays", "value": 10}])
        role = {"id": "RoleClerk01", "name": "Clerk", "authorities": ["F_DATAVALUE_ADD"]}
        clerk = {
            "id": "UserClerk01", "username": "clerk", "password": "District1!", "firstName": "A", "surname": "B",
            "userRoles": [{"id": "RoleClerk01"}], "organisationUnits": [{"id": "UnitAaaa001"}],
        }  # fmt: skip
        await client.metadata.import_bundle(Bundle({"userRoles": [role], "users": [clerk]}))
        for id in (FIRST_SET, SECOND_SET):
            await client.post("sharing", {"object": {"publicAccess": "rwrw----"}}, params={"type": "dataSet", "id": id})
        rows = [value(AVERAGE, "202001"), value(unit=OTHER, period="202002"), value("UnknownEle1", "202003")]
        transport = httpx2.ASGITransport(server.app)
        auth = BasicAuth("clerk", "District1!")
        async with Dhis2Client("http://127.0.0.1:8080", auth, transport=transport) as theirs:
            found = await refused_here(theirs, rows)
            assert [each.row for each in found] == [0, 1]
            there = await refused_there(theirs, rows)
            assert {0, 1} <= there

    run(server, use)


def test_a_push_of_wrong_rows_sends_nothing_and_can_be_told_not_to_check(empty: Sandbox, tmp_path: Path) -> None:
    rows = [value(content="many"), value("UnknownEle1"), value(unit="UnknownUni1")]
    file = tmp_path / "values.csv"
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    checked = DataPush(file, digest_of(file))

    async def use(client: Dhis2Client) -> None:
        empty.faults.add(Fault(500, path="dataValueSets", method="POST", times=10))
        report = await checked.apply(client, lambda _: None)
        assert (report["read"], report["refused"]) == (3, 3)
        empty.faults.clear()
        unchecked = await replace(checked, check=False).apply(client, lambda _: None)
        assert (unchecked["read"], unchecked["refused"]) == (3, 3)

    run(empty, use)


def test_category_and_attribute_option_combos_have_schemes_of_their_own(server: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        schemes = IdSchemes(category_option_combo="CODE", attribute_option_combo="UID")
        options = DataValueOptions(schemes=schemes)
        rows = [value(categoryOptionCombo="default", attributeOptionCombo=DEFAULT)]
        if client.dialect.reads_attribute_combo_scheme:
            assert await refused_here(client, rows, options) == []
            assert await refused_there(client, rows, options) == set()
        else:
            with pytest.raises(InvalidRequestError, match="attribute option combos"):
                await refused_there(client, rows, options)

    run(server, use)
