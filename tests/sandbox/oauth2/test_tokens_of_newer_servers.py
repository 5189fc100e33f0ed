"""The token endpoint of 2.42 and newer, and what becomes of its tokens."""

import base64
import json
import sys
from typing import Any

import pytest
from browser import (
    ADMIN,
    CALLBACK,
    CLIENT,
    NO_QUESTIONS,
    SECRET,
    VERIFIER,
    Browser,
    Clock,
    authorize_url,
    basic,
    exchange,
    params,
    register,
    send,
    token,
    username,
)

from dhis2w_sandbox import Sandbox

Json = dict[str, Any]


def code_of(sandbox: Sandbox, **changes: str | None) -> str:
    browser = Browser(sandbox)
    browser.log_in()
    return params(browser.open(authorize_url(**changes)))["code"]


def tokens_of(sandbox: Sandbox, **changes: Any) -> Json:
    register(sandbox, clientSettings=NO_QUESTIONS, **changes)
    return exchange(sandbox, code_of(sandbox)).parsed()


def refresh(sandbox: Sandbox, value: str, **form: str) -> Json:
    return token(sandbox, None, grant_type="refresh_token", refresh_token=value, **form).parsed()


def claims_of(value: str) -> Json:
    part = value.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_a_code_becomes_tokens_that_open_the_api(sandbox: Sandbox, clock: Clock) -> None:
    tokens = tokens_of(sandbox)
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 299, "openid username")
    now = int(clock().timestamp())
    claims = claims_of(tokens["access_token"])
    assert {key: claims[key] for key in ("sub", "aud", "iss", "username", "scope")} == {
        "sub": "admin",
        "aud": "prog",
        "iss": "http://sandbox.example.org/",
        "username": "admin",
        "scope": ["openid", "username"],
    }
    assert (claims["iat"], claims["exp"]) == (now, now + 300)
    assert claims_of(tokens["id_token"])["exp"] == now + 1800
    assert username(sandbox, tokens["access_token"]) == "admin"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert send(sandbox, "GET", "/userinfo", headers=headers).parsed() == {"sub": "admin"}


def test_a_token_opens_the_api_for_a_minute_after_it_expired(v42: Sandbox, clock: Clock) -> None:
    access = tokens_of(v42)["access_token"]
    clock.forward(seconds=360)
    assert username(v42, access) == "admin"
    clock.forward(seconds=1)
    reply = send(v42, "GET", "/api/me", headers={"Authorization": f"Bearer {access}"})
    words = "An error occurred while attempting to decode the Jwt: Jwt expired at 2026-11-24T12:05:00Z"
    assert (reply.status, reply.parsed()["devMessage"]) == (401, words)
    assert f'error_description="{words}"' in reply.headers["WWW-Authenticate"]


def test_a_refresh_token_is_used_again_until_it_expires(v42: Sandbox, clock: Clock) -> None:
    first = tokens_of(v42)
    for _ in range(3):
        clock.forward(minutes=19)
        again = refresh(v42, first["refresh_token"])
        assert again["refresh_token"] == first["refresh_token"]
        assert username(v42, again["access_token"]) == "admin"
    clock.forward(minutes=3)
    assert refresh(v42, first["refresh_token"]) == {"error": "invalid_grant"}


def test_with_rotation_a_refresh_token_is_used_once(clock: Clock) -> None:
    with Sandbox(43, empty=True, clock=clock, rotate_refresh_tokens=True) as sandbox:
        first = tokens_of(sandbox)
        again = refresh(sandbox, first["refresh_token"])
        assert again["refresh_token"] != first["refresh_token"]
        assert refresh(sandbox, first["refresh_token"]) == {"error": "invalid_grant"}
        assert "access_token" in refresh(sandbox, again["refresh_token"])


def test_the_settings_of_a_client_may_say_rotation(v42: Sandbox) -> None:
    settings = register(v42, clientId="other").parsed()["response"]["uid"]
    stored = send(v42, "GET", f"/api/oAuth2Clients/{settings}?fields=tokenSettings", headers=ADMIN).parsed()
    rotating = stored["tokenSettings"].replace('reuse-refresh-tokens":true', 'reuse-refresh-tokens":false')
    first = tokens_of(v42, tokenSettings=rotating)
    assert refresh(v42, first["refresh_token"])["refresh_token"] != first["refresh_token"]
    assert refresh(v42, first["refresh_token"]) == {"error": "invalid_grant"}


def test_what_a_refresh_may_ask_for(v42: Sandbox) -> None:
    first = tokens_of(v42)
    fewer = refresh(v42, first["refresh_token"], scope="username")
    assert fewer["scope"] == "username"
    assert refresh(v42, first["refresh_token"], scope="email") == {"error": "invalid_scope"}
    register(v42, clientId="other", clientSettings=NO_QUESTIONS)
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert token(v42, basic("other", "a-client%27s%20secret"), **form).parsed() == {"error": "invalid_grant"}


