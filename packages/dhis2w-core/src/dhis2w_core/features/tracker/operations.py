"""Tracked entities, enrollments, events and relationships: found, shown with names beside UIDs, added, given away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from dhis2w_core.errors import OperationError
from dhis2w_core.features.tracker.names import named, with_names
from dhis2w_core.operation import Face, operation
from dhis2w_core.plan import Action

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.tracker import TrackerList, TrackerReport, TrackerSelection
    from dhis2w_core.object_home import Row
    from dhis2w_core.transfers.file_pushes import FilePushes

Kind: TypeAlias = Literal["trackedEntities", "enrollments", "events", "relationships"]


@operation("tracker list", effect="read")
async def list_objects(
    client: Dhis2Client,
    kind: Kind,
    *,
    program: str | None = None,
    type: str | None = None,
    ou: Sequence[str] = (),
    below: bool = False,
    of: str | None = None,
    status: str | None = None,
    since: str | None = None,
    filter: Sequence[str] = (),
    order: Sequence[str] = (),
    fields: str | None = None,
    deleted: bool = False,
    limit: int = 50,
) -> AsyncIterator[Row]:
    """List objects that you may see; what you may not see is left out without a word.

    Source: "Tracker" in DHIS2's developer guide; `TrackedEntitiesExportController` and its like.

    Args:
        kind: What to list.
        program: UID of a program; from 2.43 on enrollments and events need one.
        type: UID of a type of tracked entities.
        ou: UID of a unit; events take one.
        below: Units below these too.
        of: UID of the tracked entity that they are of.
        status: ACTIVE, COMPLETED, SCHEDULE, and so on.
        since: Only what changed since then: 2024-01-31 or 2024-01-31T12:00:00, by the server's clock.
        filter: A condition on an attribute or data element: `w75KJ2mc4zz:like:ma`.
        order: What to sort by: `occurredAt:desc`. Without it by creation.
        fields: Which properties, in DHIS2's own language.
        deleted: What is marked as deleted too; with `since` always, as a deletion is a change.
        limit: At most so many; 0 lists all.
    """
    selection = _selection(
        program=program,
        tracked_entity_type=type,
        org_units=ou,
        org_unit_mode="DESCENDANTS" if below else None,
        tracked_entities=of,
        status=status,
        updated_after=since,
        filters=filter,
        order=order,
        fields=fields,
        include_deleted=deleted,
    )
    rows = _list(client, kind).rows(page_size=min(limit, 500) or 500, **selection)
    return with_names(client, rows, limit)


@operation("tracker get", effect="read")
async def get_object(
    client: Dhis2Client, kind: Kind, id: str, *, program: str | None = None, fields: str | None = None
) -> Row:
    """Show one object, with all that belongs to it.

    Args:
        kind: What it is.
        id: Its UID.
        program: UID of a program, for what a tracked entity has in it.
        fields: Which properties; without it all.
    """
    row = (await _list(client, kind).get(id, program=program, fields=fields or "*")).to_dict()
    return (await named(client, [row]))[0]


@operation("tracker outstanding", effect="read")
async def outstanding(
    client: Dhis2Client, program: str, ou: str, until: str, *, stage: str | None = None, limit: int = 50
) -> AsyncIterator[Row]:
    """List the planned events of a unit and of those below that are due.

    Args:
        program: UID of the program.
        ou: UID of the unit.
        until: The last day: 2024-01-31.
        stage: UID of one stage.
        limit: At most so many; 0 lists all.
    """
    more: dict[str, Any] = {"program_stage": stage} if stage else {}
    rows = client.tracker.events.rows(
        program=program,
        org_units=ou,
        org_unit_mode="DESCENDANTS",
        status="SCHEDULE",
        scheduled_before=until,
        **more,
    )
    return with_names(client, rows, limit)


@operation("tracker register", effect="write")
async def register(
    type: str,
    ou: str,
    *,
    attribute: Sequence[str] = (),
    program: str | None = None,
    enrolled: str | None = None,
    occurred: str | None = None,
) -> Action:
    """Register a tracked entity, and enrol it in a program.

    Args:
        type: UID of its type.
        ou: UID of the unit.
        attribute: A value as `UID=value`.
        program: UID of a program to enrol it in.
        enrolled: Day of the enrollment: 2024-01-31.
        occurred: Day of the incident.
    """
    values = _values(attribute)

    async def perform(client: Dhis2Client) -> list[dict[str, Any]]:
        return _told(
            await client.tracker.register(type, ou, values, program=program, enrolled_at=enrolled, occurred_at=occurred)
        )

    return Action("Register a tracked entity", perform, _facts(type=type, unit=ou, program=program, **values))


@operation("tracker enrol", effect="write")
async def enrol(
    entity: str, program: str, ou: str, enrolled: str, *, occurred: str | None = None, attribute: Sequence[str] = ()
) -> Action:
    """Enrol a tracked entity in a program.

    Args:
        entity: Its UID.
        program: UID of the program.
        ou: UID of the unit.
        enrolled: Day of the enrollment: 2024-01-31.
        occurred: Day of the incident.
        attribute: A value as `UID=value`.
    """
    values = _values(attribute)

    async def perform(client: Dhis2Client) -> list[dict[str, Any]]:
        report = await client.tracker.enrol(
            entity, program, ou, enrolled_at=enrolled, occurred_at=occurred, attributes=values
        )
        return _told(report)

    return Action("Enrol a tracked entity", perform, _facts(entity=entity, program=program, unit=ou, **values))


@operation("tracker add-event", effect="write")
async def add_event(
    program: str,
    stage: str,
    ou: str,
    *,
    enrollment: str | None = None,
    occurred: str | None = None,
    scheduled: str | None = None,
    status: str | None = None,
    value: Sequence[str] = (),
) -> Action:
    """Add an event, or plan one.

    Args:
        program: UID of the program.
        stage: UID of the stage.
        ou: UID of the unit.
        enrollment: UID of the enrollment, in a program with registration.
        occurred: When it happened: 2024-01-31.
        scheduled: When it is to happen.
        status: ACTIVE, COMPLETED, SCHEDULE or SKIPPED.
        value: A value as `UID=value`.
    """
    values = _values(value)

    async def perform(client: Dhis2Client) -> list[dict[str, Any]]:
        report = await client.tracker.add_event(
            program,
            stage,
            ou,
            values,
            enrollment=enrollment,
            occurred_at=occurred,
            scheduled_at=scheduled,
            status=status,
        )
        return _told(report)

    return Action("Add an event", perform, _facts(program=program, stage=stage, unit=ou, **values))


@operation("tracker delete", effect="destroy")
async def delete(kind: Kind, id: Sequence[str]) -> Action:
    """Delete objects and what hangs on them; their UIDs can never be used again.

    Args:
        kind: What they are.
        id: Their UIDs.
    """

    async def perform(client: Dhis2Client) -> list[dict[str, Any]]:
        await _list(client, kind).delete(*id)
        return [{"deleted": kind, "id": uid} for uid in id]

    return Action(f"Delete {len(id)} of {kind}", perform, {"ids": list(id)}, effect="destroy")


@operation("tracker pull", effect="read")
async def pull(
    client: Dhis2Client,
    kind: Literal["trackedEntities", "enrollments", "events"],
    *,
    program: str | None = None,
    type: str | None = None,
    ou: Sequence[str] = (),
    below: bool = False,
    since: str | None = None,
    filter: Sequence[str] = (),
    fields: str | None = None,
    deleted: bool = False,
    to: Path | None = None,
) -> AsyncIterator[Row] | Row:
    """Read all objects that you may see, oldest first; `tracker push` takes the file that it writes.

    Tables have a column for each data element or attribute, and nothing nested. NDJSON and JSON have what DHIS2 gives;
    `--fields '*'` gives what is nested, too.

    Source: "Tracker" in DHIS2's developer guide; `TrackedEntitiesExportController` and its like.

    Args:
        kind: What to read.
        program: UID of a program; from 2.43 on enrollments and events need one.
        type: UID of a type of tracked entities.
        ou: UID of a unit; events take one.
        below: Units below these too.
        since: Only what changed since then: 2024-01-31T12:00:00, by the server's clock. What a pull tells as
            `next_since` is what the next one asks for; `last` is that of the last pull of the same into the same file.
        filter: A condition on an attribute or data element: `w75KJ2mc4zz:like:ma`.
        fields: Which properties, in DHIS2's own language.
        deleted: What is marked as deleted too; with `since` always, as a deletion is a change.
        to: A file to write, whole or not at all: .csv, .ndjson, .json or .parquet.
    """
    from dhis2w_core.last_pull import LAST, check_pull, pull_into
    from dhis2w_core.row_file import TABLES
    from dhis2w_core.transfers.event_cells import cells_of

    check_pull(to, since)
    selection = _selection(
        program=program,
        tracked_entity_type=type,
        org_units=ou,
        org_unit_mode="DESCENDANTS" if below else None,
        updated_after=since if since != LAST else None,
        filters=filter,
        fields=fields,
        include_deleted=deleted,
    )
    objects = _list(client, kind)
    if to is None:
        return objects.rows(**selection)
    flat = to.suffix.lower() in TABLES

    async def rows(moment: datetime | None) -> AsyncIterator[Row]:
        changed = {**selection, "updated_after": moment} if moment else selection
        async for row in objects.rows(**cast("TrackerSelection", changed)):
            yield cells_of(row) if flat else row

    what = json.dumps([kind, selection])
    return await pull_into(client, to, what, since, rows, list_name=kind)


@operation("tracker push", effect="write")
async def push(
    face: Face,
    file: Sequence[Path],
    *,
    format: Literal["csv", "ndjson", "json", "parquet"] | None = None,
    column: Sequence[str] = (),
    constant: Sequence[str] = (),
    strategy: Literal["CREATE_AND_UPDATE", "CREATE", "UPDATE", "DELETE"] = "CREATE_AND_UPDATE",
    id_scheme: str | None = None,
    org_unit_id_scheme: str | None = None,
    data_element_id_scheme: str | None = None,
    program_id_scheme: str | None = None,
    skip_side_effects: bool = False,
    skip_rules: bool = False,
    check: bool = True,
    background: bool = False,
    rejects: Path | None = None,
    rows_at_once: int = 500,
    restart: bool = False,
) -> FilePushes:
    """Send files of events, enrollments, tracked entities or relationships. Stopped at any point, it goes on.

    CSV and Parquet are tables of events with a column for each data element; NDJSON and JSON are objects, nested or
    not. What has no UID gets one that follows from the file, so that sending it again makes nothing twice. What is
    refused, here or by the server, is written into a file that can be repaired and sent.

    Source: "Tracker" in DHIS2's developer guide; `TrackerImportController`.

    Args:
        file: A file; its name ends in `.csv`, `.ndjson`, `.json` or `.parquet`. `-` is standard input.
        format: What standard input is; without it, told from how it begins.
        column: Which column is what, where they have names of their own: `orgUnit=facility`, `qrur9Dvnyt5=age`.
        constant: What each line of a table has that does not say it itself: `program=VBqh0ynB2wv`.
        strategy: What may be done.
        id_scheme: What identifiers are: `UID`, `CODE`, `NAME`, `ATTRIBUTE:` and a UID.
        org_unit_id_scheme: What those of organisation units are.
        data_element_id_scheme: What those of data elements are.
        program_id_scheme: What those of programs are.
        skip_side_effects: Send no notifications.
        skip_rules: Run no program rules.
        check: Check each row against the server's metadata before it is sent; such a refusal costs no import.
        background: As jobs, one for each part, for parts that take longer than a proxy waits.
        rejects: Where refused rows are written; without it, beside the file.
        rows_at_once: How many rows are sent at once, to begin with.
        restart: Forget a run that did not end, and send everything.
    """
    from dhis2w_client.tracker.push_options import PushOptions
    from dhis2w_core.transfers.file_content import sendable
    from dhis2w_core.transfers.file_pushes import FilePushes
    from dhis2w_core.transfers.source_rows import digest_of
    from dhis2w_core.transfers.tracker_push import TrackerPush

    if rows_at_once < 1:
        raise OperationError("--rows-at-once is 1 or more.")
    if rejects and len(file) > 1:
        raise OperationError("--rejects is for one file.", next_step="Without it, each has one beside it.")
    options = PushOptions(
        partial=True,
        strategy=strategy,
        skip_side_effects=skip_side_effects,
        skip_rule_engine=skip_rules,
        id_scheme=id_scheme,
        org_unit_id_scheme=org_unit_id_scheme,
        data_element_id_scheme=data_element_id_scheme,
        program_id_scheme=program_id_scheme,
    )
    pushes = [
        TrackerPush(
            source=source,
            source_digest=digest_of(source),
            columns=_pairs(column, "KEY=COLUMN"),
            constants=_pairs(constant, "KEY=VALUE"),
            options=options,
            background=background,
            rejects=rejects,
            rows_at_once=rows_at_once,
            restart=restart,
            check=check,
            progress=lambda rows, share: face.progress("Rows", rows, share=share),
        )
        for source in (sendable(each, face, "tracker objects", format) for each in dict.fromkeys(file))
    ]
    return FilePushes(pushes, "tracker objects")


@operation("tracker transfer", effect="write")
async def transfer(entity: str, program: str, ou: str) -> Action:
    """Give a tracked entity in a program to another unit.

    Args:
        entity: Its UID.
        program: UID of the program.
        ou: UID of the new owner.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await client.tracker.transfer(entity, program, ou)
        return {"transferred": entity, "program": program, "owner": ou}

    return Action("Transfer a tracked entity", perform, _facts(entity=entity, program=program, owner=ou))


