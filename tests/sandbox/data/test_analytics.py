"""Aggregate analytics: the job that builds the tables, and the order of rows, in every version."""

from entering import AVERAGE, COUNT, DATA_SET, OTHER, ROOT, UNIT, Clerk, value


def story(clerk: Clerk, query: str = "") -> list[str]:
    """What the job that builds the tables tells, first to last."""
    started = clerk.send("POST", f"/api/resourceTables/analytics?{query}").parsed()["response"]
    told = clerk.send("GET", started["relativeNotifierEndpoint"]).parsed()
    return [row["message"] for row in reversed(told)]


def test_the_job_tells_of_each_table_that_has_something_in_it(clerk: Clerk) -> None:
    nothing = story(clerk, "skipOrgUnitOwnership=true&skipTrackedEntities=true")
    at = nothing.index("Validating analytics table: DATA_VALUE")
    assert nothing[at + 1 : at + 3] == [
        "Validated analytics tables with outcome: false",
        "Validating analytics table: COMPLETENESS",
    ]
    clerk.import_values(value(period="202312"), value(period="202401"))
    told = story(clerk, "skipResourceTables=true&skipEvents=true")
    assert told[:2] == ["Analytics table update process", "Validating analytics table: DATA_VALUE"]
    assert any(text.startswith("Populating 2 analytics tables") and "DATA_VALUE" in text for text in told)
    assert not any("EVENT" in text for text in told if "TRACKED" not in text)
    assert told[-3:] == ["Updating system settings", "Invalidate analytics caches", told[-1]]


def test_rows_are_no_longer_in_the_order_of_the_question(clerk: Clerk) -> None:
    periods = ("202401", "202402", "202403")
    clerk.import_values(*(value(period=period, unit=unit) for period in periods for unit in (UNIT, OTHER)))
    clerk.send("POST", "/api/configuration/dataOutputPeriodTypes", [{"name": "Monthly"}])
    story(clerk)
    asked = f"dimension=dx:{COUNT};{AVERAGE}&dimension=pe:{';'.join(periods)}&dimension=ou:{UNIT};{OTHER};{ROOT}"
    rows = clerk.send("GET", f"/api/analytics?{asked}&skipMeta=true").parsed()["rows"]
    found = [(period, unit) for _, period, unit, _ in rows]
    assert sorted(found) == sorted((period, unit) for period in periods for unit in (UNIT, OTHER, ROOT))
    assert found != [(period, unit) for period in periods for unit in (UNIT, OTHER, ROOT)]
    assert rows == clerk.send("GET", f"/api/analytics?{asked}&skipMeta=true").parsed()["rows"]


INDICATOR, SECOND_INDICATOR = "IndicatorA1", "IndicatorB1"


def _analysed(clerk: Clerk) -> Clerk:
    """Values of two units in the tables, and two indicators."""
    indicators = [
        {"id": uid, "name": uid, "shortName": uid, "indicatorType": {"id": "IndTypeAaa1"}, **parts}
        for uid in (INDICATOR, SECOND_INDICATOR)
        for parts in [{"numerator": f"#{{{COUNT}}}", "denominator": "1"}]
    ]
    types = [{"id": "IndTypeAaa1", "name": "One", "factor": 1}]
    assert clerk.send("POST", "/api/metadata", {"indicatorTypes": types, "indicators": indicators}).status == 200
    if clerk.sandbox.server.behaviour.limits_output_periods:
        names = [{"name": "Monthly"}, {"name": "Yearly"}]
        assert clerk.send("POST", "/api/configuration/dataOutputPeriodTypes", names).status == 204
    clerk.import_values(value(COUNT, "202401", "3"), value(COUNT, "202402", "4"))
    assert clerk.send("POST", "/api/resourceTables/analytics").status == 200
    return clerk


def _code(clerk: Clerk, query: str) -> str | None:
    return clerk.send("GET", f"/api/analytics?{query}").parsed().get("errorCode")


