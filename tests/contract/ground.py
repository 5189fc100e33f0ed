"""`Ground`: units, data sets and programs in which a scenario enters data, and somebody who may."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dhis2w_client import BasicAuth
from dhis2w_client.data_values import DataValueSelection
from dhis2w_client.metadata import Bundle, new_uid
from dhis2w_client.sync import Dhis2Client
from dhis2w_client.tracker import PushOptions
from tests.contract.place import LeftBehindError, Place, Row
from tests.contract.server import Server

PASSWORD = f"Aa1#{secrets.token_urlsafe(16)}"
"""Of the users that this run makes: nobody else is to know it, should one of them stay."""
REMOVALS = (
    "softDeletedRelationshipRemoval",
    "softDeletedEventRemoval",
    "softDeletedEnrollmentRemoval",
    "softDeletedTrackedEntityRemoval",
)
"""What removes for good what is marked as deleted in tracker: of everybody."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A country of two units, two data sets that share a data element, and a program of each kind; all are UIDs."""

    root: str
    here: str
    there: str
    """`root` is above `here` and `there`."""
    count: str
    average: str
    remark: str
    """Data elements: whole numbers that add up, numbers of which the average is taken, text."""
    first_set: str
    second_set: str
    """Monthly; the first takes `count` and `average` of `here`, the second `count` and `remark` of both units."""
    person: str
    name: str
    """A type of tracked entity, and its one attribute."""
    link: str
    """A type of relationships between two of them."""
    program: str
    stage: str
    visits: str
    visit: str
    """A program with registration and its repeatable stage; one without, and its stage."""
    weight: str
    """The data element of both stages: numbers."""
    tag: str
    """An attribute of data elements and units, whose value is the name of the object; their code is the name, too."""
    names: Mapping[str, str]
    """The names of all these, by UID."""
    worker: BasicAuth
    """Who may do everything, in these units."""

    @property
    def elements(self) -> tuple[str, ...]:
        """The data elements of the data sets."""
        return (self.count, self.average, self.remark)

    def value(self, element: str, period: str, content: object = "1", unit: str = "") -> Row:
        """A data value, `here` where no unit is named."""
        return {"dataElement": element, "period": period, "orgUnit": unit or self.here, "value": content}

    def selection(self, *periods: str, deleted: bool = False, since: datetime | None = None) -> DataValueSelection:
        """The values of both data sets in all units, in these periods."""
        return DataValueSelection(
            data_sets=(self.first_set, self.second_set),
            periods=periods,
            org_units=(self.root,),
            children=True,
            include_deleted=deleted,
            since=since,
        )


@contextmanager
def ground_on(server: Server, client: Dhis2Client, *, purge: bool) -> Generator[Ground]:
    """Make a ground, and take it away again as far as the server lets it go.

    Args:
        server: The server.
        client: The superuser's client.
        purge: Whether what is marked as deleted in tracker may be removed for good, of whomever it is. Otherwise the
            programs stay, with what they need: DHIS2 deletes none that ever had an enrollment. `server.left` has them.
    """
    place = Place(client)
    try:
        ground = _made(client, place)
        try:
            yield ground
        finally:
            _remove_data(server, client, ground)
    finally:
        if purge:
            client.maintenance.run(*REMOVALS)
        try:
            place.clear()
        except LeftBehindError as error:
            if purge:
                raise
            server.left.extend(error.left)
            for plural, uid in error.left:
                if plural == "users":
                    client.metadata.accounts.set_enabled(uid, enabled=False)


def _made(client: Dhis2Client, place: Place) -> Ground:
    units = {text: place.unit(text) for text in ("root", "here", "there")}
    for text in ("here", "there"):
        units[text]["parent"] = {"id": units["root"]["id"]}
    above = client.get("me", params={"fields": "organisationUnits[id]"})["organisationUnits"]
    if above:
        units["root"]["parent"] = above[0]
    elements = {
        "count": place.element("count", valueType="INTEGER"),
        "average": place.element("average", aggregationType="AVERAGE"),
        "remark": place.element("remark", valueType="TEXT", aggregationType="NONE"),
        "weight": place.element("weight", aggregationType="AVERAGE", domainType="TRACKER"),
    }
    tag = place.attribute("tag", dataElementAttribute=True, organisationUnitAttribute=True, unique=True)
    for row in (units | elements).values():
        row["attributeValues"] = [{"attribute": {"id": tag["id"]}, "value": row["name"]}]
    uids = {text: str(row["id"]) for text, row in (units | elements).items()}
    bundle = Bundle(
        {
            "attributes": [tag],
            "organisationUnits": list(units.values()),
            "dataElements": list(elements.values()),
            "dataSets": [
                _data_set(place, "first_set", [uids["count"], uids["average"]], [uids["here"]]),
                _data_set(place, "second_set", [uids["count"], uids["remark"]], [uids["here"], uids["there"]]),
            ],
            **_programs(place, uids["weight"], [uids["here"], uids["there"]]),
        }
    )
    client.metadata.import_bundle(bundle)
    named = {str(row["name"]).removeprefix(place.name("")): str(row["id"]) for row in bundle.by_id.values()}
    names = {uid: place.name(text) for text, uid in named.items()}
    return Ground(worker=_worker(client, place, uids["root"]), names=names, **named)


