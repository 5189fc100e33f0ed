"""Collections in the blocking twin."""

import threading
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx2
import pytest

from dhis2w_client import BasicAuth, ObjectNotFoundError, sync
from dhis2w_client.sync.portal import Portal
from dhis2w_sandbox import Sandbox
from tests.client_collections.servers import BASE_URL, VERSIONS, Script, element

T = TypeVar("T")


@contextmanager
def blocking(version: int = 42) -> Generator[sync.Dhis2Client]:
    with (
        Sandbox(version, empty=True) as sandbox,
        sync.Dhis2Client(
            BASE_URL, BasicAuth("admin", "district"), transport=httpx2.ASGITransport(sandbox.app)
        ) as client,
    ):
        yield client


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_without_await(version: int) -> None:
    with blocking(version) as client:
        elements = client.data_elements
        elements.create_many([element(f"E{number}") for number in range(7)])
        assert [each.name for each in elements.iterate(fields="name", order="name:asc", page_size=3)] == [
            f"E{number}" for number in range(7)
        ]
        assert len([row for page in elements.rows(page_size=2).pages() for row in page]) == 7
        uid = elements.list(filters="name:eq:E1", fields="id")[0].id or ""
        with elements.edit(uid) as draft:
            draft.description = "Edited"
        assert elements.get(uid).description == "Edited"
        group = client.data_element_groups.create({"name": "G", "shortName": "G"}).id or ""
        members = client.data_element_groups.members(group, "dataElements")
        members.add([uid])
        assert members.ids() == (uid,)
        with elements.stream(fields="name", filters="name:eq:E1", format="csv") as pieces:
            assert b"".join(pieces).split() == [b"name", b"E1"]
        with pytest.raises(ObjectNotFoundError):
            elements.get("aaaaaaaaaaa")


def test_the_thread_is_changed_once_for_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    hops: list[object] = []
    run = Portal.run

    def counted(portal: Portal, coroutine: Coroutine[Any, Any, T]) -> T:
        hops.append(coroutine)
        return run(portal, coroutine)

    monkeypatch.setattr(Portal, "run", counted)
    rows = [{"id": f"e{number:010d}"} for number in range(1000)]
    transport = httpx2.MockTransport(Script(lambda _: {"dataElements": rows}))
    with sync.Dhis2Client(BASE_URL, BasicAuth("admin", "district"), transport=transport) as client:
        hops.clear()
        assert len(list(client.data_elements.iterate())) == 1000
        assert len(hops) <= 3


def test_breaking_off_leaves_nothing_behind() -> None:
    before = threading.active_count()
    with blocking() as client:
        client.data_elements.create_many([element(f"E{number}") for number in range(5)])
        for _ in client.data_elements.iterate(page_size=1):
            break
        assert client.data_elements.count() == 5
    assert threading.active_count() == before
