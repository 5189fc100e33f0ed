"""Where reading misleads: first as DHIS2 has it, by plain requests, then through the guard of the client.

The number in a test's name is that of the entry in `docs/dhis2-quirks.md`.
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dhis2w_client import (
    BasicAuth,
    ConflictError,
    Dhis2Client,
    DroppedItemsWarning,
    EmptyAnswerError,
    HiddenRowsWarning,
    InvalidRequestError,
)
from dhis2w_client.data_values import DataValueSelection
from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.country.people import PASSWORD
from tests.client_analytics.conftest import NORTH, ROOT, SOUTH, VISITS, fill
from tests.client_data import small_country
from tests.client_data.small_country import COUNT, FIRST_SET, UNIT, value
from tests.client_metadata.connecting import run
from tests.client_tracker.conftest import ANNA, PROGRAM
from tests.traps.servers import ALL, LEGACY, of

NURSE = BasicAuth("nurse_kemba", PASSWORD)
"""Somebody of one district."""
SELECTED = {"dataSet": FIRST_SET, "period": "202401", "orgUnit": UNIT}


@pytest.fixture
def grid(version: int) -> Generator[Sandbox]:
    """Analytics over twelve values."""
    with Sandbox(version, empty=True) as sandbox:
        run(sandbox, fill)
        yield sandbox


@of(*ALL)
def test_q09_metadata_that_may_not_be_seen_is_not_there(version: int) -> None:
    async def hide(client: Dhis2Client) -> None:
        await client.data_elements.create(
            {
                "name": "Hidden",
                "shortName": "Hidden",
                "valueType": "TEXT",
                "domainType": "AGGREGATE",
                "aggregationType": "NONE",
                "sharing": {"public": "--------"},
            }
        )
        assert await client.data_elements.count(filters="name:eq:Hidden") == 1

    async def look(client: Dhis2Client) -> None:
        answer = await client.get("dataElements", params={"filter": "name:eq:Hidden"})
        assert answer["dataElements"] == []
        with pytest.warns(HiddenRowsWarning, match="no proof"):
            assert await client.data_elements.count(filters="name:eq:Hidden") == 0
        with pytest.warns(HiddenRowsWarning):
            assert list(await client.data_elements.list(filters="name:eq:Hidden")) == []

    with Sandbox(version) as sandbox:
        run(sandbox, hide)
        run(sandbox, look, auth=NURSE)


@of(*ALL)
def test_q10_unknown_identifiers_are_dropped_from_analytics(grid: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        dx = [VISITS, "nOtKnown001"]
        params = [("dimension", f"dx:{';'.join(dx)}"), ("dimension", "pe:202401"), ("filter", f"ou:{ROOT}")]
        answer = await client.get("analytics", params=params)
        assert [row[0] for row in answer["rows"]] == [VISITS]
        with pytest.warns(DroppedItemsWarning, match="dx .*nOtKnown001"):
            await client.analytics.aggregate(dx=dx, pe="202401", ou=[NORTH, SOUTH])

    run(grid, use)


@of(*ALL)
def test_q10_unknown_identifiers_are_dropped_from_a_selection_of_values(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.data_values.push([value()])
        elements = (COUNT, "nOtKnown001")
        params = {"dataElement": list(elements), "period": "202401", "orgUnit": UNIT}
        assert len((await client.get("dataValueSets", params=params))["dataValues"]) == 1
        selection = DataValueSelection(data_elements=elements, periods=("202401",), org_units=(UNIT,))
        with pytest.warns(DroppedItemsWarning, match="dataElements .*nOtKnown001"):
            assert len([row async for row in client.data_values.rows(selection)]) == 1

    with Sandbox(version, empty=True) as sandbox:
        small_country.run(sandbox, use)


@of(*ALL)
def test_q10_unknown_parameters_are_passed_over(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        slip: Any = {"update_after": "2999-01-01"}
        params = {"program": PROGRAM, "updateAfter": "2999-01-01", "orgUnitMode": "ALL"}
        answer = await client.get("tracker/trackedEntities", params=params)
        assert answer.get("trackedEntities", answer.get("instances"))  # everything, as if nothing had been said
        with pytest.raises(InvalidRequestError, match="update_after"):
            await client.tracker.tracked_entities.count(program=PROGRAM, org_unit_mode="ALL", **slip)
        with pytest.raises(TypeError, match="update_after"):
            DataValueSelection(**slip)

    with Sandbox(version) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q12_views_are_cut_at_fifty_rows(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        query = "select name from dataelement"
        report = await client.sql_views.create({"name": "Elements", "sqlQuery": query, "type": "QUERY"})
        uid = str(report.id)
        everything = len((await client.metadata.sql_views.rows(uid)).rows)
        answer = await client.get(f"sqlViews/{uid}/data")
        assert len(answer["listGrid"]["rows"]) == 50 < everything

    with Sandbox(version) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q12_events_as_csv_are_cut(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        if client.dialect.chooses_output_periods:
            await client.post("configuration/dataOutputPeriodTypes", [{"name": "Yearly"}])
        await client.jobs.wait(await client.maintenance.refresh_analytics(), within=60)
        unit = (await client.organisation_units.list(filters="level:eq:1", fields="id"))[0].id
        path = f"analytics/events/query/{PROGRAM}"
        params = [("dimension", f"ou:{unit}"), ("startDate", "2000-01-01"), ("endDate", "2100-01-01")]
        async with client.stream(f"{path}.csv", params=params) as pieces:
            cut = b"".join([piece async for piece in pieces])
        async with client.analytics.stream(params, path=path) as pieces:
            whole = b"".join([piece async for piece in pieces])
        assert len(cut.splitlines()) == 51 < len(whole.splitlines())

    with Sandbox(version) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q13_an_error_of_analytics_is_a_success_as_csv(grid: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        no_period = [("dimension", f"dx:{VISITS}"), ("dimension", f"ou:{NORTH}")]
        async with client.stream("analytics.csv", params=no_period) as pieces:  # 200: it would be saved as a table
            assert b"".join([piece async for piece in pieces]).startswith(b"E7146")
        with pytest.raises(ConflictError, match="E7146"):
            async with client.analytics.stream(no_period):
                pass

    run(grid, use)


@of(*ALL)
def test_q16_what_was_deleted_is_not_among_the_changes(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.data_values.push([value()])
        since = await client.system.watermark()
        await client.data_values.delete(COUNT, "202401", UNIT, data_set=FIRST_SET)
        answer = await client.get("dataValueSets", params={**SELECTED, "lastUpdated": since.isoformat()})
        assert not answer.get("dataValues")  # who copies the changes keeps the value for ever
        changes = DataValueSelection(data_sets=(FIRST_SET,), periods=("202401",), org_units=(UNIT,), since=since)
        rows = [row async for row in client.data_values.rows(changes)]
        assert [(row["dataElement"], row.get("deleted")) for row in rows] == [(COUNT, True)]

    with Sandbox(version, empty=True) as sandbox:
        small_country.run(sandbox, use)


@of(*ALL)
def test_q16_deleted_tracker_objects_are_not_among_the_changes(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        kind = (await client.get(f"programs/{PROGRAM}", params={"fields": "trackedEntityType"}))["trackedEntityType"]
        unit = (await client.organisation_units.list(filters="level:eq:1", fields="id"))[0].id
        since = (await client.system.watermark()).isoformat()
        await client.tracker.register(kind["id"], str(unit), ANNA, uid="personGone0")
        await client.tracker.tracked_entities.delete("personGone0")
        params = {"trackedEntityType": kind["id"], "orgUnitMode": "ALL", "updatedAfter": since}
        answer = await client.get("tracker/trackedEntities", params=params)
        assert "personGone0" not in str(answer)
        selection: Any = {"tracked_entity_type": kind["id"], "org_unit_mode": "ALL", "updated_after": since}
        rows = [row async for row in client.tracker.tracked_entities.rows(fields="trackedEntity,deleted", **selection)]
        assert {"trackedEntity": "personGone0", "deleted": True} in rows

    with Sandbox(version) as sandbox:
        run(sandbox, use)


@of(*ALL)
def test_q17_the_time_of_a_change_is_the_servers(version: int) -> None:
    def slow_clock() -> datetime:
        return datetime.now(UTC) - timedelta(hours=1)

    async def use(client: Dhis2Client) -> None:
        here = datetime.now(UTC).replace(tzinfo=None)
        mark = await client.system.watermark()
        await client.data_values.push([value()])

        answer = await client.get("dataValueSets", params={**SELECTED, "lastUpdated": here.isoformat()})
        assert not answer.get("dataValues")  # the change is older than the clock of who asks for it
        changes = DataValueSelection(data_sets=(FIRST_SET,), periods=("202401",), org_units=(UNIT,), since=mark)
        assert len([row async for row in client.data_values.rows(changes)]) == 1

    with Sandbox(version, empty=True, clock=slow_clock) as sandbox:
        small_country.run(sandbox, use)


@of(*LEGACY)
def test_q22_what_may_not_be_read_is_an_empty_success(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        data_set = (await client.get("dataSets", params={"fields": "id", "pageSize": 1}))["dataSets"][0]["id"]
        unit = (await client.get("organisationUnits", params={"filter": "level:eq:1"}))["organisationUnits"][0]["id"]
        selection = DataValueSelection(data_sets=(data_set,), periods=("202401",), org_units=(unit,))
        params = {"dataSet": data_set, "period": "202401", "orgUnit": unit}
        assert await client.get("dataValueSets", params=params) is None
        with pytest.raises(EmptyAnswerError, match="may not read"):
            [row async for row in client.data_values.rows(selection)]

    with Sandbox(version) as sandbox:
        run(sandbox, use, auth=NURSE)


@of(43)
def test_q22_a_duration_is_not_heard(version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.data_values.push([value()])
        answer = await client.get("dataValueSets", params={**SELECTED, "lastUpdatedDuration": "0s"})
        assert len(answer["dataValues"]) == 1
        fields: Any = {"last_updated_duration": "0s"}
        with pytest.raises(TypeError, match="last_updated_duration"):
            DataValueSelection(**fields)

    with Sandbox(version, empty=True) as sandbox:
        small_country.run(sandbox, use)


@of(*ALL)
def test_q09_no_analytics_are_no_proof(version: int) -> None:
    async def build(client: Dhis2Client) -> None:
        if client.dialect.chooses_output_periods:
            await client.post("configuration/dataOutputPeriodTypes", [{"name": "Yearly"}])
        await client.jobs.wait(await client.maintenance.refresh_analytics(), within=60)

    async def look(client: Dhis2Client) -> None:
        element = (await client.get("dataElements", params={"filter": "domainType:eq:AGGREGATE"}))["dataElements"][0]
        unit = (await client.get("me", params={"fields": "organisationUnits"}))["organisationUnits"][0]
        params = [("dimension", f"dx:{element['id']}"), ("dimension", "pe:1999"), ("filter", f"ou:{unit['id']}")]
        assert (await client.get("analytics", params=params))["rows"] == []
        with pytest.warns(HiddenRowsWarning, match="analytics data"):
            await client.analytics.aggregate(dx=element["id"], pe="1999", filters={"ou": unit["id"]})

    with Sandbox(version) as sandbox:
        run(sandbox, build)
        run(sandbox, look, auth=NURSE)
