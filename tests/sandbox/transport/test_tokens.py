"""Personal access tokens: formats, constraints, refusals."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from caller import PASSWORD, Caller, basic

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.tokens import checksum_v1, checksum_v2, has_valid_checksum

# Tokens whose checksum recorded servers of 2.41 to 2.43 found right.
KNOWN_V1 = "d2pat_abcdefghijklmnopqrstuvwxyz0123450831801659"
KNOWN_V2 = "d2p_abcdefghijklmnopqrstuvwxyzABCDEFGHIJ012345672Uc0k2"


def with_token(token: str, **more: str) -> dict[str, str]:
    return {"Authorization": f"ApiToken {token}", **more}


def new_token(call: Caller, headers: dict[str, str] | None = None, **body: Any) -> str:
    reply = call("POST", "/api/apiToken", body, headers=headers)
    assert reply.status == 201
    return reply.parsed()["response"]["key"]


def test_checksums_are_made_with_nul_bytes_behind_the_code() -> None:
    assert checksum_v1(KNOWN_V1[6:38]) == KNOWN_V1[38:]
    assert checksum_v2(KNOWN_V2[4:48]) == KNOWN_V2[48:]
    # an example of old documentation, whose checksum was made without them
    assert not has_valid_checksum("d2pat_5xVA12xyUbWNedQxy4ohH77WlxRGVvZZ1151814092")


@pytest.mark.parametrize(
    ("header", "status", "text"),
    [
        ("ApiToken", 400, "Api token is malformed"),
        ("ApiToken  two", 400, "Api token is malformed"),
        ("ApiToken d2p_nonsense", 400, "Checksum validation failed"),
        (f"ApiToken {KNOWN_V2[:-1]}3", 400, "Checksum validation failed"),
        (f"ApiToken {KNOWN_V1}", 401, "The API token does not exists"),
        (f"apitoken {KNOWN_V2}", 401, "The API token does not exists"),
    ],
)
def test_refusals(call: Caller, header: str, status: int, text: str) -> None:
    reply = call("GET", "/api/me", headers={"Authorization": header})
    assert (reply.status, reply.parsed()["message"]) == (status, text)
    assert reply.headers["WWW-Authenticate"] == "ApiToken"


def test_a_new_token_opens_the_api_without_a_session(call_each: Caller) -> None:
    reply = call_each("POST", "/api/apiToken", {})
    response = reply.parsed()["response"]
    kind = "ApiTokenCreationResponse" if call_each.sandbox.server.version == "v41" else "ObjectReport"
    assert response["responseType"] == kind
    assert reply.headers["Location"].endswith(f"/api/apiToken/{response['uid']}")
    assert has_valid_checksum(response["key"])
    assert len(response["key"]) == 54
    opened = call_each("GET", "/api/me?fields=username", headers=with_token(response["key"]))
    assert opened.parsed() == {"username": "admin"}
    assert opened.cookies == []


def test_the_secret_is_never_shown_again_and_survives_a_change(call: Caller) -> None:
    key = new_token(call, code="MINE")
    uid = call("GET", "/api/apiToken?filter=code:eq:MINE").parsed()["apiToken"][0]["id"]
    assert key not in call("GET", f"/api/apiTokens/{uid}?fields=*").body.decode()
    patch = [{"op": "replace", "path": "/code", "value": "OURS"}]
    headers = {**basic("admin", "district"), "Content-Type": "application/json-patch+json"}
    assert call("PATCH", f"/api/apiToken/{uid}", patch, headers=headers).status == 200
    assert call("GET", "/api/me", headers=with_token(key)).status == 200


def test_deleting_a_token_ends_it_at_once(call: Caller) -> None:
    key = new_token(call, code="MINE")
    assert call("GET", "/api/me", headers=with_token(key)).status == 200
    uid = call("GET", "/api/apiToken?filter=code:eq:MINE").parsed()["apiToken"][0]["id"]
    assert call("DELETE", f"/api/apiToken/{uid}").status == 200
    assert call("GET", "/api/me", headers=with_token(key)).parsed()["message"] == "The API token does not exists"


@pytest.mark.parametrize(
    ("attribute", "good", "bad", "complaint"),
    [
        (
            {"type": "RefererAllowedList", "allowedReferrers": ["https://x.example.org"]},
            {"Referer": "https://X.example.org"},
            {"Referer": "https://x.example.org/page"},
            "http referrer is missing or not allowed.",
        ),
        (
            {"type": "IpAllowedList", "allowedIps": ["10.0.0.1"]},
            {"X-Forwarded-For": "10.0.0.1"},
            {"X-Forwarded-For": "10.0.0.1, 10.0.0.2"},
            "ip address is not allowed.",
        ),
        ({"type": "MethodAllowedList", "allowedMethods": ["POST"]}, None, {}, "http method is not allowed."),
    ],
)
def test_constraints(
    call: Caller, attribute: dict[str, Any], good: dict[str, str] | None, bad: dict[str, str], complaint: str
) -> None:
    key = new_token(call, attributes=[attribute])
    if good is not None:
        assert call("GET", "/api/me", headers=with_token(key, **good)).status == 200
    reply = call("GET", "/api/me", headers=with_token(key, **bad))
    assert reply.parsed()["message"] == f"Failed to authenticate API token, request {complaint}"


def test_the_address_of_the_sender_counts_where_no_proxy_names_one(call: Caller) -> None:
    key = new_token(call, attributes=[{"type": "IpAllowedList", "allowedIps": ["10.0.0.1"]}])
    assert call("GET", "/api/me", headers=with_token(key), remote="10.0.0.1").status == 200
    assert call("GET", "/api/me", headers=with_token(key), remote="10.0.0.2").status == 401


@pytest.mark.parametrize(
    ("attribute", "complaint"),
    [
        ({"type": "MethodAllowedList", "allowedMethods": ["FETCH"]}, "Not a valid http method, value=FETCH"),
        ({"type": "IpAllowedList", "allowedIps": ["not an ip"]}, "Not a valid ip address, value=not an ip"),
        (
            {"type": "RefererAllowedList", "allowedReferrers": ["not a url"]},
            "Not a valid referrer url, value=not a url",
        ),
    ],
)
def test_constraints_that_are_none(call: Caller, attribute: dict[str, Any], complaint: str) -> None:
    reply = call("POST", "/api/apiToken", {"attributes": [attribute]})
    assert (reply.status, reply.parsed()["errorCode"]) == (409, "E1004")
    assert reply.parsed()["message"] == f"Failed to validate the token's attributes, message: {complaint}"


def test_an_unknown_kind_of_constraint_is_the_versions_mapping_error(call_each: Caller) -> None:
    reply = call_each("POST", "/api/apiToken", {"attributes": [{"type": "Nonsense"}]})
    assert reply.status == (500 if call_each.sandbox.server.version in {"v41", "v42"} else 409)
    assert reply.parsed()["message"].startswith("Could not resolve type id 'Nonsense'")


def test_tokens_end_after_thirty_days_unless_they_say_otherwise() -> None:
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    with Sandbox(42, empty=True, clock=lambda: now) as sandbox:
        call = Caller(sandbox)
        usual = new_token(call)
        short = new_token(call, expire=int((now + timedelta(days=1)).timestamp() * 1000))
        now += timedelta(days=2)
        assert call("GET", "/api/me", headers=with_token(usual)).status == 200
        expired = "Failed to authenticate API token, token has expired."
        assert call("GET", "/api/me", headers=with_token(short)).parsed()["message"] == expired
        now += timedelta(days=29)
        assert call("GET", "/api/me", headers=with_token(usual)).parsed()["message"] == expired


def test_a_token_of_a_disabled_owner_works_on_only_where_it_was_used_before(call: Caller) -> None:
    uid = call.make_user("some_one", "F_METADATA_EXPORT")
    used, unused = (new_token(call, basic("some_one", PASSWORD)) for _ in range(2))
    assert call("GET", "/api/me", headers=with_token(used)).status == 200
    assert call("POST", f"/api/users/{uid}/disabled").status == 204
    assert call("GET", "/api/me", headers=with_token(used)).status == 200
    refused = call("GET", "/api/me", headers=with_token(unused)).parsed()
    assert refused["message"] == "The API token is disabled, locked or 2FA is enabled."


def test_me_lists_the_senders_own_tokens(call: Caller) -> None:
    call.make_user("some_one")
    new_token(call)
    assert len(call("GET", "/api/me?fields=patTokens").parsed()["patTokens"]) == 1
    assert call("GET", "/api/me?fields=patTokens", headers=basic("some_one", PASSWORD)).parsed() == {"patTokens": []}
