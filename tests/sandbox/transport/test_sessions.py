"""Logging in, what the cookie opens, and how it ends."""

from datetime import UTC, datetime, timedelta

import pytest
from caller import ADMIN, PASSWORD, SCRIPT, Caller, basic

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.two_factor import STEP, one_time_code


def log_in(call: Caller, username: str, password: str = PASSWORD, **more: str) -> dict[str, str]:
    reply = call("POST", "/api/auth/login", {"username": username, "password": password, **more}, headers={})
    assert reply.status == 200
    call.remember(reply)
    return reply.parsed()


def test_a_login_opens_the_api_by_cookie_alone(call_each: Caller) -> None:
    answer = log_in(call_each, "admin", "district")
    start = "/dhis-web-dashboard" if call_each.sandbox.server.version == "v41" else "/"
    assert answer == {"loginStatus": "SUCCESS", "redirectUrl": start}
    assert call_each.by_session("GET", "/api/me?fields=username").parsed() == {"username": "admin"}


def test_what_keeps_an_account_out_is_a_status_under_200(call: Caller) -> None:
    call.make_user("off_one", disabled=True)
    call.make_user("old_one", accountExpiry="2020-01-01T00:00:00.000")
    assert log_in(call, "off_one") == {"loginStatus": "ACCOUNT_DISABLED"}
    assert log_in(call, "old_one") == {"loginStatus": "ACCOUNT_EXPIRED"}
    assert not call.cookies


def test_wrong_passwords_and_bodies(call: Caller) -> None:
    assert call("POST", "/api/auth/login", {"username": "admin"}, headers={}).parsed()["message"] == "Bad credentials"
    assert call("POST", "/api/auth/login", {}, headers={}).status == 401
    assert call("POST", "/api/auth/login", b"{", headers={"Content-Type": "application/json"}).status == 400
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert call("POST", "/api/auth/login", b"username=admin", headers=form).status == 415
    assert call("GET", "/api/auth/login", headers={}).status == 405


def test_basic_makes_a_session_too_and_keeps_it(call: Caller) -> None:
    call.remember(call("GET", "/api/me"))
    assert call.by_session("GET", "/api/me?fields=username").parsed() == {"username": "admin"}
    assert call.by_session("GET", "/api/me", **basic("admin", "district")).cookies == []


def test_43_tells_when_the_session_ends(call_each: Caller) -> None:
    names = {cookie.partition("=")[0] for cookie in call_each("GET", "/api/me").cookies}
    told = call_each.sandbox.server.behaviour.tells_session_timeout
    assert names == ({"JSESSIONID", "SESSION_EXPIRE"} if told else {"JSESSIONID"})


def test_a_session_that_was_ended_elsewhere_is_redirected_once_even_for_scripts(call_each: Caller) -> None:
    log_in(call_each, "admin", "district")
    call_each.sandbox.server.sessions.end_those_of("M5zQapPyTZI")
    reply = call_each.by_session("GET", "/api/me", **SCRIPT)
    address = "http://sandbox.example.org" if call_each.sandbox.server.version == "v41" else ""
    assert (reply.status, reply.headers["Location"]) == (302, f"{address}/dhis-web-commons-security/logout.action")
    assert call_each.by_session("GET", "/api/me", **SCRIPT).status == 401


def test_the_administrator_ends_sessions_by_name(call: Caller) -> None:
    call.make_user("some_one")
    log_in(call, "some_one")
    assert "some_one, (active)" in call("GET", "/api/sessions").parsed().values()
    assert call("DELETE", "/api/sessions/some_one").status == 200
    assert call("DELETE", "/api/sessions/nobody").status == 200
    assert call.by_session("GET", "/api/me").headers["Location"].endswith("logout.action")


def test_41_has_no_administration_of_sessions() -> None:
    with Sandbox(41, empty=True) as sandbox:
        assert Caller(sandbox)("GET", "/api/sessions").status == 404


def test_logging_out(call: Caller) -> None:
    log_in(call, "admin", "district")
    reply = call.by_session("GET", "/dhis-web-commons-security/logout.action")
    assert (reply.status, reply.headers["Location"]) == (302, "/")
    assert call.by_session("GET", "/api/me", **SCRIPT).status == 401


def test_a_new_password_ends_the_sessions_and_is_remembered(call: Caller) -> None:
    call.make_user("some_one")
    log_in(call, "some_one")
    change = {"oldPassword": PASSWORD, "newPassword": PASSWORD}
    refused = call.by_session("PUT", "/api/me/changePassword", change)
    assert refused.parsed()["message"] == "Password must not be one of the previous 24 passwords"
    changed = call.by_session("PUT", "/api/me/changePassword", {**change, "newPassword": "Green#Tricycle82"})
    assert (changed.status, changed.body) == (202, b"")
    assert call.by_session("GET", "/api/me").status == 302
    assert log_in(call, "some_one", "Green#Tricycle82")["loginStatus"] == "SUCCESS"


def test_a_session_that_is_not_used_for_an_hour_is_gone() -> None:
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    with Sandbox(42, empty=True, clock=lambda: now) as sandbox:
        call = Caller(sandbox)
        log_in(call, "admin", "district")
        now += timedelta(minutes=59)
        assert call.by_session("GET", "/api/me").status == 200
        now += timedelta(minutes=61)
        assert call.by_session("GET", "/api/me").status == 302


