"""Changes of many objects, planned before they are made."""

from __future__ import annotations

from typing import Any

import pytest

from dhis2w_client import ConflictError, Dhis2Client, InvalidRequestError, StaleObjectError
from dhis2w_client.metadata import Bundle
from dhis2w_client.metadata.bulk import with_attribute_value
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run

ATTRIBUTE = {
    "id": "attribute01",
    "name": "X",
    "valueType": "TEXT",
    "constantAttribute": True,
}


def types(*names: str) -> Bundle:
    rows = [{"id": f"abcdefghij{number}", "name": name, "factor": 1} for number, name in enumerate(names)]
    return Bundle({"indicatorTypes": rows})


async def names(client: Dhis2Client) -> set[str | None]:
    return {kind.name for kind in await client.indicator_types.list(fields="name")}


def constants(*names: str) -> Bundle:
    rows = [
        {"id": f"abcdefghij{number}", "name": name, "shortName": name, "value": 1} for number, name in enumerate(names)
    ]
    return Bundle({"constants": rows, "attributes": [ATTRIBUTE]})


def test_a_renaming_is_a_plan_first(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.metadata.import_bundle(types("Per cent", "Per mille", "Number"))
        plan = await client.metadata.bulk.rename("indicatorTypes", "^Per ", "By ", filters="id:!null")
        assert [change.name for change in plan.diff.renamed] == ["By cent", "By mille"]
        assert '"Per cent" → "By cent"' in str(plan)
        assert await names(client) == {"Per cent", "Per mille", "Number"}
        report = await client.metadata.apply(plan)
        assert (report.counts.updated, report.counts.created) == (2, 0)
        assert await names(client) == {"By cent", "By mille", "Number"}
        assert not await client.metadata.bulk.rename("indicatorTypes", "^Per ", "By ", filters="id:!null")

    run(empty_sandbox, use)


def test_what_somebody_else_changed_is_not_overwritten(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.metadata.import_bundle(types("Per cent"))
        plan = await client.metadata.bulk.rename("indicatorTypes", "Per", "By", ids=["abcdefghij0"])
        await client.indicator_types.patch("abcdefghij0", [{"op": "replace", "path": "/factor", "value": 5}])
        with pytest.raises(StaleObjectError):
            await client.metadata.apply(plan)
        await client.metadata.apply(plan, refuse_stale=False)
        assert (await client.indicator_types.get("abcdefghij0")).name == "By cent"

    run(empty_sandbox, use)


def test_a_refused_plan_writes_nothing(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.metadata.import_bundle(types("One", "Two"))
        plan = await client.metadata.bulk.rename("indicatorTypes", ".+", "Same", filters="id:!null")
        with pytest.raises(ConflictError) as refusal:
            await client.metadata.apply(plan)
        assert {row.code for row in refusal.value.rows} == {"E5003"}
        assert await names(client) == {"One", "Two"}

    run(empty_sandbox, use)


def test_tags_are_attribute_values(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.metadata.import_bundle(constants("Pi", "Tau"))
        bulk = client.metadata.bulk
        await client.metadata.apply(await bulk.tag("constants", "attribute01", "round", filters="name:eq:Pi"))
        assert not await bulk.tag("constants", "attribute01", "round", filters="name:eq:Pi")
        tagged = (await client.constants.get("abcdefghij0")).to_dict()["attributeValues"]
        assert [row["value"] for row in tagged] == ["round"]
        await client.metadata.apply(await bulk.tag("constants", "attribute01", None, ids=["abcdefghij0"]))
        assert not (await client.constants.get("abcdefghij0")).to_dict().get("attributeValues")

    run(empty_sandbox, use)


def test_sharing(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.metadata.import_bundle(constants("Pi"))
        plan = await client.metadata.bulk.share("constants", public="r-------", ids=["abcdefghij0"])
        assert 'sharing.public: "rw------" → "r-------"' in str(plan)
        await client.metadata.apply(plan)
        sharing: Any = (await client.constants.get("abcdefghij0")).to_dict()["sharing"]
        assert sharing["public"] == "r-------"
        assert sharing["owner"] == "M5zQapPyTZI"

    run(empty_sandbox, use)


def test_which_objects_must_be_said(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match="filters or ids"):
            await client.metadata.bulk.tag("constants", "attribute01", "x")
        with pytest.raises(InvalidRequestError, match="no regular expression"):
            await client.metadata.bulk.rename("constants", "(", "x", filters="id:!null")

    run(empty_sandbox, use)


def test_one_value_for_each_attribute() -> None:
    first = with_attribute_value(None, "a", "1")
    assert with_attribute_value(first, "a", "2") == [{"attribute": {"id": "a"}, "value": "2"}]
    assert len(with_attribute_value(first, "b", "2")) == 2
    assert with_attribute_value(first, "a", None) == []
