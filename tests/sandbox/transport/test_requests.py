"""Paths, origins, media types, methods: what happens around the endpoints."""

import pytest
from caller import ADMIN, Caller

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.app import server_url
from dhis2w_sandbox.bodies import json_body
from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.paths import published_methods
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.sandbox import all_endpoints

ELSEWHERE = "https://elsewhere.example.org"
INCLUDING_JSON = ["application/json", "*/*", "text/html, application/json;q=0.5", "text/html,*/*;q=0.1"]


def test_version_segments_that_the_server_takes(call_each: Caller) -> None:
    newest = {"v41": 42, "v42": 42, "v43": 43, "v44": 44}[call_each.sandbox.server.version]
    for number, status in ((27, 404), (28, 200), (newest, 200), (newest + 1, 404)):
        assert call_each("GET", f"/api/{number}/system/info?fields=version").status == status


def test_an_unknown_path_is_the_containers_page(call_each: Caller) -> None:
    reply = call_each("GET", "/api/nosuchthing")
    assert (reply.status, (reply.media or "").split(";")[0]) == (404, "text/html")
    jetty = call_each.sandbox.server.version == "v41"
    assert (b"Powered by Jetty" if jetty else b"No static resource api&#47;nosuchthing.") in reply.body


def test_jetty_answers_in_json_where_it_is_asked_for_and_not_at_all_for_other_methods() -> None:
    with Sandbox(41, empty=True) as sandbox:
        call = Caller(sandbox)
        reply = call("GET", "/api/nosuchthing", headers={**ADMIN, "Accept": "application/json"})
        rows = {"servlet": "dispatcher", "message": "Not Found", "url": "/api/nosuchthing", "status": "404"}
        assert reply.parsed() == rows
        assert call("DELETE", "/api/nosuchthing").body == b""


def test_what_dhis2_has_and_the_sandbox_has_not_is_501(call_each: Caller) -> None:
    version = call_each.sandbox.server.version
    assert "GET" in published_methods(version, "/api/gateways")
    reply = call_each("GET", "/api/gateways")
    assert reply.status == 501
    assert "GET /api/gateways" in reply.parsed()["message"]


def test_another_method_is_405_and_says_which_there_are(call_each: Caller) -> None:
    reply = call_each("POST", "/api/system/info", {})
    be = " not" if call_each.sandbox.server.version == "v41" else " is not"
    assert (reply.status, reply.parsed()["message"]) == (405, f"Request method 'POST'{be} supported")
    assert reply.headers["Allow"] == "GET,HEAD,OPTIONS"


def test_options_and_head(call: Caller) -> None:
    assert call("OPTIONS", "/api/dataElements").headers["Allow"].startswith("GET,HEAD,POST")
    assert call("HEAD", "/api/system/info").status == 200


def test_trailing_slash_and_suffix(call: Caller) -> None:
    for path in ("/api/system/info/", "/api/system/info.json"):
        assert call("GET", f"{path}?fields=calendar").parsed() == {"calendar": "iso8601"}


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "application/pdf"])
def test_what_an_endpoint_cannot_make_is_406_in_html(call_each: Caller, accept: str) -> None:
    reply = call_each("GET", "/api/system/info", headers={**ADMIN, "Accept": accept})
    assert (reply.status, (reply.media or "").split(";")[0]) == (406, "text/html")


@pytest.mark.parametrize(
    "accept", ["application/json", "*/*", "text/html, application/json;q=0.5", "text/html,*/*;q=0.1"]
)
def test_json_where_it_is_among_what_is_wanted(call: Caller, accept: str) -> None:
    assert call("GET", "/api/system/info", headers={**ADMIN, "Accept": accept}).media == "application/json"


def test_an_unreadable_suffix_is_406_and_an_unknown_one_is_dropped(call: Caller) -> None:
    assert call("GET", "/api/system/info.xml").status == 406
    reply = call("GET", "/api/users/M5zQapPyTZI.nosuch?fields=id")
    assert reply.parsed() == {"id": "M5zQapPyTZI"}
    assert reply.headers["Content-Disposition"] == "inline;filename=f.txt"


def test_a_body_of_another_type_is_415_in_json(call_each: Caller) -> None:
    version = call_each.sandbox.server.version
    reply = call_each("POST", "/api/users", b"x", headers={**ADMIN, "Content-Type": "text/plain"})
    text = "Content type 'text/plain' not" if version == "v41" else "Content-Type 'text/plain' is not"
    assert (reply.status, reply.parsed()["message"]) == (415, f"{text} supported")


