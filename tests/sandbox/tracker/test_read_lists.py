"""Lists of tracked entities, enrollments and events: pages, order, filters, dates, and how metadata is named."""

import pytest
from looking import ENTITIES, ENTITIES_OF_TYPE, EVENTS, get, listed, refused, register_two
from registering import CARE, COUNTS, WEIGHT, Registrar, person, single


def test_without_an_order_the_latest_comes_first(registrar: Registrar) -> None:
    register_two(registrar)
    assert listed(registrar, ENTITIES) == ["PersonBob01", "PersonAnn01"]
    assert listed(registrar, f"{ENTITIES}&order=createdAt:asc") == ["PersonAnn01", "PersonBob01"]
    assert listed(registrar, f"{ENTITIES}&order=AttrName001:asc") == ["PersonAnn01", "PersonBob01"]


def test_an_older_pager_is_flat_too_and_has_no_links(older_registrar: Registrar) -> None:
    register_two(older_registrar)
    body = get(older_registrar, f"{ENTITIES}&pageSize=1&totalPages=true").parsed()
    if older_registrar.sandbox.server.version == "v41":
        numbers = {"page": 1, "pageSize": 1, "total": 2, "pageCount": 2}
        assert body == {"pager": numbers, **numbers, "trackedEntities": [{"trackedEntity": "PersonBob01"}]}
    else:
        assert body["pager"]["nextPage"].endswith("&pageSize=1&totalPages=true&page=2")


def test_a_newer_pager_links_to_its_neighbours(newer_registrar: Registrar) -> None:
    register_two(newer_registrar)
    pager = get(newer_registrar, f"{ENTITIES}&page=2&pageSize=1").parsed()["pager"]
    assert pager["prevPage"].endswith("&pageSize=1&page=1")
    assert "nextPage" not in pager
    assert "total" not in pager


def test_without_pages_there_is_no_pager(registrar: Registrar) -> None:
    register_two(registrar)
    assert list(get(registrar, f"{ENTITIES}&paging=false").parsed()) == ["trackedEntities"]
    assert get(registrar, f"{ENTITIES}&paging=false&page=1").status == 400


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("AttrName001:eq:ann", ["PersonAnn01"]),
        ("AttrName001:like:B", ["PersonBob01"]),
        ("AttrNumber1", ["PersonBob01"]),
        ("AttrName001:in:Ann;Bob", ["PersonBob01", "PersonAnn01"]),
        ("AttrName001:sw:A:ew:n", ["PersonAnn01"]),
    ],
)
def test_entities_are_found_by_their_attributes(registrar: Registrar, filter: str, found: list[str]) -> None:
    register_two(registrar)
    assert listed(registrar, f"{ENTITIES}&filter={filter}") == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"filter={WEIGHT}:gt:9", ["EventVisitA"]),
        (f"filter={WEIGHT}:ge:9:lt:12", ["EventVisitB"]),
        ("filter=ElemNote001:eq:a/,b", ["EventVisitA"]),
        ("filterAttributes=AttrName001:eq:Bob", ["EventVisitC"]),
        ("status=COMPLETED", ["EventVisitB"]),
        ("occurredAfter=2024-02-02", ["EventVisitB"]),
        ("occurredBefore=2024-02-01&trackedEntity=PersonAnn01", ["EventVisitA"]),
        ("enrollmentEnrolledAfter=2024-04-01", ["EventVisitC"]),
        ("enrollments=EnrollBob01", ["EventVisitC"]),
        ("events=EventVisitC,EventVisitB", ["EventVisitC", "EventVisitB"]),
    ],
)
def test_events_are_found_by_values_dates_and_enrollments(registrar: Registrar, query: str, found: list[str]) -> None:
    register_two(registrar)
    assert listed(registrar, f"{EVENTS}&{query}") == found


def test_a_number_is_compared_with_a_number(newer_registrar: Registrar) -> None:
    register_two(newer_registrar)
    status, text = refused(get(newer_registrar, f"{EVENTS}&filter={WEIGHT}:gt:heavy"))
    assert (status, text) == (
        400,
        f"Filter for data element {WEIGHT} is invalid. The data element value type is NUMBER but the value `heavy` is"
        " not.",
    )


