"""The table of collections against what servers answered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dhis2w_client.models import model_for
from dhis2w_client.models.collection_table import COLLECTIONS

BY_PLURAL = {row.plural: row for row in COLLECTIONS}


def test_rows_are_unique_and_name_a_model() -> None:
    assert len(BY_PLURAL) == len({row.attribute for row in COLLECTIONS}) == len(COLLECTIONS)
    for row in COLLECTIONS:
        assert row.attribute.isidentifier()
        assert model_for(row.plural).__name__ == row.model


def test_rows_say_which_versions_have_what() -> None:
    assert BY_PLURAL["dataElements"].versions == "41-44"
    assert BY_PLURAL["dataElements"].attribute == "data_elements"
    assert BY_PLURAL["dataElements"].data_shareable == ""
    assert BY_PLURAL["dataSets"].data_shareable == "41-44"
    assert BY_PLURAL["pushAnalysis"].versions == "41-42"
    assert BY_PLURAL["mapViews"].versions == "41-44"
    assert BY_PLURAL["oAuth2Clients"].attribute == "oauth2_clients"
    assert BY_PLURAL["proposals"].endpoint == "metadata/proposals"
    assert "externalFileResources" not in BY_PLURAL


@pytest.mark.shared
@pytest.mark.parametrize("version", [41, 42, 43])
def test_the_key_of_every_recorded_list(shared: Path, version: int) -> None:
    """What a server puts its list under is the row's key, for the versions that the row names."""
    rows = {f"/api/{row.endpoint}": row for row in COLLECTIONS}
    seen = 0
    for file in sorted((shared / "dhis2" / "live" / f"v{version}").glob("*/*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            exchange = json.loads(line)
            row = rows.get(exchange.get("request", {}).get("path", "").partition("?")[0])
            answer = exchange.get("response", {})
            body = answer.get("json")
            if (
                row is None
                or exchange["request"]["method"] != "GET"
                or not isinstance(body, dict)
                or "pager" not in body
            ):
                continue
            seen += 1
            assert row.key in body, (file, exchange["request"])
            assert str(version) in span(row.versions), (file, exchange["request"])
    assert seen > 80


def span(text: str) -> set[str]:
    parts = [part.partition("-") for part in text.split(",")]
    return {str(version) for first, _, last in parts for version in range(int(first), int(last or first) + 1)}
