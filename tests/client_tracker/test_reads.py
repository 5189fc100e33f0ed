"""Reading tracker, on every version: pages, what changes meanwhile, and selections that would mislead."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError, ListChangedWarning
from dhis2w_client.metadata import NotInVersionError
from dhis2w_client.tracker import TrackedEntity
from dhis2w_client.tracker.kind import ENROLLMENTS, ENTITIES, EVENTS, RELATIONSHIPS, TrackerKind
from dhis2w_client.tracker.selection import TrackerSelection, selection_params
from dhis2w_client.versions import DIALECTS, Dhis2
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run
from tests.client_tracker.conftest import ANNA, PROGRAM, UNIT

UIDS = [f"person{at:05}" for at in range(7)]


async def fill(client: Dhis2Client) -> str:
    """Seven persons, one after the other; the UID of their type."""
    program = await client.get(f"programs/{PROGRAM}", params={"fields": "trackedEntityType"})
    kind: str = program["trackedEntityType"]["id"]
    for uid in UIDS:
        await client.tracker.register(kind, UNIT, ANNA, uid=uid)
    return kind


def new(models: list[TrackedEntity]) -> list[str]:
    return [str(model.trackedEntity) for model in models if str(model.trackedEntity) in UIDS]


def test_all_pages_are_read_oldest_first(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        kind = await fill(client)
        entities = client.tracker.tracked_entities
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for size in (1, 3, 7, 100):
                found = [
                    model async for model in entities.iterate(tracked_entity_type=kind, org_units=UNIT, page_size=size)
                ]
                assert new(found) == UIDS, size
        page = await entities.page(1, page_size=2, total=True, tracked_entity_type=kind, org_units=UNIT)
        assert len(page) == 2
        assert page.pager is not None
        assert page.pager.total == await entities.count(tracked_entity_type=kind, org_units=UNIT)
        rows = [row async for row in entities.rows(tracked_entity_type=kind, org_units=UNIT, fields="orgUnit")]
        assert {row["orgUnit"] for row in rows} == {UNIT}

    run(sandbox, use)


def test_what_is_added_meanwhile_comes_once_and_a_deletion_is_told(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        kind = await fill(client)
        entities = client.tracker.tracked_entities
        found: list[TrackedEntity] = []
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            async for model in entities.iterate(tracked_entity_type=kind, org_units=UNIT, page_size=3):
                if not found:
                    await client.tracker.register(kind, UNIT, ANNA, uid="personAdded")
                found.append(model)
        assert new(found) == UIDS
        assert str(found[-1].trackedEntity) == "personAdded"

        async def delete_while_reading() -> None:
            gone = False
            async for _ in entities.iterate(tracked_entity_type=kind, org_units=UNIT, page_size=3):
                if not gone:
                    await entities.delete(UIDS[0])
                    gone = True

        with pytest.warns(ListChangedWarning, match="may be missing"):
            await delete_while_reading()

    run(sandbox, use)


def test_events_are_told_apart_where_the_version_can(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        if not client.dialect.tells_events_apart:
            with pytest.raises(NotInVersionError):
                client.tracker.single_events  # noqa: B018 - the property raises
            return
        events = [event async for event in client.tracker.tracker_events.iterate(program=PROGRAM, org_units=UNIT)]
        everything = [event async for event in client.tracker.events.iterate(program=PROGRAM, org_units=UNIT)]
        assert [event.event for event in events] == [event.event for event in everything]

    run(sandbox, use)


def test_a_list_is_streamed(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        kind = await fill(client)
        async with client.tracker.tracked_entities.stream(tracked_entity_type=kind, org_units=UNIT) as pieces:
            body = b"".join([piece async for piece in pieces])
        assert all(uid.encode() in body for uid in UIDS)

    run(sandbox, use)


@pytest.mark.parametrize("version", Dhis2)
@pytest.mark.parametrize(
    ("kind", "selection", "says"),
    [
        (ENTITIES, {}, "need program"),
        (ENTITIES, {"program": "p", "tracked_entity_type": "t"}, "need program"),
        (ENTITIES, {"program": "p", "org_unit_mode": "DESCENDANTS"}, "needs org_units"),
        (ENTITIES, {"program": "p", "org_unit_mode": "ALL", "org_units": "u"}, "takes no org_units"),
        (EVENTS, {"program": "p", "org_units": ["a", "b"]}, "one UID alone"),
        (EVENTS, {"program": "p", "events": []}, "at least one"),
        (RELATIONSHIPS, {"events": "a", "enrollments": "b"}, "one of"),
        (RELATIONSHIPS, {"program": "p"}, "ignore"),
        (ENROLLMENTS, {"program": "p", "tracked_entity_type": "t"}, "ignore"),
    ],
)
def test_a_selection_that_would_mislead_is_not_sent(
    version: Dhis2, kind: TrackerKind, selection: Any, says: str
) -> None:
    with pytest.raises(InvalidRequestError, match=says):
        selection_params(kind, selection, DIALECTS[version])


def test_each_version_gets_its_own_parameters() -> None:
    selection: TrackerSelection = {"program": "p", "enrollment_status": "ACTIVE", "tracked_entities": ["a", "b"]}
    assert selection_params(ENTITIES, selection, DIALECTS[Dhis2.V41]) == {
        "program": "p",
        "programStatus": "ACTIVE",
        "trackedEntities": "a,b",
    }
    assert "enrollmentStatus" in selection_params(ENTITIES, selection, DIALECTS[Dhis2.V42])
    assert selection_params(EVENTS, {"status": "ACTIVE"}, DIALECTS[Dhis2.V42]) == {"status": "ACTIVE"}
    with pytest.raises(InvalidRequestError, match="for one program"):
        selection_params(EVENTS, {"status": "ACTIVE"}, DIALECTS[Dhis2.V43])
    children: TrackerSelection = {"program": "p", "org_units": "u", "org_unit_mode": "CHILDREN"}
    assert selection_params(ENTITIES, children, DIALECTS[Dhis2.V41])["orgUnitMode"] == "CHILDREN"
    with pytest.raises(InvalidRequestError, match="fails on"):
        selection_params(ENTITIES, children, DIALECTS[Dhis2.V43])
