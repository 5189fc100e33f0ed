"""Merges, splits, geometries, expressions and SQL views, as real servers answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dhis2w_client import (
    BadRequestError,
    BasicAuth,
    ConflictError,
    Dhis2Client,
    InvalidRequestError,
    ObjectNotFoundError,
)
from dhis2w_client.metadata import NotInVersionError
from dhis2w_client.metadata.expressions import items_of
from tests.client_metadata.recorded_server import RecordedServer

pytestmark = pytest.mark.shared


def ask(shared: Path, scenario: str, use: Callable[[Dhis2Client], Awaitable[Any]], version: int = 42) -> Any:
    async def connect() -> Any:
        transport = RecordedServer(shared, scenario, version)
        async with Dhis2Client("http://127.0.0.1", BasicAuth("admin", "district"), transport=transport) as client:
            return await use(client)

    return asyncio.run(connect())


def test_a_merge_of_category_options(shared: Path) -> None:
    async def use(client: Dhis2Client) -> None:
        report = await client.metadata.merges.merge(
            "categoryOptions", ["mmcCatOpt03"], "mmcCatOpt01", delete_sources=True
        )
        assert report.message == "CategoryOption merge complete"
        assert report.response["mergeReport"]["sourcesDeleted"] == ["mmcCatOpt03"]  # pyright: ignore[reportIndexIssue] - JSON
        with pytest.raises(ConflictError) as refusal:
            await client.metadata.merges.merge("categoryOptions", ["mmcCatOpt03"], "mmcCatOpt01", delete_sources=True)
        assert [row.code for row in refusal.value.rows] == ["E1533"]

    ask(shared, "meta/merge-categories", use)


def test_merges_that_a_version_has_not(shared: Path) -> None:
    async def old(client: Dhis2Client) -> None:
        with pytest.raises(NotInVersionError, match=r"2\.41.*cannot merge categoryOptions"):
            await client.metadata.merges.merge("categoryOptions", ["mmcCatOpt03"], "mmcCatOpt01", delete_sources=True)

    async def newer(client: Dhis2Client) -> None:
        with pytest.raises(NotInVersionError, match=r"2\.42.*cannot merge categories"):
            await client.metadata.merges.merge("categories", ["mmcCategor2"], "mmcCategor1", delete_sources=True)

    async def newest(client: Dhis2Client) -> None:
        await client.metadata.merges.merge("categories", ["mmcCategor2"], "mmcCategor1", delete_sources=True)

    ask(shared, "meta/merge-categories", old, 41)
    ask(shared, "meta/merge-categories", newer, 42)
    ask(shared, "meta/merge-categories", newest, 43)


def test_merges_that_are_never_sent(shared: Path) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match="default"):
            await client.metadata.merges.merge("categoryOptions", ["xYerKDKCefk"], "mmcCatOpt01", delete_sources=True)
        with pytest.raises(InvalidRequestError, match="DISCARD"):
            await client.metadata.merges.merge("dataElements", ["mmcCatOpt03"], "mmcCatOpt01", delete_sources=True)

    ask(shared, "meta/merge-categories", use)


@pytest.mark.parametrize("version", [41, 42, 43])
def test_option_combos_must_be_duplicates(shared: Path, version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(ConflictError if version > 41 else NotInVersionError):
            await client.metadata.merges.merge(
                "categoryOptionCombos", ["mmcOptCo110"], "mmcOptCo120", delete_sources=True, data="DISCARD"
            )

    ask(shared, "meta/merge-categories", use, version)


@pytest.mark.parametrize("version", [41, 42, 43])
def test_a_split_of_a_unit(shared: Path, version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        report = await client.metadata.merges.split_unit(
            "mmuOrgUnit4", ["mmuOrgUnit2", "mmuOrgUnit7"], primary="mmuOrgUnit2"
        )
        assert report.status == "OK"

    ask(shared, "meta/merge-units", use, version)


@pytest.mark.parametrize("version", [41, 42, 43])
def test_geometries(shared: Path, version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        units = client.metadata.org_units
        assert (
            await units.set_geometry("rgeOrgUnt03", {"type": "Point", "coordinates": [0.1, 0.2]})
        ).counts.created == 1
        with pytest.raises(ConflictError) as refusal:
            await units.set_geometry("rgeOrgUnt99", {"type": "Point", "coordinates": [0.1, 0.2]})
        assert [row.code for row in refusal.value.rows] == ["E7708"]
        features = [
            {"type": "Feature", "properties": {"code": code}, "geometry": {"type": "Point", "coordinates": [0.3, 0.4]}}
            for code in ("RGE_3", "RGE_9")
        ]
        collection = {"type": "FeatureCollection", "features": features}
        report = await units.import_geojson(collection, match="code", property="code")
        assert (report.counts.updated, report.counts.ignored) == (1, 1)
        assert [(row.code, row.index) for row in report.rows] == [("E7708", 1)]
        nothing = {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "id": "rgeOrgUnt02", "geometry": None}],
        }
        assert (await units.import_geojson(nothing, dry_run=True)).counts.deleted == 1
        assert (await units.set_geometry("rgeOrgUnt03", None)).counts.deleted == 1

    ask(shared, "services/org-unit-geo", use, version)


@pytest.mark.parametrize("version", [41, 42, 43])
def test_expressions(shared: Path, version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        expressions = client.metadata.expressions
        good = await expressions.describe("predictor", "#{rprDataEl01}")
        assert (good.valid, good.description) == (True, "Rest rpr 1")
        bad = await expressions.describe("predictor", "#{rprDataEl99")
        assert (bad.valid, bad.message, bad.description) == (False, "Expression is not well-formed", None)
        assert (await expressions.describe("predictor skip test", "1 > 2")).description == "1 > 2"
        with pytest.raises(InvalidRequestError, match="program"):
            await expressions.describe("program rule condition", "true")
        with pytest.raises(InvalidRequestError, match="empty"):
            await expressions.describe("indicator", " ")

    ask(shared, "services/predictor-run", use, version)


def test_items_of_an_expression() -> None:
    text = "#{fbfJHSPpUQD.HllvX50cXC0} + C{Gfd3ppDfq8E} / R{lyLU2wR22tC.REPORTING_RATE} + V{event_date} - 3"
    assert [(item.kind, item.ids) for item in items_of(text)] == [
        ("#", ("fbfJHSPpUQD", "HllvX50cXC0")),
        ("C", ("Gfd3ppDfq8E",)),
        ("R", ("lyLU2wR22tC",)),
    ]


@pytest.mark.parametrize("version", [41, 42, 43])
def test_sql_views(shared: Path, version: int) -> None:
    async def use(client: Dhis2Client) -> None:
        views = client.metadata.sql_views
        found = await views.rows("rsvQuery001", variables={"low": 1})
        assert found.columns == ("n", "label")
        assert [row["label"] for row in found.dicts()] == ["row 1", "row 2", "row 3"]
        paged = await views.rows("rsvQuery001", variables={"low": 1}, page_size=2)
        assert (len(paged.rows), paged.pager and paged.pager.total) == (2, 3)
        with pytest.raises(ConflictError, match="no view to create"):
            await views.execute("rsvQuery001")
        assert (await views.execute("rsvMater001")).status == "OK"
        assert (await views.refresh("rsvMater001")).status == "OK"
        with pytest.raises(InvalidRequestError, match="colon"):
            await views.rows("rsvQuery001", variables={"low": "1:2"})

    ask(shared, "services/sql-views", use, version)


def test_what_is_missing_is_an_error(shared: Path) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises((ObjectNotFoundError, BadRequestError, ConflictError)):
            await client.post("organisationUnits/merge", {"sources": ["mmuOrgUnit2", "mmuOrgUnit7"]})

    ask(shared, "meta/merge-units", use)
