"""Checks of relationships before they are stored or deleted.

Source: `validator/relationship` of dhis2-core; recordings `tracker/relationships`.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.tracker.bundle import CREATE, DELETE, UPDATE, Bundle
from dhis2w_sandbox.tracker.payload import SentEnd, SentRelationship
from dhis2w_sandbox.tracker.records import ENROLLMENT, EVENT, TRACKED_ENTITY, RelationshipEnd
from dhis2w_sandbox.tracker.reporter import Reporter
from dhis2w_sandbox.tracker.uid_checks import check_uid

Json = dict[str, Any]

NAMES = {
    TRACKED_ENTITY: "trackedEntity",
    ENROLLMENT: "enrollment",
    EVENT: "event",
    "RELATIONSHIP": "relationship",
}
"""How errors call the kinds."""

_KINDS = {
    "TRACKED_ENTITY_INSTANCE": TRACKED_ENTITY,
    "PROGRAM_INSTANCE": ENROLLMENT,
    "PROGRAM_STAGE_INSTANCE": EVENT,
}


class RelationshipChecks:
    """The checks, in DHIS2's order: the first that finds something ends them for that relationship."""

    def __init__(self, bundle: Bundle, reporter: Reporter) -> None:
        self._bundle = bundle
        self._reporter = reporter

    def check(self, relationship: SentRelationship) -> None:
        """Check one relationship."""
        strategy = self._bundle.strategy(relationship)
        checks = [lambda: self._existence(relationship)]
        if strategy != DELETE:
            checks += [lambda: self._mandatory(relationship), lambda: self._metadata(relationship)]
            if not self._bundle.behaviour.reads_tracker_uids_strictly:
                checks.insert(0, lambda: check_uid(self._reporter, relationship))
        if strategy == CREATE:
            checks += [lambda: self._link(relationship), lambda: self._constraints(relationship)]
        checks.append(lambda: self._security(relationship))
        if strategy == CREATE:
            checks.append(lambda: self._duplication(relationship))
        self._reporter.in_turn(checks)

    def _existence(self, relationship: SentRelationship) -> None:
        stored = self._bundle.stored_relationship(relationship.uid)
        strategy = self._bundle.strategy(relationship)
        if stored is None:
            if strategy != CREATE:
                self._reporter.error(relationship, "E4016", relationship.uid)
        elif stored.deleted:
            self._reporter.error(relationship, "E4017", relationship.uid)
        elif strategy == UPDATE:
            self._reporter.warn(relationship, "E4015", relationship.uid)
        elif strategy == CREATE:
            self._reporter.error(relationship, "E4015", relationship.uid)

    def _mandatory(self, relationship: SentRelationship) -> None:
        for side, end in (("from", relationship.source), ("to", relationship.target)):
            if end is None or len(end.named) != 1:
                self._reporter.error(relationship, "E4001", side, relationship.uid)
        if relationship.type.is_blank:
            self._reporter.error(relationship, "E1124", "relationshipType")

    def _metadata(self, relationship: SentRelationship) -> None:
        if self._bundle.find("relationshipType", relationship.type) is None:
            self._reporter.error(relationship, "E4006", relationship.type.argument)

    def _link(self, relationship: SentRelationship) -> None:
        if relationship.source == relationship.target:
            self._reporter.error(relationship, "E4000", relationship.uid)

    def _constraints(self, relationship: SentRelationship) -> None:
        type = self._bundle.find("relationshipType", relationship.type) or {}
        self._constraint(relationship, "from", relationship.source, type.get("fromConstraint") or {})
        self._constraint(relationship, "to", relationship.target, type.get("toConstraint") or {})

    def _constraint(self, relationship: SentRelationship, side: str, end: SentEnd | None, constraint: Json) -> None:
        if end is None:
            return
        kind, uid = end.named[0]
        wanted = _KINDS[str(constraint.get("relationshipEntity"))]
        if kind != wanted:
            self._reporter.error(relationship, "E4010", side, NAMES[wanted], NAMES[kind])
        elif not self._exists(kind, uid):
            self._reporter.error(relationship, "E4012", NAMES[kind], uid)
        elif kind == TRACKED_ENTITY:
            self._check_type(relationship, side, uid, linked(constraint, "trackedEntityType") or "")

    def _check_type(self, relationship: SentRelationship, side: str, uid: str, wanted: str) -> None:
        bundle, scheme = self._bundle, self._bundle.options.schemes.general
        stored, sent = bundle.stored_entity(uid), bundle.payload.entity(uid)
        if stored is not None:
            found = bundle.identifier("trackedEntityType", stored.type, scheme)
        elif sent is not None:
            found = sent.type
        else:
            return
        if not bundle.names(found, "trackedEntityType", wanted):
            name = bundle.identifier("trackedEntityType", wanted, scheme)
            self._reporter.error(relationship, "E4014", side, name.text, found.argument)

    def _exists(self, kind: str, uid: str) -> bool:
        bundle = self._bundle
        if kind == TRACKED_ENTITY:
            return bundle.stored_entity(uid) is not None or bundle.payload.entity(uid) is not None
        if kind == ENROLLMENT:
            return bundle.stored_enrollment(uid) is not None or bundle.payload.enrollment(uid) is not None
        return bundle.records.events.get(uid) is not None or bundle.payload.event(uid) is not None

    def _security(self, relationship: SentRelationship) -> None:
        bundle = self._bundle
        strategy = bundle.strategy(relationship)
        if strategy == UPDATE:
            return
        stored = bundle.stored_relationship(relationship.uid)
        if strategy == DELETE and stored is not None:
            type, source, target = stored.type, stored.source, stored.target
        else:
            found = bundle.find("relationshipType", relationship.type) or {}
            type, source, target = found.get("id", ""), _end(relationship.source), _end(relationship.target)
        if not self._may_write(type, source, target, deletes=strategy == DELETE):
            self._reporter.error(relationship, "E4020", bundle.me(), relationship.uid)

    def _may_write(self, type: str, source: RelationshipEnd, target: RelationshipEnd, *, deletes: bool) -> bool:
        scope = self._bundle.scope
        both = self._bundle.get("relationshipType", type).get("bidirectional")
        if not scope.may("write", "relationshipType", type) or not scope.writes_end(source):
            return False
        return scope.writes_end(target) if both else deletes or scope.reads_end(target)

    def _duplication(self, relationship: SentRelationship) -> None:
        bundle = self._bundle
        type = bundle.find("relationshipType", relationship.type) or {}
        source, target = _end(relationship.source), _end(relationship.target)
        pairs = {(source, target), (target, source)} if type.get("bidirectional") else {(source, target)}
        if any(
            row.type == type.get("id") and (row.source, row.target) in pairs
            for row in bundle.records.relationships_of(source)
        ):
            first, second = bundle.constant(source.kind), bundle.constant(target.kind)
            self._reporter.error(relationship, "E4018", relationship.uid, first, source.uid, second, target.uid)


def _end(end: SentEnd | None) -> RelationshipEnd:
    kind, uid = end.named[0] if end else ("", "")
    return RelationshipEnd(kind, uid)
