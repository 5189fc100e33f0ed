"""Data values: single ones, sets in both import engines, refusals, dry runs, deletions, changes, completion.

Evidence: recordings `data/values-single`, `data/import-counts`, `data/import-conflicts`, `data/import-strategies`,
`data/import-access`, `data/import-formats`, `data/export-formats`, `data/export-select`, `data/entry-extras`;
`CompleteDataSetRegistrationController` for what is taken back.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from dhis2w_client import BasicAuth, ConflictError, InvalidRequestError
from dhis2w_client.data_values import DataValueOptions, DataValueReport, InvalidDataValuesError
from dhis2w_client.data_values.service import Format
from dhis2w_client.periods import InvalidPeriodError
from dhis2w_client.sync import Dhis2Client
from tests.contract.ground import PASSWORD, Ground
from tests.contract.place import Place
from tests.contract.server import Server

Months = tuple[str, str, str]


def stored(worker: Dhis2Client, ground: Ground, *periods: str) -> set[tuple[str, ...]]:
    """Element, period, unit and value of what is stored."""
    rows = worker.data_values.rows(ground.selection(*periods))
    return {(row["dataElement"], row["period"], row["orgUnit"], row.get("value", "")) for row in rows}


def adds_up(report: DataValueReport) -> bool:
    parts = report.accepted + report.unchanged + report.refused + report.skipped + report.vanished
    return parts == report.given


def test_the_life_of_a_value(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    values, place = worker.data_values, (ground.count, months[0], ground.here)
    key = ground.value(ground.count, months[0])

    def row() -> Any:
        (found,) = values.rows(ground.selection(months[0]))
        return found

    assert values.get(*place) is None
    values.set(*place, 12, data_set=ground.first_set)
    values.set(*place, comment="counted twice", data_set=ground.first_set)
    assert values.get(*place) == "12"
    assert row()["comment"] == "counted twice"
    for _ in range(2):
        values.follow_up([key])
        assert row()["followup"] is True
    values.follow_up([key], marked=False)
    assert not row().get("followup")
    for _ in range(2):
        values.delete(*place, data_set=ground.first_set)
    assert values.get(*place) is None
    assert stored(worker, ground, months[0]) == set()


def test_values_of_several_data_sets_go_at_once_and_again(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    rows = [
        ground.value(ground.count, months[0], 1),
        ground.value(ground.average, months[1], 2.5),
        ground.value(ground.remark, months[0], 'é, ; "x"', ground.there),
        ground.value(ground.count, months[2], 7, ground.there),
    ]
    expected = {(row["dataElement"], row["period"], row["orgUnit"], str(row["value"])) for row in rows}
    for _ in range(2):
        report = worker.data_values.push(rows)
        assert (report.ok, report.given, adds_up(report)) == (True, 4, True)
        assert stored(worker, ground, *months) == expected


def test_a_refused_value_leaves_the_others(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    rows = [
        ground.value(ground.count, months[0], "many"),
        ground.value(ground.average, months[0], 3),
        ground.value(ground.count, months[1], 4),
        ground.value(ground.count, "2024-99", 5),
        ground.value(ground.count, months[1], 6),
    ]
    report = worker.data_values.push(rows)
    assert adds_up(report)
    wrong_type, no_period, twice = report.refusals
    assert (wrong_type.index, wrong_type.value, wrong_type.sent) == (0, "many", True)
    assert wrong_type.code in ("E7619", "E8122")
    assert [(each.index, each.sent) for each in (no_period, twice)] == [(3, False), (4, False)]
    assert stored(worker, ground, *months) == {
        (ground.average, months[0], ground.here, "3"),
        (ground.count, months[1], ground.here, "4"),
    }


def test_what_is_not_there_is_refused_by_name(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    report = worker.data_values.push([ground.value(ground.count, months[0], 1, "nOtKnown001")])
    (refusal,) = report.refusals
    assert refusal.index == 0
    assert "nOtKnown001" in refusal.message
    with pytest.raises(ConflictError):
        worker.data_values.set("nOtKnown001", months[0], ground.here, 1)
    with pytest.raises(InvalidPeriodError):
        worker.data_values.set(ground.count, "2024-99", ground.here, 1)
    assert stored(worker, ground, *months) == set()


def test_nobody_writes_where_they_have_no_unit(
    server: Server, client: Dhis2Client, ground: Ground, place: Place, months: Months
) -> None:
    role = str(client.user_roles.create({"name": place.name("clerk"), "authorities": ["F_DATAVALUE_ADD"]}).id)
    clerk = place.name("clerk")
    client.metadata.accounts.create(
        clerk, PASSWORD, first_name="Ada", surname=clerk, roles=[role], units=[ground.there]
    )
    with server.connect(BasicAuth(clerk, PASSWORD)) as narrow:
        rows = [ground.value(ground.count, months[0], unit=unit) for unit in (ground.here, ground.there)]
        there = narrow.data_values.push(rows[1:], data_set=ground.second_set)
        here = narrow.data_values.push(rows[:1], data_set=ground.second_set)
        assert ((there.accepted, there.refused), (here.accepted, here.refused)) == ((1, 0), (0, 1))


def test_a_dry_run_writes_nothing(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    row, dry = ground.value(ground.count, months[0]), DataValueOptions(dry_run=True)
    assert worker.data_values.push([row], dry).accepted == 1
    assert stored(worker, ground, months[0]) == set()
    with pytest.raises(InvalidRequestError):
        worker.data_values.push([row], dry, data_set=ground.first_set, complete_date="2024-02-03")


def test_deleted_values_are_told_to_who_asks(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    rows = [ground.value(ground.count, month, 1) for month in months]
    worker.data_values.push(rows)
    gone = worker.data_values.push(rows[:1], DataValueOptions(strategy="DELETE"))
    assert (gone.counts.deleted, gone.ok) == (1, True)
    worker.data_values.push([{**rows[1], "deleted": True}])
    assert {row[1] for row in stored(worker, ground, *months)} == {months[2]}
    every = {
        row["period"]: row.get("deleted", False)
        for row in worker.data_values.rows(ground.selection(*months, deleted=True))
    }
    assert every == {months[0]: True, months[1]: True, months[2]: False}


def test_changes_are_read_since_a_moment(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    values = worker.data_values
    values.push([ground.value(ground.count, months[0])])
    # the moment is in the server's own time, and an export tells seconds alone
    after = datetime.fromisoformat(worker.get("system/info")["serverDate"])
    values.push([ground.value(ground.count, months[1])])
    changed = values.rows(ground.selection(since=after))
    assert {row["period"] for row in changed if row["period"] in months} == {months[1]}


@pytest.mark.parametrize("format", ["json", "csv", "xml"])
def test_files_are_imported(worker: Dhis2Client, ground: Ground, months: Months, format: Format) -> None:
    row = ground.value(ground.count, months[0], "5")
    attributes = " ".join(f'{name}="{text}"' for name, text in row.items())
    contents: dict[Format, str] = {
        "json": json.dumps({"dataValues": [row]}),
        "csv": "\n".join(map(",".join, (row.keys(), map(str, row.values())))),
        "xml": f'<dataValueSet xmlns="http://dhis2.org/schema/dxf/2.0"><dataValue {attributes}/></dataValueSet>',
    }
    assert worker.data_values.push_content(contents[format].encode(), format).accepted == 1
    assert stored(worker, ground, months[0]) == {(ground.count, months[0], ground.here, "5")}
    with pytest.raises(InvalidDataValuesError):
        worker.data_values.push_content(b"{}[", format)


def test_exports_have_the_values(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    worker.data_values.push([ground.value(ground.remark, months[0], "seen <twice>", ground.there)])
    texts: dict[Format, str] = {"csv": "seen <twice>", "xml": "seen &lt;twice", "json": "seen <twice>"}
    for format, text in texts.items():
        with worker.data_values.stream(ground.selection(months[0]), format) as pieces:
            content = b"".join(pieces).decode()
        assert text in content, format
        assert ground.remark in content, format


def test_data_sets_are_completed_and_opened_again(worker: Dhis2Client, ground: Ground, months: Months) -> None:
    completions, key = worker.data_values.completions, (ground.first_set, months[0], ground.here)

    def listed() -> list[tuple[Any, Any]]:
        rows = completions.list([ground.first_set], list(months), [ground.here])
        return sorted((row["period"], row["date"][:10]) for row in rows)

    assert listed() == []
    for _ in range(2):
        completions.register(*key, date="2024-02-03")
        assert listed() == [(months[0], "2024-02-03")]
    for _ in range(2):
        completions.remove(*key)
        assert listed() == []
    row = ground.value(ground.count, months[1])
    report = worker.data_values.push([row], data_set=ground.first_set, complete_date="2024-02-04")
    assert report.ok
    assert listed() == [(months[1], "2024-02-04")]
    completions.remove(ground.first_set, months[1], ground.here)
