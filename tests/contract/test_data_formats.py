"""Sets of data values in every form: formats, identifier schemes, at once and as jobs, with the same refusals in each.

Evidence: recordings `data/import-formats`, `data/import-head`, `data/import-async`, `data/import-conflicts`,
`data/export-formats`; `DataValueSetController`.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from dhis2w_client import ConflictError
from dhis2w_client.data_values import (
    CsvValueReader,
    DataValueOptions,
    DataValueSelection,
    IdSchemes,
    JsonValueReader,
    XmlValueReader,
)
from dhis2w_client.data_values.service import Format
from dhis2w_client.data_values.value_reader import ValueReader
from dhis2w_client.sync import Dhis2Client
from tests.contract.ground import Ground
from tests.contract.place import Row

Months = tuple[str, str, str]
FORMATS: tuple[Format, ...] = ("json", "csv", "xml", "adx")
SCHEMES = ("UID", "CODE", "NAME", "ATTRIBUTE")


def as_json(_: Ground, rows: list[Row]) -> bytes:
    return json.dumps({"dataValues": rows}).encode()


def as_csv(_: Ground, rows: list[Row]) -> bytes:
    target = io.StringIO()
    writer = csv.DictWriter(target, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue().encode()


def as_xml(_: Ground, rows: list[Row]) -> bytes:
    return f'<dataValueSet xmlns="http://dhis2.org/schema/dxf/2.0">{tags(rows)}</dataValueSet>'.encode()


def as_adx(ground: Ground, rows: list[Row]) -> bytes:
    """Each value in a group of its own, all of the first data set, by their codes."""
    groups: list[str] = []
    for row in rows:
        period, unit = str(row["period"]), str(row["orgUnit"])
        element = str(row["dataElement"])
        value: Row = {"dataElement": ground.names.get(element, element), "value": row["value"], "default": "default"}
        group = {
            "dataSet": ground.names[ground.first_set],
            "period": f"{period[:4]}-{period[4:]}-01/P1M",
            "orgUnit": ground.names.get(unit, unit),
        }
        groups.append(f"<group {attributes(group)}>{tags([value])}</group>")
    return f'<adx xmlns="urn:ihe:qrph:adx:2015">{"".join(groups)}</adx>'.encode()


def tags(rows: list[Row]) -> str:
    return "".join(f"<dataValue {attributes(row)}/>" for row in rows)


def attributes(row: Mapping[str, object]) -> str:
    return " ".join(f"{name}={quoteattr(str(text))}" for name, text in row.items())


WRITE: Mapping[Format, Callable[[Ground, list[Row]], bytes]] = {
    "json": as_json,
    "csv": as_csv,
    "xml": as_xml,
    "adx": as_adx,
}


def stored(worker: Dhis2Client, ground: Ground, months: Months) -> set[tuple[str, ...]]:
    rows = worker.data_values.rows(ground.selection(*months))
    return {(row["dataElement"], row["period"], row["orgUnit"], row.get("value", "")) for row in rows}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("background", [False, True], ids=["at-once", "job"])
def test_a_file_is_tried_and_then_imported(
    client: Dhis2Client, ground: Ground, months: Months, format: Format, background: bool
) -> None:
    rows = [ground.value(ground.count, months[0], "5"), ground.value(ground.average, months[1], "2.5")]
    content = WRITE[format](ground, rows)

    def push(options: DataValueOptions) -> int:
        report = client.data_values.push_content(
            content, format, options, data_set=ground.first_set, background=background
        )
        assert (report.given, report.ok) == (2, True)
        return report.accepted + report.unchanged

    assert push(DataValueOptions(dry_run=True)) == 2
    assert stored(client, ground, months) == set()
    for _ in range(2):
        assert push(DataValueOptions()) == 2
        assert stored(client, ground, months) == {
            (ground.count, months[0], ground.here, "5"),
            (ground.average, months[1], ground.here, "2.5"),
        }
    assert push(DataValueOptions(strategy="DELETE")) == 2
    assert stored(client, ground, months) == set()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("background", [False, True], ids=["at-once", "job"])
def test_each_refused_value_has_its_row_in_the_report(
    client: Dhis2Client, ground: Ground, months: Months, format: Format, background: bool
) -> None:
    rows = [
        ground.value(ground.count, months[0], "many"),
        ground.value(ground.average, months[0], "3"),
        ground.value(ground.count, months[2], "1.5"),
    ]
    report = client.data_values.push_content(
        WRITE[format](ground, rows), format, data_set=ground.first_set, background=background
    )
    assert (report.given, report.accepted, report.refused) == (3, 1, 2)
    code = "E8122" if client.dialect.groups_data_values_by_data_set else "E7619"
    assert [(each.index, each.value, each.code, each.collateral) for each in report.refusals] == [
        (0, "many", code, False),
        (2, "1.5", code, False),
    ]
    assert [each.key.period for each in report.refusals if each.key] == [months[0], months[2]]
    assert stored(client, ground, months) == {(ground.average, months[0], ground.here, "3")}


@pytest.mark.parametrize("format", FORMATS[:3])
@pytest.mark.parametrize("background", [False, True], ids=["at-once", "job"])
def test_what_is_not_there_is_told_from_what_goes_with_it(
    client: Dhis2Client, ground: Ground, months: Months, format: Format, background: bool
) -> None:
    rows = [
        ground.value(ground.average, months[0], "3"),
        ground.value("nOtKnown001", months[0], "4"),
        ground.value(ground.count, months[0], "5"),
    ]
    report = client.data_values.push_content(
        WRITE[format](ground, rows), format, data_set=ground.first_set, background=background
    )
    wrong = [each for each in report.refusals if not each.collateral]
    assert [(each.index, each.value) for each in wrong] == [(1, "4")]
    assert "nOtKnown001" in wrong[0].message
    # from 2.43 on what does not belong to the data set refuses the whole group
    with_it = 2 if client.dialect.groups_data_values_by_data_set else 0
    assert (report.given, report.refused, report.accepted) == (3, 1 + with_it, 2 - with_it)
    assert len(stored(client, ground, months)) == report.accepted


def test_what_adx_names_and_is_not_there_is_told(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    rows = [ground.value(ground.count, months[0], "5"), ground.value("nOtKnown001", months[1], "4")]
    report = worker.data_values.push_content(as_adx(ground, rows), "adx")
    assert any("nOtKnown001" in refusal.message for refusal in report.refusals)
    assert not report.ok
    for refusal in report.refusals:
        assert (refusal.index == 0) <= refusal.collateral
    assert len(stored(worker, ground, months)) == report.accepted


@pytest.mark.parametrize("compress", [True, False], ids=["gzip", "plain"])
def test_an_iterable_is_sent(worker: Dhis2Client, ground: Ground, months: Months, compress: bool) -> None:
    def values() -> Iterator[dict[str, Any]]:
        for number, month in enumerate(months):
            yield ground.value(ground.count, month, number + 1)

    report = worker.data_values.push(values(), compress=compress)
    assert (report.given, report.accepted, report.ok) == (3, 3, True)
    expected = {(ground.count, month, ground.here, str(number + 1)) for number, month in enumerate(months)}
    assert stored(worker, ground, months) == expected


@pytest.mark.parametrize("scheme", SCHEMES)
def test_identifiers_are_read_and_written_by_any_scheme(
    worker: Dhis2Client, ground: Ground, months: Months, scheme: str
) -> None:
    named = f"ATTRIBUTE:{ground.tag}" if scheme == "ATTRIBUTE" else scheme

    def name(uid: str) -> str:
        return uid if scheme == "UID" else ground.names[uid]

    schemes = IdSchemes(data_element=named, org_unit=named)
    rows = [ground.value(name(ground.count), month, "5", name(ground.here)) for month in months]
    report = worker.data_values.push(rows[:2], DataValueOptions(schemes=schemes), data_set=ground.first_set)
    assert (report.accepted, report.ok) == (2, True)
    if scheme != "ATTRIBUTE":
        found = worker.data_values.push(rows[2:], DataValueOptions(schemes=schemes))
        assert (found.accepted, found.ok) == (1, True)
    selection = DataValueSelection(
        data_sets=(ground.first_set,), periods=months[:2], org_units=(ground.here,), schemes=schemes
    )
    read = {(row["dataElement"], row["period"], row["orgUnit"]) for row in worker.data_values.rows(selection)}
    assert read == {(name(ground.count), month, name(ground.here)) for month in months[:2]}


@pytest.mark.parametrize("scheme", SCHEMES[:3])
def test_data_sets_and_combos_are_named_by_any_scheme(
    worker: Dhis2Client, ground: Ground, months: Months, scheme: str
) -> None:
    combos = worker.category_option_combos.list(filters="name:eq:default", fields="id,code,name")
    combo = {"UID": str(combos[0].id), "CODE": combos[0].code, "NAME": combos[0].name}[scheme]
    row = ground.value(ground.count, months[0]) | {"categoryOptionCombo": combo, "attributeOptionCombo": combo}
    schemes = IdSchemes(category_option_combo=scheme, attribute_option_combo=scheme, data_set=scheme)
    data_set = ground.first_set if scheme == "UID" else ground.names[ground.first_set]
    report = worker.data_values.push([row], DataValueOptions(schemes=schemes), data_set=data_set)
    assert (report.accepted, report.ok) == (1, True)
    assert stored(worker, ground, months) == {(ground.count, months[0], ground.here, "1")}


def test_every_format_tells_the_same(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    values = worker.data_values
    values.push(
        [
            ground.value(ground.count, months[0], 5),
            ground.value(ground.remark, months[1], 'é, ; "<x>"', ground.there),
            ground.value(ground.average, months[2], 2.5),
        ]
    )
    selection = ground.selection(*months)
    readers: dict[Format, ValueReader] = {"json": JsonValueReader(), "csv": CsvValueReader(), "xml": XmlValueReader()}
    told = {
        (row["dataElement"], row["period"], row["orgUnit"], row.get("categoryOptionCombo"), row.get("value"))
        for row in values.rows(selection)
    }
    assert len(told) == 3
    for format, reader in readers.items():
        rows: list[dict[str, Any]] = []
        with values.stream(selection, format) as pieces:
            for piece in pieces:
                rows += reader.feed(piece)
        rows += reader.end()
        again = {
            (row["dataElement"], row["period"], row["orgUnit"], row["categoryOptionCombo"], row.get("value"))
            for row in rows
        }
        assert again == told, format


def test_adx_goes_back_where_it_came_from(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    values = worker.data_values
    values.push([ground.value(ground.count, month, 5) for month in months], data_set=ground.first_set)
    selection = DataValueSelection(data_sets=(ground.first_set,), periods=months, org_units=(ground.here,))
    with values.stream(selection, "adx") as pieces:
        content = b"".join(pieces)
    before = stored(worker, ground, months)
    values.push([ground.value(ground.count, month, 6) for month in months], data_set=ground.first_set)
    report = values.push_content(content, "adx")
    assert (report.given, report.accepted, report.ok) == (3, 3, True)
    assert stored(worker, ground, months) == before


def test_values_find_their_data_sets_where_the_version_asks_for_them(
    worker: Dhis2Client, ground: Ground, months: Months
) -> None:
    shared = ground.value(ground.count, months[0])
    if worker.dialect.groups_data_values_by_data_set:
        with pytest.raises(ConflictError, match="E8002"):
            worker.post("dataValueSets", {"dataValues": [shared]})
    rows = [shared, ground.value(ground.average, months[0]), ground.value(ground.remark, months[0])]
    report = worker.data_values.push([*rows, ground.value(ground.remark, months[0], "x", ground.there)])
    assert (report.given, report.accepted, report.ok) == (4, 4, True)
    assert {row[0] for row in stored(worker, ground, months)} == {ground.count, ground.average, ground.remark}
