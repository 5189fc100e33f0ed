"""The authorization server of 2.41: opaque tokens, and users who are asked every time."""

from typing import Any
from urllib.parse import urlencode

import pytest
from browser import ADMIN, CALLBACK, Browser, Clock, basic, params, send, username

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Reply

Json = dict[str, Any]

SECRET = "1e6db50c-0fee-11e5-98d0-3c15c2c6caf6"
CLIENT = basic("prog", SECRET)


def register(sandbox: Sandbox, **values: Any) -> Reply:
    client = {
        "name": "Program",
        "cid": "prog",
        "secret": SECRET,
        "redirectUris": [CALLBACK],
        "grantTypes": ["password", "refresh_token", "authorization_code"],
        **values,
    }
    return send(sandbox, "POST", "/api/oAuth2Clients", client, headers=ADMIN)


def authorize_url(**values: str) -> str:
    parameters = {"response_type": "code", "client_id": "prog", "redirect_uri": CALLBACK, "state": "s", **values}
    return f"/uaa/oauth/authorize?{urlencode(parameters)}"


def token(sandbox: Sandbox, headers: dict[str, str] | None = None, **form: str) -> Reply:
    return send(sandbox, "POST", "/uaa/oauth/token", form=form, headers=CLIENT if headers is None else headers)


def by_password(sandbox: Sandbox) -> Json:
    return token(sandbox, grant_type="password", username="admin", password="district").parsed()


def test_a_browser_logs_in_is_asked_and_comes_back(v41: Sandbox) -> None:
    register(v41)
    browser = Browser(v41)
    login = browser.open(authorize_url())
    asked = browser.submit(login, username="admin", password="district")
    assert b"May 'prog' use DHIS2 in your name?" in asked.body
    back = params(browser.submit(asked))
    assert back["state"] == "s"
    reply = token(v41, grant_type="authorization_code", code=back["code"], redirect_uri=CALLBACK)
    tokens = reply.parsed()
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("bearer", 43199, "ALL")
    assert reply.headers["Cache-Control"] == "no-store"
    assert username(v41, tokens["access_token"]) == "admin"
    again = token(v41, grant_type="authorization_code", code=back["code"], redirect_uri=CALLBACK)
    assert again.parsed() == {
        "error": "invalid_grant",
        "error_description": f"Invalid authorization code: {back['code']}",
    }


def test_a_code_belongs_to_its_address_and_its_client(v41: Sandbox) -> None:
    register(v41)
    register(v41, cid="other", name="Other")
    browser = Browser(v41)
    browser.log_in()
    words: list[str] = []
    for headers, address in ((CLIENT, f"{CALLBACK}x"), (CLIENT, ""), (basic("other", SECRET), CALLBACK)):
        code = params(browser.submit(browser.open(authorize_url())))["code"]
        reply = token(v41, headers, grant_type="authorization_code", code=code, redirect_uri=address)
        words.append(reply.parsed()["error_description"])
    assert words == ["Redirect URI mismatch.", "Redirect URI mismatch.", "Client ID mismatch"]


def test_denied_and_asked_again(v41: Sandbox) -> None:
    register(v41)
    browser = Browser(v41)
    browser.log_in()
    page = browser.open(authorize_url())
    assert params(browser.submit(page, 1)) == {
        "error": "access_denied",
        "error_description": "User denied access",
        "state": "s",
    }
    late = browser.submit(page)
    assert (late.status, b"uninitialized authorization request" in late.body) == (400, True)
    assert b"May 'prog'" in browser.open(authorize_url()).body


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"client_id": "nobody"}, 401, b"Bad client credentials"),
        ({"redirect_uri": "http://127.0.0.1:8765/other"}, 400, b"Invalid redirect uri does not match"),
        ({"redirect_uri": "http://127.0.0.1:9999/cb"}, 400, b"Invalid redirect uri does not match"),
    ],
)
def test_error_pages(v41: Sandbox, changes: dict[str, str], status: int, words: bytes) -> None:
    register(v41)
    browser = Browser(v41)
    browser.log_in()
    page = browser.open(authorize_url(**changes))
    assert (page.status, words in page.body) == (status, True)


def test_errors_that_go_back_to_the_client(v41: Sandbox) -> None:
    register(v41)
    browser = Browser(v41)
    browser.log_in()
    wrong_type = params(browser.open(authorize_url(response_type="x")))
    assert wrong_type["error_description"] == "Unsupported response types: [x]"
    assert params(browser.open(authorize_url(scope="openid")))["error"] == "invalid_scope"


