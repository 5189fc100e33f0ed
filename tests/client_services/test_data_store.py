"""The data store of the instance and of the user, on every version."""

from __future__ import annotations

from typing import Any

import pytest

from dhis2w_client import ConflictError, Dhis2Client, InvalidRequestError, NotFoundError
from dhis2w_client.data_store import NOTHING, DataStoreService, part_of
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run

VALUE = {"name": "a", "n": 1, "list": [1, 2], "o": {"x": 1}}


@pytest.mark.parametrize("own", [False, True])
def test_keys_come_and_go(sandbox: Sandbox, own: bool) -> None:
    async def use(client: Dhis2Client) -> None:
        store = client.data_store.user if own else client.data_store
        with pytest.raises(NotFoundError):
            await store.keys("rooms")
        await store.create("rooms", "a b", VALUE)
        assert await store.get("rooms", "a b") == VALUE
        with pytest.raises(ConflictError, match="E1004"):
            await store.create("rooms", "a b", 1)
        await store.set("rooms", "a b", "text")
        await store.set("rooms", "c", [1, None])
        assert await store.get("rooms", "a b") == "text"
        assert await store.namespaces() == ["rooms"]
        assert sorted(await store.keys("rooms")) == ["a b", "c"]
        await store.delete("rooms", "a b")
        with pytest.raises(NotFoundError, match="E1005"):
            await store.get("rooms", "a b")
        await store.delete_namespace("rooms")
        assert await store.namespaces() == []

    run(sandbox, use)


def test_a_null_is_stored_and_does_not_delete_the_key(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> list[str]:
        await client.data_store.set("rooms", "a", 1)
        await client.data_store.set("rooms", "a", None)
        return await client.data_store.keys("rooms")

    assert run(sandbox, use) == ["a"]


def test_a_part_is_replaced_or_refused_before_anything_is_sent(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> Any:
        store = client.data_store
        await store.set("rooms", "a", VALUE)
        await store.set_part("rooms", "a", "o.x", {"deep": True})
        await store.set_part("rooms", "a", "list[1]", 8)
        await store.set_part("rooms", "a", "list", 9, roll=2)
        for path in ("unknown", "o.y", "list[7]", "name.x"):
            with pytest.raises(InvalidRequestError, match="change nothing"):
                await store.set_part("rooms", "a", path, 0)
        with pytest.raises(InvalidRequestError, match="no list"):
            await store.set_part("rooms", "a", "name", 0, roll=2)
        return await store.get("rooms", "a")

    assert run(sandbox, use) == {"name": "a", "n": 1, "list": [8, 9], "o": {"x": {"deep": True}}}


@pytest.mark.parametrize(
    ("path", "part"),
    [("", VALUE), ("name", "a"), ("o.x", 1), ("list[1]", 2), ("list[2]", NOTHING), ("o.z", NOTHING), ("n.x", NOTHING)],
)
def test_parts_of_a_value(path: str, part: Any) -> None:
    assert part_of(VALUE, path) == part


async def filled(client: Dhis2Client, count: int) -> DataStoreService:
    for number in range(count):
        await client.data_store.set("many", f"k{number:03}", {"n": number, "s": "even" if number % 2 == 0 else "odd"})
    return client.data_store


def test_entries_of_all_pages(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        store = await filled(client, 23)
        rows = [row async for row in store.entries("many", page_size=5)]
        assert [row["value"]["n"] for row in rows] == list(range(23))
        odd = [row async for row in store.entries("many", "n", filters=["s:eq:odd", "n:lt:6"], page_size=2)]
        assert odd == [{"key": f"k00{number}", "n": number} for number in (1, 3, 5)]
        either = [row["n"] async for row in store.entries("many", "n", filters=["n:eq:1", "n:eq:2"], any_filter=True)]
        assert either == [1, 2]
        latest = [row["n"] async for row in store.entries("many", "n", order="n:ndesc")]
        assert latest == list(reversed(range(23)))
        assert [row async for row in store.entries("nowhere")] == []

    run(sandbox, use)


def test_what_an_entry_says_of_itself(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.data_store.set("rooms", "a", 1)
        assert (await client.data_store.about("rooms", "a"))["createdBy"]["username"] == "admin"
        with pytest.raises(InvalidRequestError):
            await client.data_store.user.about("rooms", "a")

    run(sandbox, use)


@pytest.mark.parametrize("names", [("", "a"), ("a", ""), ("a/b", "c"), ("a", "b\\c"), ("a", "keys")])
def test_names_that_could_not_be_read_again_are_refused(sandbox: Sandbox, names: tuple[str, str]) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError):
            await client.data_store.set(*names, 1)
        assert await client.data_store.namespaces() == []

    run(sandbox, use)


def test_a_comma_in_a_filter_is_refused(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match="comma"):
            [row async for row in client.data_store.entries("a", filters="s:eq:x,y")]

    run(sandbox, use)
