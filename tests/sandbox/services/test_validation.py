"""Validation rules, predictors and data exchanges: what is worked out of the values that are stored."""

from typing import Any

import pytest
from sender import Sender

ELEMENTS = ("vpxElement1", "vpxElement2", "vpxElement3")
RUN = "startDate=2024-01-01&endDate=2024-02-29"
FORM = "/api/validation/dataSet/vpxDataSet1"


@pytest.fixture
def site(admin_of_each: Sender) -> Sender:
    """The administrator of a server with three elements, and values of two of them."""
    elements = [
        {**_named(uid), "aggregationType": "SUM", "domainType": "AGGREGATE", "valueType": "NUMBER"} for uid in ELEMENTS
    ]
    data_set = {
        **_named("vpxDataSet1"),
        "periodType": "Monthly",
        "dataSetElements": [{"dataElement": {"id": uid}} for uid in ELEMENTS],
        "organisationUnits": [{"id": "vpxUnitTop1"}],
    }
    bundle = {
        "organisationUnits": [{**_named("vpxUnitTop1"), "openingDate": "2000-01-01"}],
        "organisationUnitLevels": [{"id": "vpxLevel001", "name": "Top", "level": 1}],
        "dataElements": elements,
        "dataSets": [data_set],
        "constants": [{**_named("vpxConstan1"), "value": 2.5}],
    }
    assert admin_of_each("POST", "/api/metadata", bundle).status == 200
    own = [{"op": "add", "path": f"/{name}", "value": [{"id": "vpxUnitTop1"}]} for name in _UNITS]
    admin_of_each("PATCH", "/api/users/M5zQapPyTZI", own, media="application/json-patch+json")
    _enter(admin_of_each, {("vpxElement1", "202401"): "10", ("vpxElement2", "202401"): "4"})
    _enter(admin_of_each, {("vpxElement1", "202402"): "3", ("vpxElement2", "202402"): "8"})
    return admin_of_each


_UNITS = ("organisationUnits", "dataViewOrganisationUnits")


def _named(uid: str) -> dict[str, str]:
    return {"id": uid, "name": uid, "shortName": uid}


def _enter(site: Sender, values: dict[tuple[str, str], str]) -> None:
    rows = [
        {"dataElement": element, "period": period, "orgUnit": "vpxUnitTop1", "value": value}
        for (element, period), value in values.items()
    ]
    reply = site("POST", "/api/dataValueSets", {"dataSet": "vpxDataSet1", "dataValues": rows})
    assert reply.status == 200, reply.body


def _rule(site: Sender, operator: str, left: str, right: str, strategy: str = "NEVER_SKIP") -> None:
    sides = {
        side: {"expression": text, "description": side, "missingValueStrategy": strategy}
        for side, text in (("leftSide", left), ("rightSide", right))
    }
    rule = {"id": "vpxRule0001", "name": "Rule", "operator": operator, "periodType": "Monthly", "importance": "HIGH"}
    assert site("POST", "/api/validationRules", {**rule, **sides}).status == 201


def _broken(site: Sender, period: str) -> list[tuple[float, float]]:
    found = site.read(f"{FORM}?pe={period}&ou=vpxUnitTop1")["validationRuleViolations"]
    return [(row["leftsideValue"], row["rightsideValue"]) for row in found]


def _analysed(site: Sender, **more: Any) -> list[Any]:
    body = {"ou": "vpxUnitTop1", "startDate": "2024-01-01", "endDate": "2024-02-29", **more}
    return site("POST", "/api/dataAnalysis/validationRules", body).parsed()


def test_a_form_is_told_which_rules_its_values_break(site: Sender) -> None:
    _rule(site, "greater_than", "#{vpxElement1}", "#{vpxElement2} * C{vpxConstan1} - 10")

    assert _broken(site, "202401") == []
    assert _broken(site, "202402") == [(3.0, 10.0)]


@pytest.mark.parametrize(
    ("operator", "strategy", "broken"),
    [
        ("less_than", "NEVER_SKIP", [(10.0, 0.0)]),
        ("less_than", "SKIP_IF_ANY_VALUE_MISSING", []),
        ("compulsory_pair", "SKIP_IF_ANY_VALUE_MISSING", [(10.0, 0.0)]),
        ("exclusive_pair", "SKIP_IF_ANY_VALUE_MISSING", []),
    ],
)
def test_a_missing_value_counts_as_the_rule_says(
    site: Sender, operator: str, strategy: str, broken: list[tuple[float, float]]
) -> None:
    _rule(site, operator, "#{vpxElement1}", "#{vpxElement3}", strategy)

    assert _broken(site, "202401") == broken


