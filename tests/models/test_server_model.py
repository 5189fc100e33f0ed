"""The base of the models: two ways to make one, one way to write it."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel, ValidationError

from dhis2w_client.models import (
    AggregationType,
    AttributeValue,
    DataElement,
    Indicator,
    OrganisationUnit,
    Reference,
    Sharing,
    Timestamp,
    User,
    ValueType,
)

SENT: dict[str, object] = {
    "id": "fbfJHSPpUQD",
    "name": "ANC 1st visit",
    "created": "2010-02-05T10:58:43.646",
    "valueType": "NUMBER",
    "zeroIsSignificant": False,
    "categoryCombo": {"id": "bjDvmb4bfuf", "code": "default"},
    "legendSets": [{"id": "fqs276KXCXi"}, {"id": "OBXSKjsHI7t"}],
    "sharing": {"public": "rw------", "users": {"xE7jOejl9FI": {"id": "xE7jOejl9FI", "access": "rw------"}}},
    "attributeValues": [{"value": "x", "attribute": {"id": "Z4X3J7jMLYV"}}],
    "code": None,
    "notInAnySpec": [{"deep": 1}],
}


def sent() -> dict[str, object]:
    return copy.deepcopy(SENT)


def test_pydantic_has_the_slots_that_trust_fills() -> None:
    for slot in ("__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
        assert hasattr(BaseModel.__dict__[slot], "__set__")
    trusted, constructed = DataElement.trust({"id": "a", "x": 1}), DataElement.model_validate({"id": "a", "x": 1})
    assert trusted.model_fields_set == constructed.model_fields_set == {"id", "x"}
    assert trusted.model_extra == constructed.model_extra == {"x": 1}
    assert trusted.__pydantic_private__ == constructed.__pydantic_private__
    assert trusted == constructed


@pytest.mark.parametrize("make", [DataElement.trust, DataElement.model_validate])
def test_what_is_set_is_known_in_a_copy_and_after_a_change(make: Callable[[dict[str, object]], DataElement]) -> None:
    assert copy.deepcopy(make({"id": "a"})).model_fields_set == {"id"}
    pickled = pickle.dumps(make({"id": "a", "x": 1}))
    assert pickle.loads(pickled).to_dict() == {"id": "a", "x": 1}  # noqa: S301 - our own bytes
    assert make({"id": "a"}).model_copy(update={"name": "N"}).to_dict() == {"id": "a", "name": "N"}
    changed = make({"id": "a"})
    changed.name = "N"
    assert changed.model_fields_set == {"id", "name"}
    assert make({"id": "a"}).model_extra == {}


def test_trusted_json_becomes_typed_when_it_is_looked_at() -> None:
    element = DataElement.trust(sent())
    assert element.valueType is ValueType.NUMBER
    assert isinstance(element.created, Timestamp)
    assert element.created == datetime(2010, 2, 5, 10, 58, 43, 646000)
    assert isinstance(element.categoryCombo, Reference)
    assert element.categoryCombo.code == "default"
    assert [link.id for link in element.legendSets or []] == ["fqs276KXCXi", "OBXSKjsHI7t"]
    assert isinstance(element.sharing, Sharing)
    assert (element.sharing.users or {})["xE7jOejl9FI"].access == "rw------"
    assert element.formName is None
    assert element.code is None
    assert element.model_extra == {"notInAnySpec": [{"deep": 1}]}


@pytest.mark.parametrize(
    "element", [DataElement.trust(sent()), DataElement.check(sent()), DataElement.model_validate(sent())]
)
def test_what_was_sent_is_written_and_nothing_else(element: DataElement) -> None:
    assert element.to_dict() == SENT
    assert element.sharing is not None
    assert element.created is not None
    assert element.to_dict() == SENT
    assert element.model_dump() == SENT
    assert json.loads(element.model_dump_json()) == SENT


def test_an_edit_changes_what_was_edited_only() -> None:
    element = DataElement.trust(sent())
    element.valueType = ValueType.INTEGER
    element.lastUpdated = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert element.categoryCombo is not None
    element.categoryCombo.id = "p0KPaWEg3cf"
    (element.legendSets or []).append(Reference(id="aaaaaaaaaaa"))
    del element.code
    expected: dict[str, object] = {
        **SENT,
        "valueType": "INTEGER",
        "lastUpdated": "2026-01-02T03:04:05.000+00:00",
        "categoryCombo": {"id": "p0KPaWEg3cf", "code": "default"},
        "legendSets": [{"id": "fqs276KXCXi"}, {"id": "OBXSKjsHI7t"}, {"id": "aaaaaaaaaaa"}],
    }
    del expected["code"]
    assert element.to_dict() == expected


def test_constructing_validates_in_full() -> None:
    with pytest.raises(ValidationError) as refused:
        DataElement.model_validate({"zeroIsSignificant": "yes", "aggregationLevels": [1, "2"], "created": "soon"})
    assert {problem["loc"] for problem in refused.value.errors()} >= {("zeroIsSignificant",), ("aggregationLevels", 1)}
    assert any(problem["loc"][0] == "created" for problem in refused.value.errors())


def test_setting_an_attribute_validates_it() -> None:
    element = DataElement.trust(sent())
    with pytest.raises(ValidationError):
        element.name = 5  # pyright: ignore[reportAttributeAccessIssue] - the mistake under test
    assert element.to_dict() == SENT


def test_check_names_what_is_wrong_and_trust_does_not() -> None:
    wrong = {"id": "a", "sharing": {"users": {"u": {"access": 7}}}}
    with pytest.raises(ValidationError, match=r"sharing.users.u.access"):
        DataElement.check(copy.deepcopy(wrong))
    trusted = DataElement.trust(copy.deepcopy(wrong))
    assert trusted.to_dict() == wrong
    with pytest.raises(ValidationError):
        trusted.validated()


@pytest.mark.parametrize(
    "wrong",
    [
        {"valueType": 5},
        {"created": "soon"},
        {"name": 5},
        {"zeroIsSignificant": "true"},
        {"aggregationLevels": [1.5]},
        {"categoryCombo": "bjDvmb4bfuf"},
        {"attributeValues": {"Z4X3J7jMLYV": "x"}},
        {"translations": [{"locale": 1}]},
    ],
)
def test_check_and_the_constructor_refuse_the_same(wrong: dict[str, object]) -> None:
    for make in (DataElement.check, DataElement.model_validate):
        with pytest.raises(ValidationError) as refused:
            make(copy.deepcopy(wrong))
        assert {problem["loc"][0] for problem in refused.value.errors()} == wrong.keys()


def test_models_of_the_same_keys_share_nothing() -> None:
    first, second = DataElement.trust({"id": "a"}), DataElement.trust({"id": "b"})
    first.name = "set"
    assert first.model_fields_set == {"id", "name"}
    assert second.model_fields_set == {"id"}


def test_transformed_lists_are_answers_and_not_new_objects() -> None:
    """`fields=children::isNotEmpty` answers with a boolean."""
    unit = OrganisationUnit.check({"id": "ImspTQPwCqd", "children": True})
    assert unit.to_dict() == {"id": "ImspTQPwCqd", "children": True}
    with pytest.raises(ValidationError):
        OrganisationUnit.model_validate({"id": "ImspTQPwCqd", "children": True})


def test_attribute_values_may_come_as_a_map_and_go_back_as_one() -> None:
    values = {"attributeValues": {"Z4X3J7jMLYV": {"value": "x"}}}
    for element in (DataElement.trust(copy.deepcopy(values)), DataElement.check(copy.deepcopy(values))):
        by_uid: object = element.attributeValues
        assert by_uid == {"Z4X3J7jMLYV": AttributeValue(value="x")}
        assert element.to_dict() == values
    assert DataElement.model_validate(values).to_dict() == values


def test_a_number_where_text_is_due_stays_a_number() -> None:
    assert Indicator.model_validate({"numerator": -1}).to_dict() == {"numerator": -1}
    assert Indicator.check({"numerator": -1}).numerator == -1


def test_whole_numbers_stay_whole() -> None:
    unit = DataElement.model_validate({"style": {"color": "#fff"}, "aggregationLevels": [3]})
    assert json.dumps(unit.to_dict()) == '{"aggregationLevels": [3], "style": {"color": "#fff"}}'
    assert type(Indicator.model_validate({"decimals": 1}).decimals) is int


def test_an_unexpected_form_is_kept_as_it_is() -> None:
    """Where the server sends what no version's facts say, reading must not fail."""
    odd = {"categoryCombo": "bjDvmb4bfuf", "legendSets": {"a": 1}, "created": "yesterday", "valueType": {"x": 1}}
    element = DataElement.trust(copy.deepcopy(odd))
    assert element.to_dict() == odd
    seen: list[object] = [element.categoryCombo, element.legendSets, element.created, element.valueType]
    assert seen == list(odd.values())
    assert element.to_dict() == odd