def test_data_and_combos_are_the_first_columns(clerk: Clerk) -> None:
    asked = f"dimension=ou:{UNIT}&dimension=pe:202401&dimension=co&dimension=dx:{COUNT}"
    answer = _analysed(clerk).send("GET", f"/api/analytics?{asked}").parsed()
    assert [row["name"] for row in answer["headers"]] == ["dx", "co", "ou", "pe", "value"]
    assert answer["rows"] == [[COUNT, "HllvX50cXC0", UNIT, "202401", "3"]]


def test_what_does_not_go_together_is_refused(clerk: Clerk) -> None:
    _analysed(clerk)
    place = f"dimension=pe:202401&dimension=ou:{UNIT}"
    rate = f"{DATA_SET}.REPORTING_RATE"
    assert _code(clerk, f"dimension=dx:{COUNT}&dimension=dx:{AVERAGE}&{place}") == "E7111"
    assert _code(clerk, f"dimension=dx:{COUNT}&dimension=dx:{COUNT}&{place}") is None
    assert _code(clerk, f"filter=dx:{INDICATOR};{COUNT}&{place}") == "E7108"
    assert _code(clerk, f"filter=dx:{INDICATOR}&{place}") is None
    assert _code(clerk, f"filter=dx:{rate};{COUNT}&{place}") == "E7109"
    assert _code(clerk, f"dimension=dx:{rate}&dimension=ao&{place}") == "E7112"
    assert _code(clerk, f"dimension=dx:{COUNT}.HllvX50cXC0&dimension=co&{place}") == "E7113"
    assert _code(clerk, f"dimension=dx:{COUNT};{INDICATOR}&dimension=co&{place}") == "E7114"
    assert _code(clerk, f"{place}&skipData=true") is None


def test_totals_that_mean_nothing_are_refused(clerk: Clerk) -> None:
    _analysed(clerk)
    store = clerk.sandbox.server.store
    combo = store.get("categoryCombo", "bjDvmb4bfuf")
    assert combo is not None
    store.put("categoryCombo", combo["id"], {**combo, "skipTotal": True})
    place = f"dimension=pe:202401&dimension=ou:{UNIT}"
    assert _code(clerk, f"dimension=dx:{COUNT}&{place}") == "E7134"
    category = combo["categories"][0]["id"]
    assert _code(clerk, f"dimension=dx:{COUNT}&dimension={category}&{place}") is None


def test_indicators_of_other_periods_need_periods_as_columns(clerk: Clerk) -> None:
    _analysed(clerk)
    store = clerk.sandbox.server.store
    indicator = store.get("indicator", INDICATOR)
    assert indicator is not None
    asked = f"dimension=dx:{INDICATOR}&filter=pe:202402&dimension=ou:{UNIT}"
    assert _code(clerk, asked) is None
    store.put("indicator", INDICATOR, {**indicator, "numerator": f"#{{{COUNT}}}.periodOffset(-1)"})
    assert _code(clerk, asked) == "E7152"
    assert _code(clerk, asked.replace("filter=pe", "dimension=pe")) is None


def test_the_units_of_a_user_may_be_others(clerk: Clerk) -> None:
    asked = f"/api/analytics?dimension=dx:{COUNT}&dimension=pe:2024&dimension=ou:USER_ORGUNIT&skipMeta=true"
    assert _analysed(clerk).send("GET", asked).parsed()["rows"] == [[COUNT, "2024", ROOT, "7"]]
    others = clerk.send("GET", f"{asked}&userOrgUnit={UNIT};{OTHER}").parsed()["rows"]
    assert others == [[COUNT, "2024", UNIT, "7"]]
    assert clerk.send("GET", f"{asked}&userOrgUnit=nOtKnown001").parsed()["errorCode"] == "E7143"


def test_the_hierarchy_is_that_of_units_with_rows_below_the_users(clerk: Clerk) -> None:
    asked = f"/api/analytics?dimension=dx:{COUNT}&dimension=pe:2024&hierarchyMeta=true&showHierarchy=true"
    metadata = _analysed(clerk).send("GET", f"{asked}&dimension=ou:{ROOT};{UNIT};{OTHER}").parsed()["metaData"]
    assert metadata["ouHierarchy"] == {ROOT: "", UNIT: ROOT}
    assert metadata["ouNameHierarchy"] == {ROOT: "//Root", UNIT: "/Root/Here"}
    filtered = clerk.send("GET", f"{asked}&filter=ou:{OTHER}").parsed()["metaData"]
    assert filtered["ouHierarchy"] == {OTHER: ROOT}


