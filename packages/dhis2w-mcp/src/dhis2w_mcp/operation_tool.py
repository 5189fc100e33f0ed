"""A tool of one operation, made of what the index says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastmcp.tools import Tool, ToolResult
from pydantic import PrivateAttr

from dhis2w_mcp.agent_face import argument_schema
from dhis2w_mcp.answers import answered
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
        given = {name: value for name, value in arguments.items() if name not in OF_THE_TOOL}
        profile = arguments.get("profile_")
        if self._entry.effect in ("read", "local"):
            work = self._agency.read(
                self._entry.name,
                given,
                profile=profile,
                limit=arguments.get("limit_", 50),
                cursor=arguments.get("cursor_"),
            )
        else:
            work = self._agency.propose(self._entry.name, given, profile=profile)
        return await answered(work, self._agency.without_secrets)
