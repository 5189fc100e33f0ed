"""Plans: what a write would do, before it does it.

Three kinds share one protocol. A `Change` has objects with before and after, and can be taken back. An `Action` has
DHIS2 do something, and cannot. A `Transfer` sends a file, whose values it does not hold. `dhis2w_core.executor` shows
them, asks, writes them down and applies them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from dhis2w_client.errors import Dhis2Error, StaleObjectError
from dhis2w_client.patches import diff
from dhis2w_core.errors import PartlyDoneError, StalePlanError
from dhis2w_core.object_home import Row, home_of
from dhis2w_core.object_state import SECRETS, digest, own_values, read_state

if TYPE_CHECKING:
    from pathlib import Path

    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.operation import Effect, Undo


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One thing that would be different."""

    object: str
    """Which object: its type, its id, its name."""
    field: str = ""
    """Which of its properties; none where `after` says what would become of the object."""
    before: object = None
    after: object = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a plan would do, to be looked at."""

    title: str
    effect: Effect
    undo: Undo
    undo_note: str
    """What undo could and could not do, in words."""
    lines: tuple[PreviewLine, ...] = ()
    """What would be different; empty where nothing would."""


@dataclass(frozen=True, slots=True)
class StepDone:
    """One object that was written, as the journal keeps it."""

    step: int
    id: str
    after: str | None
    """Digest of the object after the write; `None` when it is gone."""


Record = Callable[[StepDone], None]
"""Writes a step down as soon as it is done."""


@runtime_checkable
class Plan(Protocol):
    """What a write would do."""

    @property
    def steps(self) -> tuple[ObjectChange, ...]:
        """The objects with their states before, for the journal; none where it cannot be taken back."""
        ...

    @property
    def takes_back(self) -> str | None:
        """The run of the journal that it undoes."""
        ...

    def preview(self) -> Preview:
        """What it would do, to be looked at."""
        ...

    def fingerprint(self) -> str:
        """What the plan was made for; another state of the server, or another source, gives another one."""
        ...

    async def apply(self, client: Dhis2Client, record: Record) -> object:
        """Do it, and return what is to be told.

        Raises:
            StaleObjectError: An object is not any more what the plan was made for; nothing was written.
            PartlyDoneError: The server refused after something was written.
            Dhis2Error: The server refused; nothing was written.
        """
        ...


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """One object before and after."""

    type: str
    """DHIS2's plural, such as `dataElements`."""
    id: str | None
    """Its UID; `None` for a new one that the server names."""
    before: Row | None = field(repr=False)
    """What it owns now; `None` when it is new."""
    after: Row | None = field(repr=False)
    """What it is to own; `None` to delete it."""

    @property
    def verb(self) -> str:
        """`create`, `delete` or `update`."""
        return "create" if self.before is None else "delete" if self.after is None else "update"

    @property
    def shown(self) -> str:
        """The object in words."""
        names = self.before or self.after or {}
        name = names.get("displayName") or names.get("name") or names.get("code") or ""
        return " ".join(part for part in (self.type, self.id or "", str(name)) if part)

    @property
    def operations(self) -> list[Any]:
        """The JSON Patch of an update."""
        return diff(own_values(self.before or {}), own_values(self.after or {}))

    @property
    def changed(self) -> list[str]:
        """The properties that an update changes."""
        paths = (operation["path"].split("/")[1] for operation in self.operations)
        return list(dict.fromkeys(path.replace("~1", "/").replace("~0", "~") for path in paths))


@dataclass(frozen=True, slots=True)
class Change:
    """Objects with before and after."""

    title: str
    steps: tuple[ObjectChange, ...]
    takes_back: str | None = None
    """The run of the journal that it undoes."""

    @property
    def undo(self) -> Undo:
        """Creating and updating can be taken back; of a deleted object only what it owned."""
        return "partial" if any(step.verb == "delete" for step in self.steps) else "full"

    def preview(self) -> Preview:
        """One line for each property that would be different; one for each object that would go."""
        deletes = self.undo == "partial"
        note = (
            "`d2w undo` makes it again with its UID and what it owned; memberships that other objects own, and who "
            "made it when, stay lost."
            if deletes
            else "`d2w undo` takes it back, as long as nobody changes the object meanwhile."
        )
        lines = tuple(line for step in self.steps for line in _lines(step))
        return Preview(self.title, "destroy" if deletes else "write", self.undo, note, lines)

    def fingerprint(self) -> str:
        """From the objects as they were when the plan was made, and as they are to be."""
        return _fingerprint([self.title, *((s.type, s.id, digest(s.before), digest(s.after)) for s in self.steps)])

    async def apply(self, client: Dhis2Client, record: Record) -> list[Row]:
        """Look at each object once more, then write them one by one, in order.

        DHIS2 has no conditional writes: somebody may still come in between looking and writing.
        """
        for step in self.steps:
            await _refuse_stale(client, step)
        done: list[Row] = []
        for number, step in enumerate(self.steps):
            try:
                uid = await home_of(step.type).write(client, step)
            except Dhis2Error as error:
                if not done:
                    raise
                raise PartlyDoneError(
                    f"{len(done)} of {len(self.steps)} objects were written; then {step.shown} was refused: "
                    f"{error.message}",
                    done=done,
                    next_step="`d2w undo` takes back what was done.",
                ) from None
            after = None if step.after is None else digest(await read_state(client, step.type, uid))
            record(StepDone(number, uid, after))
            done.append({"done": f"{step.verb}d", "type": step.type, "id": uid, "name": _name_of(step)})
        return done


