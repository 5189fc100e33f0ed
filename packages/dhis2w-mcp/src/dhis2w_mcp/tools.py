"""The tools: twelve at most by default, however many operations there are; or one for each operation."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from fastmcp import Context, FastMCP
from fastmcp.tools import ToolResult
from mcp_types import InputRequiredResult
from pydantic import Field

from dhis2w_client.errors import Dhis2Error
from dhis2w_mcp.answers import answered, failed
from dhis2w_mcp.consent import consent_to
from dhis2w_mcp.operation_tool import OperationTool
from dhis2w_mcp.plan_told import confirmation_of
from dhis2w_mcp.tool_hints import COMMITS, PROPOSES, READS

if TYPE_CHECKING:
    from dhis2w_mcp.agency import Agency

FREQUENT = {"analytics_query": "analytics query", "data_values": "data pull"}
"""Operations that agents run all the time, as tools of their own."""

Profile: TypeAlias = Annotated[str | None, Field(description="Which server, of list_profiles; the first by default.")]
Limit: TypeAlias = Annotated[int, Field(ge=1, le=200, description="Rows of a page.")]
Cursor: TypeAlias = Annotated[str | None, Field(description="next_cursor of the page before.")]
Arguments: TypeAlias = Annotated[dict[str, Any] | None, Field(description="By name, as describe_operation shows them.")]
OperationName: TypeAlias = Annotated[str, Field(description="Name of an operation, such as 'metadata list'.")]
Type: TypeAlias = Annotated[
    str, Field(description="DHIS2's plural of a metadata type: dataElements, organisationUnits.")
]


def add_tools(server: FastMCP[Any], agency: Agency) -> None:
    """Give a server the tools; those that write only where writing is allowed."""
    _add_finding(server, agency)
    _add_reading(server, agency)
    for tool, operation in FREQUENT.items():
        if operation in agency.usable:
            server.add_tool(OperationTool.of(agency, agency.usable[operation], tool))
    if agency.writes:
        _add_proposing(server, agency)
        _add_committing(server, agency)


def add_operation_tools(server: FastMCP[Any], agency: Agency) -> None:
    """Give a server one tool for each operation, and those that commit."""
    _add_finding(server, agency)
    for entry in agency.usable.values():
        if not entry.effect_varies:
            server.add_tool(OperationTool.of(agency, entry))
    if agency.writes:
        _add_committing(server, agency)


def _add_finding(server: FastMCP[Any], agency: Agency) -> None:
    def answer(work: Awaitable[dict[str, Any]]) -> Awaitable[ToolResult]:
        return answered(work, agency.without_secrets)

    @server.tool(annotations=READS, output_schema=None)
    async def find_operation(
        text: Annotated[str, Field(description="What is to be done, in plain words.")],
        area: Annotated[str | None, Field(description="Only of this area, such as metadata, user, jobs.")] = None,
        limit: Annotated[int, Field(ge=1, le=30)] = 8,
    ) -> ToolResult:
        """Find the operations that do something, best first: name, effect, arguments. Start here."""
        return await answer(agency.found(text, area, limit))

    @server.tool(annotations=READS, output_schema=None)
    async def describe_operation(operation: OperationName) -> ToolResult:
        """Tell all about one operation: the schema of its arguments, versions, effect, what undo can do."""
        return await answer(agency.described(operation))

    @server.tool(annotations=READS, output_schema=None)
    async def list_profiles() -> ToolResult:
        """List the servers that may be used, and what agents may see of each."""
        return await answer(agency.profiles())

    @server.tool(annotations=READS, output_schema=None)
    async def connect(profile: Profile = None) -> ToolResult:
        """Connect, and tell the server's version, the user, and what is allowed."""
        return await answer(agency.summary(profile))


def _add_reading(server: FastMCP[Any], agency: Agency) -> None:
    def read_of(
        name: str, arguments: dict[str, Any], profile: str | None, limit: int = 50, cursor: str | None = None
    ) -> Awaitable[ToolResult]:
        work = agency.read(name, arguments, profile=profile, limit=limit, cursor=cursor)
        return answered(work, agency.without_secrets)

    @server.tool(annotations=READS, output_schema=None)
    async def read(
        operation: OperationName,
        arguments: Arguments = None,
        profile: Profile = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> ToolResult:
        """Run an operation that only reads. Long results come in pages."""
        return await read_of(operation, arguments or {}, profile, limit, cursor)

    @server.tool(annotations=READS, output_schema=None)
    async def search_metadata(
        text: Annotated[str, Field(description="A UID, a code, or a part of a name.")],
        type: Annotated[list[str] | None, Field(description="Only these types.")] = None,
        profile: Profile = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> ToolResult:
        """Find metadata of any type by UID, code or name."""
        return await read_of("metadata search", {"text": text, "type": type or []}, profile, limit, cursor)

    @server.tool(annotations=READS, output_schema=None)
    async def get_object(
        type: Type,
        id: Annotated[str, Field(description="Its UID.")],
        fields: Annotated[str | None, Field(description="DHIS2's fields: id,name,categoryCombo[id,name].")] = None,
        profile: Profile = None,
    ) -> ToolResult:
        """Show one metadata object, with the names of what it refers to."""
        return await read_of("metadata get", {"type": type, "id": id, "fields": fields}, profile)


def _add_proposing(server: FastMCP[Any], agency: Agency) -> None:
    @server.tool(annotations=PROPOSES, output_schema=None)
    async def propose(operation: OperationName, arguments: Arguments = None, profile: Profile = None) -> ToolResult:
        """Plan an operation that writes, and write nothing: what it would change, and a token for commit."""
        return await answered(agency.propose(operation, arguments or {}, profile=profile), agency.without_secrets)


def _add_committing(server: FastMCP[Any], agency: Agency) -> None:
    def answer(work: Awaitable[dict[str, Any]]) -> Awaitable[ToolResult]:
        return answered(work, agency.without_secrets)

    @server.tool(annotations=PROPOSES, output_schema=None)
    async def undo(
        run: Annotated[str | None, Field(description="undo_with_run of a commit; the last one by default.")] = None,
        profile: Profile = None,
    ) -> ToolResult:
        """Plan to take a commit back, and write nothing: gives a token for commit, as propose does."""
        return await answer(agency.propose_undo(run, profile=profile))

    @server.tool(annotations=COMMITS, output_schema=None)
    async def commit(
        token: Annotated[str, Field(description="Of propose or undo; it works once, for some minutes.")],
        context: Context,
        profile: Profile = None,
        confirm_destroy: Annotated[str | None, Field(description="Only for effect destroy; see propose.")] = None,
    ) -> ToolResult | InputRequiredResult:
        """Carry out what was proposed and the user agreed to. Fails when the state has changed since."""
        try:
            proposal = agency.proposal(token, profile)
            if proposal.destroys:
                question = await agency.question(proposal)
                wanted = confirmation_of(proposal.preview)
                ask = await consent_to(context, question, token, confirm_destroy, wanted)
                if ask:
                    return ask
        except Dhis2Error as error:
            return failed(error, agency.without_secrets)
        return await answer(agency.commit(token, profile=profile))