def test_a_code_is_good_once_for_five_minutes_and_its_own_client_and_address(v42: Sandbox, clock: Clock) -> None:
    register(v42, clientSettings=NO_QUESTIONS)
    register(v42, clientId="other", clientSettings=NO_QUESTIONS)
    code = code_of(v42)
    assert exchange(v42, code, redirect_uri=f"{CALLBACK}x").parsed() == {"error": "invalid_grant"}
    assert exchange(v42, code, code_verifier="wrong" * 10).parsed() == {"error": "invalid_grant"}
    tokens = exchange(v42, code).parsed()
    assert exchange(v42, code).parsed() == {"error": "invalid_grant"}
    assert refresh(v42, tokens["refresh_token"]) == {"error": "invalid_grant"}
    assert username(v42, tokens["access_token"]) == "admin"
    stolen = code_of(v42)
    assert exchange(v42, stolen, basic("other", SECRET)).parsed() == {"error": "invalid_grant"}
    assert exchange(v42, stolen).parsed() == {"error": "invalid_grant"}
    late = code_of(v42)
    clock.forward(minutes=5)
    assert exchange(v42, late).parsed() == {"error": "invalid_grant"}


def test_a_client_without_pkce(v42: Sandbox) -> None:
    register(v42, clientSettings=NO_QUESTIONS.replace("true", "false"))
    code = code_of(v42, code_challenge=None, code_challenge_method=None)
    assert exchange(v42, code).parsed() == {"error": "invalid_grant"}
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
    assert username(v42, token(v42, None, **form).parsed()["access_token"]) == "admin"


def test_a_public_client_gets_no_refresh_token(sandbox: Sandbox) -> None:
    register(sandbox, clientSettings=NO_QUESTIONS, clientSecret=None, clientAuthenticationMethods="none")
    code = code_of(sandbox)
    reply = exchange(sandbox, code, {}, client_id="prog")
    assert "refresh_token" not in reply.parsed()
    assert username(sandbox, reply.parsed()["access_token"]) == "admin"
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, "client_id": "nobody"}
    assert token(sandbox, {}, **form).status == 401


@pytest.mark.parametrize(
    ("headers", "form", "status", "error"),
    [
        (basic("prog", "wrong"), {}, 401, "invalid_client"),
        (basic("nobody", SECRET), {}, 401, "invalid_client"),
        ({"Authorization": "Basic ???"}, {}, 400, "invalid_request"),
        ({}, {"client_id": "prog", "client_secret": "wrong"}, 401, "invalid_client"),
        (CLIENT, {"grant_type": "password"}, 400, "unsupported_grant_type"),
        (CLIENT, {"grant_type": "client_credentials"}, 400, "unauthorized_client"),
        (CLIENT, {"grant_type": ""}, 400, "unsupported_grant_type"),
        (CLIENT, {"grant_type": "refresh_token"}, 400, "invalid_request"),
    ],
)
def test_refusals(v42: Sandbox, headers: dict[str, str], form: dict[str, str], status: int, error: str) -> None:
    register(v42)
    reply = token(v42, headers, **form)
    assert (reply.status, reply.parsed()["error"]) == (status, error)


def test_a_request_without_a_client(v42: Sandbox) -> None:
    reply = token(v42, {}, grant_type="refresh_token", refresh_token="x")
    assert (reply.status, reply.headers["Location"]) == (302, "http://sandbox.example.org/dhis-web-login/")
    assert token(v42, {"Accept": "application/json"}, grant_type="refresh_token").status == 401


def test_a_secret_that_is_stored_as_plain_text_never_fits(v42: Sandbox) -> None:
    register(v42, clientSettings=NO_QUESTIONS, clientSecret=SECRET)
    assert exchange(v42, code_of(v42)).parsed() == {"error": "invalid_client"}


def test_a_client_that_was_changed_without_its_settings_is_broken(v42: Sandbox) -> None:
    uid = register(v42, clientSettings=NO_QUESTIONS).parsed()["response"]["uid"]
    path = f"/api/oAuth2Clients/{uid}"
    client = send(v42, "GET", f"{path}?fields=:owner", headers=ADMIN).parsed()
    del client["tokenSettings"]
    assert send(v42, "PUT", path, client, headers=ADMIN).status == 200
    reply = send(v42, "GET", authorize_url())
    assert (reply.status, reply.media) == (500, "text/html;charset=utf-8")
    assert b"settings cannot be empty" in reply.body