@dataclass(frozen=True, slots=True)
class Action:
    """Something that DHIS2 does for us, and that cannot be taken back."""

    title: str
    perform: Callable[[Dhis2Client], Awaitable[object]] = field(repr=False)
    facts: Mapping[str, object] = field(default_factory=dict[str, object])
    """What it would do, by property; shown, and part of the fingerprint."""
    effect: Effect = "write"
    steps: tuple[ObjectChange, ...] = ()
    takes_back: str | None = None

    def preview(self) -> Preview:
        """One line for each of its facts."""
        lines = tuple(PreviewLine("", name, None, value) for name, value in self.facts.items())
        return Preview(
            self.title,
            self.effect,
            "none",
            "This cannot be undone.",
            lines or (PreviewLine("", after="would be done"),),
        )

    def fingerprint(self) -> str:
        """From its title and facts."""
        return _fingerprint([self.title, sorted(self.facts.items())])

    async def apply(self, client: Dhis2Client, record: Record) -> object:  # noqa: ARG002 - nothing to take back later
        """Have it done."""
        return await self.perform(client)


@dataclass(frozen=True, slots=True)
class Transfer:
    """A file that is sent; it is read again when it is sent, and has to be the same by then."""

    title: str
    source: Path
    source_digest: str
    """SHA-256 of the file when the plan was made."""
    facts: Mapping[str, object]
    """What is in it: counts, not values."""
    send: Callable[[Dhis2Client, bytes], Awaitable[object]] = field(repr=False)
    steps: tuple[ObjectChange, ...] = ()
    takes_back: str | None = None

    def preview(self) -> Preview:
        """One line for each of its facts."""
        lines = tuple(PreviewLine(self.source.name, name, None, value) for name, value in self.facts.items())
        return Preview(self.title, "write", "none", "An import cannot be undone.", lines)

    def fingerprint(self) -> str:
        """From the file's content."""
        return _fingerprint([self.title, self.source_digest])

    async def apply(self, client: Dhis2Client, record: Record) -> object:  # noqa: ARG002 - nothing to take back later
        """Send the file."""
        content = self.source.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.source_digest:
            raise StalePlanError(f"{self.source} has changed since the plan was made; nothing was sent.")
        return await self.send(client, content)


def _fingerprint(parts: Iterable[object]) -> str:
    text = json.dumps(list(parts), ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _lines(step: ObjectChange) -> Iterable[PreviewLine]:
    if step.after is None:
        yield PreviewLine(step.shown, after="would be deleted")
    elif step.before is None:
        yield PreviewLine(step.shown, after="would be created")
        for name, value in own_values(step.after).items():
            yield PreviewLine(step.shown, name, None, _shown(name, value))
    else:
        before, after = own_values(step.before), own_values(step.after)
        for name in step.changed:
            yield PreviewLine(step.shown, name, before.get(name), _shown(name, after.get(name)))


def _shown(name: str, value: object) -> object:
    return "(not shown)" if name in SECRETS else value


def _name_of(step: ObjectChange) -> str:
    return str((step.after or step.before or {}).get("name", ""))


async def _refuse_stale(client: Dhis2Client, step: ObjectChange) -> None:
    if step.id is None:
        return
    now = await read_state(client, step.type, step.id)
    if digest(now) != digest(step.before):
        found = "is there" if step.before is None else "is gone" if now is None else "was changed"
        raise StaleObjectError(
            f"{step.shown} {found} since the plan was made; nothing was written.",
            read=(step.before or {}).get("lastUpdated"),
            found=(now or {}).get("lastUpdated"),
            next_step="Look at it, and plan again.",
        )
