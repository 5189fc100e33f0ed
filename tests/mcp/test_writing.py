"""Nothing is written without a token; a token works once, for a while, for one profile and one state."""

import random
from typing import Any, cast

import pytest

from dhis2w_mcp.proposals import LIFETIME, ProposalBook
from tests.core.conftest import Home
from tests.mcp.conftest import Call, Country, agent, run, served

ELEMENT = {"valueType": "NUMBER", "aggregationType": "SUM", "domainType": "AGGREGATE"}


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def first_element(call: Call) -> str:
    found = await call("read", operation="metadata list", arguments={"type": "dataElements"}, limit=1)
    return cast("str", found.data["rows"][0]["id"])


async def renaming(call: Call, uid: str, name: str = "Newly named", **more: Any) -> str:
    arguments = {"type": "dataElements", "id": uid, "name": name}
    proposed = await call("propose", operation="metadata rename", arguments=arguments, **more)
    assert not proposed.failed, proposed.text
    return cast("str", proposed.facts["token"])


def test_a_proposal_writes_nothing_and_its_commit_does(country: Country, profile: str) -> None:
    async def work() -> None:
        async with agent(profile, writes=True) as call:
            uid = await first_element(call)
            before = country.contents()
            token = await renaming(call, uid)
            assert country.contents() == before
            done = await call("commit", token=token)
            assert done.data["state"] == "done"
            assert (await call("get_object", type="dataElements", id=uid)).data["value"]["name"] == "Newly named"

    run(work())


def test_a_new_object_with_an_id_of_the_plan_is_created(country: Country, profile: str) -> None:
    async def work() -> None:
        async with agent(profile, writes=True) as call:
            proposed = await call("propose", operation="group create", arguments={"name": "District officers"})
            done = await call("commit", token=proposed.facts["token"])
            assert not done.failed, done.text
            found = await call("search_metadata", text="District officers")
            assert [row["type"] for row in found.data["rows"]] == ["userGroups"]

    assert country
    run(work())


def test_a_token_works_once(country: Country, profile: str) -> None:
    async def work() -> None:
        async with agent(profile, writes=True) as call:
            token = await renaming(call, await first_element(call))
            assert not (await call("commit", token=token)).failed
            before = country.contents()
            assert (await call("commit", token=token)).error == "UsedTokenError"
            assert country.contents() == before

    run(work())


def test_a_token_works_for_a_while(country: Country, profile: str) -> None:
    async def work() -> None:
        clock = Clock()
        async with agent(profile, writes=True, book=ProposalBook(now=clock)) as call:
            token = await renaming(call, await first_element(call))
            before = country.contents()
            clock.now = LIFETIME
            assert (await call("commit", token=token)).error == "ExpiredTokenError"
            assert country.contents() == before

    run(work())


def test_a_token_of_nobody_is_refused(country: Country, profile: str) -> None:
    async def work() -> None:
        async with agent(profile, writes=True) as call:
            assert (await call("commit", token="guessed")).error == "UnknownTokenError"

    assert country
    run(work())


def test_a_token_works_for_its_profile_alone(country: Country, home: Home) -> None:
    async def work(other: Country) -> None:
        async with agent("here", "there", writes=True) as call:
            token = await renaming(call, await first_element(call))
            before = country.contents(), other.contents()
            assert (await call("commit", token=token, profile="there")).error == "OtherProfileError"
            assert (country.contents(), other.contents()) == before
            assert not (await call("commit", token=token, profile="here")).failed

    with served("42") as other:
        home.write_user(country.profile("here") + other.profile("there"))
        run(work(other))


def test_a_token_is_refused_after_a_change_of_the_state_and_says_what_changed(country: Country, profile: str) -> None:
    async def work() -> None:
        async with agent(profile, writes=True) as call:
            uid = await first_element(call)
            late, first = await renaming(call, uid, "Too late"), await renaming(call, uid, "First")
            assert not (await call("commit", token=first)).failed
            before = country.contents()
            refused = await call("commit", token=late)
            assert refused.error == "ChangedStateError"
            assert any("First" in line for line in refused.facts["changed"])
            assert country.contents() == before

    run(work())


def test_a_commit_is_taken_back_by_another(country: Country, profile: str) -> None:
    async def work() -> None:
        async with agent(profile, writes=True) as call:
            uid = await first_element(call)
            name = (await call("get_object", type="dataElements", id=uid)).data["value"]["name"]
            done = await call("commit", token=await renaming(call, uid))
            undo = await call("undo", run=done.data["undo_with_run"])
            await call("commit", token=undo.facts["token"], confirm_destroy="Undo: Update dataElements")
            assert (await call("get_object", type="dataElements", id=uid)).data["value"]["name"] == name

    assert country
    run(work())


