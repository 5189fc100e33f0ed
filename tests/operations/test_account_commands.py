"""Users, roles and groups by the command line, taken back again, on every version."""

from __future__ import annotations

import pytest

from dhis2w_cli.exit_codes import ExitCode
from dhis2w_core.errors import OperationError
from dhis2w_core.features.user.mail_address import mail_address
from dhis2w_sandbox.faults import Fault
from tests.core.conftest import Home
from tests.operations.conftest import Desk

PASSWORD = "Orange#Bicycle71"


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The words that say where a password comes from."""
    monkeypatch.setenv("NEW_PASSWORD", PASSWORD)
    return "--secret-from", "env:NEW_PASSWORD"


def made(desk: Desk, secret: tuple[str, str]) -> str:
    """UID of a new user with a role and a group."""
    who = ("--first-name", "Ada", "--surname", "Lovelace", "--role", "Data entry", "--group", "ANALYSIS")
    (row,) = desk.json("user", "create", "ada_one", *who, *secret)
    return row["id"]


def names(desk: Desk, what: str) -> set[str]:
    return {link["name"] for link in desk.json("user", "get", "ada_one")[what]}


def test_a_user_is_made_and_unmade(desk: Desk, home: Home, secret: tuple[str, str]) -> None:
    root = desk.json("metadata", "list", "organisationUnits", "--filter", "level:eq:1")[0]["id"]
    who = ("--first-name", "Ada", "--surname", "Lovelace", "--role", "Data entry", "--unit", root)
    code, out, err = desk.ended("user", "create", "ada_one", *who, *secret, "--dry-run")
    assert (code, "ada_one" in out, PASSWORD in out + err) == (0, True, False)
    uid = made(desk, secret)
    assert all(PASSWORD not in file.read_text() for file in home.folder.rglob("*.jsonl"))
    shown = desk.json("user", "get", "ada_one")
    assert shown["id"] == uid
    assert [role["name"] for role in shown["userRoles"]] == ["Data entry"]
    assert len(shown["userGroups"]) == 1
    assert desk.json("user", "list", "--search", "lovelace")[0]["username"] == "ada_one"
    assert desk.json("user", "list", "--role", "Data entry", "--group", "ANALYSIS")[0]["id"] == uid
    desk.undo()
    assert desk.ended("user", "get", "ada_one")[0] == ExitCode.USAGE


def test_disabled_enabled_and_taken_back(desk: Desk, secret: tuple[str, str]) -> None:
    made(desk, secret)
    desk.json("user", "disable", "ada_one")
    assert [row["username"] for row in desk.json("user", "list", "--disabled")] == ["ada_one"]
    desk.undo()
    assert desk.json("user", "list", "--disabled") == []
    desk.json("user", "disable", "ada_one")
    desk.json("user", "enable", "ada_one")
    assert desk.json("user", "get", "ada_one")["disabled"] is False


def test_a_password_is_never_shown_and_cannot_be_taken_back(
    desk: Desk, secret: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made(desk, secret)
    monkeypatch.setenv("NEW_PASSWORD", "Violet#Tandem93")
    code, out, err = desk.ended("user", "set-password", "ada_one", *secret, "--yes")
    assert (code, "Violet" in out + err) == (0, False)
    code, out, err = desk.ended("user", "set-password", "ada_one", *secret, "--dry-run")
    assert "cannot be undone" in out
    monkeypatch.setenv("NEW_PASSWORD", "short")
    assert desk.ended("user", "set-password", "ada_one", *secret, "--yes")[0] == ExitCode.REFUSED


def test_the_second_factor_is_taken_from_somebody_else(desk: Desk, secret: tuple[str, str]) -> None:
    uid = made(desk, secret)
    code, _, err = desk.ended("user", "reset-2fa", "ada_one", "--yes")
    assert (code, "E3031" in err) == (ExitCode.REFUSED, True)  # there is none to take
    store = desk.sandbox.server.store
    store.put("user", uid, {**(store.get("user", uid) or {}), "_two_factor": {"secret": "A" * 16, "enabled": True}})
    assert desk.json("user", "reset-2fa", "ada_one")["id"] == uid


def test_a_user_like_another(desk: Desk, secret: tuple[str, str]) -> None:
    desk.json("user", "replicate", "nurse_kemba", "nurse_two", *secret)
    roles = [
        [role["name"] for role in desk.json("user", "get", name)["userRoles"]] for name in ("nurse_kemba", "nurse_two")
    ]
    assert roles[0] == roles[1] != []


def test_an_invitation_needs_mail(desk: Desk) -> None:
    code, _, err = desk.ended("user", "invite", "ada@example.org", "--role", "Data entry", "--yes")
    assert (code, "next:" in err) == (ExitCode.REFUSED, True)


def test_an_invitation_is_sent_to_mail_addresses_alone(desk: Desk) -> None:
    """What DHIS2 would refuse is told before anything is asked of it."""
    desk.sandbox.faults.add(Fault(500, path="user", times=None))
    code, _, err = desk.ended("user", "invite", "ada.example.org", "--role", "Data entry", "--dry-run")
    assert (code, "'ada.example.org' is no mail address" in err) == (ExitCode.USAGE, True)


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.org",
        " ada.b-c+d_e'f@health.gov.sl ",
        '"ada b"@example.org',
        "ada@[192.168.0.1]",
        "ada@b\u00fccher.de",
        f"{'a' * 64}@example.org",
    ],
)
def test_what_dhis2_takes_as_a_mail_address_is_one(text: str) -> None:
    assert mail_address(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@example",
        "ada@example.org.",
        "ada@example..org",
        "ada@-example.org",
        "ada@example.1",
        "a da@example.org",
        "ada..b@example.org",
        ".ada@example.org",
        "ada,eve@example.org",
        "Ada <ada@example.org>",
        "ada@example.org, eve@example.org",
        f"{'a' * 65}@example.org",
    ],
)
def test_what_dhis2_takes_for_no_mail_address_is_none(text: str) -> None:
    with pytest.raises(OperationError, match="is no mail address"):
        mail_address(text)


def test_roles_of_a_user(desk: Desk, secret: tuple[str, str]) -> None:
    made(desk, secret)
    desk.json("user", "roles", "add", "ada_one", "Analysis")
    assert names(desk, "userRoles") == {"Data entry", "Analysis"}
    desk.undo()
    assert names(desk, "userRoles") == {"Data entry"}
    desk.json("user", "roles", "add", "ada_one", "Analysis")
    desk.json("user", "roles", "remove", "ada_one", "Data entry")
    assert names(desk, "userRoles") == {"Analysis"}


def test_a_login_does_not_keep_a_change_from_being_taken_back(desk: Desk, secret: tuple[str, str]) -> None:
    made(desk, secret)
    desk.json("user", "roles", "add", "ada_one", "Analysis")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DHIS2_PAT")
        patch.setenv("DHIS2_USERNAME", "ada_one")
        patch.setenv("DHIS2_PASSWORD", PASSWORD)
        assert desk.json("system", "me")["username"] == "ada_one"
    desk.undo()
    assert names(desk, "userRoles") == {"Data entry"}


def test_a_name_that_two_have_is_refused(desk: Desk, secret: tuple[str, str]) -> None:
    made(desk, secret)
    for code in ("ONE", "TWO"):
        unit = f'{{"name": "Twin", "shortName": "Twin", "code": "{code}", "openingDate": "2000-01-01"}}'
        desk.json("metadata", "create", "organisationUnits", unit)
    code, _, err = desk.ended("user", "units", "set", "ada_one", "--unit", "Twin", "--yes")
    assert (code, "2 have this name" in err) == (ExitCode.USAGE, True)
    desk.json("user", "units", "set", "ada_one", "--unit", "TWO")


def test_groups_of_a_user(desk: Desk, secret: tuple[str, str]) -> None:
    made(desk, secret)
    first = names(desk, "userGroups")
    desk.json("user", "groups", "add", "ada_one", "Metadata editors")
    assert names(desk, "userGroups") == first | {"Metadata editors"}
    desk.undo()
    assert names(desk, "userGroups") == first
    desk.json("user", "groups", "remove", "ada_one", "ANALYSIS")
    assert names(desk, "userGroups") == set()


def test_units_of_a_user(desk: Desk, secret: tuple[str, str]) -> None:
    made(desk, secret)
    root = desk.json("metadata", "list", "organisationUnits", "--filter", "level:eq:1")[0]["id"]
    desk.json("user", "units", "set", "ada_one", "--unit", root, "--search", root)
    shown = desk.json("user", "get", "ada_one")
    assert [len(shown.get(name, ())) for name in ("organisationUnits", "dataViewOrganisationUnits")] == [1, 0]
    assert desk.ended("user", "units", "set", "ada_one", "--yes")[0] == ExitCode.USAGE


def test_roles(desk: Desk) -> None:
    desk.json("role", "create", "Exporter", "--authority", "F_METADATA_EXPORT", "--description", "Exports")
    desk.json("role", "authorities", "add", "Exporter", "F_METADATA_IMPORT")
    assert desk.json("role", "get", "Exporter")["authorities"] == ["F_METADATA_EXPORT", "F_METADATA_IMPORT"]
    assert "Exporter" in {row["name"] for row in desk.json("role", "list", "--authority", "F_METADATA_IMPORT")}
    desk.undo()
    assert desk.json("role", "get", "Exporter")["authorities"] == ["F_METADATA_EXPORT"]
    desk.json("role", "authorities", "remove", "Exporter", "F_METADATA_EXPORT")
    assert desk.json("role", "get", "Exporter")["authorities"] == []


def test_groups(desk: Desk) -> None:
    desk.json("group", "create", "Reviewers", "--user", "admin", "--code", "REV")
    assert [user["username"] for user in desk.json("group", "get", "REV")["users"]] == ["admin"]
    desk.json("group", "users", "add", "Reviewers", "nurse_kemba")
    assert {row["name"]: row["users"] for row in desk.json("group", "list")}["Reviewers"] == 2
    desk.undo()
    desk.json("group", "users", "remove", "REV", "admin")
    assert desk.json("group", "get", "REV").get("users", []) == []


def test_a_name_that_nobody_has_is_told(desk: Desk) -> None:
    code, _, err = desk.ended("user", "disable", "nobody_at_all", "--yes")
    assert (code, "none has this username" in err) == (ExitCode.USAGE, True)
