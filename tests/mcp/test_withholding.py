"""Agents see no secrets, and nothing about people unless the profile says so."""

import json
import random
from collections.abc import Generator
from typing import Any, cast

import httpx2
import pytest

from dhis2w_client.models.collection_table import COLLECTIONS
from dhis2w_core.agent_rules import AgentRules
from dhis2w_core.plan import Action
from dhis2w_core.plugins import read_registry
from dhis2w_mcp.agent_face import agent_entries, offered
from dhis2w_mcp.errors import WithheldError
from dhis2w_mcp.plan_told import shown_preview
from dhis2w_mcp.withholding import Withholding
from tests.core.conftest import Home
from tests.mcp.conftest import Call, Country, agent, run

NAME, SURNAME, PHONE = "Zebulonia", "Quibblethorpe", "+999555123456"
TEXT, STORED, SECRET = "Plantedwords", "Storedthing", "hunter-SECRET-77"
PLANTED = (NAME, SURNAME, PHONE, TEXT, STORED, SECRET)
EVERYTHING = 'show = ["people", "tracked values", "free text", "data store", "files"]\nsmallest_cell = 0'


class Planted:
    """A country with people, texts and secrets in it that no agent may see."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self.root = self._first("organisationUnits?filter=level:eq:4")
        self.user = self._user()
        self.conversation = self._conversation()
        self.group = self._made("userGroups", {"name": "A group", "users": [{"id": self.user}]})
        self.route = self._made(
            "routes", {"name": "A route", "code": "r", "url": "https://elsewhere.example.org", "auth": AUTH}
        )
        self._send("POST", "dataStore/planted/key", {"patient": f"{STORED} {NAME}", "status": SURNAME, "key": STORED})
        self._send("POST", "dataStore/planted/text", f"{STORED} {SURNAME}")
        self._patch("organisationUnits", self.root, contactPerson=f"{NAME} {SURNAME}", phoneNumber=PHONE, comment=TEXT)
        self.entity = self._tracked_entity()

    def _send(self, method: str, path: str, body: Any) -> Any:
        answer = self._http.request(method, path, json=body)
        assert answer.status_code < 300, f"{path}: {answer.text}"
        return answer

    def _first(self, path: str) -> str:
        found = self._http.get(path).json()[path.partition("?")[0]]
        return cast("str", found[0]["id"])

    def _made(self, type: str, body: Any) -> str:
        return cast("str", self._send("POST", type, body).json()["response"]["uid"])

    def _patch(self, type: str, uid: str, **values: str) -> None:
        operations = [{"op": "add", "path": f"/{key}", "value": value} for key, value in values.items()]
        answer = self._http.patch(
            f"{type}/{uid}", content=json.dumps(operations), headers={"Content-Type": "application/json-patch+json"}
        )
        assert answer.status_code == 200, answer.text

    def _user(self) -> str:
        role = self._first("userRoles?filter=name:eq:Data entry")
        person = {"firstName": NAME, "surname": SURNAME, "phoneNumber": PHONE, "email": f"{NAME}@x.test"}
        account = {"username": NAME.lower(), "password": "District-1!", "userRoles": [{"id": role}]}
        return self._made("users", person | account)

    def _conversation(self) -> str:
        message = {"subject": f"{TEXT} {NAME}", "text": f"{TEXT} {SURNAME}", "users": [{"id": self.user}]}
        location = self._send("POST", "messageConversations", message).headers["Location"]
        return cast("str", location.rsplit("/", 1)[1])

    def _tracked_entity(self) -> str:
        fields = "id,trackedEntityTypeAttributes[trackedEntityAttribute[id,valueType,unique,optionSet]]"
        type_of = self._http.get("trackedEntityTypes", params={"fields": fields}).json()["trackedEntityTypes"][0]
        attributes = [row["trackedEntityAttribute"] for row in type_of["trackedEntityTypeAttributes"]]
        texts = [
            row["id"]
            for row in attributes
            if row["valueType"] == "TEXT" and not row["unique"] and "optionSet" not in row
        ]
        entity = {
            "trackedEntity": "PlantedTeis", "trackedEntityType": type_of["id"], "orgUnit": self.root,
            "attributes": [{"attribute": uid, "value": f"{NAME} {SURNAME}"} for uid in texts],
        }  # fmt: skip
        self._send("POST", "tracker?async=false", {"trackedEntities": [entity]})
        return "PlantedTeis"


AUTH = {"type": "http-basic", "username": NAME, "password": SECRET}


@pytest.fixture
def planted(country: Country) -> Generator[Planted]:
    headers = {"Authorization": f"ApiToken {country.token}"}
    with httpx2.Client(base_url=f"{country.url}/api/", headers=headers) as http:
        yield Planted(http)


@pytest.fixture
def profiles(home: Home, country: Country) -> tuple[str, str]:
    """A profile that shows agents as little as possible, and one that shows all but secrets."""
    home.write_user(country.profile("closed") + country.profile("open", EVERYTHING))
    return "closed", "open"


def reads_of_people(planted: Planted) -> list[tuple[str, dict[str, Any]]]:
    """Reads that show what was planted where nothing is withheld."""
    return [
        ("user list", {}),
        ("user get", {"user": planted.user}),
        ("group get", {"group": planted.group}),
        ("metadata get", {"type": "users", "id": planted.user}),
        ("metadata get", {"type": "organisationUnits", "id": planted.root}),
        ("metadata get", {"type": "userGroups", "id": planted.group, "fields": "users[*]"}),
        ("metadata list", {"type": "users", "fields": "*"}),
        ("metadata members list", {"type": "userGroups", "id": planted.group, "property": "users"}),
        ("metadata export", {"type": ["users", "organisationUnits"]}),
        ("datastore get", {"namespace": "planted", "key": "key"}),
        ("datastore get", {"namespace": "planted", "key": "text"}),
        ("datastore query", {"namespace": "planted", "parts": "patient"}),
        ("tracker get", {"kind": "trackedEntities", "id": planted.entity, "fields": "*"}),
        ("messages list", {}),
        ("messages get", {"id": planted.conversation}),
    ]


def test_what_was_planted_is_shown_by_a_profile_that_allows_it_and_by_no_other(
    planted: Planted, profiles: tuple[str, str]
) -> None:
    async def work() -> None:
        async with agent(*profiles) as call:
            for operation, arguments in reads_of_people(planted):
                shown = await call("read", operation=operation, arguments=arguments, profile="open", limit=200)
                assert any(word in shown.text for word in PLANTED), (operation, arguments, shown.text[:400])
                hidden = await call("read", operation=operation, arguments=arguments, profile="closed", limit=200)
                assert not hidden.failed, hidden.text
                assert not [word for word in PLANTED if word in hidden.text], (operation, arguments, hidden.text)
                assert "withheld" in hidden.text

    run(work())


FIELDS = (
    "*", ":all", ":owner", "id,name", "id,users[*]", "*,createdBy[*],lastUpdatedBy[*]", "sharing[*]", "auth[*]",
    "surname~rename(id)", "id,surname::status", "users~pluck(name)", "firstName~rename(name),users~keyBy(surname)",
    "messages[*]", "contactPerson,comment", "user[surname]", "attributeValues[*]", "!access", None,
)  # fmt: skip


def fuzzed(random_of: random.Random, planted: Planted, name: str) -> Any:
    """A value for a parameter of this name: mostly one that finds something."""
    types = [row.plural for row in COLLECTIONS]
    ids = [
        planted.user,
        planted.group,
        planted.root,
        planted.route,
        planted.conversation,
        planted.entity,
        "a1234567890",
    ]
    pools: dict[str, list[Any]] = {
        "type": [*types, "users", "users", "userGroups", "messageConversations", "routes", "organisationUnits"],
        "id": ids, "user": ids, "group": ids, "role": ids, "job": ids, "route": ids, "object": ids,
        "fields": list(FIELDS), "parts": ["patient", "patient~rename(key)", "."],
        "namespace": ["planted"], "key": ["key", "text"],
        "filter": [[], [f"surname:like:{SURNAME[:4]}"], [f"name:ilike:{NAME[:4]}"]],
        "property": ["users", "messages", "userGroups", "organisationUnits"],
        "kind": ["trackedEntities", "events", "enrollments"],
        "text": [NAME, SURNAME, "a", TEXT], "search": [NAME, SURNAME], "name": ["keyEmailPassword", "keyEmailHostName"],
    }  # fmt: skip
    return random_of.choice(pools.get(name, [None, True, 1, "x"]))


@pytest.mark.slow
@pytest.mark.usefixtures("profiles")
def test_fuzzed_reads_never_show_what_was_planted(planted: Planted, country: Country) -> None:
    """1,000 reads of any operation with any arguments; the profile's own token is looked for too."""
    random_of = random.Random(7)  # noqa: S311 # the same reads in every run
    entries = [entry for entry in agent_entries(read_registry().entries).values() if entry.effect == "read"]
    words = (*PLANTED, country.token)
    answered = 0

    async def one(call: Call) -> bool:
        entry = random_of.choice(entries)
        arguments: dict[str, Any] = {}
        for parameter in offered(entry):
            if parameter.required or random_of.random() < 0.5:
                value = fuzzed(random_of, planted, parameter.name)
                arguments[parameter.name] = [value] if parameter.multiple and not isinstance(value, list) else value
        answer = await call("read", operation=entry.name, arguments=arguments, limit=random_of.choice([1, 50, 200]))
        asked = json.dumps(arguments)
        found = [word for word in words if word in answer.text and word not in asked]
        assert not found, (entry.name, arguments, found, answer.text[:2000])
        return not answer.failed

    async def work() -> None:
        nonlocal answered
        async with agent("closed") as call:
            for _ in range(1000):
                answered += await one(call)

    run(work())
    assert answered > 300


