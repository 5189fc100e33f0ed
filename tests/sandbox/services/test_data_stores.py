"""Both data stores: values by key, parts of values, queries, whose they are."""

import pytest
from sender import Sender

from dhis2w_sandbox.services import jsonb
from dhis2w_sandbox.services.jsonb import MISSING


def test_a_path_that_is_not_there_changes_nothing(admin_of_each: Sender) -> None:
    admin_of_each("POST", "/api/dataStore/ns/k", {"a": {"b": 1}})

    assert admin_of_each("PUT", "/api/dataStore/ns/k?path=a.c", 2).status == 200

    assert admin_of_each.read("/api/dataStore/ns/k") == {"a": {"b": 1}}


def test_a_put_without_body_deletes(admin_of_each: Sender) -> None:
    admin_of_each("POST", "/api/dataStore/ns/k", {"a": 1})

    assert admin_of_each("PUT", "/api/dataStore/ns/k", "").parsed()["message"] == "Key updated: 'k'"

    assert admin_of_each("GET", "/api/dataStore/ns/k").status == 404


def test_two_fields_below_the_same_object_come_together(admin: Sender) -> None:
    admin("POST", "/api/dataStore/ns/k", {"o": {"x": 1, "y": 2, "z": 3}})

    assert admin.read("/api/dataStore/ns?fields=o(x,y)&headless=true") == [{"key": "k", "o": {"x": 1, "y": 2}}]


def test_numbers_are_ordered_as_numbers_only_where_all_are(admin: Sender) -> None:
    for key, value in (("a", 3), ("b", 20), ("c", 1)):
        admin("POST", f"/api/dataStore/ns/{key}", {"n": value})

    rows = admin.read("/api/dataStore/ns?fields=n&order=n:nasc&headless=true")
    admin("POST", "/api/dataStore/ns/d", {"n": "four"})

    assert [row["n"] for row in rows] == [1, 3, 20]
    assert admin("GET", "/api/dataStore/ns?fields=n&order=n:nasc").status == 400


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("s:$like:Or", ["a"]),
        ("s:!like:ran", ["b"]),
        ("s:like$:GE", []),
        ("s:ilike$:GE", ["a"]),
        ("b:eq:true", ["a"]),
        ("s:!null", ["a", "b"]),
        ("s:empty", []),
        ("_:in:[b]", ["b"]),
    ],
)
def test_filters(admin: Sender, condition: str, found: list[str]) -> None:
    admin("POST", "/api/dataStore/ns/a", {"s": "Orange", "b": True})
    admin("POST", "/api/dataStore/ns/b", {"s": "Apple", "b": False})

    rows = admin.read(f"/api/dataStore/ns?fields=s&filter={condition}&headless=true")

    assert [row["key"] for row in rows] == found


def test_what_one_may_not_read_is_not_listed_and_not_shown(admin: Sender) -> None:
    admin("POST", "/api/dataStore/ns/k", {"a": 1})
    uid = admin.read("/api/dataStore/ns/k/metaData")["id"]
    admin("POST", f"/api/sharing?type=dataStore&id={uid}", {"object": {"publicAccess": "--------"}})
    low = admin.somebody()

    assert low.read("/api/dataStore/ns/keys") == []
    assert low("GET", "/api/dataStore/ns/k").status == 403


def test_a_hidden_namespace_takes_a_write_and_forgets_it(admin: Sender) -> None:
    low = admin.somebody()

    assert low("POST", "/api/dataStore/METADATASTORE/k", {"a": 1}).status == 201

    assert admin("GET", "/api/dataStore/METADATASTORE/k").status == 404
    assert low("POST", "/api/dataStore/capture/k", {"a": 1}).status == 403


def test_protections_are_shown_from_42_on(admin_of_each: Sender) -> None:
    reply = admin_of_each("GET", "/api/dataStore/protections?namespace=capture")

    assert (reply.status == 200) == (admin_of_each.server.version != "v41")


def test_users_have_values_of_their_own(admin: Sender) -> None:
    low = admin.somebody()
    low("POST", "/api/userDataStore/ns/k", {"mine": True})

    assert admin("GET", "/api/userDataStore/ns/k").status == 404
    assert admin.read("/api/userDataStore/ns/k?username=lowuser") == {"mine": True}
    assert low("GET", "/api/userDataStore/ns/k?username=admin").status == 409


def test_a_refused_write_leaves_nothing(admin: Sender) -> None:
    assert admin("POST", "/api/dataStore/ns/k", "{bad").status == 400
    assert admin.server.store.all("dataStore") == []


def test_jsonb_keeps_short_keys_first() -> None:
    assert list(jsonb.stored({"name": 1, "b": 2, "a": 3})) == ["a", "b", "name"]


def test_jsonb_replaces_only_what_is_there() -> None:
    assert jsonb.replaced([1, 2], ["5"], 9) == [1, 2]
    assert jsonb.replaced({"a": [1, 2]}, jsonb.path_of("a[1]"), 9) == {"a": [1, 9]}
    assert jsonb.extracted({"a": None}, ["a"]) is None
    assert jsonb.extracted({"a": None}, ["b"]) is MISSING


def test_jsonb_rolls_a_list() -> None:
    assert jsonb.rolled([1, 2, 3], [], 4, 3) == [2, 3, 4]
    assert jsonb.rolled([1], [], 2, 3) == [1, 2]
    assert jsonb.rolled({}, ["l"], 1, 3) == {"l": [1]}
    assert jsonb.rolled("text", [], "other", 3) == "other"
