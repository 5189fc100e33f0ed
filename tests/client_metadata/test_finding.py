"""Search over all types, and who refers to an object."""

from __future__ import annotations

import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError, UnknownCollectionError
from dhis2w_client.metadata.schema_facts import facts_of
from dhis2w_client.metadata.search import Found
from dhis2w_client.metadata.usage import referrers
from dhis2w_client.versions import Dhis2
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run
from tests.client_metadata.test_import import listening


async def malaria(client: Dhis2Client) -> Found:
    """The data element that many tests of this module look at."""
    return next(hit for hit in await client.metadata.search("MAL_CONFIRMED") if hit.by == "code")


def test_by_code_name_and_id(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        by_code = await malaria(client)
        assert (by_code.plural, by_code.name) == ("dataElements", "Malaria confirmed cases")
        (by_id,) = await client.metadata.search(by_code.id)
        assert (by_id.id, by_id.by) == (by_code.id, "id")
        by_name = await client.metadata.search("malaria")
        assert len({hit.plural for hit in by_name}) > 4
        assert [hit.name for hit in by_name[:3]] == ["Malaria"] * 3
        assert by_code.id in [hit.id for hit in by_name]

    run(country, use)


def test_the_best_first(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        names = {"Not AB": None, "AB": None, "ab and more": None, "Zulu": "AB"}
        rows = [{"name": name, "shortName": name, "code": code, "value": 1} for name, code in names.items()]
        await client.constants.create_many(rows)
        found = await client.metadata.search("AB", types=["constants"])
        assert [hit.name for hit in found] == ["Zulu", "AB", "ab and more", "Not AB"]

    run(empty_sandbox, use)


def test_only_some_types_and_ways(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        found = await client.metadata.search("malaria", types=["indicators"])
        assert {hit.plural for hit in found} == {"indicators"}
        assert await client.metadata.search("malaria", by=["code"]) == ()
        users = await client.metadata.search("admin", types=["users"])
        assert [hit.plural for hit in users] == ["users"]

    run(country, use)


def test_few_requests(country: Sandbox) -> None:
    asked: list[str] = []

    async def use(client: Dhis2Client) -> None:
        await client.metadata.search("malaria")

    run(country, use, transport=listening(country, asked))
    assert asked[1:] == ["GET /api/metadata"] * 2  # the text can be no UID


@pytest.mark.parametrize("text", ["a,b:eq:c"])
def test_a_text_that_would_be_cut(country: Sandbox, text: str) -> None:
    async def use(client: Dhis2Client) -> None:
        if client.dialect.splits_filters_at_commas:
            with pytest.raises(InvalidRequestError, match="split"):
                await client.metadata.search(text)
        else:
            assert await client.metadata.search(text) == ()

    run(country, use)


def test_who_refers_to_a_data_element(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        usages = await client.metadata.usage("dataElements", (await malaria(client)).id)
        found = {(usage.plural, usage.name): usage.paths for usage in usages}
        assert found["dataSets", "Malaria and outpatients"] == ("dataSetElements.dataElement",)
        assert found["indicators", "Malaria case fatality"] == ("denominator",)
        assert found["predictors", "Malaria epidemic threshold"] == ("generator.expression",)
        assert found["dataElementGroups", "Malaria"] == ("dataElements",)
        assert all(usage.paths for usage in usages)

    run(country, use)


def test_who_shows_an_indicator(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        charts = await client.visualizations.list(fields="id,dataDimensionItems[indicator[id]]")
        shown = {str(chart.id): chart.to_dict()["dataDimensionItems"] for chart in charts}
        chart, indicator = next(
            (chart, item["indicator"]["id"]) for chart, items in shown.items() for item in items if "indicator" in item
        )
        usages = {usage.id: usage for usage in await client.metadata.usage("indicators", indicator)}
        assert usages[chart].paths == ("dataDimensionItems.indicator",)

    run(country, use)


def test_nobody_refers_to_what_is_not_there(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        assert await client.metadata.usage("dataElements", "zzzzzzzzzzz") == ()
        with pytest.raises(UnknownCollectionError):
            await client.metadata.usage("nonsense", "zzzzzzzzzzz")

    run(country, use)


def test_the_table_of_links_is_that_of_the_version() -> None:
    table = referrers(facts_of(Dhis2.V42), "CategoryCombo")
    assert table["dataElements"] == ("categoryCombo",)
    assert "dataSetElements.categoryCombo" in table["dataSets"]
    assert table["programIndicators"] == ("attributeCombo", "categoryCombo")
    assert "programIndicators" not in referrers(facts_of(Dhis2.V41), "CategoryCombo")
