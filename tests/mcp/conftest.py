"""Sandboxes, profiles for them in a made-up home, and clients of the MCP server, in this process and outside of it."""

import asyncio
import os
import sqlite3
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from fastmcp import Client as InProcess
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from dhis2w_mcp.agency import Agency
from dhis2w_mcp.connections import Connections
from dhis2w_mcp.proposals import ProposalBook
from dhis2w_mcp.server import make_server
from dhis2w_sandbox import Sandbox
from tests.core.conftest import Home, home

__all__ = ["home"]

VERSIONS = ("41", "42", "43", "44")
Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a tool answered."""

    failed: bool
    facts: Json
    text: str = field(repr=False)

    @property
    def data(self) -> Json:
        assert not self.failed, self.text
        return cast("Json", self.facts["data"])

    @property
    def error(self) -> str:
        assert self.failed, self.facts
        return cast("str", self.facts["error"])


Call = Callable[..., Awaitable[Answer]]
"""Calls a tool: its name, and its arguments by name."""


class Country:
    """One served sandbox with a profile."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.sandbox = sandbox
        self.url = url
        self.token = sandbox.pat()

    def profile(self, name: str, agents: str = "") -> str:
        table = f"[profiles.{name}.agents]\n{agents}\n" if agents else ""
        return f'[profiles.{name}]\nbase_url = "{self.url}"\nauth = "pat"\ntoken = "{self.token}"\n{table}'

    def contents(self) -> set[tuple[object, ...]]:
        """Every row of every table."""
        sql: sqlite3.Connection = self.sandbox.server.store.sql
        names = [str(name) for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        query = 'SELECT * FROM "{}"'
        return {(name, *row) for name in names for row in sql.execute(query.format(name))}


@contextmanager
def served(version: str) -> Generator[Country]:
    with Sandbox(version) as sandbox, sandbox.serve() as url:
        yield Country(sandbox, url)


@pytest.fixture
def country() -> Generator[Country]:
    """A sandbox of this test alone."""
    with served("42") as found:
        yield found


@pytest.fixture
def profile(home: Home, country: Country) -> str:
    """The one profile, which shows agents as little as possible."""
    home.write_user(f'default = "here"\n{country.profile("here")}').chmod(0o600)
    return "here"


def answer_of(result: Any) -> Answer:
    texts = [block.text for block in result.content if hasattr(block, "text")]
    return Answer(bool(result.is_error), result.structured_content or {}, "".join(texts))


@asynccontextmanager
async def agent(
    *profiles: str, writes: bool = False, book: ProposalBook | None = None, **client: Any
) -> AsyncGenerator[Call]:
    """A client of a server in this process."""
    agency = Agency(Connections(profiles), writes=writes, book=book)
    async with InProcess(make_server(agency=agency), **client) as connected:

        async def call(tool: str, **arguments: Any) -> Answer:
            return answer_of(await connected.call_tool(tool, arguments, raise_on_error=False))

        yield call


def calls_of(client: Client) -> Call:
    """Calls of tools by the SDK's client."""

    async def call(tool: str, **arguments: Any) -> Answer:
        return answer_of(await client.call_tool(tool, arguments))

    return call


def command(*words: str) -> StdioServerParameters:
    """A server in a process of its own, in this test's home."""
    return StdioServerParameters(command=sys.executable, args=["-m", "dhis2w_mcp", *words], env=environment())


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def run(work: Awaitable[None]) -> None:
    async def whole() -> None:
        await work

    asyncio.run(whole())
