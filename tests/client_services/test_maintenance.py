"""Maintenance, integrity checks, apps and routes, on every version."""

from __future__ import annotations

from pathlib import Path

import pytest

from dhis2w_client import (
    ConflictError,
    Dhis2Client,
    GatewayError,
    InvalidRequestError,
    NotFoundError,
    ObjectNotFoundError,
    ServerError,
)
from dhis2w_client.maintenance import ACTIONS, TABLES
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run


def test_every_action_is_one_of_the_server(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.maintenance.run(*ACTIONS)
        await client.maintenance.clear_cache()
        with pytest.raises(InvalidRequestError, match="nothing"):
            await client.maintenance.run("cacheClear", "nothing")

    run(sandbox, use)


def test_tables_are_built_by_jobs(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        job = await client.maintenance.refresh_analytics(without=["outliers", "events"], last_years=2)
        assert job.type == "ANALYTICS_TABLE"
        await client.jobs.wait(job, within=60)
        assert (await client.maintenance.refresh_resource_tables()).type == "RESOURCE_TABLE"
        with pytest.raises(InvalidRequestError, match="years -1"):
            await client.maintenance.refresh_analytics(last_years=-1)

    run(sandbox, use)
    assert len(set(TABLES.values())) == len(TABLES)


def test_data_of_one_object_is_pruned(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        unit = {"id": "orgUnit0001", "name": "Unit", "shortName": "Unit", "openingDate": "2000-01-01"}
        await client.organisation_units.create(unit)
        await client.maintenance.prune_data("organisationUnits", "orgUnit0001")
        with pytest.raises((NotFoundError, ConflictError)):
            await client.maintenance.prune_data("dataElements", "nothingHere")

    run(sandbox, use)


def test_checks_find_what_is_wrong_and_name_it(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.indicator_groups.create({"id": "indGroup001", "name": "Scarce"})
        integrity = client.maintenance.integrity
        (summary,) = await integrity.run("indicator_groups_scarce")
        assert (summary.count, summary.issues) == (1, ())
        (found,) = await integrity.run("indicator_groups_scarce", details=True)
        assert [(issue.id, issue.name) for issue in found.issues] == [("indGroup001", "Scarce")]
        assert found.check.severity == "WARNING"
        with pytest.raises(InvalidRequestError, match="nothing_like_this"):
            await integrity.run("indicator_groups_scarce", "nothing_like_this")
        assert all(not check.slow for check in await integrity.checks(slow=False))

    run(sandbox, use)


def test_apps(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "app.zip"
    file.write_bytes(b"PK nothing")

    async def use(client: Dhis2Client) -> None:
        apps = client.apps
        assert await apps.list() == []
        await apps.reload()
        with pytest.raises(ObjectNotFoundError):
            await apps.get("nothing")
        with pytest.raises(NotFoundError):
            await apps.remove("nothing")
        with pytest.raises(ConflictError):
            await apps.install(file)
        with pytest.raises((GatewayError, ConflictError, ServerError)):
            await apps.hub()
        with pytest.raises(InvalidRequestError):
            await apps.remove("")

    run(sandbox, use)


def test_a_route_that_is_not_there(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(NotFoundError):
            await client.metadata.routes.run("nothing", "below/it", params={"a": "b"})

    run(sandbox, use)
