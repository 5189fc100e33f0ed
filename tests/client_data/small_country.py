"""Two data sets that share an element, in three units; a client that may write there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import httpx2

from dhis2w_client import BasicAuth, Dhis2Client
from dhis2w_client.data_values import DataValueSelection
from dhis2w_client.metadata import Bundle
from dhis2w_sandbox import Sandbox

T = TypeVar("T")

COMBO = {"id": "bjDvmb4bfuf"}
ROOT, UNIT, OTHER = "UnitRoot001", "UnitAaaa001", "UnitBbbb001"
COUNT, AVERAGE, TEXT = "ElemCount01", "ElemAvrge01", "ElemText001"
FIRST_SET, SECOND_SET = "DataSetAaa1", "DataSetBbb1"
EVERYTHING = DataValueSelection(
    data_sets=(FIRST_SET, SECOND_SET), periods=("202401", "202402", "202403"), org_units=(ROOT,), children=True
)


def value(element: str = COUNT, period: str = "202401", content: Any = "1", unit: str = UNIT, **more: Any) -> Any:
    """One value."""
    return {"dataElement": element, "period": period, "orgUnit": unit, "value": content, **more}


def run(sandbox: Sandbox, use: Callable[[Dhis2Client], Awaitable[T]]) -> T:
    """Connect as a superuser of the root unit, and use the client."""

    async def connect() -> T:
        transport = httpx2.ASGITransport(sandbox.app)
        auth = BasicAuth("admin", "district")
        async with Dhis2Client("http://127.0.0.1:8080", auth, transport=transport) as client:
            await client.metadata.import_bundle(_country())
            await client.patch(
                "users/M5zQapPyTZI", [{"op": "add", "path": "/organisationUnits", "value": [{"id": ROOT}]}]
            )
            return await use(client)

    return asyncio.run(connect())


async def stored(client: Dhis2Client) -> list[tuple[str, str, str, str]]:
    """Element, period, unit and value of what is stored in the first three months of 2024."""
    return await stored_in(client, EVERYTHING.periods)


async def stored_in(client: Dhis2Client, periods: Sequence[str]) -> list[tuple[str, str, str, str]]:
    """Element, period, unit and value of what is stored in some periods."""
    rows = [row async for row in client.data_values.rows(replace(EVERYTHING, periods=tuple(periods)))]
    return sorted((row["dataElement"], row["period"], row["orgUnit"], row.get("value", "")) for row in rows)


def _country() -> Bundle:
    def element(uid: str, name: str, type: str, aggregation: str) -> dict[str, Any]:
        kinds = {"valueType": type, "aggregationType": aggregation, "domainType": "AGGREGATE", "categoryCombo": COMBO}
        return {"id": uid, "name": name, "shortName": name, "code": name.upper(), **kinds}

    def data_set(uid: str, name: str, units: list[str], elements: list[str]) -> dict[str, Any]:
        return {
            "id": uid,
            "name": name,
            "shortName": name,
            "periodType": "Monthly",
            "categoryCombo": COMBO,
            "organisationUnits": [{"id": unit} for unit in units],
            "dataSetElements": [{"dataElement": {"id": element}} for element in elements],
        }

    def unit(uid: str, name: str, **more: Any) -> dict[str, Any]:
        return {
            "id": uid, "name": name, "shortName": name, "code": name.upper(), "openingDate": "2000-01-01", **more
        }  # fmt: skip

    return Bundle(
        {
            "organisationUnits": [
                unit(ROOT, "Root"),
                unit(UNIT, "Here", parent={"id": ROOT}),
                unit(OTHER, "There", parent={"id": ROOT}),
            ],
            "dataElements": [
                element(COUNT, "Count", "INTEGER", "SUM"),
                element(AVERAGE, "Average", "NUMBER", "AVERAGE"),
                element(TEXT, "Remark", "TEXT", "NONE"),
            ],
            "dataSets": [
                data_set(FIRST_SET, "First", [UNIT], [COUNT, AVERAGE]),
                data_set(SECOND_SET, "Second", [UNIT, OTHER], [COUNT, TEXT]),
            ],
        }
    )
