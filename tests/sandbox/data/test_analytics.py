"""Aggregate analytics: the job that builds the tables, and the order of rows, in every version."""

from entering import AVERAGE, COUNT, OTHER, ROOT, UNIT, Clerk, value


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
