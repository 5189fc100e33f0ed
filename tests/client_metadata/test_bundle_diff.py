"""What changed between two bundles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dhis2w_client.metadata import Bundle
from dhis2w_client.metadata.bundle_diff import BundleDiff, diff_bundles
from tests.client_metadata.packages import package

UNIT = {"id": "unit0000001", "name": "Clinic", "parent": {"id": "parent00001"}, "openingDate": "2000-01-01"}
SECTION = {
    "id": "section0001",
    "name": "S",
    "dataElements": [{"id": "element0001"}, {"id": "element0002"}],
    "indicators": [{"id": "indicator01"}],
}
GROUP = {"id": "group000001", "name": "G", "dataElements": [{"id": "element0001"}, {"id": "element0002"}]}


def diff(plural: str, before: list[dict[str, Any]], after: list[dict[str, Any]], **options: Any) -> BundleDiff:
    return diff_bundles(Bundle({plural: before}), Bundle({plural: after}), **options)


def test_before_and_after_of_each_property() -> None:
    (change,) = diff(
        "dataElements", [{"id": "a", "name": "A", "code": "X"}], [{"id": "a", "name": "A", "url": "u"}]
    ).changes
    assert change.kind == "changed"
    assert [(told.path, told.before, told.after) for told in change.differences] == [
        ("code", "X", None),
        ("url", None, "u"),
    ]
    assert not change.renamed
    assert not change.moved


def test_added_and_removed() -> None:
    found = diff("dataElements", [{"id": "a", "name": "A"}], [{"id": "b", "name": "B"}])
    assert [(change.kind, change.name) for change in found.changes] == [("removed", "A"), ("added", "B")]


def test_renamed_and_moved() -> None:
    found = diff("organisationUnits", [UNIT], [{**UNIT, "name": "Hospital", "parent": {"id": "parent00002"}}])
    assert found.renamed == found.moved == found.changes
    assert "~ Hospital [unit0000001] (renamed, moved)" in str(found)
    assert '"Clinic" → "Hospital"' in str(found)


@pytest.mark.parametrize("key", ["code", "name"])
def test_the_same_under_another_uid_is_replaced(key: str) -> None:
    found = diff("dataElements", [{"id": "a", key: "X", "url": "1"}], [{"id": "b", key: "X", "url": "2"}])
    (change,) = found.changes
    assert (change.kind, change.id, change.id_before) == ("replaced", "b", "a")
    assert "url" in [told.path for told in change.differences]
    assert "was a" in str(found)


def test_a_name_that_two_have_says_nothing() -> None:
    found = diff("options", [{"id": "a", "name": "X"}, {"id": "b", "name": "X"}], [{"id": "c", "name": "X"}])
    assert [change.kind for change in found.changes] == ["removed", "removed", "added"]


def test_sets_have_no_order_and_lists_have() -> None:
    assert not diff("dataElementGroups", [GROUP], [{**GROUP, "dataElements": GROUP["dataElements"][::-1]}])  # pyright: ignore[reportArgumentType] - a list
    (change,) = diff("sections", [SECTION], [{**SECTION, "dataElements": SECTION["dataElements"][::-1]}]).changes  # pyright: ignore[reportArgumentType] - a list
    (told,) = change.differences
    assert told.reordered
    assert told.before == ["element0001", "element0002"]


def test_members_that_came_and_went() -> None:
    after = {**GROUP, "dataElements": [{"id": "element0002", "name": "seen"}, {"id": "element0003"}]}
    (change,) = diff("dataElementGroups", [GROUP], [after]).changes
    (told,) = change.differences
    assert (told.gone, told.come, told.target) == (("element0001",), ("element0003",), "DataElement")


def test_parts_are_told_apart_by_what_they_are_about() -> None:
    def data_set(*parts: tuple[str, str]) -> dict[str, Any]:
        rows = [{"dataElement": {"id": element}, "categoryCombo": {"id": combo}} for element, combo in parts]
        return {"id": "dataSet0001", "name": "D", "dataSetElements": rows}

    old, new = data_set(("e1", "c1"), ("e2", "c1")), data_set(("e2", "c2"), ("e1", "c1"))
    (change,) = diff("dataSets", [old], [new]).changes
    (told,) = change.differences
    assert (told.path, told.before, told.after) == ("dataSetElements[e2].categoryCombo", "c1", "c2")


def test_legends_are_told_apart_by_their_id() -> None:
    def legends(name: str, *more: dict[str, Any]) -> dict[str, Any]:
        rows: list[dict[str, Any]] = [
            *more,
            {"id": "legend00001", "name": name, "lastUpdated": name, "access": {}, "displayName": name},
        ]
        return {"id": "set00000001", "name": "L", "legends": rows}

    (change,) = diff("legendSets", [legends("low")], [legends("high", {"id": "legend00002", "name": "x"})]).changes
    assert [told.path for told in change.differences] == ["legends", "legends[legend00001].name"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"lastUpdated": "2020"}, {"lastUpdated": "2021"}),
        ({"createdBy": {"id": "x"}}, {}),
        ({"access": {"read": True}}, {"access": {"read": False}}),
        ({"displayName": "x"}, {"displayName": "y"}),
        ({"href": "x"}, {"href": "y"}),
        ({"favorites": ["x"]}, {}),
        ({"description": ""}, {"translations": []}),
        ({"sharing": {"public": "rw------"}}, {"sharing": {"public": "--------"}}),
        ({"dataElementGroups": [{"id": "g"}]}, {}),
        ({"zeroIsSignificant": None}, {}),
    ],
)
def test_what_is_no_change(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert not diff("dataElements", [{"id": "a", **before}], [{"id": "a", **after}])


def test_sharing_and_ignored_properties() -> None:
    before, after = ({"id": "a", "sharing": {"public": public}, "url": public} for public in ("rw------", "r-------"))
    (change,) = diff("dataElements", [before], [after], sharing=True, ignore=["url"]).changes
    assert [(told.path, told.before) for told in change.differences] == [("sharing.public", "rw------")]


def test_numbers_and_booleans() -> None:
    assert not diff("legendSets", [{"id": "a", "x": 1}], [{"id": "a", "x": 1.0}])
    assert diff("legendSets", [{"id": "a", "x": 1}], [{"id": "a", "x": True}])


def test_nothing_changed() -> None:
    assert str(diff("dataElements", [], [])) == "no changes"


def test_long_values_may_be_cut() -> None:
    found = diff("dataElements", [{"id": "a", "url": "x" * 50}], [{"id": "a"}])
    assert f'"{"x" * 9}…' in "\n".join(found.lines(longest=10))


@pytest.mark.shared
def test_two_releases_of_a_package(shared: Path) -> None:
    found = diff_bundles(package(shared, "HIV_AGG/D2.40_2.0.0"), package(shared, "HIV_AGG/D2.40_2.0.2"))
    log = str(found).splitlines()
    assert log[0] == "HIV_AGG 20231214T091044 → HIV_AGG 2.0.2"
    assert found.counts()["dataElements"] == {"added": 4}
    assert found.counts()["indicators"] == {"added": 22}
    assert found.counts()["categoryOptionCombos"] == {"removed": 24, "changed": 1}
    assert found.counts()["dataSets"] == {"changed": 6}
    assert "dataElementGroups" not in found.counts()  # only in another order
    for line in (
        "legendSets: 2 added, 1 changed",
        "  + Stock coverage time [f1hWZIYCTzc] STOCK_COVERAGE_TIME",
        "  ~ HIV default (%) [aviopx5x4wQ]",
        '      legends[iCBaHMc9w9O].name: "90% to 110%" → "90% to 100%"',
        "  - HIV - Female [uHneQnax8YV] HIV_FEMALE",
        "      version: 78 → 79",
    ):
        assert line in log
    assert not found.of("replaced")
    assert not found.renamed


@pytest.mark.shared
def test_a_package_and_itself_in_another_order(shared: Path) -> None:
    bundle = package(shared, "HIV_AGG/D2.40_2.0.2")
    turned = Bundle({plural: rows[::-1] for plural, rows in bundle.objects.items()})
    assert not diff_bundles(bundle, turned, sharing=True)
