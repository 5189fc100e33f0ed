"""Patches: applied as DHIS2 applies them they give the object that was wanted."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dhis2w_client import Dhis2Client
from dhis2w_client.patches import Operation, diff, without_nulls
from tests.client_collections.servers import VERSIONS, element, on_sandbox


def apply(document: dict[str, Any], operations: list[Operation]) -> dict[str, Any]:
    """What DHIS2 makes of an object by a patch."""
    changed = deepcopy(document)
    for operation in operations:
        *path, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        place: Any = changed
        for part in path:
            place = place[part]
        if operation["op"] == "remove":
            place.pop(last)
        elif operation["op"] == "remove-by-id":
            place[last] = [member for member in place[last] if member["id"] != operation.get("id")]
        elif isinstance(place, list):
            assert (operation["op"], last) == ("add", "-")
            cast("list[Any]", place).append(deepcopy(operation.get("value")))
        else:
            assert (operation["op"] == "replace") is (last in place)
            place[last] = deepcopy(operation.get("value"))
    return changed


Object = dict[str, Any]
KEYS: st.SearchStrategy[str] = st.sampled_from(["a", "b", "c/d", "e~f", "id", ""])
SCALARS: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers(0, 2) | st.just(1.0) | st.text(max_size=2)
MEMBER: st.SearchStrategy[Object] = st.builds(
    lambda uid, more: {"id": uid, **more},  # pyright: ignore[reportUnknownArgumentType, reportUnknownLambdaType] # Any
    st.sampled_from("uvwxyz"),
    st.dictionaries(st.just("name"), st.sampled_from("ab")),
)
MEMBERS: st.SearchStrategy[list[Object]] = st.lists(MEMBER, max_size=4)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS | MEMBERS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
)
OBJECTS: st.SearchStrategy[Object] = st.dictionaries(KEYS, VALUES, max_size=4)


def same(one: object, other: object) -> bool:
    """Equal, and of the same types inside."""
    return repr(one) == repr(other) or (one == other and _typed(one) == _typed(other))


def _typed(value: object) -> object:
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_typed(item) for item in cast("list[object]", value)]
    return isinstance(value, bool), value


@given(OBJECTS, OBJECTS)
def test_a_patch_makes_one_object_of_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert same(apply(before, diff(before, after)), after)


@given(OBJECTS)
def test_equal_objects_need_no_patch(document: dict[str, Any]) -> None:
    assert diff(document, deepcopy(document)) == []


@given(MEMBERS, MEMBERS)
def test_members_that_stay_are_not_sent(before: list[Any], after: list[Any]) -> None:
    operations = diff({"xs": before}, {"xs": after})
    assert same(apply({"xs": before}, operations), {"xs": after})


EXAMPLES: list[tuple[dict[str, Any], dict[str, Any], list[Operation]]] = [
    ({"name": "a"}, {"name": "b"}, [{"op": "replace", "path": "/name", "value": "b"}]),
    ({"name": "a", "code": "c"}, {"name": "a"}, [{"op": "remove", "path": "/code"}]),
    ({}, {"style": {"icon": "x"}}, [{"op": "add", "path": "/style", "value": {"icon": "x"}}]),
    (
        {"style": {"icon": "x", "color": "#fff"}},
        {"style": {"icon": "y", "color": "#fff"}},
        [{"op": "replace", "path": "/style/icon", "value": "y"}],
    ),
    (
        {"users": [{"id": "a"}, {"id": "b"}]},
        {"users": [{"id": "b"}, {"id": "c"}]},
        [
            {"op": "remove-by-id", "path": "/users", "id": "a"},
            {"op": "add", "path": "/users/-", "value": {"id": "c"}},
        ],
    ),
    ({"levels": [1, 2]}, {"levels": [2, 1]}, [{"op": "replace", "path": "/levels", "value": [2, 1]}]),
    ({"flag": True}, {"flag": 1}, [{"op": "replace", "path": "/flag", "value": 1}]),
    ({"a/b": 1}, {"a/b": 2}, [{"op": "replace", "path": "/a~1b", "value": 2}]),
]


@pytest.mark.parametrize(("before", "after", "operations"), EXAMPLES)
def test_the_smallest_patch(before: dict[str, Any], after: dict[str, Any], operations: list[Operation]) -> None:
    assert diff(before, after) == operations


def test_null_is_not_there() -> None:
    assert without_nulls({"a": None, "b": [{"c": None, "d": 1}], "e": {"f": None}}) == {"b": [{"d": 1}], "e": {}}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_server_applies_it_alike(version: int) -> None:
    """Every kind of operation on a real object: what the server has afterwards is what was wanted."""

    async def scenario(client: Dhis2Client) -> None:
        uids = [f"aaDataElem{number}" for number in range(4)]
        await client.data_elements.create_many([element(f"E {uid}", id=uid) for uid in uids])
        group = {"id": "aaElemGroup", "name": "G", "shortName": "G", "code": "OLD"}
        await client.data_element_groups.create(group | {"dataElements": [{"id": uid} for uid in uids[:2]]})
        groups = client.data_element_groups
        async with groups.edit("aaElemGroup") as draft:
            draft.name, draft.code, draft.description = "New", None, "Words"
            members = draft.dataElements or []
            draft.dataElements = [member for member in members if member.id != uids[0]] + [
                type(members[0])(id=uids[2]),
                type(members[0])(id=uids[3]),
            ]
        found = await groups.get("aaElemGroup", fields="name,code,description,shortName,dataElements[id]")
        assert {member.id for member in found.dataElements or []} == set(uids[1:])
        assert (found.name, found.code, found.description, found.shortName) == ("New", None, "Words", "G")

    on_sandbox(scenario, version)