def test_a_preview_of_a_person_names_nobody(planted: Planted, profiles: tuple[str, str]) -> None:
    async def work() -> None:
        async with agent(*profiles, writes=True) as call:
            proposed = await call("propose", operation="user disable", arguments={"user": [planted.user]})
            assert proposed.facts["token"]
            assert not [word for word in (*PLANTED, NAME.lower()) if word in proposed.text], proposed.text
            done = await call("commit", token=proposed.facts["token"])
            assert not done.failed, done.text
            assert not [word for word in PLANTED if word in done.text], done.text

    run(work())


def test_raw_calls_need_a_profile_that_allows_them(home: Home, country: Country) -> None:
    home.write_user(country.profile("closed") + country.profile("raw", "raw_calls = true"))
    arguments = {"method": "GET", "path": "system/info"}

    async def work() -> None:
        async with agent("closed", "raw") as call:
            refused = await call("read", operation="api", arguments=arguments)
            assert refused.error == "WithheldError"
            allowed = await call("read", operation="api", arguments=arguments, profile="raw")
            assert allowed.data["value"]["version"].startswith("2.42")
            writing = await call("read", operation="api", arguments=arguments | {"method": "POST"}, profile="raw")
            assert writing.error == "NoAgentFaceError"

    run(work())


CLOSED = Withholding(AgentRules(), ("s3cret-of-the-profile",))


