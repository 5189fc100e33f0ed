"""A server of each version with analytics over twelve values, for one test alone."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from dhis2w_client import Dhis2Client
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run

ROOT, NORTH, SOUTH = "gridRoot000", "gridNorth00", "gridSouth00"
VISITS, WEIGHT, SHARE = "gridVisits0", "gridWeight0", "gridShare00"
PERIODS = ("202401", "202402", "202403")


def _unit(id: str, name: str, parent: str | None = None) -> dict[str, object]:
    more: dict[str, object] = {"parent": {"id": parent}} if parent else {}
    return {"id": id, "name": name, "shortName": name, "code": name.upper(), "openingDate": "2000-01-01", **more}


def _element(id: str, name: str, aggregation: str) -> dict[str, object]:
    return {
        "id": id,
        "name": name,
        "shortName": name,
        "code": name.upper(),
        "valueType": "NUMBER",
        "domainType": "AGGREGATE",
        "aggregationType": aggregation,
    }


METADATA: dict[str, list[dict[str, object]]] = {
    "organisationUnits": [_unit(ROOT, "Land"), _unit(NORTH, "North", ROOT), _unit(SOUTH, "South", ROOT)],
    "dataElements": [_element(VISITS, "Visits", "SUM"), _element(WEIGHT, "Weight", "AVERAGE")],
    "dataSets": [
        {
            "id": "gridDataSet",
            "name": "Monthly",
            "shortName": "Monthly",
            "periodType": "Monthly",
            "dataSetElements": [{"dataElement": {"id": VISITS}}, {"dataElement": {"id": WEIGHT}}],
            "organisationUnits": [{"id": NORTH}, {"id": SOUTH}],
        }
    ],
    "indicatorTypes": [{"id": "gridPercent", "name": "Per cent", "factor": 100, "number": False}],
    "indicators": [
        {
            "id": SHARE,
            "name": "Share",
            "shortName": "Share",
            "indicatorType": {"id": "gridPercent"},
            "numerator": f"#{{{VISITS}}}",
            "denominator": f"#{{{WEIGHT}}}",
        }
    ],
}
VALUES = [
    {"dataElement": element, "period": period, "orgUnit": unit, "value": str(10 * place + month)}
    for element in (VISITS, WEIGHT)
    for place, unit in enumerate((NORTH, SOUTH), 1)
    for month, period in enumerate(PERIODS, 1)
]


async def build_tables(client: Dhis2Client) -> None:
    await client.jobs.wait(await client.maintenance.refresh_analytics(), within=60)


async def fill(client: Dhis2Client) -> None:
    await client.post("metadata", METADATA)
    admin = {"organisationUnits": [{"id": ROOT}], "dataViewOrganisationUnits": [{"id": ROOT}]}
    me = (await client.get("me", params={"fields": "id"}))["id"]
    patch = [{"op": "add", "path": f"/{key}", "value": value} for key, value in admin.items()]
    await client.patch(f"users/{me}", patch)
    await client.post("dataValueSets", {"dataSet": "gridDataSet", "dataValues": VALUES})
    if client.dialect.chooses_output_periods:
        names = [{"name": "Monthly"}, {"name": "Quarterly"}, {"name": "Yearly"}]
        await client.post("configuration/dataOutputPeriodTypes", names)
    await build_tables(client)


@pytest.fixture(params=[41, 42, 43, 44])
def empty(request: pytest.FixtureRequest) -> Generator[Sandbox]:
    with Sandbox(request.param, empty=True) as made:
        yield made


@pytest.fixture
def sandbox(empty: Sandbox) -> Sandbox:
    run(empty, fill)
    return empty
