"""Data stores and checks of integrity: what they promise, and what is silent on a server and told by the client."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from typing import Any

import pytest

from dhis2w_client import ConflictError, InvalidRequestError, NotFoundError, ObjectNotFoundError
from dhis2w_client.sync import DataStoreService, Dhis2Client
from tests.contract.place import Place


@pytest.fixture(params=["instance", "own"])
def store(request: pytest.FixtureRequest, client: Dhis2Client) -> DataStoreService:
    return client.data_store if request.param == "instance" else client.data_store.user


@pytest.fixture
def namespace(store: DataStoreService, place: Place) -> Generator[str]:
    """A namespace that is gone afterwards, whatever happens."""
    name = place.name("store")
    yield name
    with suppress(NotFoundError):
        store.delete_namespace(name)


def test_values_come_back_as_they_went(store: DataStoreService, namespace: str) -> None:
    values: list[Any] = [{"n": 1, "s": "é", "l": [1, None], "o": {}}, [], "text", 3.5, True]
    for number, value in enumerate(values):
        store.create(namespace, f"k{number}", value)
    assert [store.get(namespace, f"k{number}") for number in range(len(values))] == values
    assert sorted(store.keys(namespace)) == [f"k{number}" for number in range(len(values))]
    assert namespace in store.namespaces()
    with pytest.raises(ConflictError):
        store.create(namespace, "k0", 1)
    store.delete(namespace, "k0")
    with pytest.raises(NotFoundError):
        store.get(namespace, "k0")


def test_a_part_that_is_not_there_is_refused(store: DataStoreService, namespace: str) -> None:
    store.set(namespace, "a", {"o": {"x": 1}, "list": [1, 2]})
    store.set_part(namespace, "a", "o.x", 2)
    store.set_part(namespace, "a", "list", 3, roll=2)
    with pytest.raises(InvalidRequestError):
        store.set_part(namespace, "a", "o.y", 2)
    assert store.get(namespace, "a") == {"o": {"x": 2}, "list": [2, 3]}


def test_entries_of_all_pages(store: DataStoreService, namespace: str) -> None:
    for number in range(7):
        store.set(namespace, f"k{number}", {"n": number})
    assert [row["n"] for row in store.entries(namespace, "n", page_size=3)] == list(range(7))
    assert [row["n"] for row in store.entries(namespace, "n", filters="n:gt:4", page_size=1)] == [5, 6]


def test_a_check_of_integrity_that_is_not_there_is_refused(client: Dhis2Client) -> None:
    known = {check.name for check in client.maintenance.integrity.checks()}
    assert "indicator_groups_scarce" in known
    with pytest.raises(InvalidRequestError):
        client.maintenance.integrity.run("no_such_check_of_ours")


def test_a_conversation_that_is_not_there_is_not_found(client: Dhis2Client) -> None:
    with pytest.raises(ObjectNotFoundError):
        client.messages.get("zzzzzzzzzzz")
