"""Short ways to read tracker, as the administrator or as somebody who works in one district."""

from __future__ import annotations

import base64
from typing import Any

from registering import CARE, OTHER, PERSON, UNIT, Registrar, enrollment, person, visit

from dhis2w_sandbox.call import Reply

Json = dict[str, Any]

CLERK, PASSWORD = "clerk", "Quiet-Harbour-7"


def get(registrar: Registrar, target: str, user: str | None = None) -> Reply:
    """The answer to a request of the administrator, or of a user with the usual password."""
    if user is None:
        return registrar.request("GET", target)
    return send(registrar, "GET", target, user)


def send(registrar: Registrar, method: str, target: str, user: str) -> Reply:
    """The answer to a request of a user with the usual password."""
    path, _, query = target.partition("?")
    secret = base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
    headers = [("Host", "sandbox"), ("Authorization", f"Basic {secret}")]
    return registrar.sandbox.app.answer(method, path, query, headers, b"")


def answered(registrar: Registrar, target: str) -> Json:
    """What the administrator is answered."""
    reply = get(registrar, target)
    assert reply.status == 200, reply.body
    return reply.parsed()


def change(registrar: Registrar, type: str, uid: str, **more: Any) -> None:
    """Change what is stored of an object, or make it, without any check."""
    store = registrar.sandbox.server.store
    store.put(type, uid, {**(store.get(type, uid) or {}), "id": uid, **more})


def listed(registrar: Registrar, target: str, user: str | None = None) -> list[str]:
    """The identifiers in a list, in order."""
    body: Json = get(registrar, target, user).parsed()
    key = next(key for key in ("trackedEntities", "enrollments", "events") if key in body)
    name = {"trackedEntities": "trackedEntity", "enrollments": "enrollment", "events": "event"}[key]
    return [row[name] for row in body[key]]


def refused(reply: Reply) -> tuple[int, str]:
    """Status and message of a refusal."""
    return reply.status, reply.parsed()["message"]


def hire_clerk(registrar: Registrar, *units: str, search: tuple[str, ...] = ()) -> None:
    """A user who enters data for some units, and may search in others."""
    body: Json = {
        "username": CLERK,
        "password": PASSWORD,
        "firstName": "Cleo",
        "surname": "Clerk",
        "userRoles": [{"id": _role(registrar)}],
        "organisationUnits": [{"id": unit} for unit in units],
        "teiSearchOrganisationUnits": [{"id": unit} for unit in search],
    }
    assert registrar.request("POST", "/api/users", body).status == 201


def _role(registrar: Registrar) -> str:
    role: Json = {"id": "RoleClerk01", "name": "Clerk", "authorities": ["F_TRACKED_ENTITY_MERGE"]}
    assert registrar.request("POST", "/api/userRoles", role).status == 201
    return role["id"]


def register_two(registrar: Registrar) -> None:
    """Ann in district A with two visits, then Bob in district B with one."""
    visits = [
        visit("EventVisitA", {"ElemWeight1": "12.5", "ElemNote001": "a,b"}, occurredAt="2024-02-01"),
        visit("EventVisitB", {"ElemWeight1": "9"}, occurredAt="2024-03-01", status="COMPLETED"),
    ]
    ann = person("PersonAnn01", enrollments=[enrollment("EnrollAnn01", events=visits)])
    bob_visit = visit("EventVisitC", {"ElemWeight1": "7"}, orgUnit=OTHER, enrollment="EnrollBob01")
    bob_in_care = enrollment("EnrollBob01", orgUnit=OTHER, enrolledAt="2024-05-01", events=[bob_visit])
    bob = person("PersonBob01", orgUnit=OTHER, enrollments=[bob_in_care])
    bob["attributes"] = [{"attribute": "AttrName001", "value": "Bob"}, {"attribute": "AttrNumber1", "value": "7"}]
    for one in (ann, bob):
        status, report = registrar.send(trackedEntities=[one])
        assert status == 200, report


ENTITIES = f"/api/tracker/trackedEntities?program={CARE}&fields=trackedEntity"
ENTITIES_OF_TYPE = f"/api/tracker/trackedEntities?trackedEntityType={PERSON}&fields=trackedEntity"
EVENTS = f"/api/tracker/events?program={CARE}&fields=event&order=occurredAt"
HERE = f"orgUnits={UNIT}"
