"""Names of attributes, classes, constants and collections."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dhis2w_client.models.server_model import ServerModel
from dhis2w_codegen.naming import MODEL_ATTRIBUTES, attribute_name, class_name, constant_name, snake_case


def test_the_reserved_attributes_are_those_of_the_base() -> None:
    assert {name for name in dir(ServerModel) if not name.startswith("_")} == MODEL_ATTRIBUTES


@pytest.mark.parametrize(
    ("key", "name"),
    [("valueType", "valueType"), ("id", "id"), ("from", "from_"), ("copy", "copy_"), ("list", "list_"), ("a-b", "a_b")],
)
def test_attributes(key: str, name: str) -> None:
    assert attribute_name(key) == name


def test_classes() -> None:
    assert class_name("DataElement") == "DataElement"
    assert class_name("Warning") == "Warning_"
    assert class_name("Reference") == "Reference_"


@pytest.mark.parametrize(
    ("constant", "name"),
    [("NUMBER", "NUMBER"), ("2D", "V2D"), ("A B", "A_B"), ("None", "None_"), ("title", "title_"), ("", "V")],
)
def test_constants(constant: str, name: str) -> None:
    assert constant_name(constant) == name


@pytest.mark.parametrize(
    ("plural", "name"),
    [
        ("dataElements", "data_elements"),
        ("SMSCommand", "sms_command"),
        ("OAuth2Client", "oauth2_client"),
        ("oAuth2Clients", "oauth2_clients"),
        ("apiToken", "api_token"),
        ("AxisV2", "axis_v2"),
    ],
)
def test_snake_case(plural: str, name: str) -> None:
    assert snake_case(plural) == name


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9_.\-]{0,20}", fullmatch=True))
def test_every_key_becomes_an_attribute(key: str) -> None:
    ast.parse(f"class A:\n    {attribute_name(key)}: int | None = None\n")