def test_raw_data_are_the_values_between_the_days(clerk: Clerk) -> None:
    _analysed(clerk)
    asked = f"dimension=dx:{COUNT}&dimension=pe:202402;202403&dimension=ou:{ROOT}"
    answer = clerk.send("GET", f"/api/analytics/rawData.json?{asked}").parsed()
    names = [row["name"] for row in answer["headers"]]
    assert names == ["dx", "ou", "pe", "pestartdate", "peenddate", "value"]
    assert answer["rows"] == [[COUNT, UNIT, "202402", "2024-02-01", "2024-02-29", "4.0"]]
    assert answer["metaData"]["dimensions"] == {"dx": [COUNT], "ou": [ROOT], "pe": [], "co": ["HllvX50cXC0"]}
    dates = f"dimension=dx:{COUNT}&filter=ou:{OTHER}&startDate=2024-01-01&endDate=2024-02-10"
    lines = clerk.send("GET", f"/api/analytics/rawData.csv?{dates}").body.decode().splitlines()
    assert lines == ["Data,,Period start date,Period end date,Value", f"{COUNT},202401,2024-01-01,2024-01-31,3.0"]


def test_results_come_as_data_values(clerk: Clerk) -> None:
    _analysed(clerk)
    asked = f"dimension=dx:{COUNT};{INDICATOR}&dimension=pe:2024&dimension=ou:{UNIT}"
    values = clerk.send("GET", f"/api/analytics/dataValueSet.json?{asked}").parsed()["dataValues"]
    assert {row["dataElement"]: row["value"] for row in values} == {COUNT: "7", INDICATOR: "7.0"}
    assert {row["comment"] for row in values} == {"[aggregated]"}
    reply = clerk.send("GET", f"/api/analytics/dataValueSet.csv?{asked}".replace(f";{INDICATOR}", ""))
    assert reply.headers["Content-Disposition"] == 'attachment; filename="data.csv"'
    head, row = reply.body.decode().splitlines()
    assert head.startswith("data_element,period,organisation_unit,category_option_combo,")
    assert row == f"{COUNT},2024,{UNIT},,,7,,,,[aggregated],false"


def test_csv_has_quotes_where_they_are_needed(clerk: Clerk) -> None:
    _analysed(clerk)
    asked = f"dimension=dx:{COUNT}&dimension=pe:2024&dimension=ou:{UNIT}"
    assert clerk.send("GET", f"/api/analytics.csv?{asked}").body.decode() == (
        f"Data,Period,Organisation unit,Value\n{COUNT},2024,{UNIT},7\n"
    )


def test_items_of_a_kind_may_have_a_scheme_of_their_own(clerk: Clerk) -> None:
    _analysed(clerk)
    asked = f"/api/analytics?dimension=dx:{COUNT};{INDICATOR}&dimension=pe:2024&dimension=ou:{UNIT}"

    def names(query: str) -> list[tuple[str, ...]]:
        return sorted(tuple(row[:3]) for row in clerk.send("GET", f"{asked}&{query}").parsed()["rows"])

    assert names("outputOrgUnitIdScheme=NAME") == [(COUNT, "2024", "Here"), (INDICATOR, "2024", "Here")]
    assert names("outputDataElementIdScheme=NAME") == [("Count", "2024", UNIT), (INDICATOR, "2024", UNIT)]
    both = names("outputIdScheme=NAME&outputDataItemIdScheme=UID")
    assert both == [(COUNT, "2024", "Here"), (INDICATOR, "2024", "Here")]
    assert names("outputOrgUnitIdScheme=NAME&skipMeta=true") == [(COUNT, "2024", UNIT), (INDICATOR, "2024", UNIT)]
