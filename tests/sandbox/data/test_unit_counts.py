"""Units counted by their groups.

Evidence: `DefaultOrgUnitAnalyticsService`, `JdbcOrgUnitAnalyticsManager` and `OrgUnitAnalyticsController`.
"""

from typing import Any

import pytest
from entering import OTHER, ROOT, UNIT, Clerk

Json = dict[str, Any]

KIND, OWNER = "GroupSetKnd", "GroupSetOwn"
CLINIC, STATE = "GroupClinic", "GroupState1"
ASKED = f"/api/orgUnitAnalytics?ou={ROOT};{UNIT}&ougs={KIND}"


@pytest.fixture
def grouped(clerk: Clerk) -> Clerk:
    """Somebody whose two units are in groups, one of each set, and whose tables are built."""
    groups: Json = {
        CLINIC: [UNIT, OTHER],
        STATE: [OTHER],
    }
    metadata: Json = {
        "organisationUnitGroups": [
            {"id": uid, "name": uid, "shortName": uid, "organisationUnits": [{"id": unit} for unit in units]}
            for uid, units in groups.items()
        ],
        "organisationUnitGroupSets": [
            {"id": uid, "name": f"Set {uid}", "shortName": uid, "organisationUnitGroups": [{"id": group}]}
            for uid, group in ((KIND, CLINIC), (OWNER, STATE))
        ],
    }
    assert clerk.send("POST", "/api/metadata", metadata).status == 200
    assert clerk.send("POST", "/api/resourceTables/analytics").status == 200
    return clerk


def test_units_are_counted_at_and_below_each(grouped: Clerk) -> None:
    reply = grouped.send("GET", ASKED)
    assert reply.headers["Cache-Control"] == "max-age=60, public"
    answer = reply.parsed()
    assert [(row["name"], row["column"]) for row in answer["headers"]] == [
        ("orgunit", "Organisation unit"),
        (KIND, f"Set {KIND}"),
        ("count", "Count"),
    ]
    assert answer["headers"][2]["type"] == "java.lang.Integer"
    found = {(frozenset(row[:-1]), row[-1]) for row in answer["rows"]}
    assert found == {
        (frozenset({ROOT, CLINIC}), "2"),
        (frozenset({ROOT, "null"}), "1"),
        (frozenset({UNIT, CLINIC}), "1"),
    }
    assert answer["metaData"]["items"] == {uid: {"name": name} for uid, name in ((ROOT, "Root"), (UNIT, "Here"))} | {
        CLINIC: {"name": CLINIC}
    }


def test_several_sets_are_crossed(grouped: Clerk) -> None:
    rows = grouped.send("GET", f"/api/orgUnitAnalytics?ou={ROOT}&ougs={KIND};{OWNER}").parsed()["rows"]
    assert sorted((sorted(row[:-1]), row[-1]) for row in rows) == sorted(
        [
            (sorted([ROOT, CLINIC, "null"]), "1"),
            (sorted([ROOT, CLINIC, STATE]), "1"),
            (["UnitRoot001", "null", "null"], "1"),
        ]
    )


def test_counts_are_a_file_too(grouped: Clerk) -> None:
    reply = grouped.send("GET", ASKED.replace("Analytics?", "Analytics.csv?"))
    assert (reply.media, "Content-Disposition" in reply.headers) == ("application/csv", False)
    assert reply.body.decode().splitlines()[0] == f"Organisation unit,Set {KIND},Count"
    assert len(reply.body.splitlines()) == 4


def test_what_cannot_be_counted_is_refused(grouped: Clerk) -> None:
    def code(query: str) -> str:
        reply = grouped.send("GET", f"/api/orgUnitAnalytics?{query}")
        assert reply.status == 409
        return reply.parsed()["errorCode"]

    assert code(f"ou=nOtKnown001&ougs={KIND}") == "E7300"
    assert code(f"ou={ROOT}&ougs=nOtKnown001") == "E7301"
    assert grouped.send("GET", f"/api/orgUnitAnalytics?ou={ROOT}").status == 400
    assert grouped.send("GET", f"{ASKED}&columns={KIND}").status == 501


def test_without_tables_there_are_no_columns(clerk: Clerk) -> None:
    clerk.sandbox.server.store.put("organisationUnitGroupSet", KIND, {"id": KIND, "name": "Kind"})
    answer = clerk.send("GET", ASKED).parsed()
    assert answer["errorCode"] == "E7302"
    assert f"[{KIND}]" in answer["message"]
