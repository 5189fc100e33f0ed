"""What the server offers: tools, resources, prompts; few and small by default, one for each operation on demand."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from fastmcp import Client

from dhis2w_client.clock import Clock
from dhis2w_core.operation_index import IndexEntry, Parameter
from dhis2w_core.plugins import read_registry
from dhis2w_mcp.agent_face import agent_entries, argument_schema, call_arguments, has_agent_face
from dhis2w_mcp.connections import VERSION_AGE, Connections
from dhis2w_mcp.errors import ArgumentsError
from dhis2w_mcp.result_page import LARGEST_BYTES, compact, page_of
from dhis2w_mcp.row_names import names_in
from dhis2w_mcp.server import Mode, make_server
from dhis2w_sandbox import Sandbox
from mcp import MCPError
from tests.core.conftest import Home
from tests.mcp.conftest import Country, agent, environment, run, served

Connected = Client[Any]


def with_server(work: Callable[[Connected], Awaitable[None]], *, writes: bool = False, tools: Mode = "few") -> None:
    async def whole() -> None:
        async with Client(make_server(writes=writes, tools=tools)) as client:
            await work(client)

    asyncio.run(whole())


def test_the_default_tools_are_few_and_small() -> None:
    async def work(client: Connected) -> None:
        tools = await client.list_tools()
        listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
        assert len(tools) <= 12
        assert len(json.dumps(listed)) <= 24_000

    with_server(work, writes=True)


def test_without_writes_no_tool_can_write() -> None:
    async def work(client: Connected) -> None:
        tools = await client.list_tools()
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
        assert not {"propose", "commit", "undo"} & {tool.name for tool in tools}

    with_server(work)
    with_server(work, tools="full")


def test_annotations_tell_what_tools_do() -> None:
    async def work(client: Connected) -> None:
        hints = {tool.name: tool.annotations for tool in await client.list_tools()}
        for name, annotations in hints.items():
            assert annotations
            assert annotations.destructive_hint == (name == "commit")
            assert annotations.read_only_hint == (name != "commit")

    with_server(work, writes=True)
    with_server(work, writes=True, tools="full")


@pytest.mark.usefixtures("profile")
def test_full_has_one_tool_for_each_operation_and_they_work(country: Country) -> None:
    async def work(client: Connected) -> None:
        names = {tool.name for tool in await client.list_tools()}
        entries = agent_entries(read_registry().entries).values()
        assert {each.name.replace(" ", "_").replace("-", "_") for each in entries if not each.effect_varies} <= names
        listed = await client.call_tool("metadata_list", {"type": "dataElements", "limit_": 1})
        found = cast("dict[str, Any]", listed.structured_content)["data"]["rows"][0]
        arguments = {"type": "dataElements", "id": found["id"], "name": "By its own tool"}
        proposed = await client.call_tool("metadata_rename", arguments)
        token = cast("dict[str, Any]", proposed.structured_content)["token"]
        await client.call_tool("commit", {"token": token})
        shown = await client.call_tool("metadata_get", {"type": "dataElements", "id": found["id"]})
        assert cast("dict[str, Any]", shown.structured_content)["data"]["value"]["name"] == "By its own tool"

    assert country
    with_server(work, writes=True, tools="full")


@pytest.mark.usefixtures("profile")
def test_resources_say_what_an_agent_wants_to_have_read() -> None:
    async def work(client: Connected) -> None:
        uris = [
            "dhis2://summary", "dhis2://summary/here", "dhis2://types", "dhis2://types/dataElements",
            "dhis2://periods", "dhis2://operations", "dhis2://operations/metadata-usage",
        ]  # fmt: skip
        texts = [cast("Any", (await client.read_resource(uri))[0]).text for uri in uris]
        for text, wanted in zip(
            texts, ("2.42", "2.42", "indicators", "valueType", "yyyyMM", "metadata usage", "Its UID"), strict=True
        ):
            assert wanted in text

    with_server(work)


@pytest.mark.parametrize("uri", ["dhis2://types/nothing", "dhis2://operations/metadata-lst", "dhis2://summary/there"])
@pytest.mark.usefixtures("profile")
def test_a_resource_that_is_not_there_says_what_to_do(uri: str) -> None:
    async def work(client: Connected) -> None:
        with pytest.raises(MCPError, match=r"lists them|Did you mean|--profiles"):
            await client.read_resource(uri)

    with_server(work)


def test_five_prompts_carry_what_they_are_given() -> None:
    given = {
        "explain_failed_import": {"report": "E5002 here"},
        "why_is_indicator_empty": {"indicator": "Malaria rate"},
        "prepare_data_set": {"purpose": "cold chain"},
        "compare_instances": {"first": "prod", "second": "test", "type": "dataElements"},
        "monthly_report": {"subject": "malaria", "month": "202601", "organisation_unit": "Northern"},
    }

    async def work(client: Connected) -> None:
        assert {prompt.name for prompt in await client.list_prompts()} == set(given)
        for name, arguments in given.items():
            text = str((await client.get_prompt(name, arguments)).messages[0].content)
            assert all(value in text for value in arguments.values())

    with_server(work)


@pytest.mark.usefixtures("profile")
def test_what_the_server_says_is_marked_as_data() -> None:
    async def work() -> None:
        async with agent() as call:
            answer = await call("read", operation="system info")
            assert set(answer.facts) == {"profile", "dhis2", "data", "data_is"}

    run(work())


@pytest.mark.usefixtures("profile")
def test_a_connection_is_used_again() -> None:
    async def work() -> None:
        connections = Connections()
        first, *others = await asyncio.gather(*(connections.connected() for _ in range(5)))
        assert all(other is first for other in others)
        assert await connections.connected("here") is first
        await connections.close()

    run(work())


def test_a_server_that_is_upgraded_is_spoken_to_in_its_new_version(home: Home) -> None:
    seconds = [0.0]
    connections = Connections(clock=Clock(monotonic=lambda: seconds[0]))

    async def version() -> str:
        return (await connections.connected()).client.version.value

    async def work() -> None:
        with Sandbox("42") as before, before.serve() as url:
            table = f'base_url = "{url}"\nauth = "basic"\nusername = "admin"\npassword = "district"\n'
            home.write_user(f'default = "here"\n[profiles.here]\n{table}').chmod(0o600)
            found = [await version()]
        with Sandbox("43") as after, after.serve(int(url.rpartition(":")[2])):
            found.append(await version())
            seconds[0] += VERSION_AGE
            found.append(await version())
        assert found == ["v42", "v42", "v43"]
        await connections.close()

    run(work())


def test_operations_that_touch_files_or_ask_a_person_have_no_agent_face() -> None:
    entries = agent_entries(read_registry().entries)
    for name in ("metadata import", "files upload", "metadata edit", "user set-password", "profile add", "login"):
        assert name not in entries


def test_a_plugins_operation_has_a_face_by_what_it_declares() -> None:
    reads = IndexEntry("weather show", "Show it.", "read", "x:y", given=("client=client",))
    asks = IndexEntry("weather ask", "Ask.", "read", "x:y", given=("client=client", "face=face"))
    file = IndexEntry(
        "weather save", "Save.", "read", "x:y", given=("client=client",), parameters=(Parameter("f", "file"),)
    )
    assert [has_agent_face(entry) for entry in (reads, asks, file)] == [True, False, False]


ENTRY = agent_entries(read_registry().entries)["metadata list"]


@pytest.mark.parametrize(
    "arguments",
    [{}, {"type": 1}, {"type": "dataElements", "wide": "yes"}, {"type": "x", "nothing": 1}, {"type": "x", "limit": 5}],
)
def test_wrong_arguments_are_refused_before_anything_is_sent(arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentsError, match="Nothing was sent") as refused:
        call_arguments(ENTRY, arguments)
    assert refused.value.next_step


def test_a_list_that_is_wanted_is_not_empty() -> None:
    entry = agent_entries(read_registry().entries)["metadata delete"]
    with pytest.raises(ArgumentsError, match="id must be given"):
        call_arguments(entry, {"type": "dataElements", "id": []})


def test_one_value_is_a_list_of_one() -> None:
    assert call_arguments(ENTRY, {"type": "dataElements", "filter": "name:like:x"})["filter"] == ["name:like:x"]


def test_pages_follow_each_other_without_gap() -> None:
    rows = [{"number": number, "text": "x" * 900} for number in range(100)]
    seen: list[int] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = page_of(rows, int(cursor), 60)
        assert len(json.dumps(page.rows)) <= LARGEST_BYTES
        seen += [row["number"] for row in page.rows]
        cursor = page.next_cursor
    assert seen == list(range(100))


def test_long_lists_and_texts_inside_of_a_value_are_cut_and_it_is_said() -> None:
    small = compact({"members": [{"id": "x" * 100}] * 1000, "text": "y" * 5000})
    assert len(json.dumps(small)) <= LARGEST_BYTES
    assert "more)" in small["members"][-1]
    assert "characters more" in small["text"]


def test_versions_live_side_by_side(home: Any) -> None:
    with served("41") as old, served("44") as new:
        home.write_user(old.profile("old") + new.profile("new"))

        async def work() -> None:
            async with agent("old", "new") as call:
                told = await asyncio.gather(*(call("connect", profile=name) for name in ("old", "new", "old", "new")))
                assert [each.facts["dhis2"][:4] for each in told] == ["2.41", "2.44", "2.41", "2.44"]

        run(work())


def test_the_command_tells_its_version() -> None:
    command = [sys.executable, "-m", "dhis2w_mcp", "--version"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.startswith("dhis2w-mcp 0.1.0")


@pytest.mark.parametrize(
    "value",
    [
        {f"type{number}": [{"id": "x" * 11, "members": [{"name": "y" * 90}] * 20}] * 100 for number in range(90)},
        {f"key{number}": "z" * 3_000 for number in range(500)},
    ],
)
def test_one_large_thing_is_as_small_as_a_page(value: dict[str, Any]) -> None:
    assert len(json.dumps(compact(value))) <= LARGEST_BYTES


@pytest.mark.usefixtures("profile")
def test_what_finds_nothing_says_where_to_look() -> None:
    async def work() -> None:
        async with agent() as call:
            answer = await call("find_operation", text="")
            assert (answer.facts["operations"], "metadata" in answer.facts["next_step"]) == ([], True)

    run(work())


@pytest.mark.usefixtures("profile")
@pytest.mark.parametrize("own", [{"limit_": "x"}, {"limit_": True}, {"cursor_": 5}, {"profile_": 5}])
def test_what_a_call_says_of_itself_is_checked(own: dict[str, object]) -> None:
    async def work() -> None:
        async with agent() as call:
            answer = await call("analytics_query", dx=["DKWiQdn8P1B"], pe=["202401"], **own)
            assert answer.error == "ArgumentsError"
            assert next(iter(own)) in answer.text

    run(work())


def test_schemas_tell_what_holds_where_nothing_is_given() -> None:
    entries = agent_entries(read_registry().entries)

    def default(operation: str, name: str) -> object:
        return argument_schema(entries[operation])["properties"][name].get("default")

    assert default("analytics events", "of") == "events"
    assert default("metadata tree", "levels") == 2
    assert default("metadata list", "wide") is None


@pytest.mark.usefixtures("profile")
def test_what_waits_does_so_no_longer_than_clients_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dhis2w_mcp.agency.LONGEST_WAIT", 1)

    async def work() -> None:
        async with agent() as call:
            answer = await call("read", operation="jobs watch", arguments={"type": "PREDICTOR", "job": "AAAAAAAAAAA"})
            assert (answer.error, "after 1 seconds" in answer.text) == ("JobNotStartedError", True)

    run(work())


@pytest.mark.usefixtures("profile")
def test_rows_come_with_the_names_of_what_they_refer_to() -> None:
    async def work() -> None:
        connections = Connections()
        client = (await connections.connected()).client
        element, combo = [
            (await client.collection(plural).list(fields="id,displayName"))[0].to_dict()
            for plural in ("dataElements", "categoryOptionCombos")
        ]
        rows = [
            {"dataElement": element["id"], "categoryOptionCombo": combo["id"], "orgUnit": "AAAAAAAAAAA"},
            {"data_element": element["id"]},
            {"dataElement": "a code, or worse"},
            "a text",
        ]
        named = {row["id"]: row["displayName"] for row in (element, combo) if row["displayName"] != "default"}
        assert await names_in(client, rows) == named
        assert element["id"] in named
        await connections.close()

    run(work())