@pytest.mark.parametrize(
    "row",
    [
        {"password": "x1"},
        {"auth": {"type": "api-token", "token": "x1"}},
        {"setting": "keyEmailPassword", "value": "x1"},
        {"clientSecret": "x1"},
        {"headers": {"apiKey": "x1"}},
        {"note": "d2p_x1abc"},
        {"description": "see s3cret-of-the-profile"},
    ],
)
def test_secrets_are_never_shown(row: dict[str, Any]) -> None:
    shown = json.dumps(Withholding(AgentRules(frozenset({"free text"})), CLOSED.secrets).result(row))
    assert "x1" not in shown
    assert "s3cret" not in shown


@pytest.mark.parametrize(
    ("row", "hidden"),
    [
        ({"attributes": [{"attribute": "w75KJ2mc4zz", "value": "Jane"}]}, "Jane"),
        ({"dataValues": [{"dataElement": "fbfJHSPpUQD", "value": "HIV+"}]}, "HIV+"),
        ({"trackedEntities": [{"trackedEntity": "a", "status": "ACTIVE", "label": "Jane"}]}, "Jane"),
        ({"createdBy": {"id": "x", "displayName": "Jane"}}, "Jane"),
        ({"lastUpdatedBy": "Jane"}, "Jane"),
        ({"sharing": {"users": {"M5zQapPyTZI": {"id": "M5zQapPyTZI", "displayName": "Jane", "access": "rw"}}}}, "Jane"),
        ({"type": "users", "id": "x", "name": "Jane"}, "Jane"),
        ({"comment": "Jane was here"}, "Jane"),
        ({"users": ["Jane"]}, "Jane"),
    ],
)
def test_what_is_about_people_is_withheld_wherever_it_is(row: dict[str, Any], hidden: str) -> None:
    assert hidden not in json.dumps(CLOSED.result(row))


