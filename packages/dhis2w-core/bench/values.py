"""The data values of the benchmark, and the metadata that they refer to; the same in every run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

ELEMENTS = [f"DeBench{number:04}" for number in range(500)]
PERIODS = [f"{year}{month:02}" for year in (2022, 2023) for month in range(1, 11)]
COMBO = "HllvX50cXC0"
DATA_SET = "DsBench0001"
ROOT = "OuBenchRoot"
UNITS = [f"OuBench{number:04}" for number in range(100)]
EXPORTED = {
    "storedBy": "admin",
    "created": "2024-01-01T00:00:00.000+0000",
    "lastUpdated": "2024-01-01T00:00:00.000+0000",
    "followup": False,
}
"""What an export of DHIS2 says of each value beside."""


def value_rows(count: int) -> Iterator[dict[str, str]]:
    """So many values, 160 bytes each as JSON; no key occurs twice up to a million."""
    per_unit = len(ELEMENTS) * len(PERIODS)
    for number in range(count):
        yield {
            "dataElement": ELEMENTS[number % len(ELEMENTS)],
            "period": PERIODS[number // len(ELEMENTS) % len(PERIODS)],
            "orgUnit": UNITS[number // per_unit],
            "categoryOptionCombo": COMBO,
            "attributeOptionCombo": COMBO,
            "value": str(number),
        }


def user() -> dict[str, Any]:
    """Who sends: no superuser, and may write into every unit."""
    return {
        "id": "UsBench0001",
        "username": "bench",
        "authorities": ["F_DATAVALUE_ADD"],
        "organisationUnits": [{"id": ROOT}],
    }


def lists() -> dict[str, list[dict[str, Any]]]:
    """The lists of metadata, whole: one data set of all elements in all units, without expiry."""
    combo = {"id": COMBO, "code": "default", "name": "default"}
    elements = [
        {
            "id": id,
            "name": f"Element {id}",
            "valueType": "NUMBER",
            "categoryCombo": {"id": "bjDvmb4bfuf"},
            "dataSetElements": [{"dataSet": {"id": DATA_SET}}],
        }
        for id in ELEMENTS
    ]
    units = [
        {
            "id": id,
            "name": f"Unit {id}",
            "path": f"/{ROOT}/{id}",
            "openingDate": "1990-01-01T00:00:00.000",
            "dataSets": [{"id": DATA_SET}],
        }
        for id in UNITS
    ]
    data_set = {
        "id": DATA_SET,
        "name": "Bench",
        "periodType": "Monthly",
        "expiryDays": 0,
        "openFuturePeriods": 0,
        "categoryCombo": {"id": "bjDvmb4bfuf"},
        "dataSetElements": [{"dataElement": {"id": id}} for id in ELEMENTS],
        "organisationUnits": [{"id": id} for id in UNITS],
    }
    return {
        "dataElements": elements,
        "organisationUnits": units,
        "dataSets": [data_set],
        "categoryOptionCombos": [combo],
        "categoryCombos": [{"id": "bjDvmb4bfuf", "name": "default", "categoryOptionCombos": [{"id": COMBO}]}],
    }