def _data_set(place: Place, text: str, elements: list[str], units: list[str]) -> Row:
    return {
        "id": new_uid(),
        "name": place.name(text),
        "shortName": place.name(text),
        "code": place.name(text),
        "periodType": "Monthly",
        "sharing": {"public": "rwrw----"},
        "dataSetElements": [{"dataElement": {"id": uid}} for uid in elements],
        "organisationUnits": [{"id": uid} for uid in units],
    }


def _programs(place: Place, weight: str, units: list[str]) -> dict[str, list[Row]]:
    """A program with registration, one without, and what they need."""
    end: Row = {"relationshipEntity": "TRACKED_ENTITY_INSTANCE"}
    attribute, kind, stages = new_uid(), new_uid(), {"stage": new_uid(), "visit": new_uid()}
    programs = {"stage": new_uid(), "visit": new_uid()}

    def named(text: str, uid: str, **more: object) -> Row:
        return {"id": uid, "name": place.name(text), "shortName": place.name(text), **more}

    def program(text: str, stage: str, **more: object) -> Row:
        parts: Row = {"organisationUnits": [{"id": unit} for unit in units], "programStages": [{"id": stages[stage]}]}
        return named(text, programs[stage], **parts, **more)

    def program_stage(text: str, *, repeatable: bool) -> Row:
        return {
            "id": stages[text],
            "name": place.name(text),
            "program": {"id": programs[text]},
            "repeatable": repeatable,
            "sortOrder": 1,
            "programStageDataElements": [{"dataElement": {"id": weight}, "compulsory": False, "sortOrder": 1}],
        }

    listed: Row = {"trackedEntityAttribute": {"id": attribute}, "mandatory": False, "searchable": True}
    return {
        "trackedEntityAttributes": [named("name", attribute, valueType="TEXT", aggregationType="NONE")],
        "trackedEntityTypes": [named("person", kind, trackedEntityTypeAttributes=[listed])],
        "programs": [
            program(
                "program",
                "stage",
                programType="WITH_REGISTRATION",
                trackedEntityType={"id": kind},
                programTrackedEntityAttributes=[listed | {"sortOrder": 0}],
            ),
            program("visits", "visit", programType="WITHOUT_REGISTRATION"),
        ],
        "programStages": [program_stage("stage", repeatable=True), program_stage("visit", repeatable=False)],
        "relationshipTypes": [
            {
                "id": new_uid(),
                "name": place.name("link"),
                "fromToName": place.name("link"),
                "sharing": {"public": "rwrw----"},
                "fromConstraint": end | {"trackedEntityType": {"id": kind}},
                "toConstraint": end | {"trackedEntityType": {"id": kind}},
            }
        ],
    }


def _worker(client: Dhis2Client, place: Place, root: str) -> BasicAuth:
    """A superuser whose units are those of the ground: even a superuser enters data in his own units alone."""
    role = str(client.user_roles.create({"name": place.name("worker"), "authorities": ["ALL"]}).id)
    username = place.name("worker")
    client.metadata.accounts.create(
        username, PASSWORD, first_name="Ada", surname=place.name("worker"), roles=[role], units=[root]
    )
    return BasicAuth(username, PASSWORD)


def _remove_data(server: Server, client: Dhis2Client, ground: Ground) -> None:
    """Mark what was entered in tracker as deleted, and remove the data values for good."""
    anywhere: dict[str, Any] = {"org_units": ground.root, "org_unit_mode": "DESCENDANTS"}
    with server.connect(ground.worker) as worker:
        tracker = worker.tracker
        people = [
            row["trackedEntity"] for row in tracker.tracked_entities.rows(tracked_entity_type=ground.person, **anywhere)
        ]
        events = [row["event"] for row in tracker.events.rows(program=ground.visits, **anywhere)]
        payload = {
            "trackedEntities": [{"trackedEntity": uid} for uid in people],
            "events": [{"event": uid} for uid in events],
        }
        if people or events:
            tracker.push({key: rows for key, rows in payload.items() if rows}, PushOptions(strategy="DELETE"))
    for element in ground.elements:
        client.maintenance.prune_data("dataElements", element)
