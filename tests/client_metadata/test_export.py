"""Exports: what is in them, and that they can be imported again."""

from __future__ import annotations

import pytest

from dhis2w_client import ConflictError, Dhis2Client, ObjectNotFoundError, where
from dhis2w_client.metadata import Bundle
from dhis2w_client.metadata.bundle_diff import diff_bundles
from dhis2w_client.metadata.import_options import ImportOptions
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run

WHO_AND_WHEN = {"created", "createdBy", "lastUpdated", "lastUpdatedBy", "access", "href", "favorites", "displayName"}


async def a_data_set(client: Dhis2Client) -> str:
    """UID of the first data set of the country."""
    return str((await client.data_sets.list())[0].id)


def test_types_in_order_without_what_confuses(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> Bundle:
        return await client.metadata.export(["optionSets", "dataElements"])

    bundle = run(country, use)
    assert list(bundle.objects) == ["dataElements", "optionSets"]
    ids = [row["id"] for row in bundle.objects["dataElements"]]
    assert ids == sorted(ids)
    assert not {key for _, _, row in bundle for key in row} & WHO_AND_WHEN
    assert bundle.to_bytes() != b"{}"


def test_the_same_objects_give_the_same_bytes(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> tuple[Bundle, Bundle]:
        return await client.metadata.export(["dataSets"]), await client.metadata.export(["dataSets"])

    first, second = run(country, use)
    assert first.only("dataSets").to_bytes() == second.only("dataSets").to_bytes()


def test_filters_fields_and_all_that_is_sent(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> tuple[Bundle, Bundle]:
        chosen = {"dataElements": [where("valueType").eq("NUMBER"), "name:ilike:a"], "constants": None}
        plain = await client.metadata.export({"dataElements": "name:like:a"}, fields="id,created", cleaned=False)
        return await client.metadata.export(chosen, skip_sharing=True), plain

    chosen, plain = run(country, use)
    assert {row["valueType"] for row in chosen.objects["dataElements"]} == {"NUMBER"}
    assert not any("sharing" in row for _, _, row in chosen)
    assert all(set(row) == {"id", "created"} for _, _, row in plain)


def test_defaults_may_be_left_out(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> list[int]:
        counts = [len(await client.metadata.export(["categoryCombos"], defaults=wanted)) for wanted in (True, False)]
        return [*counts, await client.category_combos.count()]

    with_default, without_default, all_combos = run(country, use)
    assert with_default == without_default + 1 == all_combos


def test_a_filter_that_dhis2_cannot_read(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(ConflictError, match="nonsense"):
            await client.metadata.export({"dataElements": "nonsense:eq:1"})

    run(country, use)


@pytest.mark.parametrize("by", ["dhis2", "client"])
def test_an_object_with_what_it_needs_goes_to_another_server(country: Sandbox, by: str) -> None:
    version = country.server.version

    async def export(client: Dhis2Client) -> Bundle:
        return await client.metadata.export_needed(
            "dataSets",
            await a_data_set(client),
            by="dhis2" if by == "dhis2" else "client",
            skip_sharing=True,
        )

    bundle = run(country, export)
    for row in bundle.objects["dataSets"]:
        row.pop("organisationUnits", None)  # another country has others
    for row in bundle.objects["categoryOptions"]:
        row.pop("organisationUnits", None)
    assert set(bundle.counts()) >= {
        "dataSets",
        "sections",
        "dataElements",
        "categoryCombos",
        "categoryOptionCombos",
        "categories",
        "categoryOptions",
    }

    async def put(client: Dhis2Client) -> None:
        assert await client.metadata.validate(bundle) == ()
        report = await client.metadata.import_bundle(bundle, ImportOptions(skip_sharing=True), check=True)
        assert report.counts.ignored == 0
        assert report.counts.created > 5
        assert not await client.metadata.diff(bundle, ignore=["version"])  # DHIS2 counts the changes of a data set

    with Sandbox(version, empty=True) as other:
        run(other, put)


def test_units_and_users_are_left_out_unless_asked_for(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        data_set = await a_data_set(client)
        export = client.metadata.export_needed
        plain = await export("dataSets", data_set, by="client")
        assert plain.objects["dataSets"][0]["organisationUnits"]
        assert not {"organisationUnits", "userGroups", "users"} & set(plain.counts())
        whole = await export("dataSets", data_set, by="client", not_followed=())
        assert {"organisationUnits", "userGroups"} <= set(whole.counts())

    run(country, use)


def test_whom_it_is_shared_with_is_looked_up(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        def shared_with(user: str) -> Bundle:
            sharing = {"public": "--------", "users": {user: {"id": user, "access": "rw------"}}}
            return Bundle({"indicatorTypes": [{"id": "abcdefghij9", "name": "T", "factor": 1, "sharing": sharing}]})

        me = str((await client.system.me()).id)
        assert await client.metadata.validate(shared_with(me)) == ()
        assert [row.code for row in await client.metadata.validate(shared_with("zzzzzzzzzzz"))] == ["E5002"]
        assert await client.metadata.validate(shared_with("zzzzzzzzzzz"), skip_sharing=True) == ()

    run(country, use)


def test_what_other_types_need(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> Bundle:
        indicator = (await client.indicators.list())[0]
        with pytest.raises(ObjectNotFoundError):
            await client.metadata.export_needed("indicators", "zzzzzzzzzzz")
        return await client.metadata.export_needed("indicators", str(indicator.id))

    bundle = run(country, use)
    assert bundle.counts()["indicators"] == 1
    assert bundle.counts()["indicatorTypes"] == 1


def test_everything(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        bundle = await client.metadata.export()
        assert len(bundle.counts()) > 20
        assert await client.metadata.validate(bundle) == ()
        assert not await client.metadata.diff(bundle, only_named=False)
        report = await client.metadata.import_bundle(bundle, ImportOptions(dry_run=True))
        assert report.counts.created == report.counts.ignored == 0
        assert report.counts.updated > 100

    run(country, use)


def test_two_servers(country: Sandbox, empty_sandbox: Sandbox) -> None:
    async def export(client: Dhis2Client) -> Bundle:
        return await client.metadata.export(["constants", "indicatorTypes"])

    found = diff_bundles(run(empty_sandbox, export), run(country, export))
    assert found.changes
    assert {change.kind for change in found.changes} == {"added"}


def test_an_import_would_change(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        bundle = await client.metadata.export(["indicatorTypes"])
        first, second = bundle.objects["indicatorTypes"][:2]
        first["name"] = "Renamed"
        del second["factor"]
        fresh = {"id": "abcdefghij1", "name": "New", "factor": 7}
        bundle.objects["indicatorTypes"].append(fresh)
        named = await client.metadata.diff(bundle)
        assert [(change.kind, change.name) for change in named.changes] == [("added", "New"), ("changed", "Renamed")]
        assert named.changes[1].renamed
        whole = await client.metadata.diff(bundle, only_named=False)
        assert second["id"] in [change.id for change in whole.of("changed")]

    run(country, use)


def test_an_object_with_the_code_of_another_one_replaces_it(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        bundle = await client.metadata.export(["dataElements"])
        element = next(row for row in bundle.objects["dataElements"] if "code" in row)
        copy = Bundle({"dataElements": [{**element, "id": "abcdefghij1"}]})
        (change,) = (await client.metadata.diff(copy)).changes
        assert (change.kind, change.id_before) == ("replaced", element["id"])

    run(country, use)
