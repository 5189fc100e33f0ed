"""`client.tracker`: entities, enrollments, events and relationships, in both directions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.metadata.uids import new_uid
from dhis2w_client.pages import object_of
from dhis2w_client.replies import value_of
from dhis2w_client.tracker.duplicates import DuplicateService
from dhis2w_client.tracker.kind import (
    ENROLLMENTS,
    ENTITIES,
    EVENTS,
    RELATIONSHIPS,
    SINGLE_EVENTS,
    TRACKER_EVENTS,
)
from dhis2w_client.tracker.objects import Enrollment, Event, Note, Relationship, TrackedEntity
from dhis2w_client.tracker.payload import moment_text, values_of, without_missing
from dhis2w_client.tracker.push import Push
from dhis2w_client.tracker.push_options import PushOptions
from dhis2w_client.tracker.tracker_list import TrackerList

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.tracker.payload import Payload
    from dhis2w_client.tracker.report import TrackerReport
    from dhis2w_client.tracker.selection import Moment


class TrackerService:
    """Tracker: `client.tracker`.

    ```python
    report = await client.tracker.register("nEenWmSyUEp", "DiszpKrYNg8", {"w75KJ2mc4zz": "Ada"}, program="IpHINAT79UW")
    entity = await client.tracker.tracked_entities.get(report.uids["trackedEntities"][0], fields="*")
    ```
    """

    def __init__(self, api: MetadataApi) -> None:
        self._api = api
        self._push = Push(api)

    @property
    def tracked_entities(self) -> TrackerList[TrackedEntity]:
        """Tracked entities."""
        return TrackerList(self._api, ENTITIES, self._push)

    @property
    def enrollments(self) -> TrackerList[Enrollment]:
        """Enrollments."""
        return TrackerList(self._api, ENROLLMENTS, self._push)

    @property
    def events(self) -> TrackerList[Event]:
        """Events, with and without registration."""
        return TrackerList(self._api, EVENTS, self._push)

    @property
    def tracker_events(self) -> TrackerList[Event]:
        """Events of enrollments alone, from 2.43 on.

        Raises:
            NotInVersionError: The connected version does not tell them apart.
        """
        self._api.require(lambda dialect: dialect.tells_events_apart, "list events with registration alone")
        return TrackerList(self._api, TRACKER_EVENTS, self._push)

    @property
    def single_events(self) -> TrackerList[Event]:
        """Events without registration alone, from 2.43 on.

        Raises:
            NotInVersionError: The connected version does not tell them apart.
        """
        self._api.require(lambda dialect: dialect.tells_events_apart, "list events without registration alone")
        return TrackerList(self._api, SINGLE_EVENTS, self._push)

    @property
    def relationships(self) -> TrackerList[Relationship]:
        """Relationships."""
        return TrackerList(self._api, RELATIONSHIPS, self._push)

    @property
    def duplicates(self) -> DuplicateService:
        """Pairs of tracked entities that may be one."""
        return DuplicateService(self._api)

    async def push(
        self,
        payload: Payload,
        options: PushOptions | None = None,
        *,
        background: bool = False,
        within: float = 1800.0,
        repeat: bool = True,
    ) -> TrackerReport:
        """Send objects (`POST /api/tracker`).

        What has no UID gets one here, before it is sent: `report.sent` can be pushed again, and changes nothing.

        Args:
            payload: A `TrackerPayload`, or the same as JSON: lists of objects, flat or nested.
            options: How to import. Default: create and update, all or nothing.
            background: As a job, which is waited for here: for payloads that take longer than a proxy waits. DHIS2 runs
                one such job at a time.
            within: Seconds to wait for the job. Default: half an hour.
            repeat: Send it again by itself after a failure, where that makes nothing twice. Without it the caller
                looks first what the server has.

        Returns:
            The report. `counts` say what was done, `rows` what DHIS2 refused or warns of.

        Raises:
            InvalidRequestError: The payload is empty or none, or a UID in it is none; nothing was sent.
            ConflictError: Something was refused, and neither `partial` nor `dry_run` is set; `rows` say what.
            JobTimeoutError: The job is not done in time; it goes on running.
            SummaryMissingError: The job crashed: it left no report.

        Warns:
            LeftOutWarning: DHIS2 says nothing about some of the objects, and did not save them.
        """
        return await self._push(payload, options, background=background, within=within, repeat=repeat)

    async def register(
        self,
        tracked_entity_type: str,
        org_unit: str,
        attributes: Mapping[str, object],
        *,
        program: str | None = None,
        enrolled_at: Moment | None = None,
        occurred_at: Moment | None = None,
        uid: str | None = None,
        options: PushOptions | None = None,
    ) -> TrackerReport:
        """Register a tracked entity, and enrol it in a program.

        Args:
            tracked_entity_type: UID of its type.
            org_unit: UID of the unit.
            attributes: Values by UID of the attribute; numbers, booleans and dates become text.
            program: UID of a program to enrol it in.
            enrolled_at: Day of the enrollment. Needed with a program.
            occurred_at: Day of the incident.
            uid: UID for the entity. Default: a new one.
            options: How to import.

        Returns:
            The report; `uids` has the UIDs.

        Raises:
            InvalidRequestError: A program without `enrolled_at`.
            ConflictError: DHIS2 refused; `rows` say why.
        """
        entity: dict[str, Any] = {
            "trackedEntity": uid or new_uid(),
            "trackedEntityType": tracked_entity_type,
            "orgUnit": org_unit,
            "attributes": values_of(attributes, "attribute"),
        }
        if program:
            entity["enrollments"] = [_enrollment(entity["trackedEntity"], program, org_unit, enrolled_at, occurred_at)]
        return await self._push({"trackedEntities": [entity]}, options)

    async def enrol(
        self,
        tracked_entity: str,
        program: str,
        org_unit: str,
        *,
        enrolled_at: Moment,
        occurred_at: Moment | None = None,
        attributes: Mapping[str, object] | None = None,
        uid: str | None = None,
        options: PushOptions | None = None,
    ) -> TrackerReport:
        """Enrol a tracked entity in a program.

        Args:
            tracked_entity: UID of the entity.
            program: UID of the program.
            org_unit: UID of the unit.
            enrolled_at: Day of the enrollment.
            occurred_at: Day of the incident.
            attributes: Values of the program's attributes, by UID.
            uid: UID for the enrollment. Default: a new one.
            options: How to import.

        Raises:
            ConflictError: DHIS2 refused; `rows` say why. E1015: it is enrolled already; E1016: it was, once.
        """
        enrollment = _enrollment(tracked_entity, program, org_unit, enrolled_at, occurred_at)
        if attributes:
            enrollment["attributes"] = values_of(attributes, "attribute")
        return await self._push({"enrollments": [enrollment | {"enrollment": uid or new_uid()}]}, options)

    async def add_event(
        self,
        program: str,
        program_stage: str,
        org_unit: str,
        values: Mapping[str, object] | None = None,
        *,
        enrollment: str | None = None,
        occurred_at: Moment | None = None,
        scheduled_at: Moment | None = None,
        status: str | None = None,
        attribute_option_combo: str | None = None,
        uid: str | None = None,
        options: PushOptions | None = None,
    ) -> TrackerReport:
        """Add an event.

        Args:
            program: UID of the program.
            program_stage: UID of the stage.
            org_unit: UID of the unit.
            values: Values by UID of the data element; numbers, booleans and dates become text.
            enrollment: UID of the enrollment, in a program with registration.
            occurred_at: When it happened.
            scheduled_at: When it is to happen; without `occurred_at` the event is only planned.
            status: `ACTIVE`, `COMPLETED`, `SCHEDULE`, `SKIPPED`. Default: `SCHEDULE` for one that is planned, else
                `ACTIVE`.
            attribute_option_combo: UID of the attribute option combo.
            uid: UID for the event. Default: a new one.
            options: How to import.

        Raises:
            InvalidRequestError: Neither `occurred_at` nor `scheduled_at`.
            ConflictError: DHIS2 refused; `rows` say why.
        """
        if occurred_at is None and scheduled_at is None:
            raise InvalidRequestError("An event has a day on which it happened, or for which it is planned.")
        event = without_missing(
            {
                "event": uid or new_uid(),
                "program": program,
                "programStage": program_stage,
                "orgUnit": org_unit,
                "enrollment": enrollment,
                "status": status or ("ACTIVE" if occurred_at else "SCHEDULE"),
                "occurredAt": moment_text(occurred_at),
                "scheduledAt": moment_text(scheduled_at),
                "attributeOptionCombo": attribute_option_combo,
                "dataValues": values_of(values, "dataElement") if values else None,
            }
        )
        return await self._push({"events": [event]}, options)

    def outstanding(
        self,
        program: str,
        org_unit: str,
        *,
        until: date,
        program_stage: str | None = None,
        with_below: bool = True,
    ) -> AsyncIterator[Event]:
        """The planned events that are due: scheduled for a day up to `until`, and neither done nor skipped.

        Args:
            program: UID of the program.
            org_unit: UID of the unit.
            until: The last day, included.
            program_stage: UID of one stage. Default: all.
            with_below: Units below too.
        """
        mode = "DESCENDANTS" if with_below else "SELECTED"
        stage: dict[str, Any] = {"program_stage": program_stage} if program_stage else {}
        return self.events.iterate(
            program=program,
            org_units=org_unit,
            org_unit_mode=mode,
            status="SCHEDULE",
            scheduled_before=until,
            **stage,
        )

    async def add_note(self, kind: str, uid: str, text: str) -> Note:
        """Add a note to an enrollment or event, from 2.42 on.

        The note gets its UID here, so that it cannot come twice.

        Args:
            kind: `enrollments` or `events`.
            uid: UID of the enrollment or event.
            text: The note.

        Raises:
            NotInVersionError: 2.41 has no way to add a note alone.
            ObjectNotFoundError: There is no such object.
        """
        if kind not in ("enrollments", "events"):
            raise InvalidRequestError(f"Notes are on enrollments and events, not on {kind!r}.")
        self._api.require(lambda dialect: dialect.adds_notes, "add a note alone")
        reply = await self._api.ask("POST", f"tracker/{kind}/{uid}/note", body={"note": new_uid(), "value": text})
        return Note.trust(object_of(reply))

    async def transfer(self, tracked_entity: str, program: str, org_unit: str) -> None:
        """Give a tracked entity in a program to another unit. The entity's own unit stays as it is.

        Args:
            tracked_entity: UID of the entity.
            program: UID of the program.
            org_unit: UID of the new owner.

        Raises:
            ObjectNotFoundError: There is no such unit. Up to 2.42 DHIS2 answers 200 all the same, so it is looked up
                here first.
            BadRequestError: From 2.43 on: the unit is the owner already.
        """
        if not self._api.dialect.checks_new_owners:
            await self._api.read(f"organisationUnits/{org_unit}", {"fields": "id"})
        params = {"trackedEntity": tracked_entity, "program": program, self._api.dialect.owner_parameter: org_unit}
        value_of(await self._api.ask("PUT", "tracker/ownership/transfer", params=params))

    async def break_glass(self, tracked_entity: str, program: str, reason: str) -> None:
        """Get access for a while to an entity that another unit owns; it is written down with the reason.

        Args:
            tracked_entity: UID of the entity.
            program: UID of the program.
            reason: Why.

        Raises:
            InvalidRequestError: No reason; nothing was sent.
            ForbiddenError: The program is not of the kind that allows it (`PROTECTED`), the user may not search there,
                or is a superuser, who sees it anyway.
        """
        if not reason.strip():
            raise InvalidRequestError("Say why: who looks after the entity will read it.")
        params = {"trackedEntity": tracked_entity, "program": program, "reason": reason}
        value_of(await self._api.ask("POST", "tracker/ownership/override", params=params))


def _enrollment(
    tracked_entity: str, program: str, org_unit: str, enrolled_at: Moment | None, occurred_at: Moment | None
) -> dict[str, Any]:
    if enrolled_at is None:
        raise InvalidRequestError("An enrollment has a day; give enrolled_at.")
    return without_missing(
        {
            "trackedEntity": tracked_entity,
            "program": program,
            "orgUnit": org_unit,
            "enrolledAt": moment_text(enrolled_at),
            "occurredAt": moment_text(occurred_at),
            "status": "ACTIVE",
        }
    )
