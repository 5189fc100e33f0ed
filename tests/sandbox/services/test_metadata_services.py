"""Proposals, integrity, geometry, interpretations, statistics: services around the metadata."""

from sender import Sender

UNIT = {"id": "servcUnitU1", "name": "Unit", "shortName": "Unit", "openingDate": "2020-01-01"}


def test_an_accepted_proposal_makes_its_object(admin_of_each: Sender) -> None:
    change = {key: value for key, value in UNIT.items() if key != "id"}
    proposal = {"type": "ADD", "target": "ORGANISATION_UNIT", "change": change}
    location = admin_of_each("POST", "/api/metadata/proposals", proposal).headers["Location"]
    uid = location.rpartition("/")[2]

    before = admin_of_each.read("/api/organisationUnits")["organisationUnits"]
    reply = admin_of_each("POST", f"/api/metadata/proposals/{uid}")

    assert before == []
    assert reply.status == 201
    assert admin_of_each.read("/api/organisationUnits?fields=name")["organisationUnits"] == [{"name": "Unit"}]
    assert admin_of_each.read(f"/api/metadata/proposals/{uid}?fields=status") == "ACCEPTED"


def test_what_would_be_refused_cannot_be_proposed(admin: Sender) -> None:
    proposal = {"type": "ADD", "target": "ORGANISATION_UNIT", "change": {"name": "No more"}}

    assert admin("POST", "/api/metadata/proposals", proposal).status == 409
    assert admin.read("/api/metadata/proposals")["proposals"] == []


def test_an_integrity_check_finds_only_short_groups(admin_of_each: Sender) -> None:
    for number in (1, 2):
        element = {"id": f"dataElmntU{number}", "name": f"E{number}", "shortName": f"E{number}"}
        kind = {"valueType": "NUMBER", "domainType": "AGGREGATE", "aggregationType": "SUM"}
        assert admin_of_each("POST", "/api/dataElements", {**element, **kind}).status == 201
    rows = [{"id": "dataElmntU1"}, {"id": "dataElmntU2"}]
    for uid, name, elements in (("elmtGroupU1", "Full", rows), ("elmtGroupU2", "Short", rows[:1])):
        group = {"id": uid, "name": name, "shortName": name, "dataElements": elements}
        assert admin_of_each("POST", "/api/dataElementGroups", group).status == 201

    admin_of_each("POST", "/api/dataIntegrity/details?checks=data_element_groups_scarce")

    found = admin_of_each.read("/api/dataIntegrity/data_element_groups_scarce/details")
    assert found["issues"] == [{"id": "elmtGroupU2", "name": "Short", "comment": "1"}]


def test_a_dry_run_sets_no_geometry(admin: Sender) -> None:
    admin("POST", "/api/organisationUnits", UNIT)
    point = {"type": "Point", "coordinates": [1, 2]}

    dry = admin("POST", "/api/organisationUnits/servcUnitU1/geometry?dryRun=true", point)
    assert dry.parsed()["response"]["importCount"]["imported"] == 1
    assert admin.read("/api/organisationUnits/servcUnitU1?fields=geometry") == {}

    admin("POST", "/api/organisationUnits/servcUnitU1/geometry", point)
    assert admin.read("/api/geoFeatures?ou=ou:servcUnitU1")[0]["co"] == "[1,2]"


def test_a_visualization_takes_its_interpretations_along(admin: Sender) -> None:
    admin("POST", "/api/visualizations", {"id": "visualiztn1", "name": "Visual", "type": "COLUMN"})
    admin("POST", "/api/interpretations/visualization/visualiztn1", "Look", media="text/plain")

    admin("DELETE", "/api/visualizations/visualiztn1")

    assert admin.read("/api/interpretations")["interpretations"] == []


def test_somebody_elses_comment_stays(admin: Sender) -> None:
    admin("POST", "/api/visualizations", {"id": "visualiztn1", "name": "Visual", "type": "COLUMN"})
    path = "/api/interpretations/visualization/visualiztn1"
    about = admin("POST", path, "Look", media="text/plain").headers["Location"].split("example.org")[1]
    comment = admin("POST", f"{about}/comments", "Mine", media="text/plain").headers["Location"]
    low = admin.somebody()

    assert low("DELETE", comment.split("example.org")[1]).status == 403


def test_views_are_counted_by_object(admin_of_each: Sender) -> None:
    admin_of_each("POST", "/api/maps", {"id": "someMapUid1", "name": "Map"})
    for _ in range(3):
        admin_of_each("POST", "/api/dataStatistics?eventType=MAP_VIEW&favorite=someMapUid1")

    top = admin_of_each.read("/api/dataStatistics/favorites?eventType=MAP_VIEW")

    assert [(row["id"], row["views"]) for row in top] == [("someMapUid1", 3)]


def test_every_service_answers_in_each_version(admin_of_each: Sender) -> None:
    for path in (
        "/api/periodTypes",
        "/api/periodTypes/relativePeriodTypes",
        "/api/system/flags",
        "/api/system/styles",
        "/api/system/objectCounts",
        "/api/locales/ui",
        "/api/locales/db",
        "/api/apps",
        "/api/cluster/leader",
        "/api/dataIntegrity",
        "/api/systemSettings",
        "/api/configuration",
        "/api/dataStore",
        "/api/userDataStore",
        "/api/metadata/proposals",
    ):
        assert admin_of_each("GET", path).status == 200, path
