"""What DHIS2 refuses, and how it says so: the class of the error, its code and its rows."""

from __future__ import annotations

import pytest

from dhis2w_client import (
    ApiError,
    BadRequestError,
    ConflictError,
    EndpointNotFoundError,
    InvalidRequestError,
    MediaTypeError,
    MethodNotAllowedError,
    ObjectNotFoundError,
    UnknownCollectionError,
    UnknownPropertyError,
    UnknownPropertyWarning,
)
from dhis2w_client.metadata import new_uid
from dhis2w_client.sync import Dhis2Client
from tests.contract.place import Place


def complaints(error: ApiError) -> set[tuple[str | None, str | None]]:
    """Code and property of each row."""
    return {(row.code, row.property) for row in error.rows}


def test_missing_properties(client: Dhis2Client, place: Place) -> None:
    with pytest.raises(ConflictError) as refused:
        client.data_elements.create({"name": place.name("incomplete")})
    missing = ("aggregationType", "domainType", "valueType", "shortName")
    assert complaints(refused.value) == {("E4000", property) for property in missing}
    assert refused.value.status == 409


def test_links_to_nothing(client: Dhis2Client, place: Place) -> None:
    nobody = new_uid()
    row = place.element("doses", optionSet={"id": nobody}, legendSets=[{"id": nobody}])
    with pytest.raises(ConflictError) as refused:
        client.data_elements.create(row)
    assert complaints(refused.value) == {("E5002", "optionSet"), ("E5002", "legendSets")}
    assert {row.uid for row in refused.value.rows} == {row["id"]}
    assert all(nobody in row.message for row in refused.value.rows)


def test_values_that_another_one_has(client: Dhis2Client, place: Place) -> None:
    place.create_element("doses")
    with pytest.raises(ConflictError) as refused:
        client.data_elements.create(place.element("doses"))
    assert complaints(refused.value) == {("E5003", property) for property in ("code", "name", "shortName")}


def test_an_id_that_is_taken(client: Dhis2Client, place: Place) -> None:
    uid = place.create_element("doses")
    with pytest.raises(ConflictError) as refused:
        client.data_elements.create(place.element("other", id=uid))
    assert complaints(refused.value) == {("E5000", None)}


def test_texts_that_are_too_long_and_ids_that_are_none(client: Dhis2Client, place: Place) -> None:
    with pytest.raises(ConflictError) as long:
        client.data_elements.create(place.element("x" * 240, shortName=place.name("x")))
    assert ("E4001", "name") in complaints(long.value)
    with pytest.raises(ConflictError) as short:
        client.data_elements.create(place.element("doses", id="short"))
    assert {code for code, _ in complaints(short.value)} == {"E4002", "E4014"}


def test_what_others_need_cannot_be_deleted(client: Dhis2Client, place: Place) -> None:
    parent = place.unit("parent")
    child = place.unit("child", parent={"id": parent["id"]})
    client.organisation_units.create(parent)
    client.organisation_units.create(child)
    with pytest.raises(ConflictError) as refused:
        client.organisation_units.delete(str(parent["id"]))
    assert [row.code for row in refused.value.rows] == ["E4030"]
    assert client.organisation_units.get(str(child["id"]), fields="level").level == 2
    client.organisation_units.delete(str(child["id"]))
    client.organisation_units.delete(str(parent["id"]))


def test_one_refusal_keeps_all_from_being_written(client: Dhis2Client, place: Place) -> None:
    good, bad = place.element("good"), place.element("bad")
    del bad["aggregationType"]
    with pytest.raises(ConflictError) as refused:
        client.data_elements.create_many([good, bad])
    rows = [(row.code, row.property, row.index, row.uid) for row in refused.value.rows]
    assert rows == [("E4000", "aggregationType", 1, bad["id"])]
    with pytest.raises(ObjectNotFoundError):
        client.data_elements.get(str(good["id"]))
    with pytest.raises(ConflictError) as partly:
        client.data_elements.create_many([good, bad], atomic=False)
    assert partly.value.report
    assert (partly.value.report.counts.created, partly.value.report.counts.ignored) == (1, 1)
    assert client.data_elements.get(str(good["id"])).name == good["name"]


def test_patches_that_make_no_sense(client: Dhis2Client, place: Place) -> None:
    uid = place.create_element("doses")
    with pytest.raises(ConflictError):
        client.data_elements.patch(uid, [{"op": "remove", "path": "/valueType"}])
    with pytest.raises(BadRequestError):
        client.data_elements.patch(uid, [{"op": "replace", "path": "/noSuchThing", "value": 1}])
    with pytest.raises(ObjectNotFoundError):
        client.data_elements.patch(new_uid(), [{"op": "replace", "path": "/name", "value": "x"}])


def test_properties_that_no_version_has(client: Dhis2Client, place: Place) -> None:
    row = place.element("doses", noSuchThing=1)
    with pytest.raises(UnknownPropertyError):
        client.data_elements.create(row, strict=True)
    with pytest.warns(UnknownPropertyWarning):
        client.data_elements.create(row)
    read = client.data_elements.get(str(row["id"]), fields="*").to_dict()
    assert (read["name"], "noSuchThing" in read) == (row["name"], False)


def test_paths_and_methods_that_are_not_there(client: Dhis2Client) -> None:
    with pytest.raises(EndpointNotFoundError):
        client.get("noSuchThing")
    with pytest.raises(MethodNotAllowedError):
        client.delete("system/info")
    with pytest.raises(UnknownCollectionError):
        client.collection("noSuchThings")
    with pytest.raises(InvalidRequestError):
        client.data_elements.get("../me")


def test_metadata_as_xml(client: Dhis2Client, place: Place) -> None:
    name = place.name("xml")
    xml = (
        f'<dataElement xmlns="http://dhis2.org/schema/dxf/2.0" name="{name}" shortName="{name}">'
        "<valueType>NUMBER</valueType><aggregationType>SUM</aggregationType><domainType>AGGREGATE</domainType>"
        "</dataElement>"
    )
    if not client.dialect.accepts_xml_metadata:
        with pytest.raises(MediaTypeError):
            client.post("dataElements", xml.encode(), content_type="application/xml")
    else:
        client.post("dataElements", xml.encode(), content_type="application/xml")
        assert client.data_elements.count(filters=f"name:eq:{name}") == 1


def test_bodies_that_are_no_json(client: Dhis2Client) -> None:
    with pytest.raises(ApiError) as refused:
        client.post("dataElements", b"[]", content_type="application/json")
    assert isinstance(refused.value, ConflictError) == client.dialect.maps_broken_bodies_to_conflict
    with pytest.raises(ConflictError):
        client.post("dataElements", b'{"name": ', content_type="application/json")
