"""Enums that take constants they do not know."""

from __future__ import annotations

import copy
import pickle

import pytest

from dhis2w_client.models import DataElement, ValueType


def test_a_listed_constant_is_its_member() -> None:
    assert ValueType("NUMBER") is ValueType.NUMBER
    assert ValueType.NUMBER.known
    assert ValueType.NUMBER == "NUMBER"
    assert {ValueType.NUMBER: 1}["NUMBER"] == 1  # pyright: ignore[reportArgumentType] - a member is its text


def test_an_unlisted_constant_is_visible_as_unknown() -> None:
    members = list(ValueType)
    for element in (
        DataElement.trust({"valueType": "HOLOGRAM"}),
        DataElement.model_validate({"valueType": "HOLOGRAM"}),
    ):
        assert isinstance(element.valueType, ValueType)
        assert element.valueType == "HOLOGRAM"
        assert not element.valueType.known
        assert element.valueType.name == element.valueType.value == "HOLOGRAM"
        assert element.to_dict() == {"valueType": "HOLOGRAM"}
    assert list(ValueType) == members


def test_unknown_members_survive_copies() -> None:
    unknown = ValueType("HOLOGRAM")
    assert copy.deepcopy(unknown) == pickle.loads(pickle.dumps(unknown)) == unknown  # noqa: S301 - our own bytes
    assert not pickle.loads(pickle.dumps(unknown)).known  # noqa: S301 - our own bytes


def test_only_text_is_a_constant() -> None:
    with pytest.raises(ValueError, match="5"):
        ValueType(5)  # pyright: ignore[reportArgumentType] - the mistake under test


def test_a_constant_that_some_versions_lack_is_there() -> None:
    assert ValueType.TRACKER_ASSOCIATE.known
