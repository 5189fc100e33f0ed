"""Plans are shown, written down, applied, and taken back."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from dhis2w_client import ConflictError, Dhis2Client, StaleObjectError
from dhis2w_core.errors import JournalError, OperationError, PartlyDoneError, StalePlanError
from dhis2w_core.executor import Execution, execute
from dhis2w_core.features.bundles import operations as bundles
from dhis2w_core.features.metadata import operations as metadata
from dhis2w_core.journal import Journal
from dhis2w_core.object_state import digest, read_state
from dhis2w_core.plan import Action, Change, ObjectChange, Plan, Preview
from dhis2w_core.undo import plan_undo, run_to_undo
from tests.operations.conftest import Connect

ELEMENT = {"valueType": "NUMBER", "aggregationType": "SUM", "domainType": "AGGREGATE"}


def element(name: str) -> dict[str, Any]:
    return {**ELEMENT, "name": name, "shortName": name}


def agree(_: Preview) -> bool:
    return True


async def done(client: Dhis2Client, plan: Plan, journal: Journal, *, operation: str = "test") -> Execution:
    return await execute(plan, client, operation=operation, consent=agree, journal=journal)


async def created(client: Dhis2Client, name: str, journal: Journal) -> str:
    made = await done(client, await metadata.create(client, "dataElements", element(name)), journal)
    return cast("list[dict[str, str]]", made.result)[0]["id"]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def test_create_rename_and_delete_are_taken_back_one_by_one(connect: Connect, journal: Journal) -> None:
    async def work() -> None:
        async with connect() as client:
            uid = await created(client, "Undo me", journal)
            named = await read_state(client, "dataElements", uid)
            await done(client, await metadata.rename(client, "dataElements", uid, "Renamed"), journal)
            await done(client, await metadata.delete(client, "dataElements", [uid]), journal)
            assert await read_state(client, "dataElements", uid) is None
            await take_back(client, journal)
            state = await read_state(client, "dataElements", uid)
            assert state is not None
            assert state["name"] == "Renamed"
            await take_back(client, journal)
            assert digest(await read_state(client, "dataElements", uid)) == digest(named)
            await take_back(client, journal)
            assert await read_state(client, "dataElements", uid) is None
            with pytest.raises(JournalError, match="nothing to undo"):
                run_to_undo(journal, client.base_url)

    asyncio.run(work())


async def take_back(client: Dhis2Client, journal: Journal) -> None:
    run = run_to_undo(journal, client.base_url)
    await done(client, await plan_undo(client, run), journal, operation="undo")


def test_undo_is_refused_when_somebody_changed_the_object(connect: Connect, journal: Journal) -> None:
    async def work() -> None:
        async with connect() as client:
            uid = await created(client, "Changed since", journal)
            await done(client, await metadata.rename(client, "dataElements", uid, "Mine"), journal)
            await client.data_elements.patch(uid, [{"op": "replace", "path": "/name", "value": "Theirs"}])
            with pytest.raises(StaleObjectError, match=rf"dataElements {uid} Theirs was changed by somebody"):
                await plan_undo(client, run_to_undo(journal, client.base_url))

    asyncio.run(work())


def test_a_stale_plan_writes_nothing(connect: Connect, journal: Journal) -> None:
    async def work() -> None:
        async with connect() as client:
            uid = await created(client, "Stale", journal)
            plan = await metadata.rename(client, "dataElements", uid, "Too late")
            await client.data_elements.patch(uid, [{"op": "replace", "path": "/name", "value": "First"}])
            with pytest.raises(StaleObjectError, match="nothing was written"):
                await done(client, plan, journal)
            assert (await client.data_elements.get(uid)).name == "First"

    asyncio.run(work())


def test_what_was_done_before_a_refusal_is_told_and_taken_back(connect: Connect, journal: Journal) -> None:
    async def work() -> None:
        async with connect() as client:
            steps = [ObjectChange("dataElements", None, None, element(name)) for name in ("Twice", "Twice")]
            with pytest.raises(PartlyDoneError, match="1 of 2") as caught:
                await done(client, Change("Two", tuple(steps)), journal)
            uid = caught.value.done[0]["id"]
            assert journal.runs()[0].state == "failed"
            await take_back(client, journal)
            assert await read_state(client, "dataElements", uid) is None

    asyncio.run(work())


def test_a_refused_delete_says_why_and_leaves_nothing_to_undo(connect: Connect, journal: Journal) -> None:
    async def work() -> None:
        async with connect() as client:
            disaggregated = "categoryCombo.name:!eq:default"
            found = await client.data_elements.list(fields="categoryCombo[id]", filters=disaggregated, page_size=1)
            uid = found[0].to_dict()["categoryCombo"]["id"]
            with pytest.raises(ConflictError) as refusal:
                await done(client, await metadata.delete(client, "categoryCombos", [uid]), journal)
            assert refusal.value.rows[0].code == "E4030"
            assert journal.runs()[0].done == ()

    asyncio.run(work())


def test_dry_run_and_refusal_do_nothing(connect: Connect, journal: Journal) -> None:
    async def work() -> None:
        async with connect() as client:
            plan = await metadata.create(client, "dataElements", element("Never"))
            shown = await execute(plan, client, operation="x", consent=agree, dry_run=True, journal=journal)
            assert (shown.state, shown.preview.undo) == ("previewed", "full")
            declined = await execute(plan, client, operation="x", consent=lambda _: False, journal=journal)
            assert declined.state == "declined"
            assert journal.runs() == []
            assert await client.data_elements.count(filters="name:eq:Never") == 0

    asyncio.run(work())


def test_nothing_to_change_asks_nobody(connect: Connect, journal: Journal) -> None:
    def nobody(_: Preview) -> bool:
        pytest.fail("asked")

    async def work() -> None:
        async with connect() as client:
            uid = await created(client, "Same", journal)
            plan = await metadata.rename(client, "dataElements", uid, "Same")
            told = await execute(plan, client, operation="x", consent=nobody, journal=journal)
            assert told.state == "nothing to do"

    asyncio.run(work())


def test_changes_of_no_object_are_refused(connect: Connect) -> None:
    async def work() -> None:
        async with connect() as client:
            for plan in (
                metadata.delete(client, "dataElements", []),
                metadata.share(client, "dataElements", [], public="r-------"),
            ):
                with pytest.raises(OperationError, match="no object was named"):
                    await plan

    asyncio.run(work())


def test_a_change_shows_before_and_after_and_its_fingerprint_follows_them() -> None:
    before = {"id": "a", "name": "Old", "code": "C", "lastUpdated": "2026-01-01"}
    change = Change("T", (ObjectChange("dataElements", "a", before, before | {"name": "New", "code": None}),))
    lines = [(line.field, line.before, line.after) for line in change.preview().lines]
    assert sorted(lines) == [("code", "C", None), ("name", "Old", "New")]
    touched = Change("T", (ObjectChange("dataElements", "a", before | {"lastUpdated": "2027"}, change.steps[0].after),))
    other = Change("T", (ObjectChange("dataElements", "a", before | {"name": "Older"}, change.steps[0].after),))
    assert change.fingerprint() == touched.fingerprint() != other.fingerprint()


def test_who_may_see_an_object_is_part_of_its_state() -> None:
    def shared(access: str) -> dict[str, Any]:
        return {"id": "a", "sharing": {"users": {"u": {"id": "u", "access": access}}}}

    assert digest(shared("rw------")) != digest(shared("r-------"))


def test_members_may_come_in_any_order() -> None:
    assert digest({"a": [{"id": "x"}, {"id": "y"}]}) == digest({"a": [{"id": "y"}, {"id": "x"}]})


def test_an_action_promises_nothing() -> None:
    async def perform(_: Dhis2Client) -> None: ...

    assert Action("Do", perform).preview().undo == "none"


def test_a_file_that_changed_is_not_sent(connect: Connect, journal: Journal, tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    file.write_text('{"dataElements": []}')

    async def work() -> None:
        async with connect() as client:
            plan = await bundles.import_bundle(file)
            file.write_text('{"dataElements": [{}]}')
            with pytest.raises(StalePlanError):
                await done(client, plan, journal)

    asyncio.run(work())


def test_a_bundle_is_imported_and_compared(connect: Connect, journal: Journal, tmp_path: Path) -> None:
    file = tmp_path / "bundle.json"
    file.write_text(
        '{"dataElements": [{"id": "abcdefghij1", "name": "In a bundle", "shortName": "In a bundle",'
        '"valueType": "NUMBER", "aggregationType": "SUM", "domainType": "AGGREGATE"}]}'
    )

    async def work() -> None:
        async with connect() as client:
            assert [row["change"] for row in (await bundles.diff(client, file)).rows] == ["added"]
            told = await done(client, await bundles.import_bundle(file), journal)
            assert cast("dict[str, object]", told.result)["created"] == 1
            assert (await bundles.diff(client, file)).rows == []
            await client.data_elements.patch("abcdefghij1", [{"op": "replace", "path": "/name", "value": "Other"}])
            rows = (await bundles.diff(client, file)).rows
            assert [(row["property"], row["before"], row["after"]) for row in rows] == [
                ("name", "Other", "In a bundle"),
            ]

    asyncio.run(work())


def test_a_password_tells_no_states_apart_and_is_not_shown() -> None:
    before = {"id": "user0000001", "name": "A"}
    assert digest(before | {"password": "Orange#Bicycle71"}) == digest(before)
    change = Change("t", (ObjectChange("users", "user0000001", None, before | {"password": "Orange#Bicycle71"}),))
    assert "Orange" not in repr(change.preview())
