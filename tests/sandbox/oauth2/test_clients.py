"""Registering OAuth2 clients: what is taken, refused, filled in, and who may do it."""

from typing import Any

import pytest
from browser import ADMIN, CALLBACK, HASH, PASSWORD, basic, make_user, register, send

from dhis2w_sandbox import Sandbox


def test_who_may_see_clients(sandbox: Sandbox) -> None:
    make_user(sandbox)
    ada = basic("ada_l", PASSWORD)
    for method, path, authority in (
        ("GET", "/api/oAuth2Clients", "F_OAUTH2_CLIENT_MANAGE"),
        ("POST", "/api/oAuth2Clients", "F_OAUTH2_CLIENT_MANAGE"),
        ("DELETE", "/api/oAuth2Clients/abcClient01", "F_OAUTH2_CLIENT_MANAGE"),
        ("GET", "/api/oAuth2Authorizations", "ALL"),
        ("GET", "/api/oAuth2AuthorizationConsents", "ALL"),
    ):
        reply = send(sandbox, method, path, {}, headers=ada)
        assert reply.status == 403
        assert reply.parsed()["message"] == f"Access is denied, requires one Authority from [{authority}]"


@pytest.mark.parametrize("plural", ["oAuth2Authorizations", "oAuth2AuthorizationConsents"])
def test_what_logins_leave_behind_is_only_read(sandbox: Sandbox, plural: str) -> None:
    assert send(sandbox, "POST", f"/api/{plural}", {}, headers=ADMIN).status == 405
    assert send(sandbox, "DELETE", f"/api/{plural}/abcdefghijk", headers=ADMIN).status == 405
    reply = send(sandbox, "POST", "/api/metadata", {plural: [{"name": "x", "principalName": "x"}]}, headers=ADMIN)
    report = reply.parsed()["response"]["typeReports"][0]["objectReports"][0]["errorReports"]
    assert "E6023" in {row["errorCode"] for row in report}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"clientId": "system-dcr-registrar-client"}, "Cannot create a client with the reserved DCR"),
        ({"authorizationGrantTypes": "authorization_code,implicit"}, "Invalid authorization grant type: implicit."),
        ({"redirectUris": f"{CALLBACK},myapp://x"}, "Redirect URI not in deviceEnrollmentRedirectAllowlist: myapp://x"),
        ({"redirectUris": "no-address"}, "Invalid redirect URI: no-address"),
    ],
)
def test_what_is_refused(sandbox: Sandbox, values: dict[str, Any], words: str) -> None:
    reply = register(sandbox, **values)
    assert (reply.status, reply.parsed()["errorCode"]) == (409, "E1004")
    assert reply.parsed()["message"].startswith(f"Missing required property `{words}")
    uid = register(sandbox).parsed()["response"]["uid"]
    changed = {"clientId": "prog", "redirectUris": CALLBACK, **values}
    assert send(sandbox, "PUT", f"/api/oAuth2Clients/{uid}", changed, headers=ADMIN).status == 409
    imported = send(sandbox, "POST", "/api/metadata", {"oAuth2Clients": [{**changed, "clientId": "x"}]}, headers=ADMIN)
    if "clientId" not in values:
        assert imported.status == 409


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"scopes": "openid,ALL"}, "Invalid scope: 'ALL'. Allowed scopes are: email, openid, profile, username."),
        ({"scopes": "client.create"}, "Scope 'client.create' is reserved for the system DCR registrar"),
        ({"clientSettings": "not json"}, "Invalid clientSettings JSON: "),
        ({"clientSettings": "{}"}, "Invalid clientSettings: setting 'settings.client.require-proof-key' must be"),
        (
            {
                "clientSettings": '{"settings.client.require-proof-key":false,'
                '"settings.client.require-authorization-consent":true}'
            },
            "PKCE cannot be disabled",
        ),
    ],
)
def test_only_44_checks_scopes_and_settings(sandbox: Sandbox, values: dict[str, Any], words: str) -> None:
    reply = register(sandbox, **values)
    if sandbox.server.version == "v44":
        assert reply.parsed()["message"].startswith(f"Missing required property `{words}")
    else:
        assert reply.status == 201


def test_what_is_filled_in(sandbox: Sandbox) -> None:
    uid = register(sandbox).parsed()["response"]["uid"]
    path = f"/api/oAuth2Clients/{uid}"
    client = send(sandbox, "GET", f"{path}?fields=name,clientSecret,clientSettings", headers=ADMIN).parsed()
    pkce = "true" if sandbox.server.version == "v44" else "false"
    assert (client["name"], client["clientSecret"]) == ("prog", HASH)
    assert f'"settings.client.require-proof-key":{pkce}' in client["clientSettings"]
    named = {"clientId": "prog", "redirectUris": CALLBACK, "name": "Program"}
    send(sandbox, "PUT", path, named, headers=ADMIN)
    del named["name"]
    send(sandbox, "PUT", path, named, headers=ADMIN)
    assert send(sandbox, "GET", f"{path}?fields=name,clientSettings", headers=ADMIN).parsed() == {"name": "Program"}


def test_after_a_list_where_a_text_belongs_nothing_is_read(v42: Sandbox) -> None:
    uid = register(v42, redirectUris=[CALLBACK]).parsed()["response"]["uid"]
    fields = "clientId,redirectUris,scopes"
    client = send(v42, "GET", f"/api/oAuth2Clients/{uid}?fields={fields}", headers=ADMIN).parsed()
    assert client == {"clientId": "prog"}


def test_where_devices_may_enrol(v42: Sandbox) -> None:
    reply = send(v42, "GET", "/api/auth/enrollDevice?redirectUri=app://x&state=s", headers=ADMIN)
    assert (reply.status, b"invalid_redirect_uri" in reply.body) == (400, True)
    v42.server.configuration.write("setting deviceEnrollmentRedirectAllowlist", "other://*, app://*")
    assert send(v42, "GET", "/api/auth/enrollDevice?redirectUri=app://x&state=s", headers=ADMIN).status == 501
    v42.server.configuration.write("setting deviceEnrollmentAllowedUserGroups", "abcdefghijk")
    assert send(v42, "GET", "/api/auth/enrollDevice?redirectUri=app://x&state=s", headers=ADMIN).status == 403
