"""Limits of values: set and removed in bulk, worked out from what is stored, in every version."""

from __future__ import annotations

import gzip
import json
from typing import Any

from entering import AVERAGE, COUNT, DATA_SET, OTHER, ROOT, UNIT, Clerk, value

DEFAULT = "HllvX50cXC0"


def limits(element: str = COUNT, unit: str = UNIT, **more: Any) -> dict[str, Any]:
    return {"dataElement": element, "orgUnit": unit, "optionCombo": DEFAULT, "minValue": 1, "maxValue": 9, **more}


def stored(clerk: Clerk) -> list[tuple[str, str, int, int, bool]]:
    rows = clerk.send("GET", "/api/minMaxDataElements?paging=false").parsed()["minMaxDataElements"]
    return [(row["dataElement"]["id"], row["source"]["id"], row["min"], row["max"], row["generated"]) for row in rows]


def test_what_is_not_known_is_passed_over_without_a_word(clerk: Clerk) -> None:
    body = {"dataSet": DATA_SET, "values": [limits(), limits(unit="nOtKnown001"), limits(AVERAGE, generated=False)]}
    reply = clerk.send("POST", "/api/minMaxDataElements/upsert", body)
    assert reply.parsed() == {"message": "Successfully imported 2 min-max values", "successful": 2, "ignored": 1}
    assert sorted(stored(clerk)) == [(AVERAGE, UNIT, 1, 9, False), (COUNT, UNIT, 1, 9, True)]


def test_one_bad_row_refuses_all(clerk: Clerk) -> None:
    body = {"dataSet": DATA_SET, "values": [limits(), limits(minValue=9)]}
    assert clerk.send("POST", "/api/minMaxDataElements/upsert", body).parsed()["errorCode"] == "E2044"
    assert stored(clerk) == []


def test_limits_are_sent_packed_and_removed_as_csv(clerk: Clerk) -> None:
    body = gzip.compress(json.dumps({"values": [limits(), limits(unit=OTHER)]}).encode())
    headers = [("Content-Encoding", "gzip"), ("Content-Type", "application/json")]
    login = [("Host", "sandbox"), ("Authorization", "Basic YWRtaW46ZGlzdHJpY3Q=")]
    path = "/api/minMaxDataElements/upsert"
    assert clerk.sandbox.app.answer("POST", path, "", [*login, *headers], body).parsed()["successful"] == 2
    text = f"dataElement,orgUnit,optionCombo\n{COUNT},{UNIT},{DEFAULT}\n{AVERAGE},{UNIT},{DEFAULT}\n"
    path = f"/api/minMaxDataElements/delete?dataSet={DATA_SET}"
    reply = clerk.send("POST", path, text.encode(), "text/csv").parsed()
    assert (reply["successful"], reply["ignored"]) == (1, 1)
    assert [row[1] for row in stored(clerk)] == [OTHER]


def test_limits_are_worked_out_of_one_unit_and_replace_those_below(clerk: Clerk) -> None:
    body = {"values": [limits(), limits(unit=OTHER), limits(AVERAGE, unit=ROOT)]}
    assert clerk.send("POST", "/api/minMaxDataElements/upsert", body).status == 200
    for period, text in (("202401", "2"), ("202402", "4")):
        clerk.import_values(value(period=period, text=text, unit=ROOT), value(period=period, text="7"))
    place = {"dataSets": [DATA_SET], "organisationUnit": ROOT}
    assert clerk.send("POST", "/api/minMaxValues", place).status == 204
    assert stored(clerk) == [(COUNT, ROOT, 1, 5, True)]
    assert clerk.send("POST", "/api/minMaxValues", {**place, "organisationUnit": UNIT}).status == 204
    assert stored(clerk) == [(COUNT, ROOT, 1, 5, True)], "values that are all the same give no limits"
    assert clerk.send("DELETE", f"/api/minMaxValues/{ROOT}?ds={DATA_SET}").status == 204
    assert stored(clerk) == []
