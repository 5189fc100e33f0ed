"""Resources: what an agent may want to have read before it asks."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from enum import Enum, EnumType
from pathlib import Path
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin

from fastmcp.exceptions import ResourceError

from dhis2w_client.errors import Dhis2Error
from dhis2w_mcp.agent_face import described, entry_named, told

if TYPE_CHECKING:
    from fastmcp import FastMCP

    from dhis2w_mcp.agency import Agency

PERIODS = Path(__file__).with_name("periods.md")
JSON = "application/json"


def add_resources(server: FastMCP[Any], agency: Agency) -> None:
    """Give a server its resources."""

    @server.resource("dhis2://summary", mime_type=JSON)
    async def summary() -> str:
        """The first server: its version, the user, what is allowed."""
        with errors_told(agency):
            return _json(await agency.summary())

    @server.resource("dhis2://summary/{profile}", mime_type=JSON)
    async def summary_of(profile: str) -> str:
        """One server: its version, the user, what is allowed."""
        with errors_told(agency):
            return _json(await agency.summary(profile))

    @server.resource("dhis2://types", mime_type=JSON)
    async def types() -> str:
        """The types of metadata, and the versions that have each."""
        return _json((await agency.read("metadata types", {}, limit=200))["rows"])

    @server.resource("dhis2://types/{type}", mime_type=JSON)
    async def type_described(type: str) -> str:
        """One type of metadata: its properties and their types."""
        with errors_told(agency):
            return _json(properties_of(type))

    @server.resource("dhis2://periods", mime_type="text/markdown")
    async def periods() -> str:
        """How DHIS2 writes periods, fixed and relative."""
        return PERIODS.read_text(encoding="utf-8")

    @server.resource("dhis2://operations", mime_type=JSON)
    async def operations() -> str:
        """All operations in short."""
        return _json([told(entry) for entry in agency.usable.values()])

    @server.resource("dhis2://operations/{name}", mime_type=JSON)
    async def operation(name: str) -> str:
        """All about one operation; `-` may stand for spaces."""
        known = {entry.name.replace(" ", "-"): entry.name for entry in agency.usable.values()}
        with errors_told(agency):
            return _json(described(entry_named(agency.usable, known.get(name, name))))


@contextmanager
def errors_told(agency: Agency) -> Generator[None]:
    """Errors of ours as errors of the resource, with their next step and without secrets."""
    try:
        yield
    except Dhis2Error as error:
        raise ResourceError(agency.without_secrets(f"{error.message} {error.next_step or ''}".strip())) from None


def properties_of(type_name: str) -> dict[str, Any]:
    """The properties of a metadata type.

    Raises:
        NoAgentFaceError: There is no such type.
    """
    from dhis2w_client.models.collection_table import COLLECTIONS
    from dhis2w_mcp.errors import NoAgentFaceError

    row = next((row for row in COLLECTIONS if type_name in (row.plural, row.model)), None)
    if row is None:
        raise NoAgentFaceError(f"There is no type {type_name[:64]!r}.", next_step="dhis2://types lists them.")
    return {"type": row.plural, "class": row.model, "versions": row.versions, "properties": _fields_of(row.model)}


def _fields_of(model: str) -> dict[str, str]:
    from dhis2w_client import models

    fields = getattr(models, model).model_fields
    return {field.alias or name: _shown(field.annotation) for name, field in fields.items()}


def _shown(annotation: Any) -> str:
    """A type in words: `text`, `list of Reference`, the choices of an enumeration."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _shown(parts[0])
    if origin is Literal:
        return " | ".join(map(str, parts))
    if origin is list:
        return f"list of {_shown(parts[0])}"
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_shown(part) for part in parts if part is not NoneType))
    if isinstance(annotation, EnumType):
        return " | ".join(str(member.value) for member in cast("type[Enum]", annotation))
    name: str = getattr(annotation, "__name__", "any")
    return "text" if name == "str" else name


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)