def test_scope_email_needs_an_address(v42: Sandbox) -> None:
    register(v42, clientSettings=NO_QUESTIONS, scopes="openid,username,email")
    assert exchange(v42, code_of(v42, scope="openid username email")).status == 500
    operations = [{"op": "add", "path": "/email", "value": "a@example.org"}]
    headers = {**ADMIN, "Content-Type": "application/json-patch+json"}
    send(v42, "PATCH", "/api/users/M5zQapPyTZI", operations, headers=headers)
    tokens = exchange(v42, code_of(v42, scope="openid username email")).parsed()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert send(v42, "GET", "/userinfo", headers=headers).parsed() == {"sub": "admin", "email": "a@example.org"}


def test_a_token_without_the_scope_username_opens_nothing(v42: Sandbox) -> None:
    register(v42, clientSettings=NO_QUESTIONS)
    tokens = exchange(v42, code_of(v42, scope="openid")).parsed()
    reply = send(v42, "GET", "/api/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert reply.parsed()["devMessage"] == (
        "Found no matching DHIS2 user for the mapping claim: 'username' with the value: 'null'"
    )


def test_user_info_needs_the_scope_openid_and_a_token(v42: Sandbox) -> None:
    register(v42, clientSettings=NO_QUESTIONS)
    tokens = exchange(v42, code_of(v42, scope="username")).parsed()
    assert "id_token" not in tokens
    reply = send(v42, "GET", "/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert (reply.status, reply.parsed()) == (403, {"error": "insufficient_scope"})
    assert send(v42, "GET", "/userinfo").headers["Location"].endswith("/dhis-web-login/")
    nobody = send(v42, "GET", "/userinfo", headers={"Accept": "application/json"})
    assert (nobody.status, nobody.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_introspection_and_revocation(v42: Sandbox) -> None:
    tokens = tokens_of(v42)

    def asked(value: str) -> Json:
        return send(v42, "POST", "/oauth2/introspect", form={"token": value}, headers=CLIENT).parsed()

    told = asked(tokens["access_token"])
    assert (told["active"], told["client_id"], told["scope"]) == (True, "prog", "openid username")
    assert (told["username"], told["token_type"], told["exp"] - told["iat"]) == ("admin", "Bearer", 300)
    assert asked(tokens["refresh_token"])["active"] is True
    assert asked("nonsense") == {"active": False}
    reply = send(v42, "POST", "/oauth2/revoke", form={"token": tokens["refresh_token"]}, headers=CLIENT)
    assert (reply.status, reply.body) == (200, b"")
    assert asked(tokens["refresh_token"]) == asked(tokens["access_token"]) == {"active": False}
    assert refresh(v42, tokens["refresh_token"]) == {"error": "invalid_grant"}
    assert username(v42, tokens["access_token"]) == "admin"
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    gone = send(v42, "GET", "/userinfo", headers=headers)
    assert (gone.status, gone.parsed()) == (401, {"error": "invalid_token"})
    assert send(v42, "POST", "/oauth2/revoke", form={}, headers=CLIENT).parsed()["error_description"] == (
        "OAuth 2.0 Token Revocation Parameter: token"
    )


def test_a_deleted_client_takes_its_tokens_along(v42: Sandbox) -> None:
    uid = register(v42, clientSettings=NO_QUESTIONS).parsed()["response"]["uid"]
    access = exchange(v42, code_of(v42)).parsed()["access_token"]
    send(v42, "DELETE", f"/api/oAuth2Clients/{uid}", headers=ADMIN)
    reply = send(v42, "GET", "/api/me", headers={"Authorization": f"Bearer {access}"})
    assert reply.parsed()["devMessage"] == "Invalid audience"


def test_a_token_that_was_tampered_with(v42: Sandbox) -> None:
    header, payload, signature = tokens_of(v42)["access_token"].split(".")
    other = "A" if signature[0] != "A" else "B"
    reply = send(v42, "GET", "/api/me", headers={"Authorization": f"Bearer {header}.{payload}.{other}{signature[1:]}"})
    assert reply.parsed()["devMessage"].endswith("Signed JWT rejected: Invalid signature")


def test_without_bcrypt_a_secret_cannot_be_compared(v42: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    register(v42, clientSettings=NO_QUESTIONS)
    code = code_of(v42)
    monkeypatch.setitem(sys.modules, "bcrypt", None)
    reply = exchange(v42, code)
    assert reply.status == 501
    assert "install dhis2w-sandbox[oauth2]" in reply.parsed()["message"]


def test_a_restart_keeps_grants_and_forgets_the_key(clock: Clock, tmp_path: Any) -> None:
    file = str(tmp_path / "kept.sqlite")
    with Sandbox(42, empty=True, clock=clock, database=file) as sandbox:
        tokens = tokens_of(sandbox)
    with Sandbox(42, empty=True, clock=clock, database=file) as sandbox:
        assert username(sandbox, tokens["access_token"]) == 401
        assert username(sandbox, refresh(sandbox, tokens["refresh_token"])["access_token"]) == "admin"
