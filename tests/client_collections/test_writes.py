"""Writing: what is sent, what is kept, what is refused; on every version."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from dhis2w_client import (
    ConflictError,
    Dhis2Client,
    InvalidRequestError,
    NotFoundError,
    ObjectNotFoundError,
    SkippedMembersWarning,
    StaleObjectError,
    UnknownPropertyError,
    UnknownPropertyWarning,
)
from dhis2w_client.models import DataElement, Sharing, Translation
from tests.client_collections.servers import VERSIONS, Script, element, on_sandbox

pytestmark = pytest.mark.parametrize("version", VERSIONS)


def test_the_life_of_an_object(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        elements = client.data_elements
        made = await elements.create(element("Doses", code="D1", description="Old"))
        uid = made.id or ""
        assert (made.counts.created, made.status, made.rows) == (1, "OK", ())
        assert (await elements.update(DataElement(id=uid, name="New"))).counts.updated == 1
        found = await elements.get(uid)
        assert (found.name, found.code, found.description) == ("New", "D1", "Old")
        whole = await elements.get(uid, fields=":owner")
        whole.description = None
        await elements.update(whole)
        assert (await elements.get(uid)).description is None
        assert (await elements.patch(uid, [{"op": "replace", "path": "/code", "value": "D2"}])).id == uid
        assert (await elements.get(uid)).code == "D2"
        assert (await elements.delete(uid)).counts.deleted == 1
        with pytest.raises(ObjectNotFoundError):
            await elements.delete(uid)

    on_sandbox(scenario, version)


def test_refusals_have_rows(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        with pytest.raises(ConflictError) as refused:
            await client.data_elements.create({"name": "Doses"})
        properties = {(row.code, row.property) for row in refused.value.rows}
        assert {("E4000", "shortName"), ("E4000", "valueType"), ("E4000", "aggregationType")} <= properties
        await client.data_elements.create(element("Doses", id="aaDataElem1"))
        with pytest.raises(ConflictError) as taken:
            await client.data_elements.create(element("Other", id="aaDataElem1"))
        assert [row.code for row in taken.value.rows] == ["E5000"]
        with pytest.raises(ConflictError):
            await client.data_elements.update({"id": "aaDataElem1", "name": "Alone"}, keep_unnamed=False)

    on_sandbox(scenario, version)


def test_an_edit_sends_what_changed_and_nothing_else(version: int) -> None:
    before = {"id": "aaDataElem1", "name": "Old", "style": {"icon": "a", "color": "#000"}, "unheardOf": {"x": [1]}}

    def answer(request: httpx2.Request) -> object:
        return before if request.method == "GET" else {"httpStatusCode": 200, "status": "OK"}

    script = Script(answer, f"2.{version}.1")

    async def scenario(client: Dhis2Client) -> None:
        async with client.data_elements.edit("aaDataElem1") as draft:
            draft.name = "New"
            assert draft.style
            draft.style.icon = "b"
        async with client.data_elements.edit("aaDataElem1") as draft:
            draft.name, draft.code = "Old", None
        with pytest.raises(ZeroDivisionError):
            async with client.data_elements.edit("aaDataElem1") as draft:
                draft.name = str(1 // 0)

    script.run(scenario)
    patches = [request for request in script.requests if request.method == "PATCH"]
    assert [httpx2.Response(200, content=patch.content).json() for patch in patches] == [
        [
            {"op": "replace", "path": "/name", "value": "New"},
            {"op": "replace", "path": "/style/icon", "value": "b"},
        ]
    ]
    assert patches[0].headers["content-type"] == "application/json-patch+json"


def test_an_update_keeps_what_nobody_named(version: int) -> None:
    current = {"id": "aaDataElem1", "name": "Old", "code": "C", "unheardOf": {"x": [1]}}

    def answer(request: httpx2.Request) -> object:
        return current if request.method == "GET" else {"httpStatusCode": 200, "status": "OK"}

    script = Script(answer, f"2.{version}.1")

    async def scenario(client: Dhis2Client) -> None:
        await client.data_elements.update({"id": "aaDataElem1", "name": "New", "code": None})
        await client.users.update({"id": "aaUserUid01", "surname": "New"})

    script.run(scenario)
    sent = [httpx2.Response(200, content=r.content).json() for r in script.requests if r.method == "PUT"]
    assert sent[0] == current | {"name": "New", "code": None}
    read = [dict(request.url.params)["fields"] for request in script.requests if request.method == "GET"]
    assert read == [":owner", ":owner,userGroups[id]"]


def test_stale_changes_are_refused_when_asked_to(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        elements = client.data_elements
        uid = (await elements.create(element("Doses"))).id or ""
        mine = await elements.get(uid, fields=":owner")
        async with elements.edit(uid, refuse_stale=True) as draft:
            draft.description = "first"
        mine.description = "second"
        with pytest.raises(StaleObjectError) as stale:
            await elements.update(mine, refuse_stale=True)
        assert stale.value.read != stale.value.found

        async def edit_too_late() -> None:
            async with elements.edit(uid, refuse_stale=True) as draft:
                draft.description = "third"
                await elements.patch(uid, [{"op": "replace", "path": "/code", "value": "X"}])

        with pytest.raises(StaleObjectError):
            await edit_too_late()
        assert (await elements.get(uid)).description == "first"
        with pytest.raises(InvalidRequestError, match="no lastUpdated"):
            await elements.update({"id": uid, "name": "x"}, refuse_stale=True)

    on_sandbox(scenario, version)


def test_upsert(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        elements = client.data_elements
        made = await elements.upsert(element("Doses", code="D1"), by="code")
        again = await elements.upsert({"name": "Given", "code": "D1"}, by="code")
        third = await elements.upsert({"name": "Taken", "id": made.id})
        fresh = await elements.upsert(element("Other", id="aaDataElem1"))
        assert (made.counts.created, again.counts.updated, third.counts.updated, fresh.counts.created) == (1, 1, 1, 1)
        assert made.id == again.id == third.id
        found = await elements.get(made.id or "")
        assert (found.name, found.shortName, found.code) == ("Taken", "Doses", "D1")
        with pytest.raises(InvalidRequestError, match="no code"):
            await elements.upsert({"name": "x"}, by="code")

    on_sandbox(scenario, version)


def test_sharing(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        elements = client.data_elements
        uids = [(await elements.create(element(name))).id or "" for name in ("One", "Two")]
        group = (await client.user_groups.create({"name": "Readers"})).id or ""
        owner = (await elements.get(uids[0])).sharing
        await elements.share(uids[0], public="r-------", user_groups={group: "rw------"})
        sharing = (await elements.get(uids[0])).sharing
        assert sharing
        assert owner
        assert (sharing.public, sharing.owner) == ("r-------", owner.owner)
        assert {uid: access.access for uid, access in (sharing.userGroups or {}).items()} == {group: "rw------"}
        await elements.share(uids[0], user_groups={group: None})
        again = (await elements.get(uids[0])).sharing
        assert again
        assert (again.public, again.userGroups) == ("r-------", {})
        await elements.share_many(uids, public="--------", user_groups={group: "r-------"})
        assert {(await elements.get(uid, fields="sharing")).to_dict()["sharing"]["public"] for uid in uids} == {
            "--------"
        }
        await elements.set_sharing(uids[1], Sharing(owner=owner.owner, public="rw------"))
        with pytest.raises(ConflictError) as refused:
            await elements.share(uids[0], public="rwrw----")
        assert {row.code for row in refused.value.rows} == {"E3016"}

    on_sandbox(scenario, version)


def test_translations(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        elements = client.data_elements
        uid = (await elements.create(element("Doses"))).id or ""
        await elements.translate(uid, "fr", {"NAME": "Prises", "SHORT_NAME": "Pr"})
        await elements.translate(uid, "pt_BR", {"NAME": "Doses (pt)"})
        await elements.translate(uid, "fr", {"SHORT_NAME": None})
        found = await elements.get(uid, fields="translations")
        kept = {(each.locale, each.property, each.value) for each in found.translations or []}
        assert kept == {("fr", "NAME", "Prises"), ("pt_BR", "NAME", "Doses (pt)")}
        await elements.set_translations(uid, [Translation(locale="en", property="NAME", value="D")])
        assert len((await elements.get(uid, fields="translations")).translations or []) == 1

    on_sandbox(scenario, version)


def test_members(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        uids = [(await client.data_elements.create(element(f"E{number}"))).id or "" for number in range(3)]
        group = (await client.data_element_groups.create({"name": "G", "shortName": "G"})).id or ""
        members = client.data_element_groups.members(group, "dataElements")
        added = await members.add(uids[:2])
        assert (added.id, added.counts.updated) == (group, 2)
        assert (await members.add(uids[:1])).counts.ignored == 1
        assert (await members.remove(uids[:1])).counts.deleted == 1
        assert await members.ids() == (uids[1],)
        await members.replace([uids[0], uids[2]])
        assert set(await members.ids()) == {uids[0], uids[2]}
        await client.data_elements.members(uids[1], "dataElementGroups").add([group])
        assert set(await members.ids()) == set(uids)
        with pytest.warns(SkippedMembersWarning, match="1 of 2 members"):
            await members.add(["aaaaaaaaaaa", uids[0]])
        with pytest.raises(NotFoundError):
            await client.data_element_groups.members(group, "nonsense").add(uids)

    on_sandbox(scenario, version)


def test_many_at_once(version: int) -> None:
    async def scenario(client: Dhis2Client) -> None:
        elements = client.data_elements
        bodies: list[dict[str, Any]] = [element(f"E{number}", id=f"aaDataElem{number}") for number in range(3)]
        assert (await elements.create_many(bodies, dry_run=True)).counts.created == 3
        assert await elements.count() == 0
        assert (await elements.create_many(bodies)).counts.created == 3
        with pytest.raises(ConflictError) as refused:
            await elements.create_many([element("Fine"), {"name": "Not"}])
        assert {row.index for row in refused.value.rows} == {1}
        assert await elements.count() == 3
        with pytest.raises(ConflictError) as partly:
            await elements.create_many([element("Fine"), {"name": "Not"}], atomic=False)
        assert partly.value.report
        assert partly.value.report.counts.created == 1
        changes = [{"id": body["id"], "description": "same"} for body in bodies]
        assert (await elements.update_many(changes)).counts.updated == 3
        found = await elements.list(filters="description:eq:same", fields="name,shortName")
        assert sorted((each.name, each.shortName) for each in found) == [(f"E{n}", f"E{n}") for n in range(3)]
        assert (await elements.delete_many(body["id"] for body in bodies)).counts.deleted == 3
        with pytest.raises(ConflictError):
            await elements.delete_many(["aaaaaaaaaaa"])
        with pytest.raises(InvalidRequestError, match="no part of /api/metadata"):
            await client.dashboard_items.create_many([{"type": "TEXT"}])

    on_sandbox(scenario, version)


def test_properties_that_the_version_does_not_have(version: int) -> None:
    script = Script(lambda _: {"httpStatusCode": 201, "status": "OK"}, f"2.{version}.1")

    async def scenario(client: Dhis2Client) -> None:
        groups = client.user_groups
        if version < 43:
            with pytest.warns(UnknownPropertyWarning, match=rf"2\.{version} drops 'description' of UserGroup"):
                await groups.create({"name": "G", "description": "new in 43"})
            with pytest.raises(UnknownPropertyError, match=r"2\.43"):
                await groups.create({"name": "G", "description": "new in 43"}, strict=True)
        else:
            await groups.create({"name": "G", "description": "new in 43"}, strict=True)
        with pytest.raises(UnknownPropertyError, match="did you mean name"):
            await groups.create({"nmae": "G"}, strict=True)

    script.run(scenario)
    assert len(script.requests) == 1


def test_the_secret_of_a_new_token(version: int) -> None:
    async def scenario(client: Dhis2Client) -> str:
        made = await client.api_token.create({})
        assert made.counts.created == 1
        assert "d2p_" not in repr(made)
        return str(made.response["key"])

    assert on_sandbox(scenario, version).startswith("d2p_")
