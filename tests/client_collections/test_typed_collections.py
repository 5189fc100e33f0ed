"""Every collection is an attribute of the client, typed, and costs nothing before it is used."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, assert_type

import pytest

import dhis2w_client
from dhis2w_client import Collection, Dhis2Client, Items, UnknownCollectionError, sync
from dhis2w_client.collection import numbers_in
from dhis2w_client.models import DataElement, User
from dhis2w_client.models.collection_table import COLLECTIONS
from tests.client_collections.servers import VERSIONS, Script

STUB = Path(dhis2w_client.__file__).with_name("typed_collections.pyi")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_collection_by_every_name(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        for row in COLLECTIONS:
            if version in numbers_in(row.versions):
                assert getattr(client, row.attribute).name == row.plural
                assert client.collection(row.plural).model is client.collection(row.model).model
            else:
                with pytest.raises(UnknownCollectionError, match=rf"2\.{version}, which is connected, has no"):
                    client.collection(row.plural)
                assert not hasattr(client, row.attribute)
        assert {row.attribute for row in COLLECTIONS} <= set(dir(client))

    Script(lambda _: {}, f"2.{version}.1").run(scenario)


def test_the_stub_has_them_all() -> None:
    declared = dict(re.findall(r"def (\w+)\(self\) -> Collection\[(\w+)\]", STUB.read_text(encoding="utf-8")))
    assert declared == {row.attribute: row.model for row in COLLECTIONS}


def test_names_that_are_none() -> None:
    async def scenario(client: Dhis2Client) -> None:
        with pytest.raises(UnknownCollectionError, match=r"no collection 'dataElement'[^$]*dataElements"):
            client.collection("dataElement")
        with pytest.raises(AttributeError):
            getattr(client, "data_elment")  # noqa: B009 # type checkers know that it is not there
        with pytest.raises(AttributeError):
            getattr(client, "_private")  # noqa: B009 # the same
        assert repr(client.data_elements) == "Collection('dataElements')"

    Script(lambda _: {}).run(scenario)


async def types(client: Dhis2Client, blocking: sync.Dhis2Client) -> None:
    """What a type checker must see; never called."""
    assert_type(client.data_elements, Collection[DataElement])
    assert_type(await client.users.get("a"), User)
    assert_type(client.data_elements.iterate(), Items[DataElement])
    assert_type([each async for each in client.data_elements.iterate()], list[DataElement])
    assert_type([each async for each in client.data_elements.rows()], list[dict[str, Any]])
    assert_type(client.collection("users"), Collection[Any])
    assert_type(blocking.users.get("a"), User)
    assert_type(list(blocking.data_elements.iterate()), list[DataElement])
    async with client.data_elements.edit("a") as draft:
        assert_type(draft, DataElement)
    with blocking.data_elements.edit("a") as draft:
        assert_type(draft, DataElement)


LOADED = """
import asyncio, sys
import httpx2
from dhis2w_client import Dhis2Client, PatAuth

async def answer(request):
    if request.url.path == "/api/system/info":
        return httpx2.Response(200, json={"version": "2.42.6"})
    return httpx2.Response(200, json={"id": "a0000000000", "constants": [{"id": "a0000000000"}]})

def generated():
    prefix = "dhis2w_client.models.generated."
    return sorted(name.removeprefix(prefix) for name in sys.modules if name.startswith(prefix))

async def main():
    async with Dhis2Client("http://127.0.0.1", PatAuth("t"), transport=httpx2.MockTransport(answer)) as client:
        collection = client.constants
        async for row in collection.rows():
            pass
        await collection.count()
        print(generated())
        await collection.get("a0000000000")
        print(generated())

asyncio.run(main())
"""


def test_a_model_is_loaded_when_it_is_used() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, timeout=60)
    before, after = done.stdout.splitlines()
    assert before == "[]"
    assert "'constant'" in after
    assert "data_element" not in after
