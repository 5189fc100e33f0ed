"""What DHIS2 has an operation of its own for is never answered as if it were a property or an identifier."""

import base64
import json

import pytest

from dhis2w_sandbox import Sandbox

CREDENTIALS = [("authorization", "Basic " + base64.b64encode(b"admin:district").decode())]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/visualizations/{uid}/data"),
        ("GET", "/api/maps/{uid}/data"),
        ("POST", "/api/indicators/expression/description"),
    ],
)
def test_missing_operation_is_501(method: str, path: str) -> None:
    app = Sandbox(42, empty=True).app
    reply = app.answer(method, path.replace("{uid}", "abcdefghijk"), "", CREDENTIALS, b"")
    assert reply.status == 501
    assert "does not have this" in json.loads(reply.body)["message"]


def test_bulk_sharing_of_users_is_no_user() -> None:
    app = Sandbox(43, empty=True).app
    headers = [*CREDENTIALS, ("content-type", "application/json-patch+json")]
    reply = app.answer("PATCH", "/api/users/sharing", "", headers, b'{"users":[],"patch":[]}')
    assert "sharing could not be found" not in reply.body.decode()
    assert reply.status != 404


def test_a_property_is_still_a_property() -> None:
    app = Sandbox(42, empty=True).app
    assert app.answer("GET", "/api/users/M5zQapPyTZI/userRoles", "", CREDENTIALS, b"").status == 200
