"""Where metadata, stores and sessions mislead: first by plain requests, then through the guard of the client.

The number in a test's name is that of the entry in `docs/dhis2-quirks.md`.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from dhis2w_client import (
    AuthenticationError,
    BasicAuth,
    Dhis2Client,
    ForbiddenError,
    InvalidRequestError,
    ObjectNotFoundError,
    ServerError,
    SessionAuth,
    SkippedMembersWarning,
)
from dhis2w_client.metadata import Bundle, ImportOptions
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.country.people import PASSWORD
from tests.client_metadata.connecting import run
from tests.traps.servers import ALL, of

NURSE = BasicAuth("nurse_kemba", PASSWORD)
"""Somebody without the authorities of an administrator."""
DEFAULT_OPTION = "xYerKDKCefk"


def element(name: str, **more: Any) -> dict[str, Any]:
    """A data element of which nobody but its owner knows."""
    kinds = {"valueType": "TEXT", "domainType": "AGGREGATE", "aggregationType": "NONE"}
    return {"name": name, "shortName": name, **kinds, "sharing": {"public": "--------"}, **more}


@of(*ALL)
def test_q18_a_path_that_is_not_there_is_updated_without_effect(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.data_store.set("rooms", "a", {"city": "Oslo"})
        answer = await client.put("dataStore/rooms/a", "Bergen", params={"path": "town"})
        assert answer["status"] == "OK"
        assert await client.data_store.get("rooms", "a") == {"city": "Oslo"}
        with pytest.raises(InvalidRequestError, match="change nothing"):
            await client.data_store.set_part("rooms", "a", "town", "Bergen")
        await client.data_store.set_part("rooms", "a", "city", "Bergen")
        assert await client.data_store.get("rooms", "a") == {"city": "Bergen"}

    with Sandbox(version) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q18_a_hidden_namespace_takes_a_write_and_forgets_it(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        answer = await client.post("dataStore/METADATASTORE/k", {"a": 1})
        assert answer["status"] == "OK"
        with pytest.raises(ForbiddenError, match="did not store it"):
            await client.data_store.create("METADATASTORE", "k", {"a": 1})
        with pytest.raises(ForbiddenError, match="did not store it"):
            await client.data_store.set("METADATASTORE", "k", {"a": 1})

    async def look(client: Dhis2Client) -> None:
        assert "METADATASTORE" not in await client.data_store.namespaces()

    with Sandbox(version) as sandbox:
        run(sandbox, use, auth=NURSE)
        run(sandbox, look)


@of(*ALL)
def test_q24_sharing_without_an_owner_opens_an_object_to_everybody(version: int) -> None:
    async def make(client: Dhis2Client) -> tuple[str, str]:
        first, second = [str((await client.data_elements.create(element(name))).id) for name in ("First", "Second")]
        await client.put(f"dataElements/{first}/sharing", {"public": "--------", "users": {}, "userGroups": {}})
        await client.data_elements.share(second, public="--------")
        return first, second

    async def look(client: Dhis2Client, opened: str, closed: str) -> None:
        assert (await client.get(f"dataElements/{opened}", params={"fields": "name"})) == {"name": "First"}
        with pytest.raises((ObjectNotFoundError, ForbiddenError)):
            await client.get(f"dataElements/{closed}", params={"fields": "name"})

    with Sandbox(version) as sandbox:
        opened, closed = run(sandbox, make)
        run(sandbox, lambda client: look(client, opened, closed), auth=NURSE)


@of(*ALL)
def test_q24_members_that_do_not_exist_are_skipped(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        uid = str((await client.data_elements.create(element("Member"))).id)
        group = str((await client.data_element_groups.create({"name": "Group", "shortName": "Group"})).id)
        ids = [uid, "nOtKnown001"]
        body = {"additions": [{"id": each} for each in ids]}
        answer = await client.post(f"dataElementGroups/{group}/dataElements", body)
        assert answer["status"] == "OK"
        members = client.data_element_groups.members(group, "dataElements")
        assert await members.ids() == (uid,)
        await members.remove([uid])
        with pytest.warns(SkippedMembersWarning, match="1 of 2 members"):
            await members.add(ids)

    with Sandbox(version) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q24_a_check_of_one_object_fails_where_it_would_succeed(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(ServerError):
            await client.post("dataElements", element("Checked"), params={"importMode": "VALIDATE"})
        bundle = Bundle({"dataElements": [element("Checked")]})
        report = await client.metadata.import_bundle(bundle, ImportOptions(dry_run=True))
        assert report.counts.created == 1
        assert await client.data_elements.count(filters="name:eq:Checked") == 0

    with Sandbox(version) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q24_a_default_object_is_deleted_and_stays(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        answer = await client.delete(f"categoryOptions/{DEFAULT_OPTION}")
        assert answer["status"] == "OK"
        assert await client.get(f"categoryOptions/{DEFAULT_OPTION}", params={"fields": "name"}) == {"name": "default"}
        report = await client.category_options.delete(DEFAULT_OPTION)
        assert report.counts.deleted == 0

    with Sandbox(version) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q24_the_next_page_of_a_gist_never_ends(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        there = await client.indicators.count()
        path, pages = "indicators/gist?pageSize=50&fields=id", 0
        while pages < there // 50 + 5:
            answer = await client.get(path)
            pages += 1
            path = answer["pager"].get("nextPage", "").partition("/api/")[2]
            if not path:
                break
        assert bool(path) == sandbox.server.behaviour.gist_always_names_next_page
        assert len([row async for row in client.indicators.rows(page_size=50)]) == there

    with Sandbox(version) as sandbox:
        run(sandbox, use)


async def logged_in(address: str, transport: httpx2.ASGITransport) -> str:
    """The cookie of a new session."""
    async with httpx2.AsyncClient(base_url=address, transport=transport) as plain:
        reply = await plain.post("/api/auth/login", json={"username": "admin", "password": "district"})
    return reply.cookies["JSESSIONID"]


@of(*ALL)
def test_q25_a_session_that_was_ended_is_a_redirect(version: int) -> None:
    async def use(sandbox: Sandbox) -> None:
        address, transport = "http://127.0.0.1:8080", httpx2.ASGITransport(sandbox.app)
        mine, theirs = [await logged_in(address, transport) for _ in range(2)]
        async with Dhis2Client(address, SessionAuth(mine), transport=transport) as client:
            assert (await client.get("me", params={"fields": "username"})) == {"username": "admin"}
            sandbox.server.sessions.end_those_of("M5zQapPyTZI")
            headers = {"X-Requested-With": "XMLHttpRequest", "Cookie": f"JSESSIONID={theirs}"}
            async with httpx2.AsyncClient(base_url=address, transport=transport) as plain:
                ended = await plain.get("/api/me", headers=headers)
            assert ended.status_code == 302
            assert not ended.is_error
            with pytest.raises(AuthenticationError, match=r"HTTP (302|401)"):
                await client.get("me")

    with Sandbox(version) as sandbox:
        asyncio.run(use(sandbox))
