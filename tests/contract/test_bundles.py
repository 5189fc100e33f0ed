"""Bundles of metadata: checked, imported, imported again, exported, compared."""

from __future__ import annotations

from collections import Counter

import pytest

from dhis2w_client import ConflictError, ReportRow
from dhis2w_client.metadata import Bundle, ImportOptions, InvalidBundleError, new_uid
from dhis2w_client.sync import Dhis2Client
from tests.contract.place import Place, Row


def bundle_of(place: Place) -> Bundle:
    """Two data elements, one with an option set, and their group."""
    options: list[Row] = [
        {"id": new_uid(), "name": place.name(text), "code": place.name(text), "sortOrder": order}
        for order, text in enumerate(("yes", "no"))
    ]
    option_set: Row = {
        "id": new_uid(),
        "name": place.name("options"),
        "valueType": "TEXT",
        "options": [{"id": option["id"]} for option in options],
    }
    for option in options:
        option["optionSet"] = {"id": option_set["id"]}
    number = place.element("number")
    choice = place.element(
        "choice", valueType="TEXT", aggregationType="NONE", optionSet={"id": option_set["id"]}, description="Old"
    )
    return Bundle(
        {
            "options": options,
            "optionSets": [option_set],
            "dataElements": [number, choice],
            "dataElementGroups": [place.group("group", [str(number["id"]), str(choice["id"])])],
        }
    )


def test_a_dry_run_writes_nothing(client: Dhis2Client, place: Place) -> None:
    bundle = bundle_of(place)
    report = client.metadata.import_bundle(bundle, ImportOptions(dry_run=True))
    assert (report.status, report.counts.created, report.rows) == ("OK", len(bundle), ())
    assert client.metadata.search(place.mark) == ()


def test_import_and_import_again(client: Dhis2Client, place: Place) -> None:
    bundle = bundle_of(place)
    assert len(client.metadata.diff(bundle).changes) == len(bundle)
    assert client.metadata.import_bundle(bundle, check=True).counts.created == len(bundle)
    assert not client.metadata.diff(bundle)
    mine = f"name:$like:{place.mark}"
    exported = client.metadata.export(dict.fromkeys(bundle.objects, mine))
    assert exported.counts() == bundle.counts()
    again = client.metadata.import_bundle(exported)
    assert (again.counts.created, again.counts.updated, again.rows) == (0, len(bundle), ())
    # an option set counts how often it was written
    assert not client.metadata.diff(exported, only_named=False, ignore=["version"])


def test_a_change_shows_in_the_diff(client: Dhis2Client, place: Place) -> None:
    bundle = bundle_of(place)
    client.metadata.import_bundle(bundle)
    choice = bundle.objects["dataElements"][1]
    client.data_elements.patch(choice["id"], [{"op": "replace", "path": "/description", "value": "New"}])
    (change,) = client.metadata.diff(bundle).changes
    assert change.id == choice["id"]
    assert [(each.before, each.after) for each in change.differences] == [("New", "Old")]


def test_an_export_with_what_is_needed(client: Dhis2Client, place: Place) -> None:
    bundle = bundle_of(place)
    client.metadata.import_bundle(bundle)
    group = bundle.objects["dataElementGroups"][0]["id"]
    for by in ("dhis2", "client"):
        needed = client.metadata.export_needed("dataElementGroups", group, by=by)
        assert set(bundle.by_id) <= set(needed.by_id), by
        assert client.metadata.import_bundle(needed, ImportOptions(dry_run=True)).counts.created == 0


def test_a_check_offline_finds_what_the_server_finds(client: Dhis2Client, place: Place) -> None:
    bundle = bundle_of(place)
    number, choice = bundle.objects["dataElements"]
    del number["shortName"]
    choice["optionSet"] = {"id": new_uid()}
    choice["code"] = "x" * 60
    bundle.objects["dataElementGroups"][0]["dataElements"].append({"id": new_uid()})
    with pytest.raises(ConflictError) as refused:
        client.metadata.import_bundle(bundle, ImportOptions(dry_run=True))
    found = client.metadata.validate(bundle)
    assert _complaints(found) == _complaints(refused.value.rows)
    assert {"E4000", "E4001", "E5002"} == {row.code for row in found}
    with pytest.raises(InvalidBundleError):
        client.metadata.import_bundle(bundle, check=True)
    assert client.metadata.search(place.mark) == ()


def test_a_bundle_can_be_deleted(client: Dhis2Client, place: Place) -> None:
    bundle = bundle_of(place)
    client.metadata.import_bundle(bundle)
    gone = client.metadata.import_bundle(bundle.only("dataElementGroups", "dataElements"), ImportOptions("DELETE"))
    assert gone.counts.deleted == 3
    assert {hit.plural for hit in client.metadata.search(place.mark)} == {"options", "optionSets"}


def test_search_and_usage(client: Dhis2Client, place: Place) -> None:
    bundle = bundle_of(place)
    client.metadata.import_bundle(bundle)
    choice = bundle.objects["dataElements"][1]
    assert [hit.id for hit in client.metadata.search(str(choice["id"]))] == [choice["id"]]
    assert [hit.id for hit in client.metadata.search(str(choice["code"]), by=["code"])] == [choice["id"]]
    users = client.metadata.usage("optionSets", str(choice["optionSet"]["id"]))
    assert choice["id"] in {use.id for use in users}


def _complaints(rows: tuple[ReportRow, ...]) -> Counter[tuple[str | None, ...]]:
    return Counter((row.code, row.uid, row.property, row.message) for row in rows)
