"""Links that both sides hold, collections of objects, option combinations, sharing, favourites."""

from __future__ import annotations

from typing import Any

import pytest
from writer import Json, Writer, element

SET = {"id": "lnkOptSet01", "name": "Set", "valueType": "TEXT"}


def option(uid: str, **values: Any) -> Json:
    return {"id": uid, "name": uid, "code": uid, **values}


def options(writer: Writer) -> list[str]:
    return [row["id"] for row in writer.get("/api/optionSets/lnkOptSet01?fields=options")["options"]]


def test_an_option_set_numbers_its_options(admin_of_each: Writer) -> None:
    rows = [option("lnkOption01"), option("lnkOption02")]
    listed = [{"id": "lnkOption02"}, {"id": "lnkOption01"}]
    admin_of_each.write("POST", "/api/metadata", {"optionSets": [{**SET, "options": listed}], "options": rows})
    stored = admin_of_each.get("/api/options/lnkOption01?fields=sortOrder,optionSet")
    assert stored == {"sortOrder": 1, "optionSet": {"id": "lnkOptSet01"}}


def test_an_option_that_names_its_set_is_in_it(admin_of_each: Writer) -> None:
    admin_of_each.write("POST", "/api/optionSets", SET)
    link = {"optionSet": {"id": "lnkOptSet01"}}
    admin_of_each.write("POST", "/api/options", option("lnkOption01", sortOrder=2, **link))
    admin_of_each.write("POST", "/api/options", option("lnkOption02", sortOrder=1, **link))
    assert options(admin_of_each) == ["lnkOption02", "lnkOption01"]
    admin_of_each.write("PUT", "/api/options/lnkOption01", option("lnkOption01"))
    assert options(admin_of_each) == ["lnkOption02"]


def test_what_a_list_has_no_more_belongs_to_nobody(admin_of_each: Writer) -> None:
    listed = [{"id": "lnkOption01"}]
    rows = {"optionSets": [{**SET, "options": listed}], "options": [option("lnkOption01")]}
    admin_of_each.write("POST", "/api/metadata", rows)
    admin_of_each.write("PUT", "/api/optionSets/lnkOptSet01", SET)
    assert admin_of_each.get("/api/options/lnkOption01?fields=optionSet") == {}


def test_versions_rise_with_the_parts(admin_of_each: Writer) -> None:
    admin_of_each.write("POST", "/api/optionSets", SET)
    admin_of_each.write("POST", "/api/options", option("lnkOption01", optionSet={"id": "lnkOptSet01"}))
    assert admin_of_each.get("/api/optionSets/lnkOptSet01?fields=version") == {"version": 1}
    admin_of_each.write("PUT", "/api/optionSets/lnkOptSet01", {**SET, "version": 1})
    assert admin_of_each.get("/api/optionSets/lnkOptSet01?fields=version") == {"version": 2}


@pytest.fixture
def group(admin_of_each: Writer) -> Writer:
    """Three elements, and a group with the first."""
    rows = [element(f"lnkElement{n}") for n in (1, 2, 3)]
    held = {"id": "lnkDeGroup1", "name": "G", "shortName": "G", "dataElements": [{"id": "lnkElement1"}]}
    admin_of_each.write("POST", "/api/metadata", {"dataElements": rows, "dataElementGroups": [held]})
    return admin_of_each


GROUP = "/api/dataElementGroups/lnkDeGroup1/dataElements"


def held(writer: Writer) -> list[str]:
    return sorted(row["id"] for row in writer.get(GROUP)["dataElements"])


def ids(*uids: str) -> list[Json]:
    return [{"id": uid} for uid in uids]


def test_collections_take_lose_and_change_their_items(group: Writer) -> None:
    answer = group.write(
        "POST", GROUP, {"additions": ids("lnkElement2", "nowhereElem"), "deletions": ids("lnkElement1")}
    )
    assert answer["response"]["responseType"] == "TypeReport"
    assert {key: count for key, count in answer["response"]["stats"].items() if count} == {
        "updated": 1,
        "deleted": 1,
        "total": 2,
    }
    assert held(group) == ["lnkElement2"]
    group.write("PUT", GROUP, {"identifiableObjects": ids("lnkElement1", "lnkElement3")})
    assert held(group) == ["lnkElement1", "lnkElement3"]
    group.write("DELETE", f"{GROUP}/lnkElement1")
    group.write("POST", f"{GROUP}/lnkElement2")
    assert held(group) == ["lnkElement2", "lnkElement3"]


def test_a_collection_of_the_other_side_is_changed_there(group: Writer) -> None:
    target = "/api/dataElements/lnkElement2/dataElementGroups"
    group.write("POST", f"{target}/lnkDeGroup1")
    assert held(group) == ["lnkElement1", "lnkElement2"]
    group.write("DELETE", f"{target}/lnkDeGroup1")
    assert held(group) == ["lnkElement1"]


def test_what_is_no_collection(group: Writer) -> None:
    assert group.send("POST", "/api/dataElementGroups/lnkDeGroup1/nosuch/lnkElement1").status == 404
    assert group.send("POST", "/api/dataElementGroups/lnkDeGroup1/name/lnkElement1").status == 409


