"""`/api/metadata`, and single objects with what they need."""

import gzip
import io
import json
import zipfile

import pytest
from reader import Reader


@pytest.fixture
def stocked(read: Reader) -> Reader:
    """A data set with an element that has an option set."""
    read.put("optionSet", "optionSet01", name="Choices", code="OS", options=[{"id": "option00001"}])
    read.put("option", "option00001", name="Yes", code="YES", optionSet={"id": "optionSet01"})
    read.put_element("dataElemen1", name="Fever", code="DE_1", optionSet={"id": "optionSet01"})
    read.put_element("dataElemen2", name="Alone", code="DE_2")
    elements = [{"dataElement": {"id": "dataElemen1"}}]
    combo = {"id": "bjDvmb4bfuf"}
    read.put("dataSet", "dataSet0001", name="Set", dataSetElements=elements, categoryCombo=combo)
    return read


def test_types_are_chosen_by_name_or_by_what_is_said_of_them(stocked: Reader) -> None:
    answer = stocked("/api/metadata?dataElements=true&optionSets:fields=id,options[code]&dataElements:fields=id")
    assert answer["dataElements"] == [{"id": "dataElemen2"}, {"id": "dataElemen1"}]
    assert answer["optionSets"] == [{"id": "optionSet01", "options": [{"code": "YES"}]}]
    assert set(answer) == {"system", "dataElements", "optionSets"}
    assert answer["system"]["date"].endswith("+0000")


def test_a_type_can_have_its_own_filter_and_order(stocked: Reader) -> None:
    own = "dataElements:filter=code:$like:DE_&dataElements:order=code:desc&fields=code"
    assert stocked(f"/api/metadata?{own}")["dataElements"] == [{"code": "DE_2"}, {"code": "DE_1"}]
    refused = stocked("/api/metadata?dataElements:filter=nosuch:eq:1")
    assert (refused["httpStatusCode"], refused["message"]) == (409, "Unknown path property: nosuch")


def test_everything_is_exported_as_it_is_owned_in_each_version(read_each: Reader) -> None:
    read_each.put_element("dataElemen1")
    answer = read_each("/api/metadata?skipSharing=true")
    assert {"users", "userRoles", "categoryCombos", "dataElements"} <= set(answer)
    assert not {"sharing", "href", "access", "displayName"} & set(answer["dataElements"][0])


def test_all_of_it_and_the_users_need_an_authority(stocked: Reader) -> None:
    stocked.put_user("user0000001", "ada")
    assert "F_METADATA_EXPORT" in stocked("/api/metadata", "ada")["message"]
    assert "F_USER_VIEW" in stocked("/api/metadata?users=true", "ada")["message"]
    assert stocked("/api/metadata?dataElements=true&fields=id", "ada")["dataElements"]
    stocked.put_user("user0000002", "eve", "F_METADATA_EXPORT")
    assert "dataSets" in stocked("/api/metadata", "eve")


def test_an_object_comes_with_all_that_it_needs(stocked: Reader) -> None:
    answer = stocked("/api/dataSets/dataSet0001/metadata")
    found = {key: [row["id"] for row in rows] for key, rows in answer.items() if key != "system"}
    assert found == {
        "dataSets": ["dataSet0001"],
        "dataElements": ["dataElemen1"],
        "optionSets": ["optionSet01"],
        "options": ["option00001"],
        "categoryCombos": ["bjDvmb4bfuf"],
        "categories": ["GLevLNI9wkl"],
        "categoryOptions": ["xYerKDKCefk"],
        "categoryOptionCombos": ["HllvX50cXC0"],
    }
    assert stocked("/api/dataElements/dataElemen1/metadata") == {}
    assert stocked("/api/dataSets/nothing0001/metadata")["message"] == "DataSet not found for uid: nothing0001"


def test_an_export_can_be_packed(stocked: Reader) -> None:
    plain = stocked.reply("/api/metadata?optionSets=true&download=true")
    assert plain.headers["Content-Disposition"] == "attachment; filename=metadata.json"
    zipped = stocked.reply("/api/metadata.json.gz?optionSets=true")
    assert zipped.media == "application/json+gzip"
    assert json.loads(gzip.decompress(zipped.body))["optionSets"]
    archive = zipfile.ZipFile(io.BytesIO(stocked.reply("/api/metadata.json.zip?optionSets=true").body))
    assert json.loads(archive.read("metadata.json"))["optionSets"]


def test_default_objects_can_stay_behind(read: Reader) -> None:
    assert set(read("/api/metadata?categoryCombos=true&defaults=EXCLUDE")) == {"system"}
