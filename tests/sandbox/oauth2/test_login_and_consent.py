"""What happens in the browser: the login page, the consent page, and the way back to the client."""

import pytest
from browser import ADMIN, CALLBACK, NO_QUESTIONS, PASSWORD, Browser, authorize_url, make_user, params, register, send

from dhis2w_sandbox import Sandbox

AUTHORIZE = "https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.2.1"
PKCE = "https://datatracker.ietf.org/doc/html/rfc7636#section-4.4.1"


def test_a_browser_logs_in_consents_and_comes_back_with_a_code(sandbox: Sandbox) -> None:
    register(sandbox)
    browser = Browser(sandbox)
    login = browser.open(authorize_url())
    assert login.status == 200
    assert b"Log in" in login.body
    consent = browser.submit(login, username="admin", password="district")
    assert b"<h1>Consent required</h1>" in consent.body
    assert b'value="openid"' not in consent.body
    back = browser.submit(consent, scope="username")
    assert back.headers["Location"].startswith(f"{CALLBACK}?code=")
    assert params(back)["state"] == "st & te"
    assert len(params(back)["code"]) == 128


def test_a_consent_is_remembered_and_shown_in_the_list(sandbox: Sandbox) -> None:
    uid = register(sandbox).parsed()["response"]["uid"]
    browser = Browser(sandbox)
    browser.log_in()
    browser.submit(browser.open(authorize_url()), scope="username")
    assert "code" in params(browser.open(authorize_url()))
    fields = "registeredClientId,principalName,authorities"
    reply = send(sandbox, "GET", f"/api/oAuth2AuthorizationConsents?fields={fields}", headers=ADMIN)
    row = {"registeredClientId": uid, "principalName": "admin", "authorities": "SCOPE_openid,SCOPE_username"}
    assert reply.parsed()["oAuth2AuthorizationConsents"] == [row]


def test_a_denied_consent(sandbox: Sandbox) -> None:
    register(sandbox)
    browser = Browser(sandbox)
    browser.log_in()
    denied = browser.submit(browser.open(authorize_url()), 1)
    assert params(denied) == {
        "error": "access_denied",
        "error_description": "OAuth 2.0 Parameter: client_id",
        "error_uri": AUTHORIZE,
        "state": "st & te",
    }
    assert send(sandbox, "GET", "/api/oAuth2Authorizations", headers=ADMIN).parsed()["oAuth2Authorizations"] == []


def test_a_consent_to_more_than_was_asked_and_one_of_somebody_else(v42: Sandbox) -> None:
    register(v42, scopes="openid,username,email")
    make_user(v42)
    browser, other = Browser(v42), Browser(v42)
    browser.log_in()
    other.log_in("ada_l", PASSWORD)
    page = browser.open(authorize_url())
    stolen = other.submit(page, scope="username")
    assert stolen.status == 400
    assert b"[invalid_request] OAuth 2.0 Parameter: state" in stolen.body
    assert params(browser.submit(page, scope=["username", "email"]))["error"] == "invalid_scope"
    assert b"Parameter: client_id" in browser.go("POST", "/oauth2/authorize", [("state", "x")]).body


def test_wrong_passwords_are_told_on_the_page(sandbox: Sandbox) -> None:
    browser = Browser(sandbox)
    page = browser.log_in(password="wrong")
    assert page.status == 401
    assert b"Incorrect username or password." in page.body
    assert b'value="admin"' in page.body
    assert b"Logged in as admin." in browser.submit(page, username="admin", password="district").body


def test_the_login_endpoint_names_the_page_that_was_asked_for(sandbox: Sandbox) -> None:
    register(sandbox)
    browser = Browser(sandbox)
    browser.go("GET", authorize_url())
    cookie = {"Cookie": f"JSESSIONID={browser.cookies['JSESSIONID']}"}
    credentials = {"username": "admin", "password": "district"}
    reply = send(sandbox, "POST", "/api/auth/login", credentials, headers=cookie)
    assert reply.parsed()["redirectUrl"] == authorize_url().replace("+", "%20")
    assert send(sandbox, "POST", "/api/auth/login", credentials, headers=cookie).parsed()["redirectUrl"] == "/"


def test_basic_opens_no_authorization(v42: Sandbox) -> None:
    register(v42)
    reply = send(v42, "GET", authorize_url(), headers=ADMIN)
    assert (reply.status, reply.headers["Location"]) == (302, "http://sandbox.example.org/dhis-web-login/")


@pytest.mark.parametrize(
    ("changes", "parameter"),
    [
        ({"client_id": "nobody"}, "client_id"),
        ({"client_id": None}, "client_id"),
        ({"response_type": None}, "response_type"),
        ({"redirect_uri": "http://127.0.0.1:8765/other"}, "redirect_uri"),
        ({"redirect_uri": f"{CALLBACK}#x"}, "redirect_uri"),
        ({"redirect_uri": "http://localhost:8765/cb"}, "redirect_uri"),
        ({"redirect_uri": None}, "redirect_uri"),
    ],
)
def test_nobody_is_sent_to_an_address_that_may_be_wrong(
    v42: Sandbox, changes: dict[str, str | None], parameter: str
) -> None:
    register(v42)
    reply = send(v42, "GET", authorize_url(**changes))
    assert reply.status == 400
    assert f"OAuth 2.0 Parameter: {parameter}</p>".encode() in reply.body


@pytest.mark.parametrize(
    ("changes", "error", "uri"),
    [
        ({"scope": "openid email"}, ("invalid_scope", "scope"), AUTHORIZE),
        ({"code_challenge": None}, ("invalid_request", "code_challenge"), PKCE),
        ({"code_challenge_method": "plain"}, ("invalid_request", "code_challenge_method"), PKCE),
        ({"code_challenge_method": None}, ("invalid_request", "code_challenge_method"), PKCE),
        (
            {"prompt": "none"},
            ("login_required", "prompt"),
            "https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest",
        ),
    ],
)
def test_other_refusals_go_back_to_the_client(
    v42: Sandbox, changes: dict[str, str | None], error: tuple[str, str], uri: str
) -> None:
    register(v42, clientSettings=NO_QUESTIONS)
    name, parameter = error
    assert params(send(v42, "GET", authorize_url(**changes))) == {
        "error": name,
        "error_description": f"OAuth 2.0 Parameter: {parameter}",
        "error_uri": uri,
        "state": "st & te",
    }


def test_the_port_of_a_loopback_address_does_not_count(v42: Sandbox) -> None:
    register(v42, clientSettings=NO_QUESTIONS)
    browser = Browser(v42)
    browser.log_in()
    reply = browser.open(authorize_url(redirect_uri="http://127.0.0.1:50123/cb"))
    assert reply.headers["Location"].startswith("http://127.0.0.1:50123/cb?code=")


def test_a_server_without_it_has_none_of_it() -> None:
    with Sandbox(42, empty=True, oauth2=False) as sandbox:
        assert register(sandbox).status == 201
        headers = {"X-Requested-With": "XMLHttpRequest"}
        assert send(sandbox, "GET", "/.well-known/openid-configuration", headers=headers).status == 401
        assert send(sandbox, "GET", "/api/me", headers={"Authorization": "Bearer x.y.z"}).status == 302
