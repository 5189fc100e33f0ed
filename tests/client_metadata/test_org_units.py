"""The tree of organisation units."""

from __future__ import annotations

import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError, ObjectNotFoundError
from dhis2w_client.metadata.org_units import tree_of
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run


def test_children_ancestors_and_the_tree(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        units = client.metadata.org_units
        (root,) = await units.roots(fields="id,name,level")
        children = await units.children(str(root.id), fields="id,name,level,parent[id]")
        assert {child.level for child in children} == {2}
        assert root.id not in {child.id for child in children}
        tree = await units.tree(str(root.id))
        assert len(list(tree)) == await client.organisation_units.count()
        assert [child.id for child in tree.children] == [child.id for child in children]
        deepest = max(tree, key=lambda node: node.level)
        above = await units.ancestors(deepest.id)
        assert [unit.level for unit in above] == list(range(1, deepest.level))
        assert await units.ancestors(str(root.id)) == []
        assert len(list(await units.tree(str(root.id), levels=1))) == 1 + len(children)
        assert len(list(await units.tree(str(children[0].id)))) > 1
        with pytest.raises(ObjectNotFoundError):
            await units.tree("zzzzzzzzzzz")

    run(country, use)


def test_a_move_is_a_plan(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        units = client.metadata.org_units
        (root,) = await units.roots()
        first, second = (await units.children(str(root.id)))[:2]
        moving = (await units.children(str(first.id)))[0]
        plan = await units.plan_move([str(moving.id)], str(second.id))
        assert plan.diff.moved == plan.diff.changes
        assert (await client.metadata.apply(plan)).counts.updated == 1
        assert moving.id in [unit.id for unit in await units.children(str(second.id))]
        assert not await units.plan_move([str(moving.id)], str(second.id))
        for parent in (moving, first):
            with pytest.raises(InvalidRequestError, match="cannot be its parent"):
                await units.plan_move([str(first.id), str(moving.id)], str(parent.id))

    run(country, use)


def test_geojson(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        (root,) = await client.metadata.org_units.roots()
        collection = await client.metadata.org_units.geojson(parent=str(root.id), levels=[2])
        assert collection["type"] == "FeatureCollection"
        assert {feature["properties"]["level"] for feature in collection["features"]} == {"2"}

    run(country, use)


def test_a_tree_of_rows_in_any_order() -> None:
    rows = [
        {"id": "c", "name": "Clinic", "level": 3, "parent": {"id": "b"}},
        {"id": "a", "name": "Country", "level": 1},
        {"id": "b", "name": "District", "level": 2, "parent": {"id": "a"}},
    ]
    assert str(tree_of(rows, "a")) == "Country [a]\n  District [b]\n    Clinic [c]"
    assert [node.id for node in tree_of(rows, "b")] == ["b", "c"]
