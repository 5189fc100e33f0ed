"""Checks of enrollments before they are stored or deleted.

Source: `validator/enrollment` of dhis2-core; recordings `tracker/validation-entities`, `tracker/nested-import`.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.tracker.bundle import CREATE, DELETE, UPDATE, Bundle, is_registration
from dhis2w_sandbox.tracker.combo_checks import check_access
from dhis2w_sandbox.tracker.entity_checks import program_attributes
from dhis2w_sandbox.tracker.instants import java_instant
from dhis2w_sandbox.tracker.payload import SentEnrollment
from dhis2w_sandbox.tracker.reporter import Argument, Reporter
from dhis2w_sandbox.tracker.uid_checks import check_uid
from dhis2w_sandbox.tracker.value_checks import ValueChecks, attributes_of

Json = dict[str, Any]


class EnrollmentChecks:
    """The checks, in DHIS2's order: the first that finds something ends them for that enrollment."""

    def __init__(self, bundle: Bundle, reporter: Reporter, values: ValueChecks) -> None:
        self._bundle = bundle
        self._reporter = reporter
        self._values = values

    def check(self, enrollment: SentEnrollment) -> None:
        """Check one enrollment."""
        strategy = self._bundle.strategy(enrollment)
        behaviour = self._bundle.behaviour
        if strategy == DELETE:
            self._reporter.in_turn([lambda: self._existence(enrollment), lambda: self._security(enrollment)])
            return
        checks = [
            lambda: self._existence(enrollment),
            lambda: self._mandatory(enrollment),
            lambda: self._metadata(enrollment),
        ]
        if not behaviour.reads_tracker_uids_strictly:
            checks.insert(0, lambda: check_uid(self._reporter, enrollment))
        if strategy == UPDATE:
            checks.append(lambda: self._updatable(enrollment))
        checks.append(lambda: self._relations(enrollment))
        if behaviour.enrolls_with_option_combo:
            checks.append(lambda: self._option_combo(enrollment))
        checks += [lambda: self._security(enrollment), lambda: self._details(enrollment)]
        self._reporter.in_turn(checks)

    def attributes(self, enrollment: SentEnrollment) -> None:
        """Check the attributes; again when rules have assigned some."""
        program = self._bundle.program(enrollment) or {}
        sent = self._bundle.payload.entity(enrollment.tracked_entity)
        mandatory = set(program_attributes(program, mandatory=True))
        present: dict[str, str] = {}
        for row in enrollment.attributes:
            if row.field.is_blank:
                self._reporter.error(enrollment, "E1075", str(row))
                continue
            attribute = self._bundle.find("trackedEntityAttribute", row.field)
            if attribute and attribute["id"] in mandatory and row.value is None:
                self._reporter.error(enrollment, "E1076", "TrackedEntityAttribute", row.field.argument)
            if attribute is None:
                self._reporter.error(enrollment, "E1006", row.field.argument)
            elif row.value is not None:
                present[attribute["id"]] = row.value
                place = sent.unit if sent else None
                self._values.attribute(enrollment, attribute, row.value, enrollment.tracked_entity, place)
        self._check_program_attributes(enrollment, program, present)

    def _check_program_attributes(self, enrollment: SentEnrollment, program: Json, present: dict[str, str]) -> None:
        scheme = self._bundle.options.schemes.general
        own = program_attributes(program)
        for uid, value in present.items():
            if uid not in own:
                name = self._bundle.identifier("trackedEntityAttribute", uid, scheme).text
                self._reporter.error(enrollment, "E1019", f"{name}={value}")
        known = present.keys() | attributes_of(self._bundle, enrollment.tracked_entity)
        for uid in program_attributes(program, mandatory=True):
            if uid not in known:
                name = self._bundle.identifier("trackedEntityAttribute", uid, scheme)
                self._reporter.error(enrollment, "E1018", name.argument, program["id"], enrollment.uid)

    def _existence(self, enrollment: SentEnrollment) -> None:
        stored = self._bundle.stored_enrollment(enrollment.uid)
        strategy = self._bundle.strategy(enrollment)
        if stored is not None and stored.deleted:
            self._reporter.error(enrollment, "E1113", enrollment.uid)
        elif stored is not None and strategy == CREATE:
            self._reporter.error(enrollment, "E1080", enrollment.uid)
        elif stored is None and strategy != CREATE:
            self._reporter.error(enrollment, "E1081", enrollment.uid)

    def _mandatory(self, enrollment: SentEnrollment) -> None:
        if enrollment.unit.is_blank:
            self._reporter.error(enrollment, "E1122", "orgUnit")
        if enrollment.program.is_blank:
            self._reporter.error(enrollment, "E1122", "program")
        if not enrollment.tracked_entity:
            self._reporter.error(enrollment, "E1122", "trackedEntity")

    def _metadata(self, enrollment: SentEnrollment) -> None:
        bundle, parent = self._bundle, enrollment.tracked_entity
        if bundle.unit(enrollment) is None:
            self._reporter.error(enrollment, "E1070", enrollment.unit.argument)
        if bundle.program(enrollment) is None:
            self._reporter.error(enrollment, "E1069", enrollment.program.argument)
        if bundle.stored_entity(parent) is None and bundle.payload.entity(parent) is None:
            self._reporter.error(enrollment, "E1068", parent)

    def _updatable(self, enrollment: SentEnrollment) -> None:
        stored = self._bundle.stored_enrollment(enrollment.uid)
        if stored is None:
            return
        if not self._bundle.names(enrollment.program, "program", stored.program):
            self._reporter.error(enrollment, "E1127", "program")
        if stored.tracked_entity != enrollment.tracked_entity:
            self._reporter.error(enrollment, "E1127", "trackedEntity")

    def _relations(self, enrollment: SentEnrollment) -> None:
        bundle = self._bundle
        program, unit = bundle.program(enrollment) or {}, bundle.unit(enrollment) or {}
        if not is_registration(program):
            self._reporter.error(enrollment, "E1014", bundle.shown_program(program))
        if not has_unit(program, unit):
            self._reporter.error(enrollment, "E1041", bundle.shown_unit(unit), bundle.shown_program(program))
        type = linked(program, "trackedEntityType")
        if type and not self._is_of_type(enrollment.tracked_entity, type):
            self._reporter.error(enrollment, "E1022", enrollment.tracked_entity, bundle.shown_program(program))

    def _is_of_type(self, tracked_entity: str | None, type: str) -> bool:
        stored = self._bundle.stored_entity(tracked_entity)
        if stored is not None:
            return stored.type == type
        sent = self._bundle.payload.entity(tracked_entity)
        return sent is not None and self._bundle.names(sent.type, "trackedEntityType", type)

    def _option_combo(self, enrollment: SentEnrollment) -> None:
        """The attribute option combo of an enrollment (43 and newer)."""
        bundle = self._bundle
        program = bundle.program(enrollment) or {}
        category_combo = linked(program, "enrollmentCategoryCombo")
        is_default = category_combo is None or bundle.is_default(category_combo)
        if enrollment.attribute_option_combo.is_blank:
            if not is_default:
                self._reporter.error(enrollment, "E1055")
            return
        combo = bundle.option_combo(enrollment)
        argument = enrollment.attribute_option_combo.argument
        if combo is None:
            self._reporter.error(enrollment, "E1115", argument)
        elif bundle.is_default(linked(combo, "categoryCombo")) and not is_default:
            self._reporter.error(enrollment, "E1055")
        elif linked(combo, "categoryCombo") != category_combo and not (
            is_default and bundle.is_default(linked(combo, "categoryCombo"))
        ):
            self._reporter.error(enrollment, "E1130", argument, category_combo)

    def _security(self, enrollment: SentEnrollment) -> None:
        bundle = self._bundle
        stored = bundle.stored_enrollment(enrollment.uid)
        is_new = bundle.is_new(enrollment)
        program = (
            bundle.program(enrollment) or {} if is_new or stored is None else bundle.get("program", stored.program)
        )
        parent = enrollment.tracked_entity if is_new or stored is None else stored.tracked_entity
        self._check_unit(enrollment)
        if (
            bundle.strategy(enrollment) == DELETE
            and bundle.records.events_of(enrollment.uid)
            and not bundle.user.has_any(["F_ENROLLMENT_CASCADE_DELETE"])
        ):
            self._reporter.error(enrollment, "E1103", bundle.me(), enrollment.uid)
        self._check_program(enrollment, program, parent or "")
        if bundle.behaviour.enrolls_with_option_combo:
            check_access(bundle, self._reporter, enrollment, bundle.option_combo(enrollment))

    def _check_unit(self, enrollment: SentEnrollment) -> None:
        bundle = self._bundle
        strategy = bundle.strategy(enrollment)
        stored = bundle.stored_enrollment(enrollment.uid)
        unit = (
            bundle.get("organisationUnit", stored.unit) if strategy == DELETE and stored else bundle.unit(enrollment)
        ) or {}
        stays = strategy == UPDATE and stored is not None and stored.unit == unit.get("id")
        if not stays and not bundle.scope.captures(unit.get("id", "")):
            self._reporter.error(enrollment, "E1000", bundle.me(), bundle.shown_unit(unit))

    def _check_program(self, enrollment: SentEnrollment, program: Json, parent: str) -> None:
        bundle, scope = self._bundle, self._bundle.scope
        type = linked(program, "trackedEntityType")
        if not scope.may("write", "program", program.get("id")):
            self._reporter.error(enrollment, "E1091", bundle.me(), bundle.shown_program(program))
        if not scope.may("read", "trackedEntityType", type):
            shown = bundle.shown("trackedEntityType", bundle.get("trackedEntityType", type))
            self._reporter.error(enrollment, "E1104", bundle.me(), bundle.shown_program(program), shown)
        if not scope.has_ownership(parent, program, self._owner(parent, program)):
            self._reporter.error(enrollment, "E1102", bundle.me(), parent, bundle.shown_program(program))

    def _owner(self, parent: str, program: Json) -> str | None:
        owner = self._bundle.scope.owner_unit(parent, program.get("id", ""))
        sent = self._bundle.payload.entity(parent)
        unit = self._bundle.unit(sent) if owner is None and sent else None
        return unit["id"] if unit else owner

    def _details(self, enrollment: SentEnrollment) -> None:
        program = self._bundle.program(enrollment) or {}
        self._values.notes(enrollment)
        self._not_enrolled_already(enrollment, program)
        self._values.geometry(enrollment, program.get("featureType"))
        self._dates(enrollment, program)
        self.attributes(enrollment)

    def _not_enrolled_already(self, enrollment: SentEnrollment, program: Json) -> None:
        bundle, parent = self._bundle, enrollment.tracked_entity
        once = bool(program.get("onlyEnrollOnce"))
        if enrollment.status == "CANCELLED" or (enrollment.status == "COMPLETED" and not once):
            return
        others = {
            row.uid: row.status
            for row in bundle.records.enrollments_of(parent or "")
            if row.program == program.get("id") and row.status != "CANCELLED"
        }
        others |= {
            row.uid: row.status
            for row in bundle.payload.enrollments
            if row.tracked_entity == parent
            and bundle.names(row.program, "program", program.get("id"))
            and row.status != "CANCELLED"
        }
        others.pop(enrollment.uid, None)
        shown = Argument(parent or "null", self._shown_entity(parent))
        if enrollment.status == "ACTIVE" and "ACTIVE" in others.values():
            self._reporter.error(enrollment, "E1015", shown, bundle.shown_program(program))
        if once and others:
            self._reporter.error(enrollment, "E1016", shown, bundle.shown_program(program))

    def _shown_entity(self, uid: str | None) -> str:
        return f"TrackedEntity{{id={self._bundle.records.tracked_entities.number(uid or '')}, uid='{uid}'}}"

    def _dates(self, enrollment: SentEnrollment, program: Json) -> None:
        today = self._bundle.server.now()[:10]
        if enrollment.enrolled_at is None:
            self._reporter.error(enrollment, "E1025", *self._wrong_date())
        for date, key, code in (
            (enrollment.enrolled_at, "selectEnrollmentDatesInFuture", "E1020"),
            (enrollment.occurred_at, "selectIncidentDatesInFuture", "E1021"),
        ):
            if date is not None and not program.get(key) and date[:10] > today:
                self._reporter.error(enrollment, code, Argument(date, java_instant(date)))
        if program.get("displayIncidentDate") and enrollment.occurred_at is None:
            self._reporter.error(enrollment, "E1023", *self._wrong_date())
        if (
            self._bundle.behaviour.ties_completion_to_status
            and enrollment.completed_at is not None
            and enrollment.status == "ACTIVE"
        ):
            shown = Argument(enrollment.uid, str(enrollment))
            self._reporter.error(enrollment, "E1052", shown, enrollment.status)

    def _wrong_date(self) -> list[None]:
        """What the message about a missing date shows: in 41 the date, which is none."""
        return [] if self._bundle.behaviour.ties_completion_to_status else [None]


def has_unit(program: Json, unit: Json) -> bool:
    """Whether a program is assigned to an organisation unit."""
    return any(row["id"] == unit.get("id") for row in program.get("organisationUnits") or ())
