"""No body makes the sandbox fail: each published operation answers an empty object, an empty list and nothing."""

from __future__ import annotations

import re
from contextlib import suppress
from importlib.resources import files

import pytest
from sender import Sender

from dhis2w_sandbox.paths import SWITCHED_OFF

ANY = re.compile(r"\{[^}]*\}|\*\*")


class _Undone(Exception):
    """Leaves a transaction so that nothing of it stays."""


def _try(site: Sender, method: str, path: str, body: str) -> None:
    with suppress(_Undone), site.server.store.transaction():
        site(method, path, body)
        raise _Undone


@pytest.mark.parametrize("body", ["{}", "[]", "", "null", '"text"'])
def test_every_operation_answers_whatever_is_sent(admin_of_each: Sender, body: str) -> None:
    version = admin_of_each.server.version
    text = files("dhis2w_sandbox.tables").joinpath(f"{version}.paths.txt").read_text("utf-8")
    rows = [line.split(" ", 1) for line in text.splitlines()]
    operations = [(method, path) for methods, path in rows for method in methods.split(",") if method != "GET"]
    assert len(operations) > 500
    for method, path in operations:
        if path not in SWITCHED_OFF:
            _try(admin_of_each, method, ANY.sub("M5zQapPyTZI", path), body)


def test_a_proposal_needs_its_words(admin: Sender) -> None:
    change = {"name": "There", "shortName": "There", "openingDate": "2020-01-01"}
    for body, word in (({"type": "ADD", "change": change}, "'target'"), ({"target": "ORGANISATION_UNIT"}, "'type'")):
        reply = admin("POST", "/api/metadata/proposals", body)
        assert reply.status == 400
        assert word in reply.parsed()["message"]


def test_a_mark_and_an_approval_of_nothing_are_refused(admin: Sender) -> None:
    reply = admin("PUT", "/api/dataValues/followup", {"followup": True})
    assert (reply.status, reply.parsed()["errorCode"]) == (409, "E1100")
    assert admin("PUT", "/api/dataStore/some/key", "").status == 201