async def deleting(call: Call) -> tuple[str, str]:
    """A proposal to delete a data element that nothing refers to: its token and UID."""
    body = {**ELEMENT, "name": "Unused", "shortName": "Unused"}
    proposed = await call("propose", operation="metadata create", arguments={"type": "dataElements", "object": body})
    made = await call("commit", token=proposed.facts["token"])
    uid = made.data["result"][0]["id"]
    proposed = await call("propose", operation="metadata delete", arguments={"type": "dataElements", "id": [uid]})
    assert proposed.facts["effect"] == "destroy"
    return proposed.facts["token"], uid


def test_a_client_that_cannot_ask_needs_a_second_field_to_destroy(country: Country, profile: str) -> None:
    async def work() -> None:
        async with agent(profile, writes=True) as call:
            token, uid = await deleting(call)
            before = country.contents()
            for wrong in ({}, {"confirm_destroy": "yes"}):
                assert (await call("commit", token=token, **wrong)).error == "NotConsentedError"
            assert country.contents() == before
            assert not (await call("commit", token=token, confirm_destroy="Delete dataElements " + uid)).failed

    run(work())


@pytest.mark.parametrize("mode", ["legacy", "auto"])
@pytest.mark.parametrize("agrees", [True, False])
def test_a_client_that_can_ask_asks_its_user(country: Country, profile: str, mode: str, agrees: bool) -> None:
    asked: list[str] = []

    async def user(message: str, *_: object) -> dict[str, bool]:
        asked.append(message)
        return {"agree": agrees}

    async def work() -> None:
        async with agent(profile, writes=True, mode=mode, elicitation_handler=user) as call:
            token, uid = await deleting(call)
            before = country.contents()
            done = await call("commit", token=token, confirm_destroy=f"Delete dataElements {uid}")
            assert len(asked) == 1
            assert uid in asked[0]
            if agrees:
                assert not done.failed, done.text
            else:
                assert done.error == "NotConsentedError"
                assert country.contents() == before

    run(work())


def test_a_server_that_was_started_to_read_has_no_tool_that_writes(country: Country, profile: str) -> None:
    async def work() -> None:
        async with agent(profile) as call:
            for tool in ("propose", "commit", "undo"):
                assert (await call(tool, operation="metadata delete", token="x")).failed
            refused = await call("read", operation="metadata delete", arguments={"type": "dataElements", "id": ["x"]})
            assert refused.error == "NoAgentFaceError"
            found = await call("find_operation", text="delete objects", limit=30)
            assert {row["effect"] for row in found.facts["operations"]} <= {"read", "local", "depends on its arguments"}

    assert country
    run(work())


def test_a_profile_that_the_server_was_not_started_with_is_refused(country: Country, home: Home) -> None:
    async def work() -> None:
        async with agent("here") as call:
            assert (await call("connect", profile="there")).error == "ProfileNotAllowedError"

    home.write_user(country.profile("here") + country.profile("there"))
    run(work())


@pytest.mark.slow
def test_fuzzed_calls_without_a_token_change_nothing(country: Country, profile: str) -> None:
    """2,000 sequences of calls that never have a valid token leave every table as it was."""
    random_of = random.Random(20260)  # noqa: S311 # the same calls in every run
    operations = _writing_operations()

    async def work() -> None:
        async with agent(profile, writes=True) as call:
            uid = await first_element(call)
            await call("connect")
            before = country.contents()
            for _ in range(2000):
                for _ in range(random_of.randint(1, 3)):
                    await _fuzzed_call(call, random_of, uid, operations)
            assert country.contents() == before

    run(work())


def _writing_operations() -> list[str]:
    from dhis2w_core.plugins import read_registry

    return [entry.name for entry in read_registry().entries if entry.effect in ("write", "destroy")]


async def _fuzzed_call(call: Call, random_of: random.Random, uid: str, operations: list[str]) -> None:
    objects: dict[str, Any] = {
        "type": "dataElements", "id": random_of.choice([uid, [uid]]), "name": "Fuzzed", "object": {"name": "x"},
        "values": {"name": "Fuzzed"}, "key": "k", "namespace": "n", "value": 1, "user": uid, "group": uid, "role": uid,
        "method": random_of.choice(["POST", "DELETE", "GET"]), "path": f"dataElements/{uid}", "text": "x",
    }  # fmt: skip
    arguments = {name: objects[name] for name in random_of.sample(list(objects), random_of.randint(0, 4))}
    token = random_of.choice(["", "x", "None", "0" * 43, f"{random_of.getrandbits(256):x}"])
    match random_of.randint(0, 4):
        case 0:
            await call("commit", token=token, confirm_destroy=random_of.choice([None, "Delete", "yes"]))
        case 1:
            await call("read", operation=random_of.choice(operations), arguments=arguments)
        case 2:
            await call("propose", operation=random_of.choice(operations), arguments=arguments)
        case 3:
            rename = {"type": "dataElements", "id": uid, "name": "Fuzzed"}
            proposed = await call("propose", operation="metadata rename", arguments=rename)
            await call("commit", token=proposed.facts["token"][:-1] + "~")
        case _:
            await call("undo", run=random_of.choice([None, "x"]))