def test_a_foreign_origin_is_dropped_from_42_on(call_each: Caller) -> None:
    version = call_each.sandbox.server.version
    role = {"id": "roleRole001", "name": "Made from elsewhere"}
    reply = call_each("POST", "/api/userRoles", role, headers={**ADMIN, "Origin": ELSEWHERE})
    made = call_each("GET", "/api/userRoles/roleRole001").status == 200
    assert (reply.status, made) == ((201, True) if version == "v41" else (200, False))
    assert (reply.body == b"") != made


def test_an_allowed_origin_is_served_and_its_preflight_answered(call: Caller) -> None:
    assert call("POST", "/api/configuration/corsWhitelist", [ELSEWHERE]).status == 204
    reply = call("GET", "/api/me?fields=username", headers={**ADMIN, "Origin": ELSEWHERE})
    assert reply.parsed() == {"username": "admin"}
    assert reply.headers["Access-Control-Allow-Origin"] == ELSEWHERE
    preflight = {"Origin": ELSEWHERE, "Access-Control-Request-Method": "PUT"}
    answer = call("OPTIONS", "/api/me", headers=preflight)
    assert (answer.status, answer.headers["Access-Control-Allow-Methods"]) == (204, "PUT")


def test_the_servers_own_origin_is_no_foreign_one(call: Caller) -> None:
    reply = call("GET", "/api/me?fields=username", headers={**ADMIN, "Origin": "http://sandbox.example.org"})
    assert reply.parsed() == {"username": "admin"}


@pytest.mark.parametrize(
    ("headers", "url"),
    [
        ({"host": "h.example.org:8080"}, "http://h.example.org:8080"),
        ({"host": "h.example.org:80"}, "http://h.example.org"),
        ({"host": "h.example.org", "x-forwarded-proto": "https", "x-forwarded-port": "443"}, "https://h.example.org"),
        ({"host": "h:8080", "x-forwarded-proto": "https", "x-forwarded-port": "8443"}, "https://h:8443"),
        ({"host": "h:8080", "x-forwarded-proto": "https"}, "https://h:8080"),
    ],
)
def test_how_the_server_believes_to_be_called(headers: dict[str, str], url: str) -> None:
    assert server_url(headers) == url


def test_a_context_path() -> None:
    with Sandbox(42, empty=True, context_path="/dhis") as sandbox:
        call = Caller(sandbox)
        info = call("GET", "/dhis/api/system/info").parsed()
        assert info["contextPath"] == "http://sandbox.example.org/dhis"
        assert call("GET", "/dhis/api/me", headers={}).headers["Location"].endswith("/dhis/dhis-web-login/")
        assert call("GET", "/api/system/info").status == 404
        assert call("GET", "/dhisother/api/system/info", headers={}).status == 404


def test_every_answer_of_an_endpoint_says_how_it_is_known(call: Caller) -> None:
    assert call("GET", "/api/system/info").headers["X-Sandbox-Evidence"] == "recorded"
    assert call("GET", "/api/me/dashboard").headers["X-Sandbox-Evidence"] == "source"
    refused = call("GET", "/api/schemas/nothing")
    assert (refused.status, refused.headers["X-Sandbox-Evidence"]) == (404, "recorded")


def test_a_missing_parameter_is_the_containers_page(call_each: Caller) -> None:
    reply = call_each("GET", "/api/userLookup")
    assert (reply.status, (reply.media or "").split(";")[0]) == (400, "text/html")
    assert b"query" in reply.body


def test_old_version_segments_answer_plainly_in_41_only() -> None:
    user = {"firstName": "A", "surname": "B", "username": "admin", "userRoles": [{"id": "yrB6vc5Ip3r"}]}
    for version, plain in ((41, True), (42, False)):
        with Sandbox(version, empty=True) as sandbox:
            call = Caller(sandbox)
            for path, bare in (("/api/37/users/M5zQapPyTZI", plain), ("/api/38/users/M5zQapPyTZI", False)):
                reply = call("PUT", path, user)
                assert reply.status == 200
                assert ("httpStatus" not in reply.parsed()) == bare


def test_an_endpoint_that_fails_leaves_nothing_behind() -> None:
    endpoints = Endpoints()

    @endpoints.add("POST", "/api/halfway", SOURCE)
    def halfway(call: Call) -> Reply:
        call.server.store.put("userRole", "halfRole001", {"id": "halfRole001", "name": "Half"})
        return Reply.json(json_body(call))

    with Sandbox(42, empty=True) as sandbox:
        app = type(sandbox.app)(sandbox.server, [*all_endpoints(), *endpoints.rows])
        headers = [*ADMIN.items(), ("Content-Type", "application/json")]
        assert app.answer("POST", "/api/halfway", "", headers, b"{").status == 400
        assert sandbox.server.store.get("userRole", "halfRole001") is None
