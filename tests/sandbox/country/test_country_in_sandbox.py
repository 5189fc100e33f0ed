"""A sandbox with the demo country: it takes the whole of it, its users can log in, and each may do their work only."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.boot import DEFAULT_OPTION_COMBO
from dhis2w_sandbox.country.bundle import demo_country, load
from dhis2w_sandbox.country.objects import Json, uid
from dhis2w_sandbox.country.people import USERS
from dhis2w_sandbox.country.places import district

PASSWORDS = {person.username: person.password for person in USERS}


class Place:
    """A served sandbox, and one way to ask it."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.sandbox = sandbox
        self.url = url

    def ask(self, username: str, path: str, body: Any = None) -> tuple[int, Any]:
        credentials = base64.b64encode(f"{username}:{PASSWORDS[username]}".encode()).decode()
        request = urllib.request.Request(f"{self.url}{path}", None if body is None else json.dumps(body).encode())  # noqa: S310 - loopback
        request.add_header("Authorization", f"Basic {credentials}")
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310 - loopback
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, json.load(refusal)


@pytest.fixture(scope="module", params=[41, 42, 43, 44])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    sandbox = Sandbox(request.param)
    with sandbox.serve() as url:
        yield Place(sandbox, url)
    sandbox.close()


@pytest.mark.parametrize("username", PASSWORDS)
def test_everybody_can_log_in(place: Place, username: str) -> None:
    status, me = place.ask(username, "/api/me")
    assert (status, me["username"]) == (200, username)


def test_the_nurse_works_in_one_district_and_no_more(place: Place) -> None:
    _, me = place.ask("nurse_kemba", "/api/me?fields=organisationUnits,dataViewOrganisationUnits,authorities")
    kemba = uid("organisationUnit", district("Kemba"))
    assert [unit["id"] for unit in me["organisationUnits"]] == [kemba]
    assert [unit["id"] for unit in me["dataViewOrganisationUnits"]] == [kemba]
    assert "F_DATAVALUE_ADD" in me["authorities"]
    assert "ALL" not in me["authorities"]
    _, unit = place.ask("nurse_kemba", f"/api/organisationUnits/{kemba}?fields=name,level")
    assert unit == {"name": "Kemba District", "level": 3}


def test_the_analyst_captures_nowhere(place: Place) -> None:
    _, me = place.ask("analyst", "/api/me?fields=organisationUnits,dataViewOrganisationUnits[name]")
    assert me == {"organisationUnits": [], "dataViewOrganisationUnits": [{"name": "Tembara"}]}


def test_only_the_editor_and_the_admin_make_metadata(place: Place) -> None:
    row: Json = {"aggregationType": "SUM", "domainType": "AGGREGATE", "valueType": "NUMBER"}
    statuses = {
        username: place.ask(username, "/api/dataElements", {**row, "name": username, "shortName": username})[0]
        for username in PASSWORDS
    }
    assert (statuses["admin"], statuses["editor"]) == (201, 201)
    assert statuses["nurse_kemba"] == statuses["analyst"]
    assert statuses["analyst"] in {403, 409}


def test_the_admin_works_in_the_whole_country(place: Place) -> None:
    _, me = place.ask("admin", "/api/me?fields=organisationUnits[name,level]")
    assert me == {"organisationUnits": [{"name": "Tembara", "level": 1}]}


def test_names_come_in_french_where_asked_for(place: Place) -> None:
    path = (
        f"/api/organisationUnits/{uid('organisationUnit', 'TB-F0101')}?fields=name,displayName&locale=fr&translate=true"
    )
    _, unit = place.ask("admin", path)
    assert unit == {"name": "Kemba District Hospital", "displayName": "Hôpital de district de Kemba"}


def test_everything_that_was_sent_reads_back(place: Place) -> None:
    server = place.sandbox.server
    lost = [
        (plural, key, value)
        for plural, objects in demo_country(server.schemas).items()
        for row in objects
        for stored in [server.store.get(server.schemas.by_plural[plural].singular, row["id"]) or {}]
        for key, value in row.items()
        if key != "password" and not within(value, stored.get(key))
    ]
    assert lost == []


