"""Option sets brought to a list of options."""

from __future__ import annotations

import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError
from dhis2w_client.metadata import Bundle
from dhis2w_client.metadata.option_sets import Choice
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run

COLORS = Bundle(
    {
        "optionSets": [
            {
                "id": "optionSet01",
                "name": "Colours",
                "valueType": "TEXT",
                "options": [{"id": "optionRed01"}, {"id": "optionBlue1"}],
            }
        ],
        "options": [
            {"id": "optionRed01", "name": "Red", "code": "R", "optionSet": {"id": "optionSet01"}},
            {"id": "optionBlue1", "name": "Blue", "code": "B", "optionSet": {"id": "optionSet01"}},
        ],
    }
)


async def codes(client: Dhis2Client) -> list[str]:
    """The codes of the set's options, in its order."""
    option_set = await client.option_sets.get("optionSet01", fields="options[code]")
    return [row["code"] for row in option_set.to_dict()["options"]]


def test_new_renamed_and_reordered(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.metadata.import_bundle(COLORS)
        wanted = [Choice("B", "Blue"), Choice("G", "Green", color="#00FF00"), Choice("R", "Crimson")]
        plan = await client.metadata.option_sets.plan_sync("optionSet01", wanted)
        assert [change.name for change in plan.diff.of("added")] == ["Green"]
        assert [change.name for change in plan.diff.renamed] == ["Crimson"]
        report = await client.metadata.apply(plan)
        assert report.counts.created == 1
        assert await codes(client) == ["B", "G", "R"]
        assert not await client.metadata.option_sets.plan_sync("optionSet01", wanted)

    run(empty_sandbox, use)


@pytest.mark.parametrize(("remove", "left"), [(False, ["B", "R"]), (True, ["B"])])
def test_what_is_not_in_the_list(empty_sandbox: Sandbox, remove: bool, left: list[str]) -> None:
    async def use(client: Dhis2Client) -> None:
        await client.metadata.import_bundle(COLORS)
        plan = await client.metadata.option_sets.plan_sync("optionSet01", [Choice("B", "Blue")], remove=remove)
        assert len(plan.diff.of("removed")) == len(COLORS.objects["options"]) - len(left)
        await client.metadata.apply(plan)
        assert await codes(client) == left
        assert await client.options.count() == len(left)

    run(empty_sandbox, use)


def test_each_code_once(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match="once"):
            await client.metadata.option_sets.plan_sync("optionSet01", [Choice("B", "Blue"), Choice("B", "Azure")])

    run(empty_sandbox, use)