def test_values_of_data_sets_and_metadata_stay() -> None:
    value = {"dataElement": "fbfJHSPpUQD", "period": "202601", "orgUnit": "x", "value": "12"}
    row = {
        "name": "Malaria",
        "code": "MAL",
        "userRoles": [{"name": "Data entry"}],
        "categoryCombo": {"name": "default"},
    }
    assert CLOSED.result(value) == value
    assert CLOSED.result(row) == row


def test_an_attribute_that_the_profile_names_is_shown() -> None:
    rules = AgentRules(attributes=frozenset({"w75KJ2mc4zz"}))
    rows = [{"attribute": "w75KJ2mc4zz", "value": "A"}, {"attribute": "zDhUuAYrxNC", "value": "B"}]
    assert [row["value"] for row in Withholding(rules).result(rows)] == ["A", "(withheld: tracked values)"]


@pytest.mark.parametrize("fields", ["surname~rename(id)", "surname::id", "users~pluck(name)", "users~keyBy(name)"])
def test_properties_get_no_other_names(fields: str) -> None:
    with pytest.raises(WithheldError):
        CLOSED.refuse_arguments("metadata list", {"fields": fields})


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("metadata list", {"filter": ["users.surname:like:A"]}),
        ("metadata list", {"filter": ["users.name:like:A"]}),
        ("tracker list", {"filter": ["w75KJ2mc4zz:like:A"]}),
        ("tracker list", {"order": ["w75KJ2mc4zz:asc"]}),
        ("analytics events", {"dimension": ["A03MvHHogjR.fbfJHSPpUQD:IN:HIV"]}),
        ("datastore query", {"filter": ["patient:like:A"]}),
    ],
)
def test_conditions_ask_for_nothing_that_is_withheld(operation: str, arguments: dict[str, list[str]]) -> None:
    with pytest.raises(WithheldError):
        CLOSED.refuse_arguments(operation, arguments)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("metadata list", {"filter": ["name:like:malaria"]}),
        ("metadata list", {"filter": ["createdBy.id:eq:M5zQapPyTZI"]}),
        ("tracker list", {"order": ["createdAt:desc"]}),
        ("analytics query", {"filter": ["ou:ImspTQPwCqd"], "dimension": ["J5jldMd8OHv:uYxK4wmcPqA"]}),
        ("analytics events", {"dimension": ["A03MvHHogjR.fbfJHSPpUQD"]}),
    ],
)
def test_other_conditions_may_be_asked(operation: str, arguments: dict[str, list[str]]) -> None:
    CLOSED.refuse_arguments(operation, arguments)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, "<5"), ("3", "<5"), (4.9, "<5"), (0, 0), (5, 5), ("12", "12"), (None, None), ("true", "true"),
        ("2026-01-31", "2026-01-31"), ("Jane Doe", "(withheld: free text)"), (-3, -3),
    ],
)  # fmt: skip
@pytest.mark.parametrize("operation", ["analytics query", "data get"])
def test_small_cells_are_masked(operation: str, value: object, shown: object) -> None:
    rows = [{"dx": "fbfJHSPpUQD", "period": "202601", "value": value}]
    assert CLOSED.result(rows, operation)[0]["value"] == shown


