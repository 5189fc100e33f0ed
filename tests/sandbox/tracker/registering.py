"""A registrar of one district: a program with registration, one without, and short ways to send and look."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Reply
from dhis2w_sandbox.tracker.record_store import RecordStore

Json = dict[str, Any]

ROOT, UNIT, OTHER = "UnitRoot001", "UnitAaaa001", "UnitBbbb001"
PERSON, NAME, NUMBER, AGE = "TypePerson1", "AttrName001", "AttrNumber1", "AttrAge0001"
CARE, FIRST, VISIT = "ProgCare001", "StageFirst1", "StageVisit1"
COUNTS, COUNT_STAGE = "ProgCounts1", "StageCount1"
WEIGHT, DOUBLE, NOTE = "ElemWeight1", "ElemDouble1", "ElemNote001"
PUBLIC = {"public": "rwrw----"}


@dataclass
class Registrar:
    """One user of one sandbox."""

    sandbox: Sandbox

    @classmethod
    def of(cls, sandbox: Sandbox) -> Registrar:
        """The administrator, with the root unit as their own."""
        registrar = cls(sandbox)
        reply = registrar.request("POST", "/api/metadata", metadata())
        assert reply.status == 200, reply.body
        user = sandbox.server.store.get("user", "M5zQapPyTZI")
        assert user is not None
        units = {key: [{"id": ROOT}] for key in ("organisationUnits", "teiSearchOrganisationUnits")}
        sandbox.server.store.put("user", user["id"], {**user, **units})
        return registrar

    @property
    def records(self) -> RecordStore:
        """What is stored."""
        return RecordStore(self.sandbox.server)

    def request(
        self, method: str, target: str, body: Any = None, media: str = "application/json", *, user: str = "admin"
    ) -> Reply:
        """The answer to a request of a user."""
        path, _, query = target.partition("?")
        password = "district" if user == "admin" else "Quiet-Harbour-7"
        secret = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers = [("Host", "sandbox"), ("Authorization", f"Basic {secret}")]
        if body is not None:
            headers.append(("Content-Type", media))
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.sandbox.app.answer(method, path, query, headers, raw)

    def send(self, query: str = "", **payload: Any) -> tuple[int, Json]:
        """Status and report of a direct import."""
        reply = self.request("POST", f"/api/tracker?async=false&{query}", payload)
        return reply.status, reply.parsed()

    def register(self, uid: str = "PersonAnn01", **more: Any) -> None:
        """A person with an enrollment (`EnrollAnn01` for the first) that is there for the test."""
        status, report = self.send(trackedEntities=[person(uid, enrollments=[enrollment(**more)])])
        assert status == 200, report


def codes(report: Json) -> list[str]:
    """The codes of a report's errors, sorted."""
    return sorted(row["errorCode"] for row in report["validationReport"]["errorReports"])


def warnings(report: Json) -> list[str]:
    """The codes of a report's warnings, sorted."""
    return sorted(row["warningCode"] for row in report["validationReport"]["warningReports"])


def counts(report: Json) -> tuple[int, int, int, int]:
    """Created, updated, deleted, ignored."""
    stats = report["stats"]
    return stats["created"], stats["updated"], stats["deleted"], stats["ignored"]


def person(uid: str | None = "PersonAnn01", **more: Any) -> Json:
    """A tracked entity with a name."""
    named = {"attributes": [{"attribute": NAME, "value": "Ann"}]}
    identified = {"trackedEntity": uid} if uid else {}
    return {**identified, "trackedEntityType": PERSON, "orgUnit": UNIT, **named, **more}


def enrollment(uid: str = "EnrollAnn01", **more: Any) -> Json:
    """An enrollment in the program with registration."""
    dates = {"enrolledAt": "2024-01-10", "occurredAt": "2024-01-09"}
    return {"enrollment": uid, "program": CARE, "orgUnit": UNIT, "status": "ACTIVE", **dates, **more}


def visit(uid: str = "EventVisit1", values: Json | None = None, **more: Any) -> Json:
    """An event of the repeatable stage."""
    rows = [{"dataElement": element, "value": value} for element, value in (values or {}).items()]
    place = {"program": CARE, "programStage": VISIT, "orgUnit": UNIT, "enrollment": "EnrollAnn01"}
    return {"event": uid, **place, "status": "ACTIVE", "occurredAt": "2024-02-01", "dataValues": rows, **more}