def within(sent: Any, stored: Any) -> bool:
    """Whether all that was sent is there; the server may have added keys."""
    if isinstance(sent, dict) and isinstance(stored, dict):
        found = cast("Json", stored)
        return all(key in found and within(value, found[key]) for key, value in cast("Json", sent).items())
    if isinstance(sent, list) and isinstance(stored, list):
        wanted, there = cast("list[Any]", sent), cast("list[Any]", stored)
        return len(wanted) == len(there) and all(map(within, wanted, there))
    return sent == stored


def test_dhis2_makes_no_option_combinations_besides(place: Place) -> None:
    server = place.sandbox.server
    combos = {row["id"] for row in server.store.all("categoryOptionCombo")} - {DEFAULT_OPTION_COMBO}
    assert combos == {row["id"] for row in demo_country(server.schemas)["categoryOptionCombos"]}


def test_the_same_clock_makes_the_same_server() -> None:
    def contents() -> dict[str, list[Json]]:
        store = Sandbox(42, clock=lambda: datetime(2026, 1, 31, tzinfo=UTC), seed=1).server.store
        return {
            type: [{key: value for key, value in row.items() if not key.startswith("_")} for row in store.all(type)]
            for type in store.types()
        }

    assert contents() == contents()


def test_an_empty_sandbox_has_no_country() -> None:
    assert Sandbox(42, empty=True).server.store.all("organisationUnit") == []


def test_a_database_that_is_kept_gets_the_country_once(tmp_path: Path) -> None:
    first = Sandbox(42, database=str(tmp_path / "kept.db"))
    first.server.store.delete("dashboard", uid("dashboard", "MALARIA"))
    first.close()
    second = Sandbox(42, database=str(tmp_path / "kept.db"))
    assert [row["name"] for row in second.server.store.all("dashboard")] == ["Mothers and children"]
    second.close()


def test_a_country_that_the_server_refuses_is_an_error_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = Sandbox(42, empty=True)
    monkeypatch.setattr("dhis2w_sandbox.country.names.COUNTRY", "")
    with pytest.raises(RuntimeError, match=r"OrganisationUnit.*Missing required property `name`"):
        load(sandbox.server)
    assert sandbox.server.store.all("organisationUnit") == []


@pytest.mark.parametrize("version", [41, 42, 43, 44])
def test_a_copy_of_the_country_is_what_an_import_makes(version: int) -> None:
    def now() -> datetime:
        return datetime.now(UTC)

    with Sandbox(version) as copy, Sandbox(version, clock=now) as imported:
        assert copy.server.store.types() == imported.server.store.types()
        for type in copy.server.store.types():
            copied, made = (box.server.store.all(type) for box in (copy, imported))
            assert [sorted(document) for document in copied] == [sorted(document) for document in made]
            for document in copied:
                links = copy.server.store.referrers(type, document["id"])
                assert links == imported.server.store.referrers(type, document["id"]), type
        assert _sizes(copy) == _sizes(imported)


def _sizes(sandbox: Sandbox) -> dict[str, int]:
    sql = sandbox.server.store.sql
    names = [name for (name,) in sql.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: sql.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608 - names of tables


def test_what_is_done_to_one_copy_is_not_done_to_another() -> None:
    with Sandbox(42) as first, Sandbox(42) as second:
        before = second.server.store.all("organisationUnit")
        for unit in first.server.store.all("organisationUnit"):
            first.server.store.put("organisationUnit", unit["id"], {**unit, "name": "Elsewhere", "parent": None})
        first.server.configuration.write("systemId", "first")
        assert second.server.store.all("organisationUnit") == before
        assert second.server.configuration.read("systemId") is None
        with Sandbox(42) as third:
            assert third.server.store.all("organisationUnit") == before
            root = next(unit["id"] for unit in before if not unit.get("parent"))
            children = [
                link for link in third.server.store.referrers("organisationUnit", root) if link.path == "parent"
            ]
            assert children