def test_the_eleventh_login_ends_the_session_that_was_not_used_for_longest(call: Caller) -> None:
    log_in(call, "admin", "district")
    first = dict(call.cookies)
    log_in(call, "admin", "district")
    second = dict(call.cookies)
    call.cookies = dict(first)
    assert call.by_session("GET", "/api/me").status == 200
    for _ in range(9):
        log_in(call, "admin", "district")
    call.cookies = dict(first)
    assert call.by_session("GET", "/api/me").status == 200
    call.cookies = dict(second)
    assert call.by_session("GET", "/api/me").headers["Location"] == "/dhis-web-commons-security/logout.action"


@pytest.mark.parametrize("change", ["password", "roles", "disabled"])
def test_what_an_administrator_changes_of_a_user_may_end_their_sessions(call: Caller, change: str) -> None:
    uid = call.make_user("some_one")
    user = call("GET", f"/api/users/{uid}?fields=:owner").parsed()
    log_in(call, "some_one")
    assert call("PUT", f"/api/users/{uid}", {**user, "jobTitle": "Nurse"}).status == 200
    assert call.by_session("GET", "/api/me").status == 200
    if change == "password":
        call("PUT", f"/api/users/{uid}", {**user, "password": "Green#Tricycle82"})
    elif change == "roles":
        call("PUT", f"/api/users/{uid}", {**user, "userRoles": [{"id": "yrB6vc5Ip3r"}]})
    else:
        patch = [{"op": "replace", "path": "/disabled", "value": True}]
        headers = {**ADMIN, "Content-Type": "application/json-patch+json"}
        call("PATCH", f"/api/users/{uid}", patch, headers=headers)
    assert call.by_session("GET", "/api/me").headers["Location"].endswith("logout.action")


def test_too_many_failures_lock_the_name_for_a_quarter_of_an_hour() -> None:
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    with Sandbox(42, empty=True, clock=lambda: now) as sandbox:
        call = Caller(sandbox)
        call.make_user("some_one")
        for _ in range(5):
            call("GET", "/api/me", headers=basic("some_one", "wrong"))
        assert call("GET", "/api/me", headers=basic("some_one", PASSWORD)).status == 200  # the setting is off
        sandbox.server.configuration.write("setting lockMultipleFailedLogins", value=True)
        for _ in range(4):
            call("GET", "/api/me", headers=basic("some_one", "wrong"))
        assert call("GET", "/api/me", headers=basic("some_one", PASSWORD)).parsed()["message"] == "Account locked"
        assert log_in(call, "some_one") == {"loginStatus": "ACCOUNT_LOCKED"}
        now += timedelta(minutes=16)
        assert log_in(call, "some_one")["loginStatus"] == "SUCCESS"


def test_a_password_may_grow_too_old() -> None:
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    with Sandbox(42, empty=True, clock=lambda: now) as sandbox:
        call = Caller(sandbox)
        call.make_user("some_one")
        sandbox.server.configuration.write("setting credentialsExpires", 3)
        now = datetime(2026, 4, 30, 12, tzinfo=UTC)
        assert log_in(call, "some_one")["loginStatus"] == "SUCCESS"
        now = datetime(2026, 5, 1, 12, tzinfo=UTC)
        assert log_in(call, "some_one") == {"loginStatus": "PASSWORD_EXPIRED"}


def test_a_role_may_want_a_second_factor(call: Caller) -> None:
    role = {"id": "roleRole001", "name": "Careful", "restrictions": ["R_ENABLE_2FA"]}
    call("POST", "/api/userRoles", role)
    call.make_user("some_one")
    call.make_user("wary_one", userRoles=[{"id": "roleRole001"}])
    assert log_in(call, "wary_one") == {"loginStatus": "REQUIRES_TWO_FACTOR_ENROLMENT"}
    assert call("GET", "/api/me", headers=basic("wary_one", PASSWORD)).status == 401


def test_recovery_is_off(call: Caller) -> None:
    reply = call("POST", "/api/auth/forgotPassword", {"emailOrUsername": "admin"}, headers={})
    assert (reply.status, reply.parsed()["message"]) == (409, "Account recovery is not enabled")


def test_the_cookie_belongs_to_the_context_path() -> None:
    with Sandbox(42, empty=True, context_path="/dhis") as sandbox:
        assert "Path=/dhis;" in Caller(sandbox)("GET", "/dhis/api/me").cookies[0]


def test_the_second_factor_shuts_basic_out_and_asks_logins_for_a_code() -> None:
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    with Sandbox(42, empty=True, clock=lambda: now) as sandbox:
        call = Caller(sandbox)
        call.make_user("some_one")
        mine = basic("some_one", PASSWORD)
        call("POST", "/api/2fa/enrollTOTP2FA", headers=mine)
        secret = call("GET", "/api/2fa/qrCodeJson", headers=mine).parsed()["base32Secret"]
        wrong = call("POST", "/api/2fa/enable", {"code": "000000"}, headers=mine)
        assert (wrong.status, wrong.parsed()["errorCode"]) == (403, "E3023")
        code = one_time_code(secret, int(now.timestamp()) // STEP)
        assert call("POST", "/api/2fa/enable", {"code": code}, headers=mine).status == 200
        assert call("GET", "/api/me", headers=mine).status == 401
        assert log_in(call, "some_one")["loginStatus"] == "INCORRECT_TWO_FACTOR_CODE_TOTP"
        assert log_in(call, "some_one", twoFactorCode=code)["loginStatus"] == "SUCCESS"


def test_one_time_codes_are_those_of_the_standard() -> None:
    # RFC 6238, appendix B, cut to six digits
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert one_time_code(secret, 59 // 30) == "287082"
    assert one_time_code(secret, 1111111109 // 30) == "081804"
