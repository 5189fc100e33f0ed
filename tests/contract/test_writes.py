"""Writing objects, one at a time and many at once."""

from __future__ import annotations

import pytest

from dhis2w_client import ObjectNotFoundError, SkippedMembersWarning, StaleObjectError, where
from dhis2w_client.metadata import new_uid
from dhis2w_client.models import DataElement
from dhis2w_client.sync import Dhis2Client
from tests.contract.place import Place


def test_the_life_of_an_object(client: Dhis2Client, place: Place) -> None:
    elements = client.data_elements
    made = elements.create(place.element("doses", description="Old"))
    uid = str(made.id)
    assert (made.status, made.counts.created, made.rows) == ("OK", 1, ())
    assert elements.update(DataElement(id=uid, name=place.name("new"))).counts.updated == 1
    read = elements.get(uid)
    assert (read.name, read.code, read.description) == (place.name("new"), place.name("doses"), "Old")
    assert elements.patch(uid, [{"op": "replace", "path": "/description", "value": "New"}]).counts.updated == 1
    assert elements.get(uid).description == "New"
    with elements.edit(uid) as draft:
        draft.description = None
        draft.zeroIsSignificant = True
    read = elements.get(uid)
    assert (read.description, read.zeroIsSignificant, read.code) == (None, True, place.name("doses"))
    assert elements.delete(uid).counts.deleted == 1
    for gone in (elements.get, elements.delete):
        with pytest.raises(ObjectNotFoundError):
            gone(uid)


def test_the_server_makes_the_id(client: Dhis2Client, place: Place) -> None:
    row = place.element("doses")
    del row["id"]
    uid = str(client.data_elements.create(row).id)
    assert client.data_elements.get(uid, fields="name").name == row["name"]


def test_a_replacement_empties_what_it_does_not_name(client: Dhis2Client, place: Place) -> None:
    row = place.element("doses", description="Old")
    client.data_elements.create(row)
    del row["description"]
    client.data_elements.update(row, keep_unnamed=False)
    assert client.data_elements.get(str(row["id"])).description is None


def test_upsert(client: Dhis2Client, place: Place) -> None:
    elements = client.data_elements
    row = place.element("doses")
    assert elements.upsert(row).counts.created == 1
    assert elements.upsert(row | {"description": "by id"}).counts.updated == 1
    by_code = {"code": row["code"], "description": "by code"}
    assert elements.upsert(by_code, by="code").id == row["id"]
    assert elements.get(str(row["id"])).description == "by code"


def test_a_round_trip_changes_nothing(client: Dhis2Client, place: Place) -> None:
    uid = place.create_element("doses", style={"color": "#112233"}, url="https://example.org")
    path, params = f"dataElements/{uid}", {"fields": ":owner,!lastUpdated"}
    before = client.get(path, params=params)
    client.data_elements.update(client.data_elements.get(uid, fields=":owner"))
    assert client.get(path, params=params) == before


def test_a_stale_change_is_refused_when_asked_to(client: Dhis2Client, place: Place) -> None:
    uid = place.create_element("doses")
    mine = client.data_elements.get(uid, fields=":owner")
    client.data_elements.patch(uid, [{"op": "replace", "path": "/description", "value": "theirs"}])
    mine.description = "mine"
    with pytest.raises(StaleObjectError) as refused:
        client.data_elements.update(mine, refuse_stale=True)
    assert refused.value.read != refused.value.found
    with pytest.raises(StaleObjectError):
        _edit_beside_others(client, uid)
    assert client.data_elements.get(uid).description == "theirs again"


def test_sharing(client: Dhis2Client, place: Place) -> None:
    uid = place.create_element("doses")
    group = str(client.user_groups.create({"name": place.name("group")}).id)
    client.data_elements.share(uid, public="r-------", user_groups={group: "rw------"})
    sharing = client.data_elements.get(uid, fields="sharing").to_dict()["sharing"]
    assert sharing["public"] == "r-------"
    assert sharing["userGroups"][group]["access"] == "rw------"
    client.data_elements.share(uid, user_groups={group: None})
    sharing = client.data_elements.get(uid, fields="sharing").to_dict()["sharing"]
    assert (sharing["public"], sharing.get("userGroups") or {}) == ("r-------", {})


def test_translations_and_locales(client: Dhis2Client, place: Place) -> None:
    uid = place.create_element("doses")
    client.data_elements.translate(uid, "fr", {"NAME": "Doses administrées"})
    client.data_elements.translate(uid, "pt", {"NAME": "Doses dadas"})
    for locale, name in (("fr", "Doses administrées"), ("pt", "Doses dadas"), ("no", place.name("doses"))):
        assert client.data_elements.get(uid, fields="displayName", locale=locale).displayName == name
        mine = client.data_elements.list(fields="displayName", locale=locale, filters=where("id").eq(uid))
        assert [element.displayName for element in mine] == [name]
    client.data_elements.translate(uid, "fr", {"NAME": None})
    kept = client.data_elements.get(uid, fields="name,translations").to_dict()
    assert [text["locale"] for text in kept["translations"]] == ["pt"]
    assert kept["name"] == place.name("doses")


def test_members(client: Dhis2Client, place: Place) -> None:
    one, two, three = (place.create_element(text) for text in ("one", "two", "three"))
    group = str(client.data_element_groups.create(place.group("group", [one])).id)
    members = client.data_element_groups.members(group, "dataElements")
    assert members.add([two]).counts.updated == 1
    assert set(members.ids()) == {one, two}
    assert members.remove([one]).counts.deleted == 1
    assert members.ids() == (two,)
    members.replace([one, three])
    assert set(members.ids()) == {one, three}
    with pytest.warns(SkippedMembersWarning):
        members.add([two, new_uid()])
    assert set(members.ids()) == {one, two, three}
    groups = client.data_elements.members(two, "dataElementGroups")
    groups.remove([group])
    assert set(members.ids()) == {one, three}


def test_many_at_once(client: Dhis2Client, place: Place) -> None:
    rows = [place.element(text) for text in "abc"]
    ids = [str(row["id"]) for row in rows]
    elements, mine = client.data_elements, where("name").starts_with(place.mark)
    assert elements.create_many(rows, dry_run=True).counts.created == 3
    assert elements.count(filters=mine) == 0
    assert elements.create_many(rows).counts.created == 3
    changes = [{"id": uid, "description": "all of them"} for uid in ids]
    assert elements.update_many(changes).counts.updated == 3
    listed = elements.list(filters=mine, fields="code,description", order="name")
    assert [(each.code, each.description) for each in listed] == [(row["code"], "all of them") for row in rows]
    elements.share_many(ids, public="r-------")
    shared = elements.rows(filters=mine, fields="sharing")
    assert [row["sharing"]["public"] for row in shared] == ["r-------"] * 3
    assert elements.delete_many(ids).counts.deleted == 3
    assert elements.count(filters=mine) == 0


def _edit_beside_others(client: Dhis2Client, uid: str) -> None:
    with client.data_elements.edit(uid, refuse_stale=True) as draft:
        client.data_elements.patch(uid, [{"op": "replace", "path": "/description", "value": "theirs again"}])
        draft.description = "mine"
