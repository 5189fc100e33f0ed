"""Who owns an entity, on every version: access for a while, with a reason, and handing over."""

from __future__ import annotations

from datetime import date

import pytest

from dhis2w_client import (
    ApiError,
    BadRequestError,
    BasicAuth,
    Dhis2Client,
    ForbiddenError,
    InvalidRequestError,
    ObjectNotFoundError,
)
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run
from tests.client_tracker.conftest import ANNA, OTHER_UNIT, PROGRAM, STAGE, UNIT

DAY = date(2024, 3, 1)
USERNAME, PASSWORD = "clerk_of_unit", "Orange#Bicycle71"
REASON = "sent here by ambulance"


async def register(client: Dhis2Client) -> str:
    """Somebody enrolled in the unit, in a program whose entities are their owners' alone; the UID."""
    program = await client.get(f"programs/{PROGRAM}", params={"fields": "trackedEntityType"})
    await client.programs.patch(PROGRAM, [{"op": "replace", "path": "/accessLevel", "value": "PROTECTED"}])
    await client.programs.share(PROGRAM, public="rwrw----")
    await client.program_stages.share(STAGE, public="rwrw----")
    kind = program["trackedEntityType"]["id"]
    await client.tracked_entity_types.share(kind, public="rwrw----")
    report = await client.tracker.register(kind, UNIT, ANNA, program=PROGRAM, enrolled_at=DAY, occurred_at=DAY)
    return report.uids["trackedEntities"][0]


async def hire(client: Dhis2Client) -> None:
    """Somebody who works in another unit, and may search in all."""
    (root,) = await client.organisation_units.list(filters="level:eq:1", fields="id")
    role = await client.user_roles.create({"name": "Clerk", "authorities": ["F_METADATA_EXPORT"]})
    await client.metadata.accounts.create(
        USERNAME,
        PASSWORD,
        first_name="Ada",
        surname="Clerk",
        roles=[str(role.id)],
        units=[OTHER_UNIT],
        search_units=[str(root.id)],
    )


def test_who_breaks_the_glass_sees_for_a_while(sandbox: Sandbox) -> None:
    async def prepare(client: Dhis2Client) -> str:
        await hire(client)
        return await register(client)

    entity = run(sandbox, prepare)

    async def use(client: Dhis2Client) -> None:
        read = client.tracker.tracked_entities.get
        with pytest.raises(ApiError) as hidden:
            await read(entity, program=PROGRAM)
        assert hidden.value.status in (403, 404)
        for _ in range(2):
            await client.tracker.break_glass(entity, PROGRAM, REASON)
        found = await read(entity, program=PROGRAM, fields="trackedEntity,enrollments")
        assert (found.trackedEntity, len(found.enrollments or [])) == (entity, 1)

    run(sandbox, use, auth=BasicAuth(USERNAME, PASSWORD))


def test_the_glass_is_not_broken_without_need_or_reason(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        entity = await register(client)
        with pytest.raises(InvalidRequestError, match="Say why"):
            await client.tracker.break_glass(entity, PROGRAM, " ")
        with pytest.raises(ForbiddenError, match="superuser"):
            await client.tracker.break_glass(entity, PROGRAM, REASON)
        with pytest.raises((ForbiddenError, ObjectNotFoundError), match="does not exist"):
            await client.tracker.break_glass("nOtKnown001", PROGRAM, REASON)

    run(sandbox, use)


def test_an_owner_hands_over_and_it_is_told_when_there_is_nothing_to_do(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        entity = await register(client)
        with pytest.raises(ObjectNotFoundError):
            await client.tracker.transfer("nOtKnown001", PROGRAM, OTHER_UNIT)
        await client.tracker.transfer(entity, PROGRAM, OTHER_UNIT)
        if client.dialect.checks_new_owners:
            with pytest.raises(BadRequestError, match="already"):
                await client.tracker.transfer(entity, PROGRAM, OTHER_UNIT)
        else:
            await client.tracker.transfer(entity, PROGRAM, OTHER_UNIT)
        found = await client.tracker.tracked_entities.get(entity, program=PROGRAM, fields="programOwners")
        assert [owner.orgUnit for owner in found.programOwners or []] == [OTHER_UNIT]

    run(sandbox, use)