def test_an_analysis_keeps_what_it_finds_once_and_only_when_asked(site: Sender) -> None:
    _rule(site, "greater_than", "#{vpxElement1}", "#{vpxElement2}")

    assert [row["periodId"] for row in _analysed(site)] == ["202402"]
    assert site.read("/api/validationResults")["validationResults"] == []
    assert len(_analysed(site, persist=True)) == len(_analysed(site, persist=True)) == 1
    assert site.read("/api/validationResults?ou=vpxUnitTop1&fields=leftsideValue")["validationResults"] == [
        {"leftsideValue": 3.0}
    ]
    assert site("DELETE", "/api/validationResults?vr=anotherRule").status == 204
    assert site.read("/api/validationResults")["pager"]["total"] == 1
    assert site("DELETE", "/api/validationResults?vr=vpxRule0001").status == 204
    assert site.read("/api/validationResults")["pager"]["total"] == 0


def _predictor(site: Sender, expression: str, **more: Any) -> None:
    predictor = {
        **_named("vpxPredict1"),
        "output": {"id": "vpxElement3"},
        "periodType": "Monthly",
        "sequentialSampleCount": 0,
        "annualSampleCount": 0,
        "organisationUnitDescendants": "SELECTED",
        "organisationUnitLevels": [{"id": "vpxLevel001"}],
        "generator": {"expression": expression, "description": "sum", **more},
    }
    assert site("POST", "/api/predictors", predictor).status == 201


def _predicted(site: Sender) -> dict[str, str]:
    query = "dataElement=vpxElement3&startDate=2024-01-01&endDate=2024-12-31&orgUnit=vpxUnitTop1"
    found = site.read(f"/api/dataValueSets?{query}").get("dataValues", [])
    return {row["period"]: row["value"] for row in found}


def test_a_predictor_enters_what_it_works_out_and_takes_back_what_is_no_more(site: Sender) -> None:
    _predictor(site, "#{vpxElement1} - #{vpxElement2}", missingValueStrategy="SKIP_IF_ANY_VALUE_MISSING")

    reply = site("POST", f"/api/predictors/vpxPredict1/run?{RUN}")

    assert reply.parsed()["message"] == "Generated 2 predictions"
    assert _predicted(site) == {"202401": "6.0", "202402": "-5.0"}
    site("DELETE", "/api/dataValues?de=vpxElement2&pe=202402&ou=vpxUnitTop1")
    assert site("POST", f"/api/predictors/run?{RUN}").parsed()["message"] == "Generated 1 predictions"
    assert _predicted(site) == {"202401": "6.0"}


def test_a_predictor_with_samples_is_not_here_and_it_says_so(site: Sender) -> None:
    _predictor(site, "avg(#{vpxElement1})")

    assert site("POST", f"/api/predictors/vpxPredict1/run?{RUN}").status == 501


def test_expressions_are_described_with_names(site: Sender) -> None:
    path = "/api/validationRules/expression/description"

    described = site("POST", path, "#{vpxElement1} + C{vpxConstan1}", media="text/plain").parsed()
    broken = site("POST", path, "#{vpxElement1} +", media="text/plain")

    assert (described["status"], described["description"]) == ("OK", "vpxElement1 + vpxConstan1")
    assert (broken.status, broken.parsed()["status"]) == (200, "ERROR")


def _exchange(site: Sender) -> None:
    request = {"name": "r1", "dx": ["vpxElement1"], "pe": ["202401", "202402"], "ou": ["vpxUnitTop1"]}
    exchange = {
        "id": "vpxExchang1",
        "name": "Exchange",
        "source": {"requests": [request]},
        "target": {"type": "INTERNAL", "request": {"dryRun": True}},
    }
    assert site("POST", "/api/aggregateDataExchanges", exchange).status == 201


