"""Category combinations with their option combos."""

from __future__ import annotations

import pytest

from dhis2w_client import ObjectNotFoundError
from dhis2w_client.metadata import CategorySpec
from dhis2w_client.sync import Dhis2Client
from tests.contract.place import Place


def specs(place: Place) -> list[CategorySpec]:
    """Two categories of two and three options."""
    return [
        CategorySpec(place.name(category), [place.name(option) for option in options])
        for category, options in {"sex": ("female", "male"), "age": ("young", "grown", "old")}.items()
    ]


def test_a_combo_gets_an_option_combo_for_each_choice(client: Dhis2Client, place: Place) -> None:
    combo = client.metadata.category_combos.build(place.name("combo"), specs(place))
    assert len(combo.option_combos) == 6
    counts = {plural: len(ids) for plural, ids in combo.created.items()}
    assert (counts["categoryOptions"], counts["categories"], counts["categoryCombos"]) == (5, 2, 1)
    chosen = combo.option_combo(place.name("female"), place.name("old"))
    read = client.category_option_combos.get(chosen.id, fields="categoryCombo[id],categoryOptions[id]").to_dict()
    assert read["categoryCombo"] == {"id": combo.id}
    assert {option["id"] for option in read["categoryOptions"]} == chosen.options


def test_what_is_there_is_used_again(client: Dhis2Client, place: Place) -> None:
    first = client.metadata.category_combos.build(place.name("combo"), specs(place))
    again = client.metadata.category_combos.build(place.name("combo"), specs(place))
    assert (again.id, again.categories, again.options) == (first.id, first.categories, first.options)
    assert {combo.id for combo in again.option_combos} == {combo.id for combo in first.option_combos}
    assert not any(again.created.values())


def test_a_combo_that_is_used_and_deleted(client: Dhis2Client, place: Place) -> None:
    combo = client.metadata.category_combos.build(place.name("combo"), specs(place))
    element = place.create_element("doses", categoryCombo={"id": combo.id})
    read = client.data_elements.get(element, fields="categoryCombo[id,categoryOptionCombos~size]").to_dict()
    assert read["categoryCombo"]["id"] == combo.id
    client.data_elements.delete(element)
    client.category_combos.delete(combo.id)
    with pytest.raises(ObjectNotFoundError):
        client.category_option_combos.get(combo.option_combos[0].id)


def test_a_plan_writes_nothing(client: Dhis2Client, place: Place) -> None:
    planned = client.metadata.category_combos.build(place.name("combo"), specs(place), dry_run=True)
    assert planned.option_combos == ()
    assert client.metadata.search(place.mark) == ()
