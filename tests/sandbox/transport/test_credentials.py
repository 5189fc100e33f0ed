"""Who may come in, and what everybody else is told."""

import pytest
from caller import ADMIN, PASSWORD, SCRIPT, Caller, basic

LOGIN_PAGES = {
    "v41": "http://sandbox.example.org/dhis-web-login",
    "v42": "http://sandbox.example.org/dhis-web-login/",
    "v43": "http://sandbox.example.org/login/",
    "v44": "/login/",
}


def test_nobody_is_sent_to_the_login_page_of_the_version(call_each: Caller) -> None:
    reply = call_each("GET", "/api/me", headers={"Accept": "application/json"})
    assert (reply.status, reply.headers["Location"]) == (302, LOGIN_PAGES[call_each.sandbox.server.version])
    assert reply.media is None


def test_following_that_redirect_gives_html_with_status_200(call_each: Caller) -> None:
    page = LOGIN_PAGES[call_each.sandbox.server.version].removeprefix("http://sandbox.example.org")
    reply = call_each("GET", page, headers={"Accept": "text/html"})
    assert reply.status == 200
    assert reply.media is not None
    assert reply.media.startswith("text/html")


def test_a_script_is_told_in_json(call_each: Caller) -> None:
    reply = call_each("GET", "/api/me", headers=SCRIPT)
    assert reply.status == 401
    assert reply.parsed() == {
        "httpStatus": "Unauthorized",
        "httpStatusCode": 401,
        "status": "ERROR",
        "message": "Unauthorized",
    }


@pytest.mark.parametrize(
    "headers",
    [
        basic("admin", "wrong"),
        basic("ADMIN", "district"),
        {"Authorization": "Basic !!!notbase64"},
        {"Authorization": "Basic YWRtaW4="},
        {"Authorization": "Basic"},
    ],
)
def test_wrong_basic_credentials_are_401_even_where_none_are_needed(call: Caller, headers: dict[str, str]) -> None:
    assert call("GET", "/api/loginConfig", headers={}).status == 200
    reply = call("GET", "/api/loginConfig", headers=headers)
    assert (reply.status, reply.parsed()["message"]) == (401, "Unauthorized")
    assert "WWW-Authenticate" not in reply.headers


@pytest.mark.parametrize("scheme", ["Digest abc", "Negotiate x"])
def test_an_unknown_scheme_counts_as_nobody(call: Caller, scheme: str) -> None:
    assert call("GET", "/api/me", headers={"Authorization": scheme}).status == 302


def test_the_name_of_the_scheme_has_no_case(call: Caller) -> None:
    header = ADMIN["Authorization"].replace("Basic", "bAsIc")
    assert call("GET", "/api/me?fields=username", headers={"Authorization": header}).parsed() == {"username": "admin"}


def test_wrong_credentials_in_xml_where_xml_is_asked_for(call: Caller) -> None:
    reply = call("GET", "/api/me", headers={**basic("admin", "x"), "Accept": "application/xml"})
    assert reply.media == "application/xml"
    assert reply.body.startswith(b"<webMessage xmlns=")


def test_only_41_answers_a_script_without_credentials_in_xml(call_each: Caller) -> None:
    reply = call_each("GET", "/api/me", headers={**SCRIPT, "Accept": "application/xml"})
    expected = "application/xml" if call_each.sandbox.server.version == "v41" else "application/json"
    assert reply.media == expected


def test_ping_is_inside_the_filters_in_41_only(call_each: Caller) -> None:
    inside = call_each.sandbox.server.version == "v41"
    assert call_each("GET", "/api/ping", headers={}).status == (302 if inside else 200)
    assert call_each("GET", "/api/ping", headers=basic("admin", "wrong")).status == (401 if inside else 200)


def test_system_ping_is_open_from_44_on(call_each: Caller) -> None:
    opened = call_each.sandbox.server.version == "v44"
    assert call_each("GET", "/api/system/ping", headers={}).status == (200 if opened else 302)
    assert call_each("GET", "/api/system/ping").body == b"pong"


def test_a_disabled_account_says_so_and_an_expired_one_does_not(call: Caller) -> None:
    call.make_user("off_one", disabled=True)
    call.make_user("old_one", accountExpiry="2020-01-01T00:00:00.000")
    assert call("GET", "/api/me", headers=basic("off_one", PASSWORD)).parsed()["message"] == "Account disabled"
    assert call("GET", "/api/me", headers=basic("old_one", PASSWORD)).parsed()["message"] == "Unauthorized"


def test_a_missing_authority_is_403_without_a_code(call: Caller) -> None:
    call.make_user("plain_one")
    reply = call("GET", "/api/sessions", headers=basic("plain_one", PASSWORD))
    assert (reply.status, reply.parsed()["message"]) == (403, "Access is denied, requires one Authority from [ALL]")
    assert "errorCode" not in reply.parsed()
