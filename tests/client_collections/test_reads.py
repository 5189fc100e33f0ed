"""Reading: one object, lists, counts, bytes; on every version."""

import asyncio
import gc
import json
from typing import Any

import httpx2
import pytest

from dhis2w_client import (
    Dhis2Client,
    EmptyAnswerError,
    InvalidRequestError,
    MalformedAnswerError,
    NotJsonError,
    ObjectNotFoundError,
    UnexpectedShapeError,
    where,
)
from dhis2w_client.models import DataElement
from tests.client_collections.servers import VERSIONS, Script, element, on_sandbox


@pytest.mark.parametrize("version", VERSIONS)
def test_one_object(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        made = await client.data_elements.create(element("Doses", code="D1"))
        assert made.id
        found = await client.data_elements.get(made.id, fields=["id", "code", "categoryCombo[id,name]"])
        assert isinstance(found, DataElement)
        assert found.to_dict().keys() == {"id", "code", "categoryCombo"}
        assert found.categoryCombo
        assert found.categoryCombo.name == "default"
        checked = await client.data_elements.get(made.id, validate=True)
        assert (checked.code, checked.valueType) == ("D1", "NUMBER")
        with pytest.raises(ObjectNotFoundError):
            await client.data_elements.get("aaaaaaaaaaa")

    on_sandbox(scenario, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_lists_and_counts(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        elements = client.data_elements
        await elements.create_many([element(f"E{number:02d}", code=f"C{number:02d}") for number in range(60)])
        whole = await elements.list()
        assert (len(whole), whole.pager) == (60, None)
        assert whole[0].displayName == "E00"
        second = await elements.list(page=2, page_size=7, order="code:desc", fields="code")
        assert [each.code for each in second] == [f"C{number:02d}" for number in range(52, 45, -1)]
        assert second.pager
        assert (second.pager.page, second.pager.page_count, second.pager.total) == (2, 9, 60)
        assert len(await elements.list(paging=True)) == 50
        either = [where("code").eq("C01"), where("code").eq("C02")]
        assert await elements.count() == 60
        assert await elements.count(filters=either) == 0
        assert await elements.count(filters=either, root_junction="OR") == 2
        assert await elements.count(query="E1") == 10

    on_sandbox(scenario, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_parts_of_objects_have_one_shape_in_lists(version: int) -> None:
    async def scenario(client: Dhis2Client) -> list[dict[str, Any]]:
        rows = client.categories.rows(fields="id,categoryOptions[id,name]", page_size=10)
        return [row async for row in rows]

    [category] = on_sandbox(scenario, version)
    assert category["categoryOptions"] == [{"id": "xYerKDKCefk", "name": "default"}]


@pytest.mark.parametrize("version", VERSIONS)
def test_bytes(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        await client.data_elements.create_many([element(f"E{number}", code=f"C{number}") for number in range(3)])
        async with client.data_elements.stream(fields="code", order="code:asc") as pieces:
            whole = json.loads(b"".join([piece async for piece in pieces]))
        assert whole == {"dataElements": [{"code": "C0"}, {"code": "C1"}, {"code": "C2"}]}
        async with client.data_elements.stream(fields="code", order="code:asc", format="csv") as pieces:
            assert b"".join([piece async for piece in pieces]).decode().splitlines() == ["code", "C0", "C1", "C2"]

    on_sandbox(scenario, version)


@pytest.mark.parametrize("version", VERSIONS)
def test_translations_of_what_is_shown(version: int) -> None:
    async def scenario(client: Dhis2Client) -> list[str | None]:
        made = await client.data_elements.create(element("Doses"))
        uid = made.id or ""
        await client.data_elements.translate(uid, "fr", {"NAME": "Prises"})
        one = await client.data_elements.get(uid, fields="displayName", locale="fr")
        (listed,) = await client.data_elements.list(fields="displayName", locale="fr")
        return [one.displayName, listed.displayName]

    assert on_sandbox(scenario, version) == ["Prises", "Prises"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx2.Response(200, headers={"Content-Type": "application/json"}), EmptyAnswerError),
        (httpx2.Response(200, headers={"Content-Type": "application/json"}, content=b'{"dataEl'), MalformedAnswerError),
        (httpx2.Response(200, html="<p>a proxy</p>"), NotJsonError),
        (httpx2.Response(200, json=[1]), UnexpectedShapeError),
        (httpx2.Response(200, json={"dataElements": [{"valueType": 5}]}), UnexpectedShapeError),
    ],
)
def test_answers_that_are_none(answer: httpx2.Response, error: type[Exception]) -> None:
    async def scenario(client: Dhis2Client) -> None:
        await client.data_elements.list(validate=True)

    with pytest.raises(error, match="GET /api/dataElements"):
        Script(lambda _: answer).run(scenario)


def test_the_garbage_collector_is_left_as_it_was() -> None:
    async def scenario(client: Dhis2Client) -> list[Any]:
        return [x async for x in client.data_elements.iterate()]

    answer = {"dataElements": [{"id": "a0000000000"}]}
    Script(lambda _: answer).run(scenario)
    assert gc.isenabled()
    gc.disable()
    try:
        Script(lambda _: answer).run(scenario)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_parameters_that_only_one_collection_has() -> None:
    script = Script(lambda _: {"pager": {"total": 4}, "organisationUnits": []})

    async def scenario(client: Dhis2Client) -> int:
        return await client.organisation_units.count(params={"userOnly": True})

    assert script.run(scenario) == 4
    assert dict(script.requests[0].url.params) == {"fields": "id", "userOnly": "true", "pageSize": "1"}


def test_ids_that_would_lead_elsewhere() -> None:
    async def scenario(client: Dhis2Client) -> None:
        for uid in ("", "a/b", "..", "a?b=c", "a b"):
            with pytest.raises(InvalidRequestError):
                await client.data_elements.delete(uid)

    Script(lambda _: {}).run(scenario)


def test_many_gets_at_once() -> None:
    async def scenario(client: Dhis2Client) -> set[str | None]:
        uids = [f"a{number:010d}" for number in range(50)]
        return {found.id for found in await asyncio.gather(*map(client.data_elements.get, uids))}

    assert len(Script(lambda request: {"id": request.url.path[-11:]}).run(scenario)) == 50
