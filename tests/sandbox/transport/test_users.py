"""Users: what is refused, and the actions on one of them."""

from typing import Any

import pytest
from caller import ADMIN, PASSWORD, Caller, basic

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.password_policy import complaint

ROLE = [{"id": "yrB6vc5Ip3r"}]
USER: dict[str, Any] = {
    "firstName": "Ada",
    "surname": "Lovelace",
    "username": "ada_one",
    "password": PASSWORD,
    "userRoles": ROLE,
}


def refusals(call: Caller, body: dict[str, Any], headers: dict[str, str] | None = None) -> list[str]:
    reply = call("POST", "/api/users", body, headers=headers)
    return [row["errorCode"] for row in reply.parsed()["response"]["errorReports"]]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"username": "x"}, "E4049"),
        ({"username": "two words"}, "E4049"),
        ({"username": "admin"}, "E4054"),
        ({"userRoles": []}, "E4055"),
        ({"email": "no address"}, "E4003"),
        ({"whatsApp": "12"}, "E4027"),
        ({"password": "short"}, "E4005"),
        ({"password": "nouppercase1#"}, "E4005"),
        ({"userRoles": [{"id": "zzzzzzzzzzz"}]}, "E5002"),
    ],
)
def test_refused_users(call: Caller, values: dict[str, Any], code: str) -> None:
    assert refusals(call, {**USER, **values}) == [code]


def test_user_names_differ_by_case(call: Caller) -> None:
    assert refusals(call, USER) == []
    assert refusals(call, {**USER, "username": "ADA_ONE"}) == []
    assert refusals(call, USER) == ["E4054"]


def test_only_41_takes_passwords_without_a_lower_case_letter(call_each: Caller) -> None:
    taken = complaint(call_each.sandbox.server, "ALLUPPERCASE1#") is None
    assert taken == (call_each.sandbox.server.version == "v41")


def test_passwords_are_hashed_and_never_shown(call: Caller) -> None:
    uid = call.make_user("some_one")
    stored = call.sandbox.server.store.get("user", uid) or {}
    assert PASSWORD not in str(stored)
    shown = call("GET", f"/api/users/{uid}?fields=*").parsed()
    assert not [key for key in shown if key.startswith("_") or key == "password"]


def test_a_put_answers_an_import_report_keeps_the_password_and_leaves_the_groups(call: Caller) -> None:
    call("POST", "/api/userGroups", {"id": "groupGroup1", "name": "Group"})
    call("POST", "/api/users", {**USER, "id": "userUser001", "userGroups": [{"id": "groupGroup1"}]})
    assert call("GET", "/api/userGroups/groupGroup1?fields=users[id]").parsed()["users"][0]["id"] == "userUser001"
    without = {key: value for key, value in USER.items() if key != "password"}
    reply = call("PUT", "/api/users/userUser001", {**without, "surname": "King"})
    assert reply.parsed()["response"]["responseType"] == "ImportReport"
    assert call("GET", "/api/me?fields=name", headers=basic("ada_one", PASSWORD)).parsed() == {"name": "Ada King"}
    assert call("GET", "/api/userGroups/groupGroup1?fields=users[id]").parsed() == {"users": []}
    renamed = call("PUT", "/api/users/userUser001", {**without, "username": "ada_two"})
    assert (renamed.status, "E4056" in renamed.body.decode()) == (409, True)


def test_a_patch_of_the_groups_reaches_them(call: Caller) -> None:
    call("POST", "/api/userGroups", {"id": "groupGroup1", "name": "Group"})
    uid = call.make_user("some_one")
    patch = [{"op": "add", "path": "/userGroups", "value": [{"id": "groupGroup1"}]}]
    headers = {**ADMIN, "Content-Type": "application/json-patch+json"}
    assert call("PATCH", f"/api/users/{uid}", patch, headers=headers).status == 200
    assert call("GET", f"/api/users/{uid}?fields=userGroups").parsed() == {"userGroups": [{"id": "groupGroup1"}]}


def test_a_patch_of_the_password_changes_it(call: Caller) -> None:
    uid = call.make_user("some_one")
    patch = [{"op": "replace", "path": "/password", "value": "Violet#Tandem93"}]
    call("PATCH", f"/api/users/{uid}", patch, headers={**ADMIN, "Content-Type": "application/json-patch+json"})
    assert call("GET", "/api/me", headers=basic("some_one", PASSWORD)).status == 401
    assert call("GET", "/api/me", headers=basic("some_one", "Violet#Tandem93")).status == 200


def test_opening_closing_and_ending_accounts(call: Caller) -> None:
    uid = call.make_user("some_one")
    mine = basic("some_one", PASSWORD)
    for action, status in (
        ("disabled", 401),
        ("enabled", 200),
        ("expired?date=2020-01-01", 401),
        ("unexpired", 200),
    ):
        assert call("POST", f"/api/users/{uid}/{action}").status == 204
        assert call("GET", "/api/me", headers=mine).status == status
    assert call("POST", "/api/users/nobody00001/disabled").status == 500
    assert call("POST", f"/api/users/{uid}/expired").status == 400