def single(uid: str = "EventCount1", values: Json | None = None, **more: Any) -> Json:
    """An event without an enrollment."""
    rows = [{"dataElement": element, "value": value} for element, value in (values or {}).items()]
    place = {"program": COUNTS, "programStage": COUNT_STAGE, "orgUnit": UNIT}
    return {"event": uid, **place, "status": "ACTIVE", "occurredAt": "2024-02-01", "dataValues": rows, **more}


def metadata() -> Json:
    """The units, types and programs of the district."""
    assigned = {"organisationUnits": [{"id": ROOT}, {"id": UNIT}, {"id": OTHER}]}
    return {
        "organisationUnits": [
            _named(ROOT, "Country", openingDate="2000-01-01"),
            _named(UNIT, "District A", openingDate="2000-01-01", code="DISTRICT_A", parent={"id": ROOT}),
            _named(OTHER, "District B", openingDate="2000-01-01", parent={"id": ROOT}),
        ],
        "dataElements": [
            _element(WEIGHT, "Weight", "NUMBER", code="WEIGHT"),
            _element(DOUBLE, "Double", "NUMBER"),
            _element(NOTE, "Note", "TEXT"),
        ],
        "trackedEntityAttributes": [
            _attribute(NAME, "Name", "TEXT"),
            _attribute(NUMBER, "Number", "TEXT", unique=True),
            _attribute(AGE, "Age", "INTEGER"),
        ],
        "trackedEntityTypes": [
            _named(PERSON, "Person", sharing=PUBLIC, trackedEntityTypeAttributes=[_of_type(NAME), _of_type(NUMBER)])
        ],
        "programs": [
            _named(
                CARE,
                "Care",
                programType="WITH_REGISTRATION",
                trackedEntityType={"id": PERSON},
                sharing=PUBLIC,
                programTrackedEntityAttributes=[_of_type(NAME), _of_type(NUMBER), _of_type(AGE)],
                programStages=[{"id": FIRST}, {"id": VISIT}],
                **assigned,
            ),
            _named(
                COUNTS,
                "Counts",
                programType="WITHOUT_REGISTRATION",
                sharing=PUBLIC,
                programStages=[{"id": COUNT_STAGE}],
                **assigned,
            ),
        ],
        "programStages": [
            _stage(FIRST, "First", CARE, repeatable=False),
            _stage(VISIT, "Visit", CARE, repeatable=True),
            _stage(COUNT_STAGE, "Count", COUNTS, repeatable=False),
        ],
    }


def rule(uid: str, condition: str, action: str, **more: Any) -> Json:
    """Metadata of a rule of the program with registration, with one action."""
    acts = {"id": f"Act{uid[3:]}", "programRuleActionType": action, "programRule": {"id": uid}, **more}
    rules = {"id": uid, "name": uid, "program": {"id": CARE}, "condition": condition}
    return {
        "programRules": [{**rules, "programRuleActions": [{"id": acts["id"]}]}],
        "programRuleActions": [acts],
        "programRuleVariables": [
            {
                "id": "VarWeight01",
                "name": "weight",
                "program": {"id": CARE},
                "programRuleVariableSourceType": "DATAELEMENT_CURRENT_EVENT",
                "dataElement": {"id": WEIGHT},
                "valueType": "NUMBER",
            }
        ],
    }


def _named(uid: str, name: str, **more: Any) -> Json:
    return {"id": uid, "name": name, "shortName": name, **more}


def _element(uid: str, name: str, type: str, **more: Any) -> Json:
    return _named(uid, name, valueType=type, domainType="TRACKER", aggregationType="NONE", **more)


def _attribute(uid: str, name: str, type: str, **more: Any) -> Json:
    return _named(uid, name, valueType=type, aggregationType="NONE", **more)


def _of_type(uid: str) -> Json:
    return {"trackedEntityAttribute": {"id": uid}, "mandatory": False}


def _stage(uid: str, name: str, program: str, *, repeatable: bool) -> Json:
    elements = [{"dataElement": {"id": element}, "compulsory": False} for element in (WEIGHT, DOUBLE, NOTE)]
    return {
        "id": uid,
        "name": name,
        "program": {"id": program},
        "repeatable": repeatable,
        "validationStrategy": "ON_UPDATE_AND_INSERT",
        "sharing": PUBLIC,
        "programStageDataElements": elements,
    }