def test_models_are_compared_by_what_they_would_write() -> None:
    first, second = DataElement.trust(sent()), DataElement.model_validate(sent())
    assert first == second
    second.name = "other"
    assert first != second
    assert first != Indicator(id=first.id)
    with pytest.raises(TypeError, match="unhashable"):
        hash(first)


def test_copies_and_pickles_are_equal_and_apart() -> None:
    element = DataElement.trust(sent())
    assert element.created is not None
    for twin in (copy.deepcopy(element), element.model_copy(deep=True), pickle.loads(pickle.dumps(element))):  # noqa: S301 - our own bytes
        assert twin == element
        twin.name = "other"
        assert twin != element


def test_repr_shows_what_is_there() -> None:
    assert (
        repr(DataElement(id="a", aggregationType=AggregationType.SUM)) == "DataElement(id='a', aggregationType='SUM')"
    )


def test_no_secret_is_shown() -> None:
    sent = {"password": "Planted1!", "userCredentials": {"password": "Planted1!"}, "extra": [{"apiToken": "Planted1!"}]}
    for user in (User.trust(copy.deepcopy(sent)), User.model_validate(sent)):
        assert "Planted1!" not in f"{user!r} {user}"
        assert "***" in repr(user)
        assert user.to_dict() == sent
    for make in (User.check, User.model_validate):
        with pytest.raises(ValidationError) as refused:
            make({"password": ["Planted1!"]})
        assert "Planted1!" not in str(refused.value)


def test_versions_of_a_property() -> None:
    assert DataElement.versions_of("favorites") == {41, 42, 43}
    assert DataElement.versions_of("name") is None


def test_many_different_sets_of_keys_are_read_alike() -> None:
    for number in range(600):
        element = DataElement.trust({"id": str(number), f"extra{number}": 1})
        assert element.to_dict() == {"id": str(number), f"extra{number}": 1}
