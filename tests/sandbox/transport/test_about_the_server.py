"""What a server says of itself, of its types, and of the sender."""

import re

import pytest
from caller import PASSWORD, Caller, basic

from dhis2w_sandbox.selection import selected


def test_everybody_learns_the_version_without_credentials(call_each: Caller) -> None:
    config = call_each("GET", "/api/loginConfig", headers={}).parsed()
    assert config["apiVersion"] == call_each.sandbox.server.behaviour.release
    assert ("minPasswordLength" in config) == (call_each.sandbox.server.version != "v41")


def test_system_info_hides_from_others_what_superusers_see(call_each: Caller) -> None:
    call_each.make_user("plain_one")
    whole = call_each("GET", "/api/system/info")
    part = call_each("GET", "/api/system/info", headers=basic("plain_one", PASSWORD)).parsed()
    assert whole.headers["Cache-Control"] == "no-cache, no-store, max-age=0, must-revalidate"
    assert whole.parsed()["javaVersion"]
    assert "javaVersion" not in part
    assert (whole.parsed()["encryption"], part["encryption"]) == (True, False)
    assert set(part["databaseInfo"]) == {"spatialSupport", "time"}
    newer = call_each.sandbox.server.behaviour.tells_session_timeout
    assert ("sessionTimeout" in part, "capability" in part) == (newer, newer)


def test_fields_choose_and_unknown_ones_are_dropped(call: Caller) -> None:
    assert call("GET", "/api/system/info?fields=version,nosuchkey").parsed() == {"version": "2.42.5.2"}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (None, {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"f": 4, "g": 5}]}),
        ("*", {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"f": 4, "g": 5}]}),
        ("a,b[c]", {"a": 1, "b": {"c": 2}}),
        ("e[f]", {"e": [{"f": 4}]}),
        ("*,!b", {"a": 1, "e": [{"f": 4, "g": 5}]}),
        ("b[*,!c]", {"b": {"d": 3}}),
        ("nothing", {}),
    ],
)
def test_the_fields_language_on_plain_json(call: Caller, expression: str | None, expected: object) -> None:
    whole = {"a": 1, "b": {"c": 2, "d": 3}, "e": [{"f": 4, "g": 5}]}
    assert selected(call.sandbox.server, whole, expression) == expected


def test_identifiers(call: Caller) -> None:
    codes = call("GET", "/api/system/id?limit=3").parsed()["codes"]
    assert len(codes) == 3
    assert all(re.fullmatch("[A-Za-z][A-Za-z0-9]{10}", code) for code in codes)
    assert call("GET", "/api/system/uid?limit=0").parsed() == {"codes": []}
    assert len(call("GET", "/api/system/uuid?limit=20000").parsed()["codes"]) == 10_000
    refused = call("GET", "/api/system/id?limit=abc")
    assert (refused.status, refused.parsed()["message"]) == (
        400,
        "Value 'abc' is not valid for parameter limit. For input string: \"abc\"",
    )
    assert call("GET", "/api/system/id.csv").status == 406


def test_schemas_are_those_of_the_version(call_each: Caller) -> None:
    rows = call_each("GET", "/api/schemas?fields=singular,href").parsed()["schemas"]
    assert len(rows) == len(call_each.sandbox.server.schemas.all)
    assert {"singular": "user", "href": "http://sandbox.example.org/api/schemas/user"} in rows
    one = call_each("GET", "/api/schemas/constant?fields=properties[name]").parsed()
    assert {"name": "shortName"} in one["properties"]
    assert call_each("GET", "/api/schemas/constant/shortName?fields=length").parsed() == {"length": 50}
    assert call_each("GET", "/api/schemas/nothing").parsed()["message"] == "Type nothing does not exist."
    missing = call_each("GET", "/api/schemas/constant/nothing").parsed()
    assert missing["message"] == "Property nothing does not exist on type constant."


def test_a_schema_checks_an_object_without_storing_it(call_each: Caller) -> None:
    good = {"name": "Pi", "shortName": "Pi", "value": 3.14}
    assert call_each("POST", "/api/schemas/constant", good).parsed()["response"]["errorReports"] == []
    bad = call_each("POST", "/api/schemas/constant", {"name": "x" * 300})
    errors = {(row["errorCode"], row["errorProperty"]) for row in bad.parsed()["response"]["errorReports"]}
    assert (bad.status, errors) == (400, {("E4001", "name"), ("E4000", "shortName")})
    assert call_each("GET", "/api/constants").parsed()["constants"] == []


def test_resources_name_the_types_that_have_an_endpoint(call: Caller) -> None:
    assert call("GET", "/api").headers["Location"] == "http://sandbox.example.org/api/resources"
    rows = call("GET", "/api/resources?fields=none").parsed()["resources"]
    row = next(row for row in rows if row["singular"] == "oAuth2Authorization")
    assert row["displayName"] == "O Auth2 Authorizations"


def test_authorities_of_a_fresh_server(call_each: Caller) -> None:
    listed = {row["id"] for row in call_each("GET", "/api/authorities").parsed()["systemAuthorities"]}
    mine = set(call_each("GET", "/api/me/authorization").parsed())
    assert {"ALL", "F_METADATA_EXPORT"} <= mine <= listed
    assert call_each("GET", "/api/me/authorities/ANYTHING").parsed() is True


def test_me_with_nesting_exclusion_and_unknown_names(call: Caller) -> None:
    me = call("GET", "/api/me?fields=username,userRoles[id,name],nosuchfield,patTokens").parsed()
    assert me == {"username": "admin", "userRoles": [{"id": "yrB6vc5Ip3r", "name": "Superuser"}], "patTokens": []}
    whole = call("GET", "/api/me").parsed()
    assert {"authorities", "settings", "programs", "dataSets", "access", "emailVerified"} <= whole.keys()
    assert whole.keys() - call("GET", "/api/me?fields=*,!authorities").parsed().keys() == {"authorities"}


def test_me_has_attribute_values_up_to_42(call_each: Caller) -> None:
    older = call_each.sandbox.server.version in {"v41", "v42"}
    assert ("attributeValues" in call_each("GET", "/api/me").parsed()) == older


def test_settings_of_me(call_each: Caller) -> None:
    asked = call_each("GET", "/api/me?fields=settings[keyUiLocale,nonsense]").parsed()["settings"]
    newer = call_each.sandbox.server.version != "v41"
    assert (asked == {"keyUiLocale": "en", "nonsense": ""}) == newer


def test_putting_me_changes_the_profile_and_checks_nothing(call: Caller) -> None:
    call("PUT", "/api/me", {"email": "not an address", "surname": "", "username": "other"})
    me = call("GET", "/api/me?fields=email,surname,username").parsed()
    assert me == {"email": "not an address", "surname": "admin", "username": "admin"}
    headers = {**basic("admin", "district"), "Content-Type": "text/plain"}
    assert call("POST", "/api/me/verifyPassword", b"district", headers=headers).parsed() == {"isCorrectPassword": True}
    verdict = call("POST", "/api/me/validatePassword", b"Admin#2026x", headers=headers).parsed()
    assert verdict == {"isValidPassword": False, "errorMessage": "Password must not have any generic word"}


def test_a_fresh_server_runs_its_jobs(call_each: Caller) -> None:
    page = call_each("GET", "/api/jobConfigurations?fields=jobType&paging=false").parsed()
    assert len(page["jobConfigurations"]) == 10
