"""JSON Patch on objects."""

from __future__ import annotations

from typing import Any

import pytest
from writer import Json, Writer, element

TARGET = "/api/dataElements/patElement1"
GROUP = "/api/dataElementGroups/patDeGroup1"


@pytest.fixture
def stored(admin_of_each: Writer) -> Writer:
    """An element and a group with it, in each version."""
    group = {"id": "patDeGroup1", "name": "G", "shortName": "G", "dataElements": [{"id": "patElement1"}]}
    rows = [element("patElement1", description="words"), element("patElement2")]
    admin_of_each.write("POST", "/api/metadata", {"dataElements": rows, "dataElementGroups": [group]})
    return admin_of_each


def operation(op: str, path: str, **rest: Any) -> Json:
    return {"op": op, "path": path, **rest}


def members(writer: Writer) -> list[str]:
    return sorted(row["id"] for row in writer.get(f"{GROUP}?fields=dataElements")["dataElements"])


def test_operations_apply_in_order(stored: Writer) -> None:
    status, _ = stored.patch(
        TARGET,
        operation("replace", "/name", value="One"),
        operation("remove", "/description"),
        operation("add", "/formName", value="Form"),
        operation("replace", "/name", value="Two"),
    )
    assert status == 200
    assert stored.get(f"{TARGET}?fields=name,description,formName") == {"name": "Two", "formName": "Form"}


def test_lists_take_and_lose_items(stored: Writer) -> None:
    stored.patch(GROUP, operation("add", "/dataElements/-", value={"id": "patElement2"}))
    assert members(stored) == ["patElement1", "patElement2"]
    stored.patch(GROUP, operation("remove-by-id", "/dataElements", id="patElement1"))
    assert members(stored) == ["patElement2"]
    stored.patch(GROUP, operation("remove", "/dataElements/0"))
    assert members(stored) == []


def test_the_other_side_of_a_link_is_refused(stored: Writer) -> None:
    status, answer = stored.patch(TARGET, operation("add", "/dataElementGroups/-", value={"id": "patDeGroup1"}))
    assert status == 409
    assert [row["errorCode"] for row in answer["response"]["errorReports"]] == ["E5006"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (operation("replace", "/nosuch", value=1), "Property nosuch does not exist on Schema"),
        (operation("replace", "/style/color/x", value=1), "Path does not exist: /style/color/x"),
        (operation("replace", "/name/x", value=1), "Parent node is not a container, unable to proceed"),
        (operation("add", "/legendSets/x", value={}), "not an index: x (expected: a non-negative integer)"),
        (operation("add", "/legendSets/5", value={}), "index out of bounds: 5 (expected: >= 0 && <= 0)"),
        (operation("remove-by-id", "/legendSets", id="x"), "Invalid id x"),
    ],
)
def test_paths_that_lead_nowhere(stored: Writer, wrong: Json, message: str) -> None:
    status, answer = stored.patch(TARGET, wrong)
    assert (status, answer["message"]) == (400, message)


def test_a_refused_patch_changes_nothing(stored: Writer) -> None:
    status, _ = stored.patch(
        TARGET, operation("replace", "/description", value="new"), operation("remove", "/shortName")
    )
    assert status == 409
    assert stored.get(f"{TARGET}?fields=description,shortName") == {
        "description": "words",
        "shortName": "patElement1",
    }


def test_another_content_type_is_not_read(stored: Writer) -> None:
    assert stored.send("PATCH", TARGET, [operation("remove", "/description")]).status == 415


def test_an_unreadable_patch_names_what_is_wrong(admin: Writer) -> None:
    admin.write("POST", "/api/dataElements", element("patElement1"))
    status, answer = admin.patch(TARGET, operation("move", "/name"))
    assert status == 500
    assert answer["message"].startswith("Could not resolve type id 'move' as a subtype of")
