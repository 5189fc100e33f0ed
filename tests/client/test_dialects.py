"""What the dialects say of versions, against what real servers answered and what they publish about themselves."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client import Dhis2
from dhis2w_client.versions import DIALECTS, Dialect

pytestmark = pytest.mark.shared

RECORDED = [DIALECTS[version] for version in (Dhis2.V41, Dhis2.V42, Dhis2.V43)]
PUBLISHED = list(DIALECTS.values())


def name(dialect: Dialect) -> str:
    return dialect.version.value


def exchanges(shared: Path, dialect: Dialect, scenario: str, method: str, path: str) -> Iterator[dict[str, Any]]:
    """The recorded exchanges of a scenario whose path begins so."""
    file = shared / f"dhis2/live/{dialect.version}/{scenario}.jsonl"
    for line in file.read_text(encoding="utf-8").splitlines()[1:]:
        exchange = json.loads(line)
        if exchange["request"]["method"] == method and exchange["request"]["path"].startswith(path):
            yield exchange


def published(shared: Path, dialect: Dialect) -> dict[str, Any]:
    """The OpenAPI document of a version."""
    return json.loads(gzip.decompress((shared / f"dhis2/specs/{dialect.version}/openapi.json.gz").read_bytes()))


@pytest.mark.parametrize("dialect", RECORDED, ids=name)
def test_filter_not_empty(shared: Path, dialect: Dialect) -> None:
    found = [
        exchange["response"]["status"] == 200
        for exchange in exchanges(shared, dialect, "meta/filter", "GET", "/api/dataElements")
        if exchange["request"]["path"].endswith(":%21empty")
    ]
    assert found == [dialect.filters_not_empty]


@pytest.mark.parametrize("dialect", RECORDED, ids=name)
def test_import_with_warnings(shared: Path, dialect: Dialect) -> None:
    statuses = {
        exchange["response"]["status"]
        for exchange in exchanges(shared, dialect, "data/import-conflicts", "POST", "/api/dataValueSets")
        if exchange["response"].get("json", {}).get("status") == "WARNING"
    }
    assert statuses == {200 if dialect.warns_with_success else 409}


@pytest.mark.parametrize("dialect", RECORDED, ids=name)
def test_data_values_without_data_set(shared: Path, dialect: Dialect) -> None:
    recorded = "".join(
        file.read_text("utf-8") for file in (shared / f"dhis2/live/{dialect.version}/data").glob("*.jsonl")
    )
    assert ('"errorCode": "E8003"' in recorded) is dialect.groups_data_values_by_data_set


@pytest.mark.parametrize("dialect", RECORDED, ids=name)
def test_broken_bodies(shared: Path, dialect: Dialect) -> None:
    statuses = {
        exchange["response"]["status"]
        for exchange in exchanges(shared, dialect, "meta/create", "POST", "/api/dataElements")
        if exchange["request"].get("json") == []
    }
    assert statuses == {409 if dialect.maps_broken_bodies_to_conflict else 500}


@pytest.mark.parametrize("dialect", RECORDED, ids=name)
def test_sessions(shared: Path, dialect: Dialect) -> None:
    statuses = {
        exchange["response"]["status"]
        for exchange in exchanges(shared, dialect, "meta/session", "GET", "/api/sessions")
    }
    assert statuses == {403 if dialect.lists_sessions else 404}


@pytest.mark.parametrize("dialect", RECORDED, ids=name)
def test_session_timeout(shared: Path, dialect: Dialect) -> None:
    bodies = [
        exchange["response"]["json"]
        for exchange in exchanges(shared, dialect, "meta/discovery", "GET", "/api/system/info")
        if exchange["request"]["path"] == "/api/system/info" and exchange["response"]["status"] == 200
    ]
    assert bodies
    assert {"sessionTimeout" in body for body in bodies} == {dialect.tells_session_timeout}


@pytest.mark.parametrize("dialect", PUBLISHED, ids=name)
def test_merges(shared: Path, dialect: Dialect) -> None:
    paths = {path.removeprefix("/api") for path in published(shared, dialect)["paths"]}
    assert ("/dataElements/merge" in paths) is dialect.merges_data_elements
    assert ("/categories/merge" in paths) is dialect.merges_categories
    assert "/indicators/merge" in paths


@pytest.mark.parametrize("dialect", PUBLISHED, ids=name)
def test_user_credentials(shared: Path, dialect: Dialect) -> None:
    properties = published(shared, dialect)["components"]["schemas"]["User"]["properties"]
    assert ("userCredentials" in properties) is dialect.shows_user_credentials
