"""Checks of tracked entities before they are stored or deleted.

Source: `validator/trackedentity` of dhis2-core; recordings `tracker/validation-entities`.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.tracker.bundle import CREATE, DELETE, UPDATE, Bundle
from dhis2w_sandbox.tracker.payload import SentEntity
from dhis2w_sandbox.tracker.records import TrackedEntity
from dhis2w_sandbox.tracker.reporter import Argument, Reporter
from dhis2w_sandbox.tracker.uid_checks import check_uid
from dhis2w_sandbox.tracker.value_checks import ValueChecks, attributes_of

Json = dict[str, Any]


class EntityChecks:
    """The checks, in DHIS2's order: the first that finds something ends them for that entity."""

    def __init__(self, bundle: Bundle, reporter: Reporter, values: ValueChecks) -> None:
        self._bundle = bundle
        self._reporter = reporter
        self._values = values

    def check(self, entity: SentEntity) -> None:
        """Check one entity."""
        strategy = self._bundle.strategy(entity)
        checks = [lambda: self._existence(entity)]
        if strategy != DELETE:
            checks += [lambda: self._mandatory(entity), lambda: self._metadata(entity)]
        if strategy == UPDATE:
            checks.append(lambda: self._updatable(entity))
        checks.append(lambda: self._security(entity))
        if strategy != DELETE:
            checks.append(lambda: self.attributes(entity))
            if not self._bundle.behaviour.reads_tracker_uids_strictly:
                checks.insert(0, lambda: check_uid(self._reporter, entity))
        self._reporter.in_turn(checks)

    def attributes(self, entity: SentEntity) -> None:
        """Check the attributes; again when rules have assigned some."""
        type = self._bundle.find("trackedEntityType", entity.type) or {}
        rows: list[Json] = type.get("trackedEntityTypeAttributes") or []
        mandatory = [row["trackedEntityAttribute"]["id"] for row in rows if row.get("mandatory")]
        present = attributes_of(self._bundle, entity.uid)
        scheme = self._bundle.options.schemes.general
        for uid in mandatory:
            if uid not in present:
                name = self._bundle.identifier("trackedEntityAttribute", uid, scheme)
                self._reporter.error(entity, "E1090", name.argument, type.get("id"), entity.uid)
        for row in entity.attributes:
            attribute = self._bundle.find("trackedEntityAttribute", row.field)
            if attribute is None:
                self._reporter.error(entity, "E1006", row.field.argument)
            elif row.value is not None:
                self._values.attribute(entity, attribute, row.value, entity.uid, entity.unit)
            elif attribute["id"] in mandatory:
                self._reporter.error(entity, "E1076", "TrackedEntityAttribute", row.field.argument)

    def _existence(self, entity: SentEntity) -> None:
        stored = self._bundle.stored_entity(entity.uid)
        strategy = self._bundle.strategy(entity)
        if stored is not None and stored.deleted:
            self._reporter.error(entity, "E1114", entity.uid)
        elif stored is not None and strategy == CREATE:
            self._reporter.error(entity, "E1002", entity.uid)
        elif stored is None and strategy != CREATE:
            self._reporter.error(entity, "E1063", entity.uid)

    def _mandatory(self, entity: SentEntity) -> None:
        if entity.type.is_blank:
            self._reporter.error(entity, "E1121", "trackedEntityType")
        if entity.unit.is_blank:
            self._reporter.error(entity, "E1121", "orgUnit")

    def _metadata(self, entity: SentEntity) -> None:
        if self._bundle.unit(entity) is None:
            self._reporter.error(entity, "E1049", entity.unit.argument)
        if self._bundle.find("trackedEntityType", entity.type) is None:
            self._reporter.error(entity, "E1005", entity.type.argument)

    def _updatable(self, entity: SentEntity) -> None:
        stored = self._bundle.stored_entity(entity.uid)
        if stored and not self._bundle.names(entity.type, "trackedEntityType", stored.type):
            self._reporter.error(entity, "E1126", "trackedEntityType")

    def _security(self, entity: SentEntity) -> None:
        stored = self._bundle.stored_entity(entity.uid)
        if self._bundle.is_new(entity):
            self._may_create(entity)
        elif stored is not None:
            if self._bundle.strategy(entity) == DELETE:
                self._captures(entity, self._bundle.get("organisationUnit", stored.unit))
            self._may_write(entity, stored)
            if self._bundle.strategy(entity) == DELETE:
                self._may_cascade(entity, stored)
            else:
                self._may_move(entity, stored)

    def _may_create(self, entity: SentEntity) -> None:
        type = self._bundle.find("trackedEntityType", entity.type) or {}
        unit = self._bundle.unit(entity) or {}
        by_name = self._bundle.behaviour.names_entity_refusals
        if by_name:
            self._captures(entity, unit)
        if not self._bundle.scope.may("write", "trackedEntityType", type.get("id")):
            if by_name:
                self._reporter.error(entity, "E1001", self._bundle.user.uid, _listed(type["id"]))
            else:
                shown = self._bundle.shown("trackedEntityType", type)
                self._reporter.error(entity, "E1001", self._bundle.me(), shown)
        if not by_name:
            self._captures(entity, unit)

    def _captures(self, entity: SentEntity, unit: Json) -> None:
        bundle = self._bundle
        exempt = bundle.behaviour.names_entity_refusals and bundle.user.is_super
        if not exempt and not bundle.scope.captures(unit.get("id", "")):
            by_name = bundle.behaviour.names_entity_refusals
            shown = bundle.shown_unit(unit)
            me, place = (bundle.user.uid, _listed(shown.java, shown.text)) if by_name else (bundle.me(), shown)
            self._reporter.error(entity, "E1000", me, place)

    def _may_write(self, entity: SentEntity, stored: TrackedEntity) -> None:
        scope, me = self._bundle.scope, self._bundle.user.uid
        if not self._bundle.behaviour.names_entity_refusals:
            if not scope.writes_entity(stored):
                self._reporter.error(entity, "E1003", me, stored.uid)
            return
        if self._bundle.user.is_super:
            return
        if not scope.may("write", "trackedEntityType", stored.type):
            self._reporter.error(entity, "E1001", me, _listed(stored.type))
        programs = [row for row in scope.programs_of(stored.type) if scope.may("read", "program", row["id"])]
        if not programs:
            self._reporter.error(entity, "E1323", me, _listed(stored.type))
        elif not any(scope.may("write", "program", row["id"]) and scope.owns(stored.uid, row) for row in programs):
            self._reporter.error(entity, "E1324", me, _listed(stored.uid))

    def _may_move(self, entity: SentEntity, stored: TrackedEntity) -> None:
        """E1000: another unit than before, for which the sender does not enter data (43 and newer)."""
        bundle = self._bundle
        unit = bundle.unit(entity) or {}
        if not bundle.behaviour.names_entity_refusals or unit.get("id") == stored.unit:
            return
        if not bundle.scope.captures(unit.get("id", "")):
            self._reporter.error(entity, "E1000", bundle.me(), bundle.shown_unit(unit))

    def _may_cascade(self, entity: SentEntity, stored: TrackedEntity) -> None:
        enrolled = self._bundle.records.enrollments_of(stored.uid)
        if enrolled and not self._bundle.user.has_any(["F_TEI_CASCADE_DELETE"]):
            shown = Argument(stored.uid, f"TrackedEntity{{uid='{stored.uid}'}}")
            self._reporter.error(entity, "E1100", self._bundle.me(), shown)


def _listed(java: str, text: str | None = None) -> Argument:
    """An argument that is a list of one thing."""
    return Argument(text or java, f"[{java}]")


def program_attributes(program: Json, *, mandatory: bool = False) -> list[str]:
    """The attributes of a program, in its order; only the mandatory ones where asked for."""
    rows: list[Json] = program.get("programTrackedEntityAttributes") or []
    found = [linked(row, "trackedEntityAttribute") for row in rows if row.get("mandatory") or not mandatory]
    return [uid for uid in found if uid]
