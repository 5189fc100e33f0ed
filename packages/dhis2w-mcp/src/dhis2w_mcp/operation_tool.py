"""A tool of one operation, made of what the index says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastmcp.tools import Tool, ToolResult
from pydantic import PrivateAttr

from dhis2w_mcp.agent_face import argument_schema
from dhis2w_mcp.answers import answered
from dhis2w_mcp.errors import ArgumentsError
from dhis2w_mcp.tool_hints import PROPOSES, READS

if TYPE_CHECKING:
    from dhis2w_core.operation_index import IndexEntry
    from dhis2w_mcp.agency import Agency

OF_THE_TOOL: dict[str, Any] = {
    "profile_": {"type": "string", "description": "Which server; the first by default."},
    "limit_": {"type": "integer", "minimum": 1, "maximum": 200, "description": "Rows of a page."},
    "cursor_": {"type": "string", "description": "next_cursor of the page before."},
}
"""What a call says beside the operation's own arguments; `_` keeps the names apart from theirs."""
OWN_TYPES = {"string": str, "integer": int}


class OperationTool(Tool):
    """The tool of one operation: it reads, or proposes."""

    _agency: Agency = PrivateAttr()
    _entry: IndexEntry = PrivateAttr()

    @classmethod
    def of(cls, agency: Agency, entry: IndexEntry, name: str | None = None) -> OperationTool:
        """The tool of an operation, called as the operation is if no other name is given."""
        reads = entry.effect in ("read", "local")
        schema = argument_schema(entry)
        own = OF_THE_TOOL if reads else {"profile_": OF_THE_TOOL["profile_"]}
        tool = cls(
            name=name or entry.name.replace(" ", "_").replace("-", "_"),
            description=entry.summary if reads else f"{entry.summary} Writes nothing: gives a token for commit.",
            parameters=schema | {"properties": schema["properties"] | own},
            annotations=READS if reads else PROPOSES,
        )
        tool._agency, tool._entry = agency, entry  # its own, of pydantic's making
        return tool

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        """Read, or propose."""
        return await answered(self._done(arguments), self._agency.without_secrets)

    async def _done(self, arguments: dict[str, Any]) -> dict[str, Any]:
        own, given = _parted(self._entry, arguments)
        profile = own.pop("profile", None)
        if self._entry.effect in ("read", "local"):
            return await self._agency.read(self._entry.name, given, profile=profile, **own)
        return await self._agency.propose(self._entry.name, given, profile=profile)


def _parted(entry: IndexEntry, arguments: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a call says of itself, without `_`, and the arguments of the operation.

    Raises:
        ArgumentsError: What it says of itself is of another type.
    """
    for name, schema in OF_THE_TOOL.items():
        value = arguments.get(name)
        if value is not None and type(value) is not OWN_TYPES[schema["type"]]:
            raise ArgumentsError(
                f"{entry.name}: {name} must be {schema['type']}, not {type(value).__name__}. Nothing was sent.",
                next_step="Leave it out, or give what the tool's schema says.",
            )
    own = {name: value for name, value in arguments.items() if name in OF_THE_TOOL and value is not None}
    given = {name: value for name, value in arguments.items() if name not in OF_THE_TOOL}
    return {name.removesuffix("_"): value for name, value in own.items()}, given