@operation("tracker duplicates", effect="read")
async def duplicates(
    client: Dhis2Client,
    *,
    entity: Sequence[str] = (),
    status: Literal["OPEN", "INVALID", "MERGED", "ALL"] = "OPEN",
) -> list[dict[str, Any]]:
    """List pairs of tracked entities that may be one.

    Args:
        entity: Only pairs with this UID.
        status: Which pairs.
    """
    pairs = await client.tracker.duplicates.list(tracked_entities=entity, status=status)
    return [pair.to_dict() for pair in pairs]


def _list(client: Dhis2Client, kind: Kind) -> TrackerList[Any]:
    lists: dict[Kind, TrackerList[Any]] = {
        "trackedEntities": client.tracker.tracked_entities,
        "enrollments": client.tracker.enrollments,
        "events": client.tracker.events,
        "relationships": client.tracker.relationships,
    }
    return lists[kind]


def _selection(**parts: object) -> TrackerSelection:
    """The parts of a selection that were given."""
    return cast("TrackerSelection", {part: value for part, value in parts.items() if value})


def _values(texts: Sequence[str]) -> dict[str, str]:
    return _pairs(texts, "UID=value")


def _pairs(texts: Sequence[str], form: str) -> dict[str, str]:
    parts = [text.partition("=") for text in texts]
    wrong = next((text for text, (key, sign, _) in zip(texts, parts, strict=True) if not key or not sign), None)
    if wrong is not None:
        raise OperationError(f"{wrong!r} says nothing; write it as {form}.")
    return {key: value for key, _, value in parts}


def _facts(**facts: str | None) -> Mapping[str, object]:
    return {key: value for key, value in facts.items() if value is not None}


def _told(report: TrackerReport) -> list[dict[str, Any]]:
    """The UIDs that were made, and what DHIS2 warns of."""
    made: list[dict[str, Any]] = [{"type": kind, "id": uid} for kind, ids in report.uids.items() for uid in ids]
    return made + [{"type": "warning", "id": row.uid, "message": str(row)} for row in report.warnings]
