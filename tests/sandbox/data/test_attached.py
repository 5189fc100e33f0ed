"""Data and the objects that they belong to: what cannot be deleted, what is merged, split, pruned and tidied up."""

import json

import pytest
from entering import AVERAGE, COUNT, DATA_SET, OTHER, ROOT, UNIT, Clerk, Json


def _value(element: str, period: str, value: str, unit: str = UNIT) -> Json:
    return {"dataElement": element, "period": period, "orgUnit": unit, "value": value}


def _enter(clerk: Clerk, *values: Json) -> None:
    status, summary = clerk.import_values(*values)
    assert (status, summary["status"]) == (200, "SUCCESS"), summary


def _rows(clerk: Clerk) -> list[tuple[str, ...]]:
    order = "SELECT element, period, unit, value FROM data_value ORDER BY element, period, unit"
    return clerk.sandbox.server.store.sql.execute(order).fetchall()


@pytest.mark.parametrize(("path", "deleted"), [(f"dataElements/{COUNT}", False), (f"dataElements/{AVERAGE}", True)])
def test_what_has_values_cannot_be_deleted(clerk: Clerk, path: str, deleted: bool) -> None:
    _enter(clerk, _value(COUNT, "202401", "3"))
    links: list[Json] = [{"op": "replace", "path": "/dataSetElements", "value": []}]
    clerk.send("PATCH", f"/api/dataSets/{DATA_SET}", links, "application/json-patch+json")

    reply = clerk.send("DELETE", f"/api/{path}")

    assert (reply.status == 200) is deleted, reply.body
    if not deleted:
        assert json.loads(reply.body)["response"]["errorReports"][0]["message"].endswith(": DataValue")


def test_deleted_values_and_their_audits_count_too(clerk: Clerk) -> None:
    _enter(clerk, _value(AVERAGE, "202401", "3"))
    assert clerk.send("DELETE", f"/api/dataValues?de={AVERAGE}&pe=202401&ou={UNIT}").status in {200, 204}

    assert "DataValue" in clerk.send("DELETE", f"/api/organisationUnits/{UNIT}").body.decode()
    clerk.send("POST", "/api/maintenance/softDeletedDataValueRemoval")
    assert _rows(clerk) == []
    assert "DataValueAudit" in clerk.send("DELETE", f"/api/organisationUnits/{UNIT}").body.decode()
    clerk.send("POST", f"/api/maintenance/dataPruning/organisationUnits/{UNIT}")
    assert "DataValue" not in clerk.send("DELETE", f"/api/organisationUnits/{UNIT}").body.decode()


def test_pruning_removes_the_values_of_one_object(clerk: Clerk) -> None:
    _enter(clerk, _value(COUNT, "202401", "3"), _value(AVERAGE, "202401", "4"))

    clerk.send("POST", f"/api/maintenance/dataPruning/dataElements/{COUNT}")

    assert [row[0] for row in _rows(clerk)] == [AVERAGE]


def test_zeroes_that_mean_nothing_are_removed(clerk: Clerk) -> None:
    clerk.sandbox.server.store.put(
        "dataElement",
        COUNT,
        {**(clerk.sandbox.server.store.get("dataElement", COUNT) or {}), "zeroIsSignificant": True},
    )
    _enter(clerk, _value(COUNT, "202401", "0"))
    element = clerk.sandbox.server.store.get("dataElement", COUNT) or {}
    clerk.sandbox.server.store.put("dataElement", COUNT, {**element, "zeroIsSignificant": False})

    clerk.send("POST", "/api/maintenance/zeroDataValueRemoval")

    assert _rows(clerk) == []


def test_a_merge_of_units_replaces_what_the_target_had(clerk: Clerk) -> None:
    _enter(
        clerk, _value(COUNT, "202401", "3"), _value(COUNT, "202401", "8", OTHER), _value(COUNT, "202402", "9", OTHER)
    )

    reply = clerk.send("POST", "/api/organisationUnits/merge", {"sources": [UNIT], "target": OTHER})

    assert reply.status == 200, reply.body
    assert _rows(clerk) == [(COUNT, "202401", OTHER, "3")]


def test_a_merge_of_units_may_discard_the_values_of_the_sources(clerk: Clerk) -> None:
    _enter(clerk, _value(COUNT, "202401", "3"), _value(COUNT, "202401", "8", OTHER))
    body = {"sources": [UNIT], "target": OTHER, "dataValueMergeStrategy": "DISCARD"}

    assert clerk.send("POST", "/api/organisationUnits/merge", body).status == 200
    assert _rows(clerk) == [(COUNT, "202401", OTHER, "8")]


def test_a_split_gives_the_values_to_the_primary_unit(clerk: Clerk) -> None:
    _enter(clerk, _value(COUNT, "202401", "3"))
    new = [
        {"id": uid, "name": uid, "shortName": uid, "openingDate": "2000-01-01", "parent": {"id": ROOT}} for uid in NEW
    ]
    assert clerk.send("POST", "/api/metadata", {"organisationUnits": new}).status == 200

    reply = clerk.send(
        "POST", "/api/organisationUnits/split", {"source": UNIT, "targets": NEW, "primaryTarget": NEW[1]}
    )

    assert reply.status == 200, reply.body
    assert _rows(clerk) == [(COUNT, "202401", NEW[1], "3")]


NEW = ["SplitUnit01", "SplitUnit02"]


def test_of_merged_elements_the_value_that_was_changed_last_stays(group_clerk: Clerk) -> None:
    clerk = group_clerk
    same = {**(clerk.sandbox.server.store.get("dataElement", COUNT) or {}), "id": "ElemCount02", "name": "Same"}
    clerk.sandbox.server.store.put("dataElement", "ElemCount02", same)
    data_set = clerk.sandbox.server.store.get("dataSet", DATA_SET) or {}
    elements = [*data_set["dataSetElements"], {"dataElement": {"id": "ElemCount02"}, "dataSet": {"id": DATA_SET}}]
    clerk.sandbox.server.store.put("dataSet", DATA_SET, {**data_set, "dataSetElements": elements})
    _enter(clerk, _value("ElemCount02", "202401", "1"), _value(COUNT, "202402", "2"))
    _enter(clerk, _value(COUNT, "202401", "3"), _value("ElemCount02", "202402", "4"), _value(COUNT, "202403", "5"))
    clerk.sandbox.server.store.sql.execute(
        "UPDATE data_value SET last_updated = '2020-01-01T00:00:00.000' WHERE value IN ('1', '2')"
    )
    body = {"sources": [COUNT], "target": "ElemCount02", "deleteSources": True, "dataMergeStrategy": "LAST_UPDATED"}

    reply = clerk.send("POST", "/api/dataElements/merge", body)

    assert reply.status == 200, reply.body
    assert _rows(clerk) == [
        ("ElemCount02", "202401", UNIT, "3"),
        ("ElemCount02", "202402", UNIT, "4"),
        ("ElemCount02", "202403", UNIT, "5"),
    ]
