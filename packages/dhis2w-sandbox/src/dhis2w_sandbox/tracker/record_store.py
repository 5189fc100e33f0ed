"""Where tracker's records are kept: tables of their own in the sandbox's database, inside its transactions.

A record's columns beside its document are those by which it is looked for; `number` is DHIS2's internal identifier: it
grows, and lists without an order come by it, latest first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Any, Generic, TypeVar

from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.records import (
    ENROLLMENT,
    EVENT,
    TRACKED_ENTITY,
    AttributeValue,
    Change,
    Enrollment,
    Event,
    EventValue,
    Note,
    Owner,
    Relationship,
    RelationshipEnd,
    TrackedEntity,
    UserInfo,
)

Json = dict[str, Any]

Record = TypeVar("Record", TrackedEntity, Enrollment, Event, Relationship)


class RecordTable(Generic[Record]):
    """The records of one kind.

    Args:
        server: whose database holds them.
        name: the table's name.
        columns: the columns by which records are looked for: names with their value in a record.
        read: makes a record of its document.
    """

    def __init__(
        self,
        server: Server,
        name: str,
        columns: dict[str, Callable[[Record], Any]],
        read: Callable[[Json], Record],
    ) -> None:
        self._sql = server.store.sql
        self.name = name
        self._columns = columns
        self._read = read
        declared = "".join(f", {column}" for column in self._columns)
        self._sql.execute(
            f"CREATE TABLE IF NOT EXISTS {name} (number INTEGER PRIMARY KEY, uid TEXT NOT NULL,"
            f" single INTEGER NOT NULL, deleted INTEGER NOT NULL{declared}, document TEXT NOT NULL,"
            " UNIQUE (uid, single))"
        )
        for column in columns:
            self._sql.execute(f"CREATE INDEX IF NOT EXISTS {name}_{column} ON {name} ({column})")

    def get(self, uid: str, *, single: bool | None = None) -> Record | None:
        """The record, deleted or not; of events only a single one or only one of an enrollment, where that is said."""
        condition, args = ("uid = ?", (uid,)) if single is None else ("uid = ? AND single = ?", (uid, int(single)))
        return next(iter(self.select(condition, args)), None)

    def each(self, where: str = "1", args: Iterable[Any] = (), order: str = "number") -> Iterator[Record]:
        """The records, deleted or not, that an SQL condition holds for, one by one; columns are those of the table."""
        rows = self._sql.execute(f"SELECT document FROM {self.name} WHERE {where} ORDER BY {order}", tuple(args))  # noqa: S608 - conditions are this package's own
        return (self._read(json.loads(document)) for (document,) in rows)

    def select(self, where: str = "1", args: Iterable[Any] = (), order: str = "number") -> list[Record]:
        """As `each`, all at once."""
        return list(self.each(where, args, order))

    def number(self, uid: str) -> int:
        """DHIS2's internal identifier of a record; 0 where there is none."""
        row = self._sql.execute(f"SELECT number FROM {self.name} WHERE uid = ?", (uid,)).fetchone()  # noqa: S608 - only constants
        return row[0] if row else 0

    def put(self, record: Record) -> None:
        """Store a record, in the place of the former one if there is one."""
        single = isinstance(record, Event) and record.is_single
        values: list[Any] = [
            record.uid,
            int(single),
            record.deleted,
            *(value(record) for value in self._columns.values()),
        ]
        names = ["uid", "single", "deleted", *self._columns, "document"]
        updates = ", ".join(f"{name} = excluded.{name}" for name in names[2:])
        self._sql.execute(
            f"INSERT INTO {self.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - only constants
            f" ON CONFLICT (uid, single) DO UPDATE SET {updates}",
            [*values, json.dumps(vars(record), default=vars, ensure_ascii=False)],
        )
        self._index(record)

    def _index(self, record: Record) -> None:
        """Keep the tables up to date by which records are found by what is inside them."""
        if isinstance(record, TrackedEntity):
            self._sql.execute("DELETE FROM attribute_value WHERE tracked_entity = ?", (record.uid,))
            self._sql.executemany(
                "INSERT INTO attribute_value (attribute, value, tracked_entity) VALUES (?, ?, ?)",
                ((row.attribute, row.value, record.uid) for row in record.attributes if row.value is not None),
            )
        elif isinstance(record, (Enrollment, Event)) and record.notes:
            self._sql.executemany("INSERT OR IGNORE INTO note (uid) VALUES (?)", ((row.uid,) for row in record.notes))


