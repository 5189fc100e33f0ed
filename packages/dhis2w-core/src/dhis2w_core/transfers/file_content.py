"""What a file that is to be sent really is, told from how it begins: a slip costs no request, and loses nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic_core import from_json

from dhis2w_client.data_values.value_reader import BOM
from dhis2w_client.tracker.kind import IN_PAYLOADS
from dhis2w_core.errors import OperationError
from dhis2w_core.transfers.spooled_input import OF_EVENTS, Kind, file_of, is_spooled, name_of

if TYPE_CHECKING:
    from dhis2w_core.operation import Face

Content = Literal["data values", "tracker objects"]
PIECE = 256 * 1024
"""Bytes at the beginning that are looked at."""
LINES = (".ndjson", ".jsonl")
COMMANDS: Mapping[str, str] = {"data values": "d2w data push", "tracker objects": "d2w tracker push"}
OF_TRACKER = frozenset(
    {"programStage", "enrollment", "enrolledAt", "trackedEntity", "trackedEntityType", "relationshipType"}
)
"""What objects of tracker have, and nobody calls a column of data values."""
OF_UNNAMED_EVENTS = OF_EVENTS | {"occurredAt", "scheduledAt", "status"}
"""What an event has beside its `dataValues` that does not say of which program it is."""
FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "is compressed", "Unpack it first: gunzip does."),
    (b"PK\x03\x04", "is a workbook of Excel, or a ZIP file", "Save the sheet as CSV in UTF-8, or unpack it first."),
    (b"\xd0\xcf\x11\xe0", "is a workbook of Excel", "Save the sheet as CSV in UTF-8."),
    (b"\xff\xfe", "is text in UTF-16", "Save it in UTF-8."),
    (b"\xfe\xff", "is text in UTF-16", "Save it in UTF-8."),
)
"""How files begin that nothing here reads, what they are, and what to do."""


def sendable(file: Path, face: Face, wanted: Content, kind: Kind | None = None) -> Path:
    """The file that is meant (what is piped in for `-`), after `check_content`.

    Args:
        file: The file, or `-`.
        face: Who has what is piped in.
        wanted: What is to be in it.
        kind: What is piped in. Default: told from how it begins.

    Raises:
        OperationError: Nothing came, or something else.
    """
    found = file_of(file, face, kind)
    check_content(found, wanted)
    return found


def check_content(file: Path, wanted: Content) -> None:
    """Refuse a file that is not what its name and the command say.

    Args:
        file: The file; one that cannot be read is left to who reads it.
        wanted: What is to be in it.

    Raises:
        OperationError: It is compressed, a workbook, in UTF-16, of another format than its name says, or has the other
            content; then the command is named that takes it.
    """
    try:
        with file.open("rb") as content:
            begin = content.read(PIECE)
    except OSError:
        return
    name = name_of(file)
    for sign, what, advice in FOREIGN:
        if begin.startswith(sign):
            raise OperationError(f"{name} {what}.", next_step=advice)
    start, ending = begin.removeprefix(BOM).lstrip(), file.suffix.lower()
    if start.startswith(b"<"):
        raise OperationError(
            f"{name} is XML.", next_step="In Python `client.data_values.push_content` sends XML and ADX."
        )
    is_json = start.startswith((b"{", b"["))
    if ending == ".csv" and (is_json or start.startswith(b"PAR1")):
        what, ends = ("JSON", ".json or .ndjson") if is_json else ("Parquet", ".parquet")
        raise OperationError(f"{name} is {what}, not CSV.", next_step=_naming(file, ends))
    if ending in (".json", *LINES) and start:
        if not is_json:
            raise OperationError(f"{name} is no JSON.", next_step=_naming(file, ".csv if it is a table"))
        _check_json(name, start.split(b"\n", 1)[0] if ending in LINES else start, wanted, as_rows=ending in LINES)


def _naming(file: Path, ending: str) -> str:
    return "Say with --format what it is." if is_spooled(file) else f"End its name in {ending}."


def _check_json(name: str, begin: bytes, wanted: Content, *, as_rows: bool) -> None:
    """Refuse JSON whose first names are those of the other content, or of no content."""
    try:
        parsed: Any = from_json(begin, allow_partial=True)
    except ValueError:
        return  # whoever reads it tells where it is broken
    first: Any = next(iter(cast("list[object]", parsed)), None) if isinstance(parsed, list) else parsed
    if not isinstance(first, dict):
        return
    row = cast("dict[str, object]", first)
    found = _content_of(row, is_row=as_rows or isinstance(parsed, list))
    if found and found != wanted:
        raise OperationError(f"{name} has {found}, not {wanted}.", next_step=f"`{COMMANDS[found]}` sends them.")
    if wanted == "data values" and first is parsed:
        if as_rows and "dataValues" in row:
            raise OperationError(f"{name} is one JSON document, not one for each line.", next_step="It is .json.")
        if not as_rows and "dataValues" not in row and _holds_something(row) and len(begin) < PIECE - len(BOM):
            raise OperationError(
                f"{name} has no list dataValues; it has {', '.join(row)[:80]}.",
                next_step='It is {"dataValues": [...]}, or a list of values; one in each line is .ndjson.',
            )


def _content_of(row: Mapping[str, object], *, is_row: bool) -> Content | None:
    """What the names of an object say; None where they say nothing."""
    names = row.keys()
    is_set = "dataValues" in names and names.isdisjoint(OF_UNNAMED_EVENTS)
    if is_set or {"dataElement", "period"} <= names:
        return "data values"
    is_payload = not is_row and not names.isdisjoint(IN_PAYLOADS)
    return "tracker objects" if is_payload or not names.isdisjoint(OF_TRACKER) else None


def _holds_something(row: Mapping[str, object]) -> bool:
    """Whether there is more than the head of an empty set, as DHIS2 exports it."""
    return "dataElement" in row or any(isinstance(value, (dict, list)) for value in row.values())