def test_a_program_or_a_type_or_identifiers_are_needed(registrar: Registrar) -> None:
    status, text = refused(get(registrar, "/api/tracker/trackedEntities"))
    assert (status, text) == (400, "Either `program`, `trackedEntityType` or `trackedEntities` should be specified")
    status, text = refused(get(registrar, f"{ENTITIES}&trackedEntityType=TypePerson1"))
    assert text == "`program` and `trackedEntityType` cannot be specified simultaneously"


def test_a_list_of_events_or_enrollments_needs_a_program_in_newer_versions(newer_registrar: Registrar) -> None:
    reply = get(newer_registrar, "/api/tracker/events")
    assert (reply.status, (reply.media or "").partition(";")[0]) == (400, "text/html")
    assert refused(get(newer_registrar, "/api/tracker/enrollments")) == (400, "Program is mandatory")


def test_single_events_have_lists_of_their_own_in_newer_versions(newer_registrar: Registrar) -> None:
    register_two(newer_registrar)
    newer_registrar.send(events=[single("EventCount1")])
    body = get(newer_registrar, f"/api/tracker/singleEvents?program={COUNTS}&fields=event,enrollment").parsed()
    assert body["singleEvents"] == [{"event": "EventCount1"}]
    assert get(newer_registrar, "/api/tracker/trackerEvents/EventCount1").status == 404
    assert refused(get(newer_registrar, f"/api/tracker/singleEvents?program={CARE}"))[0] == 400


def test_single_events_show_an_enrollment_in_older_versions(older_registrar: Registrar) -> None:
    older_registrar.send(events=[single("EventCount1")])
    event = get(older_registrar, "/api/tracker/events/EventCount1").parsed()
    assert event["enrollment"]
    assert "trackedEntity" not in event


def test_metadata_is_named_by_code_where_schemes_are_taken(newer_registrar: Registrar) -> None:
    register_two(newer_registrar)
    fields = "fields=orgUnit,dataValues[dataElement]&dataElementIdScheme=CODE&orgUnitIdScheme=CODE"
    event = get(newer_registrar, f"/api/tracker/events/EventVisitB?{fields}").parsed()
    assert event == {"orgUnit": "DISTRICT_A", "dataValues": [{"dataElement": "WEIGHT"}]}


def test_what_has_no_code_makes_the_whole_answer_a_422(newer_registrar: Registrar) -> None:
    register_two(newer_registrar)
    reply = get(newer_registrar, f"/api/tracker/events?program={CARE}&orgUnitIdScheme=CODE")
    assert reply.status == 422
    assert "OrganisationUnit[CODE]=UnitBbbb001" in reply.parsed()["devMessage"]


def test_a_deleted_entity_is_listed_on_demand_only(registrar: Registrar) -> None:
    register_two(registrar)
    registrar.send("importStrategy=DELETE", trackedEntities=[{"trackedEntity": "PersonBob01"}])
    assert listed(registrar, ENTITIES_OF_TYPE) == ["PersonAnn01"]
    assert listed(registrar, f"{ENTITIES_OF_TYPE}&includeDeleted=true") == ["PersonBob01", "PersonAnn01"]
    assert get(registrar, "/api/tracker/trackedEntities/PersonBob01").status == 404


def test_an_object_is_shown_with_what_is_asked_for(registrar: Registrar) -> None:
    register_two(registrar)
    target = "/api/tracker/trackedEntities/PersonBob01?fields=trackedEntity,enrollments[events[event]],programOwners"
    assert get(registrar, target).parsed() == {
        "trackedEntity": "PersonBob01",
        "enrollments": [{"events": [{"event": "EventVisitC"}]}],
        "programOwners": [{"orgUnit": "UnitBbbb001", "trackedEntity": "PersonBob01", "program": CARE}],
    }


def test_a_malformed_identifier_in_the_path_is_a_400(registrar: Registrar) -> None:
    status, text = refused(get(registrar, "/api/tracker/enrollments/short"))
    assert status == 400
    assert text.startswith("Value 'short' is not valid for path parameter uid.")


def test_what_one_import_wrote_keeps_its_order(registrar: Registrar) -> None:
    registrar.send(trackedEntities=[person("PersonAnn01"), person("PersonBob01")])
    assert listed(registrar, f"{ENTITIES_OF_TYPE}&order=createdAt") == ["PersonAnn01", "PersonBob01"]
    assert listed(registrar, f"{ENTITIES_OF_TYPE}&order=createdAt:desc") == ["PersonBob01", "PersonAnn01"]