class RecordStore:
    """The tracker data of a server: make one whenever it is needed; the tables are the database's."""

    def __init__(self, server: Server) -> None:
        self._sql = server.store.sql
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS attribute_value (attribute TEXT NOT NULL, value TEXT NOT NULL,"
            " tracked_entity TEXT NOT NULL)"
        )
        self._sql.execute("CREATE INDEX IF NOT EXISTS attribute_value_place ON attribute_value (attribute, value)")
        self._sql.execute("CREATE INDEX IF NOT EXISTS attribute_value_of ON attribute_value (tracked_entity)")
        self._sql.execute("CREATE TABLE IF NOT EXISTS note (uid TEXT PRIMARY KEY)")
        self.tracked_entities: RecordTable[TrackedEntity] = RecordTable(
            server,
            "tracked_entity",
            {
                "type": lambda entity: entity.type,
                "unit": lambda entity: entity.unit,
                "updated_at": lambda entity: entity.updated_at,
            },
            _tracked_entity,
        )
        self.enrollments: RecordTable[Enrollment] = RecordTable(
            server,
            "enrollment",
            {
                "tracked_entity": lambda enrollment: enrollment.tracked_entity,
                "program": lambda enrollment: enrollment.program,
                "unit": lambda enrollment: enrollment.unit,
                "status": lambda enrollment: enrollment.status,
                "updated_at": lambda enrollment: enrollment.updated_at,
            },
            _enrollment,
        )
        self.events: RecordTable[Event] = RecordTable(
            server,
            "event",
            {
                "enrollment": lambda event: event.enrollment,
                "program": lambda event: event.program,
                "stage": lambda event: event.stage,
                "unit": lambda event: event.unit,
                "status": lambda event: event.status,
                "occurred_at": lambda event: event.occurred_at,
                "updated_at": lambda event: event.updated_at,
            },
            _event,
        )
        self.relationships: RecordTable[Relationship] = RecordTable(
            server,
            "relationship",
            {
                "type": lambda relationship: relationship.type,
                "source": lambda relationship: f"{relationship.source.kind} {relationship.source.uid}",
                "target": lambda relationship: f"{relationship.target.kind} {relationship.target.uid}",
            },
            _relationship,
        )
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS program_owner (tracked_entity TEXT NOT NULL, program TEXT NOT NULL,"
            " unit TEXT NOT NULL, created_at TEXT NOT NULL, created_by TEXT NOT NULL,"
            " PRIMARY KEY (tracked_entity, program))"
        )
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS temporary_owner (tracked_entity TEXT NOT NULL, program TEXT NOT NULL,"
            " user TEXT NOT NULL, reason TEXT, valid_till TEXT NOT NULL)"
        )
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS tracker_change (number INTEGER PRIMARY KEY, object TEXT NOT NULL,"
            " kind TEXT NOT NULL, field TEXT NOT NULL, type TEXT NOT NULL, previous TEXT, current TEXT,"
            " created_at TEXT NOT NULL, created_by TEXT NOT NULL)"
        )

    def enrollments_of(self, tracked_entity: str) -> list[Enrollment]:
        """The enrollments of a tracked entity, oldest first, without deleted ones."""
        return self.enrollments.select("tracked_entity = ? AND NOT deleted", [tracked_entity])

    def events_of(self, enrollment: str) -> list[Event]:
        """The events of an enrollment, oldest first, without deleted ones."""
        return self.events.select("enrollment = ? AND NOT deleted", [enrollment])

    def relationships_of(self, end: RelationshipEnd) -> list[Relationship]:
        """The relationships that link to something, on either side, oldest first, without deleted ones."""
        key = f"{end.kind} {end.uid}"
        return self.relationships.select("(source = ? OR target = ?) AND NOT deleted", [key, key])

    def entities_at(self, ends: Iterable[RelationshipEnd]) -> list[str]:
        """The tracked entities that the sides of relationships are, or belong to."""
        found: list[str] = []
        for end in ends:
            enrollment = end.uid if end.kind == ENROLLMENT else None
            if end.kind == EVENT:
                event = self.events.get(end.uid)
                enrollment = event.enrollment if event else None
            enrolled = self.enrollments.get(enrollment) if enrollment else None
            if end.kind == TRACKED_ENTITY:
                found.append(end.uid)
            elif enrolled is not None:
                found.append(enrolled.tracked_entity)
        return found

    def has_note(self, uid: str) -> bool:
        """Whether there is a note with an identifier, of whatever enrollment or event."""
        return self._sql.execute("SELECT 1 FROM note WHERE uid = ?", (uid,)).fetchone() is not None

    def entities_with(self, attribute: str, value: str) -> list[TrackedEntity]:
        """The tracked entities that have a value of an attribute, without deleted ones."""
        having = "SELECT tracked_entity FROM attribute_value WHERE attribute = ? AND value = ?"
        return self.tracked_entities.select(f"NOT deleted AND uid IN ({having})", [attribute, value])

    def owner(self, tracked_entity: str, program: str) -> Owner | None:
        """Who owns a tracked entity in a program; None where nobody was ever noted."""
        return next((owner for owner in self.owners_of(tracked_entity) if owner.program == program), None)

    def owners_of(self, tracked_entity: str) -> list[Owner]:
        """The owners of a tracked entity, one for each program in which it has one, oldest first."""
        rows = self._sql.execute(
            "SELECT tracked_entity, program, unit, created_at, created_by FROM program_owner"
            " WHERE tracked_entity = ? ORDER BY rowid",
            (tracked_entity,),
        )
        return [Owner(*row) for row in rows]

    def put_owner(self, owner: Owner) -> None:
        """Note who owns a tracked entity in a program."""
        self._sql.execute(
            "INSERT INTO program_owner (tracked_entity, program, unit, created_at, created_by) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (tracked_entity, program) DO UPDATE SET unit = excluded.unit,"
            " created_at = excluded.created_at, created_by = excluded.created_by",
            (owner.tracked_entity, owner.program, owner.unit, owner.created_at, owner.created_by),
        )

    def grant_temporarily(self, tracked_entity: str, program: str, user: str, reason: str | None, till: str) -> None:
        """Let a user work with a tracked entity that another unit owns, until then ("breaking the glass")."""
        self._sql.execute(
            "INSERT INTO temporary_owner (tracked_entity, program, user, reason, valid_till) VALUES (?, ?, ?, ?, ?)",
            (tracked_entity, program, user, reason, till),
        )

    def is_temporary_owner(self, tracked_entity: str, program: str, user: str, now: str) -> bool:
        """Whether a user was let work with it, and still may."""
        row = self._sql.execute(
            "SELECT 1 FROM temporary_owner WHERE tracked_entity = ? AND program = ? AND user = ? AND valid_till > ?",
            (tracked_entity, program, user, now),
        ).fetchone()
        return row is not None

    def log(self, changes: Iterable[Change]) -> None:
        """Note what was changed."""
        self._sql.executemany(
            "INSERT INTO tracker_change (object, kind, field, type, previous, current, created_at, created_by)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    change.object,
                    change.kind,
                    change.field,
                    change.type,
                    change.previous,
                    change.current,
                    change.created_at,
                    json.dumps(asdict(change.created_by)),
                )
                for change in changes
            ),
        )

    def forget_changes(self, uid: str) -> None:
        """Remove the change log of a tracked entity or an event that is deleted."""
        self._sql.execute("DELETE FROM tracker_change WHERE object = ?", (uid,))

    def changes_of(self, uid: str) -> list[Change]:
        """The change log of a tracked entity or an event, latest first."""
        rows = self._sql.execute(
            "SELECT object, kind, field, type, previous, current, created_at, created_by FROM tracker_change"
            " WHERE object = ? ORDER BY number DESC",
            (uid,),
        )
        return [Change(*row, created_by=UserInfo(**json.loads(user))) for *row, user in rows]


def _user(row: Json | None) -> UserInfo | None:
    return UserInfo(**row) if row else None


def _people(row: Json) -> Json:
    """A row with its users as such."""
    return row | {key: _user(row[key]) for key in ("created_by", "updated_by") if key in row}


def _notes(row: Json) -> tuple[Note, ...]:
    return tuple(Note(**_people(note)) for note in row["notes"])


def _tracked_entity(row: Json) -> TrackedEntity:
    fields = _people(row)
    fields["attributes"] = tuple(AttributeValue(**value) for value in row["attributes"])
    return TrackedEntity(**fields)


def _enrollment(row: Json) -> Enrollment:
    fields = _people(row)
    fields["notes"] = _notes(row)
    return Enrollment(**fields)


def _event(row: Json) -> Event:
    fields = _people(row)
    fields["values"] = tuple(EventValue(**_people(value)) for value in row["values"])
    fields["notes"] = _notes(row)
    return Event(**fields)


def _relationship(row: Json) -> Relationship:
    fields = _people(row)
    for side in ("source", "target"):
        fields[side] = RelationshipEnd(**row[side])
    return Relationship(**fields)
