"""Pairs that may be one, on every version: what is merged, by DHIS2's choice or the user's, and what is not."""

from __future__ import annotations

from datetime import date

import pytest

from dhis2w_client import BadRequestError, ConflictError, Dhis2Client, ObjectNotFoundError
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run
from tests.client_tracker.conftest import ANNA, FAMILY_NAME, GIVEN_NAME, PROGRAM, UNIT

DAY = date(2024, 3, 1)
BORN = "gSn002HK3je"


async def register(client: Dhis2Client, values: dict[str, str], *, enrolled: bool = False) -> str:
    """Somebody with these values; the UID."""
    program = await client.get(f"programs/{PROGRAM}", params={"fields": "trackedEntityType"})
    kind = program["trackedEntityType"]["id"]
    more = {"program": PROGRAM, "enrolled_at": DAY, "occurred_at": DAY} if enrolled else {}
    report = await client.tracker.register(kind, UNIT, values, **more)  # pyright: ignore[reportArgumentType] - a day or a UID
    return report.uids["trackedEntities"][0]


async def values_of(client: Dhis2Client, uid: str) -> dict[str | None, str | None]:
    found = await client.tracker.tracked_entities.get(uid, fields="*")
    return {each.attribute: each.value for each in found.attributes or []}


def test_what_does_not_clash_is_merged_by_itself(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        pairs = client.tracker.duplicates
        first = await register(client, ANNA)
        second = await register(client, {**ANNA, BORN: "1990-01-31"}, enrolled=True)
        pair = await pairs.flag(first, second)
        assert (pair.status, pair.original, pair.duplicate) == ("OPEN", first, second)
        await pairs.merge(str(pair.id))
        merged = await client.tracker.tracked_entities.get(first, program=PROGRAM, fields="*")
        assert await values_of(client, first) == {**ANNA, BORN: "1990-01-31"}
        assert [each.program for each in merged.enrollments or []] == [PROGRAM]
        with pytest.raises(ObjectNotFoundError):
            await client.tracker.tracked_entities.get(second)
        assert [each.status for each in await pairs.list(tracked_entities=[first], status="ALL")] == ["MERGED"]
        assert await pairs.list(tracked_entities=[first]) == []
        with pytest.raises(BadRequestError, match="already MERGED"):
            await pairs.dismiss(str(pair.id))

    run(sandbox, use)


def test_what_clashes_is_merged_as_chosen(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        pairs = client.tracker.duplicates
        first = await register(client, ANNA)
        second = await register(client, {GIVEN_NAME: "Anne", FAMILY_NAME: "Ball"})
        pair = await pairs.flag(first, second)
        with pytest.raises(ConflictError, match="conflicting values"):
            await pairs.merge(str(pair.id))
        assert await values_of(client, first) == ANNA
        with pytest.raises(ConflictError, match="no attribute"):
            await pairs.merge(str(pair.id), {"trackedEntityAttributes": ["nOtKnown001"]})
        await pairs.merge(str(pair.id), {"trackedEntityAttributes": [FAMILY_NAME]})
        assert await values_of(client, first) == {**ANNA, FAMILY_NAME: "Ball"}

    run(sandbox, use)


def test_two_enrollments_in_one_program_are_not_merged(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        first, second = [await register(client, ANNA, enrolled=True) for _ in range(2)]
        pair = await client.tracker.duplicates.flag(first, second)
        with pytest.raises(ConflictError, match="same program"):
            await client.tracker.duplicates.merge(str(pair.id))

    run(sandbox, use)


def test_a_pair_is_flagged_once(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        pairs = client.tracker.duplicates
        first, second = await register(client, ANNA), await register(client, ANNA)
        await pairs.flag(first, second)
        for pair in ((first, second), (second, first)):
            with pytest.raises(ConflictError, match="already marked"):
                await pairs.flag(*pair)
        with pytest.raises(ObjectNotFoundError):
            await pairs.flag(first, "nOtKnown001")
        with pytest.raises(ObjectNotFoundError):
            await pairs.merge("nOtKnown001")

    run(sandbox, use)
