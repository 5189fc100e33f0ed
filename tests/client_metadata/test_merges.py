"""Merges against the sandbox, in every version that has them; what real servers said is in `test_special_endpoints`."""

from __future__ import annotations

import pytest

from dhis2w_client import ConflictError, Dhis2Client, ObjectNotFoundError
from dhis2w_client.metadata import Bundle, NotInVersionError
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run

TYPES = [{"id": f"abcdefghij{number}", "name": f"Type {number}", "factor": 1} for number in range(2)]
INDICATOR = {
    "id": "indicator01",
    "name": "I",
    "shortName": "I",
    "numerator": "1",
    "denominator": "1",
    "indicatorType": {"id": "abcdefghij0"},
}
ELEMENTS = [
    {
        "id": f"dataElemen{number}",
        "name": f"Element {number}",
        "shortName": f"Element {number}",
        "valueType": "NUMBER",
        "aggregationType": "SUM",
        "domainType": "AGGREGATE",
    }
    for number in range(2)
]
GROUP = {"id": "elemenGroup", "name": "G", "shortName": "G", "dataElements": [{"id": "dataElemen0"}]}


def test_indicator_types(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.metadata.import_bundle(Bundle({"indicatorTypes": TYPES, "indicators": [INDICATOR]}))
        merge = client.metadata.merges.merge
        await merge("indicatorTypes", ["abcdefghij0"], "abcdefghij1", delete_sources=True)
        indicator = (await client.indicators.get("indicator01", fields="indicatorType[id]")).to_dict()
        assert indicator["indicatorType"]["id"] == "abcdefghij1"
        with pytest.raises(ObjectNotFoundError):
            await client.indicator_types.get("abcdefghij0")
        with pytest.raises(ConflictError) as refusal:
            await merge("indicatorTypes", ["abcdefghij0"], "abcdefghij1", delete_sources=True)
        assert [row.code for row in refusal.value.rows] == ["E1533"]

    run(empty_sandbox, use)


def test_data_elements(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.metadata.import_bundle(Bundle({"dataElements": ELEMENTS, "dataElementGroups": [GROUP]}))
        merge = client.metadata.merges.merge(
            "dataElements", ["dataElemen0"], "dataElemen1", delete_sources=True, data="DISCARD"
        )
        if not client.dialect.merges_data_elements:
            with pytest.raises(NotInVersionError):
                await merge
            return
        await merge
        assert await client.data_element_groups.members("elemenGroup", "dataElements").ids() == ("dataElemen1",)

    run(empty_sandbox, use)


def test_expressions_name_what_is_not_there(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        element = (await client.data_elements.list())[0].id
        expression = f"#{{{element}}} + #{{zzzzzzzzzzz.HllvX50cXC0}} + C{{yyyyyyyyyyy}}"
        assert await client.metadata.expressions.unknown_ids(expression) == ("zzzzzzzzzzz", "yyyyyyyyyyy")

    run(country, use)