def combos(writer: Writer) -> list[str]:
    stored = writer.get("/api/categoryOptionCombos?filter=categoryCombo.id:eq:lnkCatComb1&fields=name&order=name")
    return [row["name"] for row in stored["categoryOptionCombos"]]


def test_a_category_combination_makes_its_option_combinations(admin_of_each: Writer) -> None:
    names = {"lnkCatOpt01": "A", "lnkCatOpt02": "B", "lnkCatOpt03": "C"}
    rows = [{"id": uid, "name": name, "shortName": name} for uid, name in names.items()]
    base = {"dataDimensionType": "DISAGGREGATION"}
    categories = [
        {
            "id": "lnkCategor1",
            "name": "X",
            "shortName": "X",
            **base,
            "categoryOptions": ids("lnkCatOpt01", "lnkCatOpt02"),
        },
        {"id": "lnkCategor2", "name": "Y", "shortName": "Y", **base, "categoryOptions": ids("lnkCatOpt03")},
    ]
    admin_of_each.write("POST", "/api/metadata", {"categoryOptions": rows, "categories": categories})
    combo = {"id": "lnkCatComb1", "name": "XY", **base, "categories": ids("lnkCategor1", "lnkCategor2")}
    admin_of_each.write("POST", "/api/categoryCombos", combo)
    assert combos(admin_of_each) == ["A, C", "B, C"]
    admin_of_each.write("PUT", "/api/categoryCombos/lnkCatComb1", {**combo, "categories": ids("lnkCategor1")})
    assert combos(admin_of_each) == ["A", "B"]


def test_sharing_decides_who_reads(admin_of_each: Writer) -> None:
    admin_of_each.write("POST", "/api/dataElements", element("lnkElement1"))
    reader = admin_of_each.another("reader")
    target = "/api/dataElements/lnkElement1"
    assert reader.send("GET", target).status == 200
    owner = {"owner": "M5zQapPyTZI", "public": "--------"}
    assert admin_of_each.send("PUT", f"{target}/sharing", owner).status == 204
    assert reader.send("GET", target).status == 404
    assert admin_of_each.refused("PUT", f"{target}/sharing", {**owner, "public": "rwrw----"}) == [("E3016", None)]
    older = {"object": {"publicAccess": "r-------"}}
    admin_of_each.write("POST", "/api/sharing?type=dataElement&id=lnkElement1", older)
    assert reader.send("GET", target).status == 200


def test_an_object_is_as_public_as_its_type_and_its_maker(admin_of_each: Writer) -> None:
    maker = admin_of_each.another("maker", "F_DATAELEMENT_PRIVATE_ADD")
    maker.write("POST", "/api/dataElements", element("lnkElement1"))
    admin_of_each.write("POST", "/api/dataElements", element("lnkElement2"))
    admin_of_each.write("POST", "/api/dashboards", {"id": "lnkDashboa1", "name": "D"})
    sharing = {
        uid: (admin_of_each.server.store.get(type, uid) or {})["sharing"]["public"]
        for type, uid in (("dataElement", "lnkElement1"), ("dataElement", "lnkElement2"), ("dashboard", "lnkDashboa1"))
    }
    assert sharing == {"lnkElement1": "--------", "lnkElement2": "rw------", "lnkDashboa1": "--------"}


def test_many_objects_are_shared_at_once(group: Writer) -> None:
    patch = [{"op": "replace", "path": "/sharing/public", "value": "r-------"}]
    body = {"dataElements": ["lnkElement1", "lnkElement2"], "patch": patch}
    status, answer = group.json("PATCH", "/api/dataElements/sharing", body, "application/json-patch+json")
    assert (status, answer["response"]["stats"]["updated"]) == (200, 2)
    assert group.get("/api/dataElements/lnkElement2?fields=sharing")["sharing"]["public"] == "r-------"


def test_favourites_and_subscriptions(admin_of_each: Writer) -> None:
    admin_of_each.write("POST", "/api/visualizations", {"id": "lnkVisuali1", "name": "V", "type": "COLUMN"})
    admin_of_each.write("POST", "/api/visualizations/lnkVisuali1/favorite")
    admin_of_each.write("POST", "/api/visualizations/lnkVisuali1/subscriber")
    flags = "/api/visualizations/lnkVisuali1?fields=favorite,subscribed"
    assert admin_of_each.get(flags) == {"favorite": True, "subscribed": True}
    admin_of_each.write("DELETE", "/api/visualizations/lnkVisuali1/favorite")
    admin_of_each.write("DELETE", "/api/visualizations/lnkVisuali1/subscriber")
    assert admin_of_each.get(flags) == {"favorite": False, "subscribed": False}


def test_translations_are_replaced_as_a_whole(admin_of_each: Writer) -> None:
    admin_of_each.write("POST", "/api/dataElements", element("lnkElement1"))
    target = "/api/dataElements/lnkElement1/translations"
    row = {"locale": "fr", "property": "NAME", "value": "un"}
    assert admin_of_each.send("PUT", target, {"translations": [row]}).status == 204
    assert admin_of_each.get("/api/dataElements/lnkElement1?fields=translations") == {"translations": [row]}
    assert admin_of_each.refused("PUT", target, {"translations": [row, row]}) == [("E1106", None)]
