"""Pairs of tracked entities that may be the same: where they are kept, and how one is merged into the other.

Source: `PotentialDuplicate`, `DefaultDeduplicationService`, `DeduplicationHelper` and
`HibernatePotentialDuplicateStore` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from dhis2w_sandbox.errors import Dhis2Refusal, forbidden
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.deleting import Deleter
from dhis2w_sandbox.tracker.ownership import Scope
from dhis2w_sandbox.tracker.record_store import RecordStore
from dhis2w_sandbox.tracker.records import (
    TRACKED_ENTITY,
    AttributeValue,
    Change,
    Relationship,
    RelationshipEnd,
    TrackedEntity,
    UserInfo,
)
from dhis2w_sandbox.user import User

Json = dict[str, Any]

STATUSES = ("OPEN", "INVALID", "MERGED", "ALL")
_MERGE = "F_TRACKED_ENTITY_MERGE"


@dataclass(frozen=True)
class Pair:
    """Two tracked entities that may be the same."""

    uid: str
    original: str
    duplicate: str
    status: str
    created: str
    updated: str
    created_by: str
    updated_by: str

    def as_json(self) -> Json:
        """The pair as answers show it."""
        return {
            "id": self.uid,
            "created": self.created,
            "lastUpdated": self.updated,
            "original": self.original,
            "duplicate": self.duplicate,
            "status": self.status,
            "createdByUserName": self.created_by,
            "lastUpdatedByUserName": self.updated_by,
        }


class Pairs:
    """The pairs of a server."""

    def __init__(self, server: Server) -> None:
        self._sql = server.store.sql
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS potential_duplicate (uid TEXT PRIMARY KEY, original TEXT NOT NULL,"
            " duplicate TEXT NOT NULL, status TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL,"
            " created_by TEXT NOT NULL, updated_by TEXT NOT NULL)"
        )

    def all(self) -> list[Pair]:
        """Every pair, oldest first."""
        return [Pair(*row) for row in self._sql.execute("SELECT * FROM potential_duplicate ORDER BY rowid")]

    def get(self, uid: str) -> Pair | None:
        """A pair by its identifier."""
        return next((pair for pair in self.all() if pair.uid == uid), None)

    def has(self, original: str, duplicate: str) -> bool:
        """Whether two entities are a pair, in either order."""
        return any({pair.original, pair.duplicate} == {original, duplicate} for pair in self.all())

    def put(self, pair: Pair) -> None:
        """Store a pair, in the place of the former one if there is one."""
        self._sql.execute(
            "INSERT INTO potential_duplicate VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (uid) DO UPDATE SET status = excluded.status, updated = excluded.updated,"
            " updated_by = excluded.updated_by",
            (
                pair.uid,
                pair.original,
                pair.duplicate,
                pair.status,
                pair.created,
                pair.updated,
                pair.created_by,
                pair.updated_by,
            ),
        )


@dataclass(frozen=True)
class MergeChoice:
    """What goes over to the original."""

    attributes: frozenset[str]
    enrollments: frozenset[str]
    relationships: frozenset[str]


class Merge:
    """Merges one entity into another.

    Args:
        server: where.
        user: who merges.
        original: the one that stays.
        duplicate: the one that is deleted.
    """

    def __init__(self, server: Server, user: User, original: TrackedEntity, duplicate: TrackedEntity) -> None:
        self._server = server
        self._user = user
        self._records = RecordStore(server)
        self._original = original
        self._duplicate = duplicate

    def everything(self) -> MergeChoice:
        """All that the original has not: 409 where the two contradict each other."""
        original, duplicate = self._original, self._duplicate
        what = "PotentialDuplicate cannot be merged automatically:"
        if original.type != duplicate.type:
            raise Dhis2Refusal(409, f"{what} Entities have different Tracked Entity Types.")
        if original.deleted or duplicate.deleted:
            raise Dhis2Refusal(409, f"{what} One or both entities have already been marked as deleted.")
        if self._programs(original) & self._programs(duplicate):
            raise Dhis2Refusal(409, f"{what} Both entities enrolled in the same program.")
        values = {value.attribute: value.value for value in original.attributes}
        if any(values.get(value.attribute, value.value) != value.value for value in duplicate.attributes):
            raise Dhis2Refusal(409, f"{what} Entities have conflicting values for the same attributes.")
        return MergeChoice(
            frozenset(value.attribute for value in duplicate.attributes if value.attribute not in values),
            frozenset(row.uid for row in self._records.enrollments_of(duplicate.uid)),
            frozenset(row.uid for row in self._links(duplicate) if not self._is_held(row)),
        )

    def check(self, choice: MergeChoice) -> None:
        """409 where something is to go over that the duplicate has not, or that the original has already."""
        duplicate = self._duplicate
        programs = self._programs(self._original)
        enrollments = {row.uid: row.program for row in self._records.enrollments_of(duplicate.uid)}
        links = {row.uid: row for row in self._links(duplicate)}
        self._check_known(choice.attributes, {value.attribute for value in duplicate.attributes}, "attribute")
        self._check_known(choice.relationships, links, "relationship")
        self._check_known(choice.enrollments, enrollments, "enrollment")
        for uid in choice.relationships:
            if self._is_held(links[uid]):
                raise _conflict(f"Invalid relationship '{uid}'. A similar relationship already exists on original.")
        for uid in choice.enrollments:
            if enrollments[uid] in programs:
                raise _conflict(
                    f"Invalid enrollment '{enrollments[uid]}'. A similar enrollment already exists on original."
                )

    def run(self, choice: MergeChoice) -> None:
        """Let what is chosen go over, and delete the duplicate; 403 where the user may not."""
        self._check_access(choice)
        records, now = self._records, self._server.now()
        document = self._user.document
        me = UserInfo(self._user.uid, self._user.username, document.get("firstName"), document.get("surname"))
        values, changes = self._merged_values(choice, now, me)
        self._original = replace(self._original, attributes=values, updated_at=now, updated_by=me)
        records.tracked_entities.put(self._original)
        type, flag = self._original.type, self._server.behaviour.entity_change_log_flag
        if flag is None or (self._server.store.get("trackedEntityType", type) or {}).get(flag):
            records.log(changes)
        for enrollment in records.enrollments_of(self._duplicate.uid):
            if enrollment.uid in choice.enrollments:
                records.enrollments.put(replace(enrollment, tracked_entity=self._original.uid, updated_at=now))
                owner = records.owner(self._duplicate.uid, enrollment.program)
                if owner is not None:
                    records.put_owner(replace(owner, tracked_entity=self._original.uid))
        for link in self._links(self._duplicate):
            if link.uid in choice.relationships:
                records.relationships.put(self._moved(link))
        Deleter(records, now, me).tracked_entity(self._duplicate.uid)

    def _merged_values(
        self, choice: MergeChoice, now: str, me: UserInfo
    ) -> tuple[tuple[AttributeValue, ...], list[Change]]:
        """The values of the original with those that go over, and what a change log says of it."""
        uid = self._original.uid
        values = {row.attribute: row for row in self._original.attributes}
        changes: list[Change] = []
        for row in self._duplicate.attributes:
            if row.attribute not in choice.attributes:
                continue
            held = values.get(row.attribute)
            type, before = ("UPDATE", held.value) if held else ("CREATE", None)
            kept = held or AttributeValue(row.attribute, row.value, now, now)
            values[row.attribute] = replace(kept, value=row.value)
            changes.append(Change(uid, "attribute", row.attribute, type, before, row.value, now, me))
        return tuple(values.values()), changes

    def _check_access(self, choice: MergeChoice) -> None:
        scope = Scope(self._server, self._user, self._records)
        what, both = "Insufficient access:", (self._original, self._duplicate)
        if not self._user.has_any([_MERGE]):
            raise forbidden(f"{what} Missing required authority for merging tracked entities.", None)
        if not all(scope.may("write", "trackedEntityType", entity.type) for entity in both):
            raise forbidden(f"{what} Missing data write access to Tracked Entity Type.", None)
        links = {link.type for link in self._links(self._duplicate) if link.uid in choice.relationships}
        if not all(scope.may("write", "relationshipType", type) for type in links):
            raise forbidden(f"{what} Missing data write access to one or more Relationship Types.", None)
        enrolled = self._records.enrollments_of(self._duplicate.uid)
        programs = {row.program for row in enrolled if row.uid in choice.enrollments}
        if not all(scope.may("write", "program", program) for program in programs):
            raise forbidden(f"{what} Missing data write access to one or more Programs.", None)
        if not all(scope.captures(entity.unit) for entity in both):
            raise forbidden(f"{what} Missing access to organisation unit of one or both entities.", None)

    def _check_known(self, chosen: Iterable[str], known: Iterable[str], what: str) -> None:
        held = set(known)
        for uid in chosen:
            if uid not in held:
                raise _conflict(f"Duplicate has no {what} '{uid}'.")

    def _programs(self, entity: TrackedEntity) -> set[str]:
        return {enrollment.program for enrollment in self._records.enrollments_of(entity.uid)}

    def _links(self, entity: TrackedEntity) -> list[Relationship]:
        return self._records.relationships_of(RelationshipEnd(TRACKED_ENTITY, entity.uid))

    def _moved(self, link: Relationship) -> Relationship:
        """A relationship of the duplicate as one of the original."""
        mine = RelationshipEnd(TRACKED_ENTITY, self._duplicate.uid)
        original = RelationshipEnd(TRACKED_ENTITY, self._original.uid)
        source, target = (original if end == mine else end for end in (link.source, link.target))
        return replace(link, source=source, target=target)

    def _is_held(self, link: Relationship) -> bool:
        """Whether the original has the relationship already, or is itself at the other end."""
        moved = self._moved(link)
        held = {(row.type, row.source, row.target) for row in self._links(self._original)}
        ways = {(moved.type, moved.source, moved.target)}
        if (self._server.store.get("relationshipType", link.type) or {}).get("bidirectional"):
            ways.add((moved.type, moved.target, moved.source))
        return moved.source == moved.target or not ways.isdisjoint(held)


def _conflict(text: str) -> Dhis2Refusal:
    return Dhis2Refusal(409, f"Merging conflict: {text}")
