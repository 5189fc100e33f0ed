"""Audits, limits and lock exceptions of real servers are read into their types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client.data_values.audits import audit_of
from dhis2w_client.data_values.lock_exceptions import exception_of
from dhis2w_client.data_values.min_max import limits_of
from dhis2w_client.periods import ISO

VERSIONS = ("v41", "v42", "v43")


def lists(shared: Path, version: str, key: str) -> Iterator[list[Any]]:
    """The recorded lists under a key of the answers of one version, with all their fields."""
    for line in (shared / f"dhis2/live/{version}/data/entry-extras.jsonl").read_text("utf-8").splitlines():
        step = json.loads(line)
        answer = step.get("response", {}).get("json")
        if isinstance(answer, dict) and key in answer and "fields=dataValueAudits" not in step["request"]["path"]:
            yield answer[key]


@pytest.mark.shared
@pytest.mark.parametrize("version", VERSIONS)
def test_audits_have_their_period_in_every_version(shared: Path, version: str) -> None:
    rows = [audit_of(row, ISO) for found in lists(shared, version, "dataValueAudits") for row in found]
    assert len(rows) >= 4
    assert all(row.data_element and row.org_unit and row.category_option_combo and row.created for row in rows)
    assert {row.period for row in rows} <= {"202401", "202402"}
    assert {row.type for row in rows} <= {"CREATE", "UPDATE", "DELETE"}
    assert ("CREATE" in {row.type for row in rows}) == (version == "v43")


@pytest.mark.shared
@pytest.mark.parametrize("version", VERSIONS)
def test_limits_have_their_place(shared: Path, version: str) -> None:
    (row,) = [limits_of(row) for found in lists(shared, version, "minMaxDataElements") for row in found]
    assert (row.data_element, row.org_unit, row.category_option_combo) == ("dexaNum0000", "dexaA000000", "HllvX50cXC0")
    assert (row.minimum, row.maximum, row.generated) == (2, 16, False)


@pytest.mark.shared
def test_lock_exceptions_have_their_period_with_and_without_its_identifier(shared: Path) -> None:
    text = (shared / "dhis2/recordings/dhis2+data-administration-app/lock-exceptions.json").read_text("utf-8")
    recorded: list[dict[str, Any]] = json.loads(text)["lockExceptions"]
    rows = [exception_of(row) for row in recorded]
    assert len(rows) == 16
    assert {row.period for row in rows} == {"202106", "202107", "202111", "202112"}
    assert all(row.data_set and row.org_unit and row.name for row in rows)
    # from 2.43 on the period has no properties, and the name has its identifier
    bare = [exception_of({**row, "period": {}, "name": name(row)}) for row in recorded]
    assert [row.period for row in bare] == [row.period for row in rows]


def name(row: dict[str, Any]) -> str:
    """The name as 2.43 makes it."""
    return f"{row['dataSet']['displayName']} ({row['organisationUnit']['displayName']}, {row['period']['id']})"