def test_an_exchange_imports_what_analytics_answers(site: Sender) -> None:
    _exchange(site)
    path = "/api/aggregateDataExchanges/vpxExchang1"

    early = site("POST", f"{path}/exchange")
    site("POST", "/api/configuration/dataOutputPeriodTypes", [{"name": "Monthly"}])
    site("POST", "/api/resourceTables/analytics")
    sets = site.read(f"{path}/sourceDataValueSets")
    done = site("POST", f"{path}/exchange").parsed()

    assert early.status == 500
    assert [sorted(row["value"] for row in one["dataValues"]) for one in sets] == [["10", "3"]]
    assert sorted(site.read(f"{path}/sourceData")[0]["rows"]) == [
        ["vpxElement1", "202401", "vpxUnitTop1", "10"],
        ["vpxElement1", "202402", "vpxUnitTop1", "3"],
    ]
    assert done["response"]["importSummaries"][0]["status"] == done["response"]["status"]
    assert done["response"]["total"] == 2


def test_the_items_of_a_rule_are_shown_with_their_values(site: Sender) -> None:
    _rule(site, "greater_than", "#{vpxElement1} + #{vpxElement3}", "#{vpxElement2.HllvX50cXC0}")
    path = "/api/dataAnalysis/validationRulesExpression?validationRuleId=vpxRule0001&organisationUnitId=vpxUnitTop1"

    found = site.read(f"{path}&periodId=202401")
    assert found["leftSide"] == [{"name": "vpxElement1", "value": "10.0"}, {"name": "vpxElement3"}]
    assert found["rightSide"] == [{"name": "vpxElement2 default", "value": "4.0"}]
    assert site.read(f"{path}&periodId=202403") == {"leftSide": [], "rightSide": []}
    assert site.read(f"{path}&periodId=2024") == {"leftSide": [], "rightSide": []}
    other = site("GET", f"{path}&periodId=202401&attributeOptionComboId=nOtKnown001")
    assert (other.status, other.parsed()["message"]) == (404, "Can't find AttributeOptionCombo with id = nOtKnown001")
    assert site("GET", f"{path}&periodId=never").parsed()["message"] == "Can't find Period with id =never"


def test_an_analysis_reads_a_body_without_its_keys(site: Sender) -> None:
    for body in ({}, {"ou": None}, {"ou": 5}):
        reply = site("POST", "/api/dataAnalysis/validationRules", body)
        assert (reply.status, reply.parsed()["message"]) == (400, "No organisation unit defined")
    assert site("POST", "/api/dataAnalysis/validationRules", {"ou": ["vpxUnitTop1"]}).status == 400


def test_predictions_are_counted_by_what_became_of_them(site: Sender) -> None:
    _predictor(site, "#{vpxElement1} - #{vpxElement2}", missingValueStrategy="SKIP_IF_ANY_VALUE_MISSING")
    first = site("POST", f"/api/predictions?{RUN}").parsed()["response"]
    assert {**first, "status": "SUCCESS"} == first
    assert (first["predictors"], first["inserted"], first["updated"], first["unchanged"]) == (1, 2, 0, 0)

    _enter(site, {("vpxElement1", "202401"): "11"})
    again = site("PUT", f"/api/predictions?{RUN}&predictor=vpxPredict1").parsed()["response"]
    assert (again["inserted"], again["updated"], again["unchanged"], again["deleted"]) == (0, 1, 1, 0)
    none = site("POST", f"/api/predictions?{RUN}&predictorGroup=nOtKnown001").parsed()["response"]
    assert none["predictors"] == 0
    job = site("POST", f"/api/predictions?{RUN}&async=true").parsed()["response"]
    assert job["jobParameters"] == {"relativeStart": 0, "relativeEnd": 0}
    assert site.read(job["relativeNotifierEndpoint"])[0]["completed"]
    assert site("POST", "/api/predictions?startDate=2024-01-01").status == 400


def test_notifications_are_sent_once_and_monitoring_is_a_job(site: Sender) -> None:
    _rule(site, "greater_than", "#{vpxElement1}", "#{vpxElement2}")
    assert len(_analysed(site, persist=True)) == 1
    sent = "/api/validationResults?fields=notificationSent"
    assert site.read(sent)["validationResults"] == [{"notificationSent": False}]
    for path, type in (
        ("validation/sendNotifications", "VALIDATION_RESULTS_NOTIFICATION"),
        ("resourceTables/monitoring", "MONITORING"),
    ):
        job = site("PUT", f"/api/{path}").parsed()["response"]
        assert job["jobType"] == type
        assert site.read(job["relativeNotifierEndpoint"])[0]["completed"]
    assert site.read(sent)["validationResults"] == [{"notificationSent": True}]
