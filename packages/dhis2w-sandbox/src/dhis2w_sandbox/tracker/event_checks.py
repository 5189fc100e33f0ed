"""Checks of events before they are stored or deleted.

Source: `validator/event` of dhis2-core; recordings `tracker/validation-events`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from dhis2w_sandbox.data.periods import TYPES, containing
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.tracker import combo_checks
from dhis2w_sandbox.tracker.bundle import CREATE, DELETE, UPDATE, Bundle, is_registration
from dhis2w_sandbox.tracker.enrollment_checks import has_unit
from dhis2w_sandbox.tracker.instants import moment
from dhis2w_sandbox.tracker.payload import SentEvent
from dhis2w_sandbox.tracker.records import Event
from dhis2w_sandbox.tracker.reporter import Reporter
from dhis2w_sandbox.tracker.uid_checks import check_uid
from dhis2w_sandbox.tracker.value_checks import WITHOUT_VALUES, ValueChecks

Json = dict[str, Any]


class EventChecks:
    """The checks, in DHIS2's order: the first that finds something ends them for that event."""

    def __init__(self, bundle: Bundle, reporter: Reporter, values: ValueChecks) -> None:
        self._bundle = bundle
        self._reporter = reporter
        self._values = values

    def check_all(self) -> None:
        """Check every event of the payload, then whether a stage is repeated that may not be."""
        for event in self._bundle.payload.events:
            self._check(event)
        self._repetitions()

    def _check(self, event: SentEvent) -> None:
        behaviour = self._bundle.behaviour
        strategy = self._bundle.strategy(event)
        if strategy == DELETE:
            self._reporter.in_turn([lambda: self._existence(event), lambda: self._security(event)])
            return
        checks: list[Callable[[], None]] = [
            lambda: self._existence(event),
            lambda: self._mandatory(event),
            lambda: self._metadata(event),
        ]
        if not behaviour.reads_tracker_uids_strictly:
            checks.insert(0, lambda: check_uid(self._reporter, event))
        if strategy == UPDATE:
            checks.append(lambda: self._updatable(event))
        checks.append(lambda: self._relations(event))
        if behaviour.splits_events:
            if strategy == UPDATE:
                checks.append(lambda: self._not_blocked(event))
            program = self._program(event)
            checks += [
                lambda: combo_checks.check_combo(self._bundle, self._reporter, event, program),
                lambda: self._single_status(event),
            ]
        checks += [lambda: self._security(event), lambda: self._details(event)]
        self._reporter.in_turn(checks)

    def _program(self, event: SentEvent) -> Json:
        return self._bundle.program(event) or {}

    def _existence(self, event: SentEvent) -> None:
        stored = self._bundle.stored_event(event)
        strategy = self._bundle.strategy(event)
        if stored is not None and stored.deleted:
            self._reporter.error(event, "E1082", event.uid)
        elif stored is not None and strategy == CREATE:
            self._reporter.error(event, "E1030", event.uid)
        elif stored is None and strategy != CREATE:
            self._reporter.error(event, "E1032", event.uid)

    def _mandatory(self, event: SentEvent) -> None:
        if self._bundle.behaviour.splits_events and not event.single and not event.enrollment:
            self._reporter.error(event, "E1123", "enrollment")
        if event.unit.is_blank:
            self._reporter.error(event, "E1123", "orgUnit")
        if event.stage.is_blank:
            self._reporter.error(event, "E1123", "programStage")
        stage = self._bundle.stage(event)
        if stage is not None:
            if linked(stage, "program") is None:
                self._reporter.error(event, "E1008", event.stage.argument)
        elif event.program.is_blank:
            self._reporter.error(event, "E1123", "program")

    def _metadata(self, event: SentEvent) -> None:
        if self._bundle.unit(event) is None:
            self._reporter.error(event, "E1011", event.unit.argument)
        if self._bundle.program(event) is None:
            self._reporter.error(event, "E1010", event.program.argument)
        if self._bundle.stage(event) is None:
            self._reporter.error(event, "E1013", event.stage.argument)

    def _updatable(self, event: SentEvent) -> None:
        stored = self._bundle.stored_event(event)
        if stored is None:
            return
        if not self._bundle.names(event.stage, "programStage", stored.stage):
            self._reporter.error(event, "E1128", "programStage")
        if self._moves(event, stored):
            self._reporter.error(event, "E1128", "enrollment")

    def _moves(self, event: SentEvent, stored: Event) -> bool:
        """Whether an event names another enrollment than it has; single ones have that of their program."""
        if event.single:
            stage = self._bundle.stage(event) or {}
            return not stored.is_single or linked(stage, "program") != stored.program
        return event.enrollment is not None and event.enrollment != stored.enrollment

    def _relations(self, event: SentEvent) -> None:
        bundle = self._bundle
        program, stage, unit = self._program(event), bundle.stage(event) or {}, bundle.unit(event) or {}
        enrolled = not event.single if bundle.behaviour.splits_events else is_registration(program)
        misses_enrollment = not event.enrollment and bundle.behaviour.prints_constants
        if enrolled and not misses_enrollment and bundle.entity_of(event) is None:
            shown_event = event.uid if bundle.behaviour.prints_constants else bundle.shown_event(event)
            self._reporter.error(event, "E1313", shown_event)
        if linked(stage, "program") != program.get("id"):
            shown = bundle.shown("programStage", stage, bundle.options.schemes.stage)
            self._reporter.error(event, "E1089", self._bundle.shown_event(event), shown, bundle.shown_program(program))
        if enrolled:
            self._check_enrollment(event, program)
        if not has_unit(program, unit):
            self._reporter.error(event, "E1029", bundle.shown_unit(unit), bundle.shown_program(program))
        if not bundle.behaviour.splits_events:
            combo_checks.check_combo(bundle, self._reporter, event, program)

    def _check_enrollment(self, event: SentEvent, program: Json) -> None:
        bundle = self._bundle
        if not event.enrollment:
            self._reporter.error(event, "E1033", event.uid)
            return
        stored = bundle.stored_enrollment(event.enrollment)
        sent = bundle.payload.enrollment(event.enrollment)
        found = bundle.program(sent) if stored is None and sent else None
        enrolled_in = stored.program if stored else found["id"] if found else None
        if enrolled_in != program.get("id"):
            shown = bundle.shown_program(program)
            self._reporter.error(event, "E1079", self._bundle.shown_event(event), shown, event.enrollment)

    def _not_blocked(self, event: SentEvent) -> None:
        """E1326: a completed event whose stage lets nobody change it then (43 and newer)."""
        stage = self._bundle.stage(event) or {}
        stored = self._bundle.stored_event(event)
        if stage.get("blockEntryForm") and event.status == "COMPLETED" and stored and stored.status == "COMPLETED":
            self._reporter.error(event, "E1326", event.uid)

    def _single_status(self, event: SentEvent) -> None:
        if event.single and event.status in WITHOUT_VALUES:
            self._reporter.error(event, "E1318", event.status)

    def _security(self, event: SentEvent) -> None:
        bundle = self._bundle
        stored = bundle.stored_event(event)
        strategy = bundle.strategy(event)
        if stored is None or strategy == CREATE:
            stage = bundle.stage(event) or {}
            unit = bundle.unit(event) or {}
            parent = bundle.entity_of(event)
            combo = bundle.option_combo(event)
        else:
            stage = bundle.get("programStage", stored.stage)
            enrollment = bundle.stored_enrollment(stored.enrollment)
            parent = enrollment.tracked_entity if enrollment else None
            unit = (bundle.get("organisationUnit", stored.unit) if strategy == DELETE else bundle.unit(event)) or {}
            # `EventMapper` leaves the combo of a stored event out, so only 43's look at the sent one finds something
            combo = bundle.option_combo(event) if bundle.behaviour.splits_events else None
        program = bundle.get("program", linked(stage, "program"))
        self._check_unit(event, program, unit, stored)
        if is_registration(program):
            self._check_stage(event, stage, program, parent or "")
        elif not bundle.scope.may("write", "program", program.get("id")):
            self._reporter.error(event, "E1091", bundle.me(), bundle.shown_program(program))
        combo_checks.check_access(bundle, self._reporter, event, combo)
        reopens = strategy == UPDATE and stored and stored.status == "COMPLETED" and event.status != "COMPLETED"
        if reopens and not bundle.user.has_any(["F_UNCOMPLETE_EVENT"]):
            self._reporter.error(event, "E1083", bundle.me())

    def _check_unit(self, event: SentEvent, program: Json, unit: Json, stored: Event | None) -> None:
        """E1000: the unit of an event; of single ones apart also the unit that it leaves. An update that stays is free.

        What is only scheduled may be so wherever the user searches.
        """
        bundle = self._bundle
        enrolled, apart = is_registration(program), bundle.behaviour.splits_events
        before = stored if bundle.strategy(event) == UPDATE else None
        moves = before is not None and before.unit != unit.get("id")
        if before is not None and enrolled and not moves:
            return
        places = [unit]
        if before is not None and not enrolled and apart:
            places = [bundle.get("organisationUnit", before.unit), unit]
        scheduled = _is_only_scheduled(event if bundle.is_new(event) or stored is None else stored)
        searches = scheduled and not moves and (enrolled or not apart)
        for place in places:
            uid = place.get("id", "")
            if not (bundle.scope.searches(uid) if searches else bundle.scope.captures(uid)):
                self._reporter.error(event, "E1000", bundle.me(), bundle.shown_unit(place))

    def _check_stage(self, event: SentEvent, stage: Json, program: Json, parent: str) -> None:
        bundle, scope = self._bundle, self._bundle.scope
        type = linked(program, "trackedEntityType")
        shown = bundle.shown_program(program)
        if not scope.may("write", "programStage", stage.get("id")):
            named = bundle.shown("programStage", stage, bundle.options.schemes.stage)
            self._reporter.error(event, "E1095", bundle.me(), named)
        if not scope.may("read", "program", program.get("id")):
            self._reporter.error(event, "E1096", bundle.me(), shown)
        if not scope.may("read", "trackedEntityType", type):
            named = bundle.shown("trackedEntityType", bundle.get("trackedEntityType", type))
            self._reporter.error(event, "E1104", bundle.me(), shown, named)
        owner = bundle.records.owner(parent, program.get("id", ""))
        if owner and not scope.has_ownership(parent, program, owner.unit):
            self._reporter.error(event, "E1102", bundle.me(), parent, shown)

    def _details(self, event: SentEvent) -> None:
        program, stage = self._program(event), self._bundle.stage(event) or {}
        combo_checks.check_dates(self._bundle, self._reporter, event, program)
        self._dates(event, program)
        self._values.geometry(event, stage.get("featureType"))
        self._values.notes(event)
        self._values.data_values(event)
        if self._bundle.strategy(event) == UPDATE:
            self._transition(event)
        self._assigned_user(event, stage)

    def _dates(self, event: SentEvent, program: Json) -> None:
        if event.occurred_at is None and (not is_registration(program) or event.status in {"ACTIVE", "COMPLETED"}):
            self._reporter.error(event, "E1031", self._bundle.shown_event(event))
            return
        if event.scheduled_at is None and event.status == "SCHEDULE":
            self._reporter.error(event, "E1050", self._bundle.shown_event(event))
            return
        if (
            self._bundle.behaviour.ties_completion_to_status
            and event.completed_at is not None
            and event.status != "COMPLETED"
        ):
            self._reporter.error(event, "E1051", self._bundle.shown_event(event), event.status)
        if not self._bundle.user.has_any(["F_EDIT_EXPIRED"]):
            self._expiry_of_completion(event, program)
            self._expiry_of_period(event, program)

    def _expiry_of_completion(self, event: SentEvent, program: Json) -> None:
        days = int(program.get("completeEventsExpiryDays") or 0)
        completed = event.completed_at if event.status == "COMPLETED" else None
        stored = self._bundle.stored_event(event)
        if self._bundle.behaviour.checks_stored_completion and stored and stored.status == "COMPLETED":
            completed = stored.completed_at or completed
        if days <= 0:
            return
        if completed is not None:
            if self._bundle.server.clock() > moment(completed) + timedelta(days=days):
                self._reporter.error(event, "E1043", self._bundle.shown_event(event))
        elif event.status == "COMPLETED" and not self._bundle.behaviour.ties_completion_to_status:
            self._reporter.error(event, "E1042", self._bundle.shown_event(event))

    def _expiry_of_period(self, event: SentEvent, program: Json) -> None:
        type, days = program.get("expiryPeriodType"), int(program.get("expiryDays") or 0)
        if not type or days == 0:
            return
        reference = event.occurred_at or event.scheduled_at
        if reference is None:
            self._reporter.error(event, "E1046", self._bundle.shown_event(event))
            return
        period = containing(TYPES[type], date.fromisoformat(reference[:10]))
        last = moment(f"{period.end.isoformat()}T00:00:00.000") + timedelta(days=days + 1)
        if last < self._bundle.server.clock():
            self._reporter.error(event, "E1047", self._bundle.shown_event(event))

    def _transition(self, event: SentEvent) -> None:
        stored = self._bundle.stored_event(event)
        if stored is None or (self._bundle.behaviour.splits_events and event.single):
            return
        if stored.status not in WITHOUT_VALUES and event.status in WITHOUT_VALUES:
            self._reporter.error(event, "E1316", *(self._bundle.constant(row.status) for row in (stored, event)))

    def _assigned_user(self, event: SentEvent, stage: Json) -> None:
        user = event.assigned_user
        if user is None or user.is_empty:
            return
        if user.username is None or self._bundle.server.user_named(user.username) is None:
            self._reporter.error(event, "E1118", user.printed(self._bundle.behaviour.printed_user))
        if not stage.get("enableUserAssignment"):
            self._reporter.warn(event, "E1120", event.stage.argument)

    def _repetitions(self) -> None:
        """E1039: a second event of a stage that may have one only."""
        bundle = self._bundle
        candidates = [event for event in bundle.payload.events if self._is_unrepeatable(event)]
        counted = Counter(self._place(event) for event in candidates if bundle.strategy(event) != DELETE)
        others = bundle.payload.events if bundle.behaviour.refuses_every_repeated_event else candidates
        for event in candidates:
            if bundle.strategy(event) != DELETE and counted[self._place(event)] > 1:
                self._reporter.error(event, "E1039", event.stage.argument)
        for event in others:
            if bundle.is_new(event) and self._has_one(event):
                self._reporter.error(event, "E1039", event.stage.argument)

    def _is_unrepeatable(self, event: SentEvent) -> bool:
        stage = self._bundle.stage(event)
        if self._reporter.is_invalid(event) or stage is None or stage.get("repeatable"):
            return False
        return is_registration(self._bundle.get("program", linked(stage, "program")))

    def _place(self, event: SentEvent) -> tuple[str | None, str | None]:
        return event.stage.text, event.enrollment

    def _has_one(self, event: SentEvent) -> bool:
        stage = self._bundle.stage(event) or {}
        return not stage.get("repeatable") and any(
            row.stage == stage.get("id") and row.status != "SKIPPED"
            for row in self._bundle.records.events_of(event.enrollment or "")
        )


def _is_only_scheduled(event: SentEvent | Event) -> bool:
    """Whether nothing is known of an event but that it is to be."""
    return event.status == "SCHEDULE" and not event.values and event.occurred_at is None
