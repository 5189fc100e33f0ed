"""Walking a list while others change it: nothing comes twice, nothing is missed, or it is said."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dhis2w_client import (
    Dhis2Client,
    GatewayError,
    InvalidRequestError,
    ListChangedWarning,
    UnexpectedShapeError,
    where,
)
from dhis2w_client.list_query import list_query, top_fields, with_id
from dhis2w_client.versions import DIALECTS, Dhis2
from dhis2w_client.walk import plan_walk
from tests.client_collections.servers import VERSIONS, Script, client_of, element, on_sandbox

V42 = DIALECTS[Dhis2.V42]


class ListServer:
    """A list of objects with an id and a name, by page, order and `id:gt:`, as DHIS2 answers; it can be changed."""

    def __init__(self, count: int) -> None:
        self.items = [{"id": f"e{number:010d}", "name": f"N{number:03d}"} for number in range(count)]

    def __call__(self, request: httpx2.Request) -> dict[str, Any]:
        query = request.url.params
        after = [text.removeprefix("id:gt:") for text in query.get_list("filter") if text.startswith("id:gt:")]
        by = "id" if query.get_list("order")[:1] == ["id:asc"] else "name"
        found = sorted((item for item in self.items if not after or item["id"] > after[0]), key=lambda item: item[by])
        page, size = int(query.get("page", "1")), int(query.get("pageSize", "50"))
        pager = {"page": page, "pageSize": size, "total": len(found), "pageCount": -(-len(found) // size)}
        return {"pager": pager, "dataElements": found[(page - 1) * size : page * size]}

    def delete(self, number: int) -> None:
        self.items = [item for item in self.items if item["id"] != f"e{number:010d}"]

    def insert(self, uid: str, name: str) -> None:
        self.items.append({"id": uid, "name": name})


def requests_of(script: Script) -> list[str]:
    return [str(request.url.query, "ascii") for request in script.requests]


def test_pages_begin_after_an_id() -> None:
    script = Script(ListServer(5))

    async def scenario(client: Dhis2Client) -> list[str]:
        return [row["id"] async for row in client.data_elements.rows(fields="name", page_size=2)]

    assert script.run(scenario) == [f"e{number:010d}" for number in range(5)]
    assert requests_of(script) == [
        "fields=name,id&order=id:asc&pageSize=2",
        "fields=name,id&filter=id:gt:e0000000001&order=id:asc&pageSize=2",
        "fields=name,id&filter=id:gt:e0000000003&order=id:asc&pageSize=2",
    ]


def test_the_next_page_is_asked_for_while_one_is_worked_on() -> None:
    script = Script(ListServer(6))

    async def scenario(client: Dhis2Client) -> list[int]:
        return [len(script.requests) async for _ in client.data_elements.rows(page_size=2).pages()]

    assert script.run(scenario) == [2, 3, 3]


@given(
    st.lists(st.tuples(st.sampled_from(["delete", "insert"]), st.integers(0, 11), st.integers(0, 11)), max_size=6),
    st.integers(1, 5),
)
def test_by_id_nothing_repeats_and_nothing_is_missed(changes: list[tuple[str, int, int]], page_size: int) -> None:
    server = ListServer(12)
    untouched = {f"e{number:010d}" for number in range(12)} - {
        f"e{number:010d}" for kind, _, number in changes if kind == "delete"
    }

    async def scenario(client: Dhis2Client) -> list[str]:
        seen: list[str] = []
        async for row in client.data_elements.rows(page_size=page_size):
            for turn, (kind, when, number) in enumerate(changes):
                if when == len(seen) and kind == "delete":
                    server.delete(number)
                elif when == len(seen):
                    server.insert(f"e{number:010d}-{turn}", "new")
            seen.append(row["id"])
        return seen

    seen = Script(server).run(scenario)
    assert len(seen) == len(set(seen))
    assert untouched <= set(seen)


async def _by_name(client: Dhis2Client, server: ListServer, change: str) -> list[str]:
    seen: list[str] = []
    async for page in client.data_elements.rows(page_size=3, order="name:asc").pages():
        seen += [row["name"] for row in page]
        if len(seen) == 3 and change == "delete":
            server.delete(0)
        elif len(seen) == 3 and change == "insert":
            server.insert("a0000000000", "A")
        elif len(seen) == 3 and change == "both":
            server.delete(0)
            server.insert("z0000000000", "Z")
        await asyncio.sleep(0)
    return seen


@pytest.mark.parametrize("change", ["delete", "both", "insert"])
def test_in_another_order_a_shift_is_told(change: str) -> None:
    server = ListServer(12)
    with pytest.warns(ListChangedWarning, match=r"The list of dataElements changed while it was read: page \d ended"):
        seen = Script(server).run(lambda client: _by_name(client, server, change))
    assert len(seen) == len(set(seen))


def test_in_another_order_without_change_nothing_is_told() -> None:
    server = ListServer(12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = Script(server).run(lambda client: _by_name(client, server, "nothing"))
    assert seen == sorted(item["name"] for item in server.items)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_kind_of_walk_on_the_sandbox(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        await client.data_elements.create_many([element(f"E{number % 3}{number:02d}") for number in range(11)])
        names = [f"E{number % 3}{number:02d}" for number in range(11)]
        elements = client.data_elements
        assert sorted([x.name or "" async for x in elements.iterate(fields="name", page_size=4)]) == sorted(names)
        ordered = elements.iterate(fields="name", order="name:desc", page_size=4)
        assert [x.name async for x in ordered] == sorted(names, reverse=True)
        either = [where("name").starts_with("E0"), where("name").starts_with("E1")]
        found = elements.iterate(fields="name", filters=either, root_junction="OR", page_size=2)
        assert len([x async for x in found]) == len([name for name in names if name[1] in "01"])
        renamed = elements.rows(fields="id::rename(uid),name", page_size=4)
        assert len([row["uid"] async for row in renamed]) == 11
        assert len([x async for x in elements.iterate(query="E1", page_size=2)]) == 4

    on_sandbox(scenario, version)


def test_breaking_off_ends_the_request_under_way() -> None:
    server = ListServer(9)
    cancelled = asyncio.Event()

    async def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/system/info":
            return httpx2.Response(200, json={"version": "2.42.6"})
        if "id:gt" in str(request.url):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise
        return httpx2.Response(200, json=server(request))

    async def run() -> None:
        async with client_of(httpx2.MockTransport(answer)) as client:
            async for _ in client.data_elements.rows(page_size=2):
                break
            await asyncio.wait_for(cancelled.wait(), 10)

    asyncio.run(run())


def test_a_failure_on_a_later_page_arrives_there() -> None:
    server = ListServer(6)

    def answer(request: httpx2.Request) -> object:
        return httpx2.Response(503) if "id:gt:e0000000003" in str(request.url) else server(request)

    async def scenario(client: Dhis2Client) -> int:
        items = aiter(client.data_elements.rows(page_size=2))
        count = len([await anext(items) for _ in range(4)])
        with pytest.raises(GatewayError):
            await anext(items)
        return count

    assert Script(answer).run(scenario) == 4


@pytest.mark.parametrize("answer", [[], {"other": []}, {"dataElements": {}}, {"dataElements": ["bare"]}])
def test_an_answer_that_is_no_list(answer: object) -> None:
    async def scenario(client: Dhis2Client) -> list[Any]:
        return [x async for x in client.data_elements.iterate()]

    with pytest.raises(UnexpectedShapeError):
        Script(lambda _: answer).run(scenario)


def test_a_server_that_does_not_heed_the_id_is_told_of() -> None:
    page = {"pager": {"page": 1, "pageCount": 3, "pageSize": 2, "total": 6}, "dataElements": [{"id": "a"}, {"id": "b"}]}

    async def scenario(client: Dhis2Client) -> list[Any]:
        return [x async for x in client.data_elements.rows(page_size=2)]

    with pytest.raises(UnexpectedShapeError, match="does not heed the filter id:gt"):
        Script(lambda _: page).run(scenario)


def test_41_forgets_filters_beside_a_query() -> None:
    v41 = DIALECTS[Dhis2.V41]
    assert plan_walk(list_query(v41, query="x"), 10, identifiable=True, dialect=v41).by_id is False
    assert plan_walk(list_query(V42, query="x"), 10, identifiable=True, dialect=V42).by_id is True
    with pytest.raises(InvalidRequestError, match="forgets filters and order"):
        list_query(v41, query="x", filters="code:eq:1")


def test_types_without_ids_are_walked_by_number() -> None:
    walk = plan_walk(list_query(V42), 10, identifiable=False, dialect=V42)
    assert (walk.by_id, walk.has_ids, walk.query.order) == (False, False, ())


def test_a_filter_that_would_split_beside_another_stays_alone() -> None:
    query = list_query(V42, filters="a_b:eq:1")
    assert plan_walk(query, 10, identifiable=True, dialect=V42).by_id is False
    assert plan_walk(query, 10, identifiable=True, dialect=DIALECTS[Dhis2.V41]).by_id is True


@pytest.mark.parametrize(
    ("order", "sent"),
    [(None, ["id:asc"]), ("name:asc", ["name:asc", "id:asc"]), ("name:asc,id:desc", ["name:asc,id:desc"])],
)
def test_orders_are_total(order: str | None, sent: list[str]) -> None:
    walk = plan_walk(list_query(V42, order=order), 10, identifiable=True, dialect=V42)
    assert list(walk.query.order) == sent


@pytest.mark.parametrize(
    ("fields", "sent"),
    [
        (None, "id,displayName"),
        ("name", "name,id"),
        ("id,name", "id,name"),
        (":owner", ":owner"),
        ("*,!sharing", "*,!sharing"),
        ("categoryCombo[id]", "categoryCombo[id],id"),
        ("id::rename(uid)", None),
        ("*,!id", None),
    ],
)
def test_the_id_is_among_the_fields(fields: str | None, sent: str | None) -> None:
    assert with_id(fields) == sent


@given(st.lists(st.sampled_from(["id", "a[b,c]", "a(b,c[d,e])", "x::pluck(n)[n]", ":owner"]), min_size=1))
def test_fields_are_taken_apart_at_the_top(names: list[str]) -> None:
    assert top_fields(",".join(names)) == names


def test_wrong_arguments() -> None:
    async def scenario(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError):
            client.data_elements.rows(page_size=0)
        with pytest.raises(InvalidRequestError):
            client.data_elements.rows(root_junction="XOR")  # pyright: ignore[reportArgumentType] # that is the point
        with pytest.raises(TypeError):
            client.data_elements.rows(filter="name:like:x")  # pyright: ignore[reportCallIssue] # that is the point
        with pytest.raises(InvalidRequestError):
            await client.data_elements.get("../users")

    on_sandbox(scenario)


def test_items_can_be_read_again() -> None:
    async def scenario(client: Dhis2Client) -> tuple[int, int]:
        items = client.data_elements.rows(page_size=2)
        return len([x async for x in items]), len([x async for x in items])

    assert Script(ListServer(3)).run(scenario) == (3, 3)
