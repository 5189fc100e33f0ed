"""Which attributes of a tracked entity are shown: those of types and programs, in 2.41 as the server last read them."""

from datetime import timedelta
from typing import Any

from looking import CLERK, get, hire_clerk
from registering import AGE, CARE, NAME, NUMBER, PERSON, UNIT, Registrar, enrollment, person

Json = dict[str, Any]

ONE, LIST = "/api/tracker/trackedEntities/PersonAnn01", f"/api/tracker/trackedEntities?trackedEntityType={PERSON}"
AGED: Json = {"attributes": [{"attribute": NAME, "value": "Ann"}, {"attribute": AGE, "value": "7"}]}


def shown(registrar: Registrar, target: str, user: str | None = None, fields: str = "attributes[attribute]") -> Any:
    """The attributes of the one entity, sorted."""
    between = "&" if "?" in target else "?"
    body: Json = get(registrar, f"{target}{between}fields={fields}", user).parsed()
    entity: Json = body["trackedEntities"][0] if "trackedEntities" in body else body
    return sorted(row["attribute"] for row in entity["attributes"])


def test_attributes_of_any_type_are_shown(registrar: Registrar) -> None:
    """`GET_TE_ATTRIBUTES_WITHOUT_PROGRAM` of `TrackedEntityStore`; `mapTrackedEntityTypeAttributes` of 2.41."""
    registrar.send(trackedEntities=[person(**AGED, enrollments=[enrollment()])])
    hire_clerk(registrar, UNIT)
    older = registrar.sandbox.server.version == "v41"
    assert shown(registrar, ONE) == [NAME]
    assert shown(registrar, f"{ONE}?program={CARE}") == sorted([AGE, NAME])
    _add_type_with(registrar, AGE)
    assert shown(registrar, ONE) == ([NAME] if older else sorted([AGE, NAME]))
    assert shown(registrar, LIST, CLERK) == sorted([AGE, NAME])


def test_lists_of_41_show_those_of_programs_by_who_asks(registrar: Registrar) -> None:
    """`filterAttributes` of `TrackedEntityAggregate` and `getOwnedTeis` of `DefaultTrackedEntityStore` in 2.41."""
    registrar.send(trackedEntities=[person(**AGED, enrollments=[enrollment()])])
    hire_clerk(registrar, UNIT)
    older = registrar.sandbox.server.version == "v41"
    everything, own = sorted([AGE, NAME]), [NAME]
    assert shown(registrar, LIST) == (everything if older else own)
    assert shown(registrar, f"{LIST}&program={CARE}".replace(f"trackedEntityType={PERSON}&", ""), CLERK) == everything
    assert shown(registrar, LIST, CLERK) == own
    assert shown(registrar, LIST, CLERK, "attributes,enrollments") == (everything if older else own)


def test_lists_of_41_know_the_attributes_of_types_for_ten_minutes(registrar: Registrar) -> None:
    """`createTeiAttributesCache` of `DefaultCacheProvider`, in `TrackedEntityAggregate` of 2.41."""
    server = registrar.sandbox.server
    registrar.send(trackedEntities=[person()])
    hire_clerk(registrar, UNIT)
    assert shown(registrar, LIST, CLERK) == [NAME]
    fresh: Json = {"id": "AttrFresh01", "name": "Fresh", "shortName": "Fresh", "valueType": "TEXT"}
    registrar.request("POST", "/api/metadata", {"trackedEntityAttributes": [{**fresh, "aggregationType": "NONE"}]})
    values = [{"attribute": NAME, "value": "Ann"}, {"attribute": "AttrFresh01", "value": "x"}]
    registrar.send(trackedEntities=[person(attributes=values)])
    _add_type_with(registrar, "AttrFresh01")
    both = sorted([NAME, "AttrFresh01"])
    assert shown(registrar, LIST, CLERK) == ([NAME] if server.version == "v41" else both)
    clock = server.clock
    server.clock = lambda: clock() + timedelta(minutes=10)
    assert shown(registrar, LIST, CLERK) == both


def test_clearing_the_caches_shows_them_at_once(registrar: Registrar) -> None:
    """`handleApplicationCachesCleared` of `DefaultCacheProvider`."""
    registrar.send(trackedEntities=[person(attributes=[{"attribute": NUMBER, "value": "9"}])])
    store = registrar.sandbox.server.store
    for type, key in (
        ("trackedEntityType", "trackedEntityTypeAttributes"),
        ("program", "programTrackedEntityAttributes"),
    ):
        for document in list(store.all(type)):
            store.put(type, document["id"], {**document, key: []})
    assert shown(registrar, LIST) == []
    _add_type_with(registrar, NUMBER)
    assert shown(registrar, LIST) == ([] if registrar.sandbox.server.version == "v41" else [NUMBER])
    assert registrar.request("POST", "/api/maintenance/cacheClear").status < 300
    assert shown(registrar, LIST) == [NUMBER]


def _add_type_with(registrar: Registrar, attribute: str) -> None:
    rows = [{"trackedEntityAttribute": {"id": attribute}, "mandatory": False}]
    other: Json = {"id": "TypeOther01", "name": "Other", "shortName": "Other", "trackedEntityTypeAttributes": rows}
    reply = registrar.request("POST", "/api/metadata", {"trackedEntityTypes": [other]})
    assert reply.status == 200, reply.body
