"""Category combinations, made or reused with all that they are made of."""

from __future__ import annotations

import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError
from dhis2w_client.metadata import Bundle
from dhis2w_client.metadata.category_combos import CategorySpec, Known, OptionSpec, plan_combo
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run
from tests.client_metadata.test_import import listening

SEX = CategorySpec("Sex", ["Female", "Male"])
AGE = CategorySpec("Age", [OptionSpec("Under 5", code="U5"), "5 and over"], code="AGE")


def test_a_combo_with_its_option_combos(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        build = client.metadata.category_combos.build
        planned = await build("Age and sex", [AGE, SEX], dry_run=True)
        assert {plural: len(ids) for plural, ids in planned.created.items()} == {
            "categoryOptions": 4,
            "categories": 2,
            "categoryCombos": 1,
        }
        assert await client.category_combos.count(filters="name:eq:Age and sex") == 0
        built = await build("Age and sex", [AGE, SEX], code="AGE_SEX")
        assert sorted(combo.name for combo in built.option_combos) == [
            "5 and over, Female",
            "5 and over, Male",
            "Under 5, Female",
            "Under 5, Male",
        ]
        assert built.option_combo("Male", "Under 5").name == "Under 5, Male"
        combo = (await client.category_combos.get(built.id)).to_dict()
        assert [row["id"] for row in combo["categories"]] == list(built.categories)
        again = await build("Age and sex", [AGE, SEX])
        assert (again.id, again.created, again.option_combos) == (built.id, {}, built.option_combos)

    run(empty_sandbox, use)


def test_parts_are_reused(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        build = client.metadata.category_combos.build
        first = await build("Sex", [SEX])
        both = await build("Age and sex", [AGE, SEX])
        assert both.categories[1:] == first.categories
        assert set(both.created) == {"categoryOptions", "categories", "categoryCombos"}
        assert len(both.created["categoryOptions"]) == 2

    run(empty_sandbox, use)


def test_option_combos_that_are_missing_are_made(empty_sandbox: Sandbox) -> None:
    asked: list[str] = []

    async def use(client: Dhis2Client) -> None:
        options = [{"id": f"catOption0{number}", "name": f"O{number}", "shortName": f"O{number}"} for number in (1, 2)]
        members = [{"id": option["id"]} for option in options]
        kind = {"dataDimensionType": "DISAGGREGATION"}
        category = {"id": "category001", "name": "C", "shortName": "C", "categoryOptions": members, **kind}
        combo = {"id": "categCombo1", "name": "CC", "categories": [{"id": "category001"}], **kind}
        parts = {"categoryOptions": options, "categories": [category], "categoryCombos": [combo]}
        await client.metadata.import_bundle(Bundle(parts))
        assert await client.category_option_combos.count(filters="categoryCombo.id:eq:categCombo1") == 0
        built = await client.metadata.category_combos.build("CC", [CategorySpec("C", ["O1", "O2"])])
        assert [combo.name for combo in built.option_combos] == ["O1", "O2"]
        assert len([request for request in asked if "maintenance" in request]) == 1
        await client.metadata.category_combos.build("CC", [CategorySpec("C", ["O1", "O2"])])
        assert len([request for request in asked if "maintenance" in request]) == 1

    run(empty_sandbox, use, transport=listening(empty_sandbox, asked))


def test_what_is_there_and_is_another_one(empty_sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        build = client.metadata.category_combos.build
        await build("Sex", [SEX])
        with pytest.raises(InvalidRequestError, match=r"'Sex'.*other categoryOptions: Female, Male"):
            await build("Three sexes", [CategorySpec("Sex", ["Female", "Male", "Unknown"])])
        with pytest.raises(InvalidRequestError, match=r"'Sex'.*other categories: Sex"):
            await build("Sex", [AGE])
        assert await client.categories.count(filters="name:eq:Age") == 0

    run(empty_sandbox, use)


def test_a_code_counts_before_a_name() -> None:
    known = Known(
        options=[{"id": "option00001", "code": "U5", "name": "Below five"}, {"id": "option00002", "name": "Under 5"}],
        categories=[],
        combos=[],
    )
    plan = plan_combo(known, "Age", [AGE], code=None, dimension="DISAGGREGATION", skip_total=False)
    assert plan.options["Under 5"] == "option00001"
    assert [row["name"] for row in plan.parts.objects["categoryOptions"]] == ["5 and over"]
    assert plan.size == 2


def test_short_names_are_cut() -> None:
    long = CategorySpec("x" * 80, ["y" * 60])
    plan = plan_combo(Known([], [], []), "c", [long], code=None, dimension="ATTRIBUTE", skip_total=True)
    assert plan.parts.objects["categories"][0]["shortName"] == "x" * 50
    assert plan.parts.objects["categories"][0]["dataDimensionType"] == "ATTRIBUTE"