def test_a_profile_says_which_cells_are_small() -> None:
    rows = [{"value": 3}, {"value": 9}]
    assert Withholding(AgentRules(smallest_cell=0)).result(rows, "analytics query") == rows
    assert Withholding(AgentRules(smallest_cell=10)).result(rows, "analytics query") == [{"value": "<10"}] * 2


def test_a_preview_of_a_data_value_masks_what_is_there() -> None:
    plan = Action("Delete the value", _nothing, {"before": "3"}, "destroy")
    shown = shown_preview(plan.preview(), (), CLOSED, "data delete")
    assert shown["changes"] == ["before: '<5'"]


async def _nothing(_: object) -> None: ...


LINE = {"psi": "PCFGrth9uxY", "ouname": "Hospital", "createdbydisplayname": "Jane Doe", "longitude": 1.5,
        "gdiFSa8OF0R.Zaq97oZ7lSJ": "M", "GUBfqIwenQz": "Isoka", "gdiFSa8OF0R[-1].Cc4kuzzxwi6": None}  # fmt: skip


def test_line_lists_show_their_columns_and_not_what_is_in_them() -> None:
    shown = CLOSED.result(LINE, "analytics events")
    assert list(shown) == list(LINE)
    assert shown == LINE | {
        "createdbydisplayname": "(withheld: people)",
        **dict.fromkeys(("longitude", "gdiFSa8OF0R.Zaq97oZ7lSJ", "GUBfqIwenQz"), "(withheld: tracked values)"),
    }


def test_line_lists_show_the_columns_that_the_profile_names() -> None:
    rules = AgentRules(attributes=frozenset({"Zaq97oZ7lSJ"}))
    shown = Withholding(rules).result(LINE, "analytics events")
    assert (shown["gdiFSa8OF0R.Zaq97oZ7lSJ"], shown["GUBfqIwenQz"]) == ("M", "(withheld: tracked values)")


def test_whoever_entered_a_row_is_a_person_though_tracked_values_are_shown() -> None:
    rules = AgentRules(show=frozenset({"tracked values"}))
    assert Withholding(rules).result(LINE, "analytics events") == LINE | {"createdbydisplayname": "(withheld: people)"}


def test_counts_of_events_are_cells() -> None:
    rows = [{"ou": "gk7LZCuZa5N", "GUBfqIwenQz": "Isoka", "value": value} for value in (7.0, 3.0)]
    shown = [CLOSED.result(row, "analytics events") for row in rows]
    assert [(row["GUBfqIwenQz"], row["value"]) for row in shown] == [
        ("(withheld: tracked values)", 7.0),
        ("(withheld: tracked values)", "<5"),
    ]


@pytest.mark.parametrize("name", ["modified_by", "storedBy", "approvedBy", "created_by", "lastUpdatedBy", "first_name"])
def test_who_did_something_is_a_person_however_it_is_spelt(name: str) -> None:
    assert CLOSED.result([{"period": "202401", name: "admin"}], "data audits")[0][name] == "(withheld: people)"


@pytest.mark.parametrize("name", ["by", "sortBy", "lastUpdated"])
def test_other_properties_are_nobody(name: str) -> None:
    assert CLOSED.result([{name: "2024-01-31"}], "metadata usage") == [{name: "2024-01-31"}]
