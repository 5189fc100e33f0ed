"""Values read back, approvals and analytics, in every version."""

import gzip
import json

from entering import AVERAGE, COUNT, DATA_SET, OTHER, ROOT, UNIT, Clerk, value


def test_a_packed_body_is_unpacked_by_its_first_bytes(clerk: Clerk) -> None:
    body = gzip.compress(json.dumps({"dataSet": DATA_SET, "dataValues": [value()]}).encode())
    assert clerk.send("POST", "/api/dataValueSets", body).status == 200
    assert clerk.stored() == [(COUNT, "202401", "1")]


def test_what_is_refused_leaves_nothing_behind(clerk: Clerk) -> None:
    assert clerk.send("POST", "/api/dataValueSets", b"{}", "text/plain").status == 415
    assert clerk.send("GET", "/api/dataValueSets").status == 409


def test_a_deleted_value_is_seen_only_when_asked_for(clerk: Clerk) -> None:
    clerk.import_values(value())
    assert clerk.send("DELETE", f"/api/dataValues?de={COUNT}&pe=202401&ou={UNIT}&ds={DATA_SET}").status == 204
    assert clerk.stored() == []
    assert len(clerk.stored("includeDeleted=true")) == 1


def test_a_job_keeps_its_summary(clerk: Clerk) -> None:
    body = {"dataSet": DATA_SET, "dataValues": [value()]}
    started = clerk.send("POST", "/api/dataValueSets?async=true", body).parsed()["response"]
    assert started["jobType"] == "DATAVALUE_IMPORT"
    summary = clerk.send("GET", f"/api/system/taskSummaries/DATAVALUE_IMPORT/{started['id']}").parsed()
    assert summary["status"] == "SUCCESS"
    assert clerk.stored() == [(COUNT, "202401", "1")]


def _analytics(clerk: Clerk, query: str) -> list[list[str]]:
    reply = clerk.send("GET", f"/api/analytics?{query}&skipMeta=true")
    assert reply.status == 200, reply.body
    return sorted(reply.parsed()["rows"])


def _built(clerk: Clerk) -> None:
    types = [{"name": name} for name in ("Monthly", "Quarterly", "Yearly")]
    clerk.sandbox.server.configuration.write("dataOutputPeriodTypes", types)
    assert clerk.send("POST", "/api/resourceTables/analytics").status == 200


def test_analytics_needs_its_tables(clerk: Clerk) -> None:
    reply = clerk.send("GET", f"/api/analytics?dimension=dx:{COUNT}&dimension=pe:2024&filter=ou:{ROOT}")
    assert (reply.status, reply.parsed()["errorCode"]) == (409, "E7144")


def test_analytics_adds_up_what_the_tables_hold(clerk: Clerk) -> None:
    clerk.import_values(
        value(text="10"),
        value(text="20", unit=OTHER),
        value(period="202402", text="5"),
        value(AVERAGE, text="1.5"),
        value(AVERAGE, text="2.5", unit=OTHER),
    )
    _built(clerk)
    clerk.import_values(value(text="1000"))
    rows = _analytics(clerk, f"dimension=dx:{COUNT};{AVERAGE}&dimension=pe:2024Q1;2024&filter=ou:{ROOT}")
    assert rows == [
        [AVERAGE, "2024", "2"],
        [AVERAGE, "2024Q1", "2"],
        [COUNT, "2024", "35"],
        [COUNT, "2024Q1", "35"],
    ]
    assert _analytics(clerk, f"dimension=dx:{COUNT}&dimension=pe:202401&dimension=ou:{UNIT};{OTHER}") == [
        [COUNT, "202401", UNIT, "10"],
        [COUNT, "202401", OTHER, "20"],
    ]


def test_an_analytics_error_is_text_with_200_as_csv(clerk: Clerk) -> None:
    reply = clerk.send("GET", f"/api/analytics.csv?dimension=dx:{COUNT}&dimension=ou:{ROOT}")
    assert (reply.status, reply.body[:6]) == (200, b"E7146:")
    assert clerk.send("GET", f"/api/analytics?dimension=dx:{COUNT}&dimension=ou:{ROOT}").status == 409


def test_limits_are_stored_and_refused_upside_down(clerk: Clerk) -> None:
    def limits(low: int, high: int) -> dict[str, object]:
        place = {"dataElement": {"id": COUNT}, "source": {"id": UNIT}, "optionCombo": {"id": "HllvX50cXC0"}}
        return {**place, "min": low, "max": high}

    assert clerk.send("POST", "/api/minMaxDataElements", limits(1, 5)).status == 201
    assert clerk.send("POST", "/api/minMaxDataElements", limits(5, 1)).parsed()["errorCode"] == "E2044"
    assert clerk.send("GET", "/api/minMaxDataElements").parsed()["minMaxDataElements"][0]["max"] == 5


def test_a_lock_exception_is_kept_once_and_taken_back(clerk: Clerk) -> None:
    target = f"/api/lockExceptions?ds={DATA_SET}&pe=202401&ou=[{UNIT},{OTHER}]"
    assert [clerk.send("POST", target).status for _ in range(2)] == [201, 201]
    assert len(clerk.send("GET", "/api/lockExceptions").parsed()["lockExceptions"]) == 2
    assert clerk.send("DELETE", f"/api/lockExceptions?ds={DATA_SET}&pe=202401").status == 204
    assert clerk.send("GET", "/api/lockExceptions").parsed()["lockExceptions"] == []


def test_lock_exceptions_are_listed_by_data_set_and_period(clerk: Clerk) -> None:
    target = f"/api/lockExceptions?ds={DATA_SET}&ou=[{UNIT},{OTHER}]"
    assert [clerk.send("POST", f"{target}&pe={period}").status for period in ("202402", "202401")] == [201, 201]
    rows = clerk.send("GET", "/api/lockExceptions/combinations").parsed()["lockExceptions"]
    named = clerk.sandbox.server.behaviour.names_periods
    assert [row["name"] for row in rows] == (
        ["First (February 2024)", "First (January 2024)"] if named else ["First (202401)", "First (202402)"]
    )
    assert "organisationUnit" not in rows[0]