def test_replicas(call: Caller) -> None:
    uid = call.make_user("some_one")
    reply = call("POST", f"/api/users/{uid}/replica", {"username": "next_one", "password": "Green#Tricycle82"})
    assert (reply.status, reply.parsed()["message"]) == (201, "User replica created")
    twin = call("GET", "/api/me?fields=surname,id", headers=basic("next_one", "Green#Tricycle82")).parsed()
    assert twin["surname"] == "some_one"
    assert reply.headers["Location"].endswith(twin["id"])
    again = call("POST", f"/api/users/{uid}/replica", {"username": "next_one", "password": "Green#Tricycle82"})
    assert (again.status, again.parsed()["message"]) == (409, "Username already taken: next_one")


def test_no_mail_server_no_invitation(call: Caller) -> None:
    uid = call.make_user("some_one", email="some@example.org")
    assert call("POST", f"/api/users/{uid}/reset").parsed()["errorCode"] == "E6203"
    assert call("POST", "/api/users/M5zQapPyTZI/reset").parsed()["errorCode"] == "E6202"
    assert call("POST", "/api/users/invite", {"email": "new@example.org"}).parsed()["errorCode"] == "E6203"
    assert call("POST", f"/api/users/{uid}/invite").parsed()["message"].startswith("User account is not an invitation")


def test_the_last_superuser_stays(call_each: Caller) -> None:
    refused = call_each("DELETE", "/api/users/M5zQapPyTZI")
    assert (refused.status, refused.parsed()["message"]) == (409, "Can not remove the last super user.")
    call_each("POST", "/api/users", USER)
    assert call_each("DELETE", "/api/users/M5zQapPyTZI", headers=basic("ada_one", PASSWORD)).status == 200


def test_nobody_gives_away_what_they_may_not_do(call: Caller) -> None:
    call.make_user("chief_one", "F_USER_ADD", "F_USERROLE_PUBLIC_ADD", "F_USER_VIEW")
    mine = basic("chief_one", PASSWORD)
    assert refusals(call, USER, headers=mine) == ["E3003"]
    role = {"name": "All of it", "authorities": ["ALL"]}
    reply = call("POST", "/api/userRoles", role, headers=mine).parsed()
    assert [row["errorCode"] for row in reply["response"]["errorReports"]] == ["E3032"]


def usernames(call: Caller, parameters: str, headers: dict[str, str] | None = None) -> list[str]:
    page = call("GET", f"/api/users?fields=username&order=username&{parameters}", headers=headers)
    return [user["username"] for user in page.parsed()["users"]]


def test_what_only_lists_of_users_are_asked(call: Caller) -> None:
    for uid, parent in (("unitUnit001", None), ("unitUnit002", "unitUnit001")):
        unit = {"id": uid, "name": uid, "shortName": uid, "openingDate": "2020-01-01"}
        call("POST", "/api/organisationUnits", {**unit, "parent": {"id": parent}} if parent else unit)
    call.make_user("upper_one", organisationUnits=[{"id": "unitUnit001"}], phoneNumber="123")
    call.make_user("lower_one", organisationUnits=[{"id": "unitUnit002"}], email="low@example.org")
    assert usernames(call, "ou=unitUnit001") == ["upper_one"]
    assert usernames(call, "ou=unitUnit001&includeChildren=true") == ["lower_one", "upper_one"]
    assert usernames(call, "phoneNumber=123") == ["upper_one"]
    assert usernames(call, "query=LOW@") == ["lower_one"]
    assert usernames(call, "query=da upp") == ["upper_one"]
    assert usernames(call, "query=one&filter=username:eq:lower_one") == ["lower_one"]
    assert usernames(call, "selfRegistered=true") == []
    assert usernames(call, "lastLogin=2020-01-01") == ["admin"]
    assert usernames(call, "inactiveMonths=1") == []
    assert call("GET", "/api/users?orgUnitBoundary=NOWHERE").status == 400


def test_others_see_whom_they_may_manage(call: Caller) -> None:
    call.make_user("chief_one", "F_USER_VIEW", "F_METADATA_EXPORT")
    call.make_user("small_one", "F_METADATA_EXPORT")
    call.make_user("great_one", "F_METADATA_IMPORT")
    mine = basic("chief_one", PASSWORD)
    assert usernames(call, "authSubset=true", mine) == ["small_one"]
    assert usernames(call, "userOrgUnits=true", mine) == ["admin", "great_one", "small_one"]


def test_looking_people_up(call: Caller) -> None:
    call.make_user("some_one")
    row = {"username": "some_one", "firstName": "Ada", "surname": "some_one", "displayName": "Ada some_one"}
    found = call("GET", "/api/userLookup?query=SOME").parsed()["users"]
    assert [{key: value for key, value in user.items() if key != "id"} for user in found] == [row]
    assert call("GET", "/api/userLookup/some_one").parsed()["id"] == found[0]["id"]
    unknown = call("GET", "/api/userLookup/nobody")
    assert (unknown.status, unknown.body) == (200, b"")


def test_the_database_of_41_refuses_users_without_names() -> None:
    with Sandbox(41, empty=True) as sandbox:
        body = {key: USER[key] for key in ("username", "password", "userRoles")}
        reply = Caller(sandbox)("POST", "/api/users", body)
        assert (reply.status, "response" in reply.parsed()) == (409, False)
