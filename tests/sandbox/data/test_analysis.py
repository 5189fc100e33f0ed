"""Values that are marked for follow-up or unlike the others, in every version."""

from __future__ import annotations

from typing import Any

import pytest
from entering import COUNT, DATA_SET, ROOT, UNIT, Clerk, value

DEFAULT = "HllvX50cXC0"
YEAR = {"startDate": "2024-01-01", "endDate": "2024-12-31"}
BODY = {**YEAR, "ou": UNIT, "ds": [DATA_SET]}
ANALYSES = ("minMaxOutlier", "stdDevOutlier", "followup")
FOLLOWUP = f"/api/dataAnalysis/followup?ou={ROOT}&startDate=2024-01-01&endDate=2024-12-31"


def _found(clerk: Clerk, name: str, **more: Any) -> list[str]:
    reply = clerk.send("POST", f"/api/dataAnalysis/{name}", {**BODY, **more})
    assert reply.status == 200, reply.body
    return [row["value"] for row in reply.parsed()]


def _enter(clerk: Clerk, *texts: str) -> None:
    for month, text in enumerate(texts, 1):
        clerk.import_values(value(period=f"2024{month:02d}", text=text, followup=month == 1, followUp=month == 1))


@pytest.mark.parametrize("name", ANALYSES)
def test_an_analysis_without_a_unit_is_refused(clerk: Clerk, name: str) -> None:
    for body in ({}, {**YEAR, "ds": [DATA_SET]}, {**BODY, "ou": "nOtKnown001"}):
        reply = clerk.send("POST", f"/api/dataAnalysis/{name}", body)
        assert (reply.status, reply.parsed()["message"]) == (400, "No organisation unit defined")


@pytest.mark.parametrize("name", ANALYSES)
def test_a_set_that_is_not_known_is_a_failure_and_days_that_cannot_be_read_are_none(clerk: Clerk, name: str) -> None:
    assert clerk.send("POST", f"/api/dataAnalysis/{name}", {**BODY, "ds": ["nOtKnown001"]}).status == 500
    undated = clerk.send("POST", f"/api/dataAnalysis/{name}", {**BODY, "startDate": "1/2024"})
    assert undated.status == (200 if clerk.sandbox.server.version in {"v41", "v42"} else 409)


def test_only_the_mean_needs_data_sets(clerk: Clerk) -> None:
    body = {name: value for name, value in BODY.items() if name != "ds"}
    statuses = [clerk.send("POST", f"/api/dataAnalysis/{name}", body).status for name in ANALYSES]
    assert statuses == [200, 500, 200]


def test_the_mean_is_of_what_began_two_years_before_at_the_unit_itself(clerk: Clerk) -> None:
    for year in (2022, 2023):
        clerk.import_values(*(value(period=f"{year}{month:02d}", text="1") for month in range(1, 13)))
    clerk.import_values(value(text="9"), value(period="202402", text="1"), value(unit=ROOT, text="500"))

    assert _found(clerk, "stdDevOutlier", standardDeviation=2) == ["9"]
    assert _found(clerk, "stdDevOutlier", standardDeviation=2, ou=ROOT) == []
    assert _found(clerk, "stdDevOutlier") == [], "without a factor nothing is looked for"


def test_limits_are_those_of_the_unit_itself(clerk: Clerk) -> None:
    _enter(clerk, "5", "12")
    row = {"dataElement": COUNT, "orgUnit": UNIT, "optionCombo": DEFAULT, "minValue": 1, "maxValue": 9}
    assert clerk.send("POST", "/api/minMaxDataElements/upsert", {"values": [row]}).status == 200

    assert _found(clerk, "minMaxOutlier") == ["12"]
    assert _found(clerk, "minMaxOutlier", ou=ROOT) == []


def test_marks_are_listed_and_set_by_the_numbers_of_the_list(clerk: Clerk) -> None:
    _enter(clerk, "5", "12")
    reply = clerk.send("POST", "/api/dataAnalysis/followup", BODY).parsed()
    assert [(row["value"], row["followup"], row["min"], row["max"]) for row in reply] == [("5", True, 0, 0)]
    names = {"sourceId": "organisationUnitId"}
    numbers = {names.get(name, name): number for name, number in reply[0].items() if name.endswith("Id")}

    body = {"followups": [{**numbers, "followup": False}]}
    assert clerk.send("POST", "/api/dataAnalysis/followup/mark", body).status == 204
    assert _found(clerk, "followup") == []
    body = {"followups": [{**numbers, "followup": True}]}
    assert clerk.send("POST", "/api/dataAnalysis/followup/mark", body).status == 204
    assert _found(clerk, "followup") == ["5"]
    assert clerk.send("POST", "/api/dataAnalysis/followup/mark", {}).status == 500


def test_an_element_without_a_number_is_passed_over_until_keys_are_needed(clerk: Clerk) -> None:
    _enter(clerk, "5")
    row = clerk.send("POST", "/api/dataAnalysis/followup", BODY).parsed()[0]
    body = {"followups": [{"periodId": row["periodId"], "followup": True}]}
    status = clerk.send("POST", "/api/dataAnalysis/followup/mark", body).status
    assert status == (204 if clerk.sandbox.server.version in {"v41", "v42"} else 500)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (f"ou={ROOT}", "E2300"),
        (f"ds={DATA_SET}", "E2203"),
        (f"ou={ROOT}&ds={DATA_SET}&startDate=2024-01-01", "E2301"),
        (f"ou={ROOT}&ds={DATA_SET}&startDate=2024-01-01&endDate=2024-01-01", "E2202"),
        (f"ou={ROOT}&ds={DATA_SET}&pe=2024&maxResults=0", "E2205"),
        (f"ou={ROOT}&ds={DATA_SET}&pe=2024&maxResults=10001", "E2206"),
    ],
)
def test_what_a_list_of_marks_needs(clerk: Clerk, query: str, code: str) -> None:
    reply = clerk.send("GET", f"/api/dataAnalysis/followup?{query}")
    assert (reply.status, reply.parsed()["errorCode"]) == (409, code)


def test_marks_below_a_unit_are_listed_by_element_combo_and_period(clerk: Clerk) -> None:
    _enter(clerk, "5")
    sets = f"{FOLLOWUP}&ds={DATA_SET}"
    assert [row["value"] for row in clerk.send("GET", sets).parsed()["followupValues"]] == ["5"]
    period = f"/api/dataAnalysis/followup?ou={UNIT}&de={COUNT}&pe=2024"
    shown = clerk.send("GET", period).parsed()
    assert [row["value"] for row in shown["followupValues"]] == ["5"]
    assert (shown["metadata"]["de"], shown["metadata"]["endDate"]) == ([COUNT], "2024-12-31T00:00:00.000")
    other = clerk.send("GET", f"{FOLLOWUP}&ds={DATA_SET}&coc=nOtKnown001").parsed()
    assert (other["followupValues"], other["metadata"]["coc"]) == ([], ["nOtKnown001"])