def test_a_token_is_given_again_until_it_expires(v41: Sandbox, clock: Clock) -> None:
    register(v41)
    first = by_password(v41)
    clock.forward(hours=1)
    again = by_password(v41)
    assert (again["access_token"], again["expires_in"]) == (first["access_token"], 39599)
    clock.forward(hours=11, seconds=1)
    assert username(v41, first["access_token"]) == 401
    newer = by_password(v41)
    assert newer["access_token"] != first["access_token"]


def test_a_refresh_ends_the_former_access_token(v41: Sandbox) -> None:
    register(v41)
    first = by_password(v41)
    again = token(v41, grant_type="refresh_token", refresh_token=first["refresh_token"]).parsed()
    assert again["refresh_token"] == first["refresh_token"]
    assert username(v41, again["access_token"]) == "admin"
    reply = send(v41, "GET", "/api/me", headers={"Authorization": f"Bearer {first['access_token']}"})
    description = f"Invalid access token: {first['access_token']}"
    assert (reply.status, reply.parsed()) == (401, {"error": "invalid_token", "error_description": description})
    assert reply.headers["WWW-Authenticate"] == (
        f'Bearer realm="oauth", error="invalid_token", error_description="{description}"'
    )


def test_refresh_tokens_rotate_where_the_sandbox_is_told_so(clock: Clock) -> None:
    with Sandbox(41, empty=True, clock=clock, rotate_refresh_tokens=True) as sandbox:
        register(sandbox)
        first = by_password(sandbox)
        again = token(sandbox, grant_type="refresh_token", refresh_token=first["refresh_token"]).parsed()
        assert again["refresh_token"] != first["refresh_token"]
        spent = token(sandbox, grant_type="refresh_token", refresh_token=first["refresh_token"])
        assert spent.parsed()["error"] == "invalid_grant"


def test_a_refresh_token_ends_after_thirty_days(v41: Sandbox, clock: Clock) -> None:
    register(v41)
    value = by_password(v41)["refresh_token"]
    clock.forward(days=31)
    reply = token(v41, grant_type="refresh_token", refresh_token=value)
    assert (reply.status, reply.parsed()["error"]) == (401, "invalid_token")
    assert token(v41, grant_type="refresh_token", refresh_token=value).parsed()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("form", "status", "error", "words"),
    [
        ({}, 400, "invalid_request", "Missing grant type"),
        ({"grant_type": "magic"}, 400, "unsupported_grant_type", "Unsupported grant type: magic"),
        ({"grant_type": "client_credentials"}, 401, "invalid_client", "Unauthorized grant type: client_credentials"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request", "refresh_token parameter not provided"),
        ({"grant_type": "authorization_code"}, 400, "invalid_request", "An authorization code must be supplied."),
        ({"grant_type": "password", "username": "admin"}, 400, "invalid_grant", "Bad credentials"),
        ({"grant_type": "password", "scope": "x"}, 400, "invalid_scope", "Invalid scope: x"),
    ],
)
def test_refusals(v41: Sandbox, form: dict[str, str], status: int, error: str, words: str) -> None:
    register(v41)
    reply = token(v41, None, **form)
    assert (reply.status, reply.parsed()["error"], reply.parsed()["error_description"]) == (status, error, words)


def test_a_client_must_show_its_secret_by_basic(v41: Sandbox) -> None:
    register(v41)
    posted = token(v41, {}, grant_type="password", client_id="prog", client_secret=SECRET)
    assert (posted.status, posted.headers["WWW-Authenticate"]) == (401, 'Basic realm="oauth2/client"')
    assert token(v41, basic("prog", "wrong")).status == 401
    assert token(v41, basic("nobody", SECRET)).status == 500
    assert send(v41, "GET", "/uaa/oauth/token", headers=CLIENT).status == 405


def test_a_client_without_refresh_tokens_and_one_with_a_random_secret(v41: Sandbox) -> None:
    register(v41, grantTypes=["password"])
    assert "refresh_token" not in by_password(v41)
    uid = register(v41, cid="other", name="Other", secret=None).parsed()["response"]["uid"]
    assert len(send(v41, "GET", f"/api/oAuth2Clients/{uid}?fields=secret", headers=ADMIN).parsed()["secret"]) == 36
