"""How bodies are read: shapes, dates, places in messages, XML."""

from __future__ import annotations

import json
from typing import Any

import pytest
from writer import Writer, element

from dhis2w_sandbox.errors import argument_text, java_user
from dhis2w_sandbox.metadata.coercion import MappingError, Place, date, read_object
from dhis2w_sandbox.metadata.jackson import locate, syntax_error
from dhis2w_sandbox.schemas import load_schemas

SCHEMAS = load_schemas("v42")
ELEMENT = SCHEMAS.by_singular["dataElement"]


def read(**values: Any) -> dict[str, Any]:
    return read_object(SCHEMAS, ELEMENT, values)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("2026-01-31", "2026-01-31T00:00:00.000"),
        ("2026-01", "2026-01-01T00:00:00.000"),
        ("2026", "2026-01-01T00:00:00.000"),
        ("20260131", "2026-01-31T00:00:00.000"),
        ("2026-01-31T12:30:00.123", "2026-01-31T12:30:00.123"),
        ("2026-01-31T12:30:00.000+0200", "2026-01-31T10:30:00.000"),
        ("2026-01-31T12:30:00Z", "2026-01-31T12:30:00.000"),
        (1769817600000, "2026-01-31T00:00:00.000"),
        ("1769817600000", "2026-01-31T00:00:00.000"),
    ],
)
def test_dates_come_in_many_forms(sent: Any, expected: str) -> None:
    assert date(sent, Place()) == expected


@pytest.mark.parametrize("sent", ["31.1.2026", "2026-13-01", "soon", True, {}])
def test_what_is_no_date(sent: Any) -> None:
    with pytest.raises(MappingError):
        date(sent, Place())


def test_texts_stand_for_numbers_and_booleans() -> None:
    found = read(zeroIsSignificant="true", aggregationLevels=["2", 3.0], name=7)
    assert found == {"zeroIsSignificant": True, "aggregationLevels": [2, 3], "name": "7"}


def test_nothing_is_read_of_nulls_empty_texts_and_unknown_keys() -> None:
    assert read(name=None, code="", nosuch=1) == {}


def test_a_set_has_each_reference_once() -> None:
    group = SCHEMAS.by_singular["dataElementGroup"]
    twice = {"dataElements": [{"id": "bodElement1"}, {"id": "bodElement1"}]}
    assert read_object(SCHEMAS, group, twice) == {"dataElements": [{"id": "bodElement1"}]}


def test_attribute_values_as_a_map() -> None:
    assert read(attributeValues={"bodAttribu1": {"value": 7}}) == {
        "attributeValues": [{"attribute": {"id": "bodAttribu1"}, "value": "7"}]
    }


@pytest.mark.parametrize(
    ("values", "chain"),
    [
        ({"valueType": "NUMERIC"}, 'DataElement["valueType"]'),
        ({"categoryCombo": "bjDvmb4bfuf"}, 'DataElement["categoryCombo"]'),
        ({"aggregationLevels": ["x"]}, 'DataElement["aggregationLevels"]->java.util.ArrayList[0]'),
        ({"legendSets": {}}, 'DataElement["legendSets"]'),
        ({"name": {}}, 'DataElement["name"]'),
    ],
)
def test_wrong_shapes_name_the_way_to_the_value(values: dict[str, Any], chain: str) -> None:
    with pytest.raises(MappingError) as caught:
        read(**values)
    assert caught.value.chain == f"org.hisp.dhis.dataelement.{chain}"


@pytest.mark.parametrize("path", [("a",), ("b", 1), ("b", 2, "c"), ("d e",)])
def test_the_place_of_a_value_in_a_text(path: tuple[str | int, ...]) -> None:
    value: dict[str, Any] = {"a": 1, "b": [True, "x,}", {"c": None}], "d e": {"f": []}}
    wanted: Any = value
    for step in path:
        wanted = wanted[step]
    for text in (json.dumps(value), json.dumps(value, indent=2), json.dumps(value, separators=(",", ":"))):
        found, _ = json.JSONDecoder().raw_decode(text, locate(text, path))
        assert found == wanted


def test_an_open_container_is_what_is_missing_at_the_end() -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads('{"a": [1 \n')
    message, position = syntax_error(caught.value)
    assert message.startswith("Unexpected end-of-input: expected close marker for Array")
    assert position == 10


@pytest.mark.parametrize(
    ("text", "kind"), [('{"a": [1,\n', "Array"), ('{"a":', "Object"), ('{"a": [{"b": 1, ', "Object")]
)
def test_an_end_behind_a_comma_or_colon_is_between_entries(text: str, kind: str) -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text)
    assert syntax_error(caught.value) == (f"Unexpected end-of-input within/between {kind} entries", len(text))


@pytest.mark.parametrize(("body", "status"), [(b"", 500), (b"{", 409), (b"[]", 500), (b"null", 500), (b"nope", 409)])
def test_bodies_that_are_no_object(admin: Writer, body: bytes, status: int) -> None:
    assert admin.send("POST", "/api/dataElements", body).status == status


def test_a_later_version_calls_wrong_shapes_a_conflict(admin_of_each: Writer) -> None:
    expected = admin_of_each.server.behaviour.mapping_error_status
    assert (
        admin_of_each.send("POST", "/api/dataElements", element("bodElement1", valueType="NUMERIC")).status == expected
    )


def test_xml_is_read_where_the_version_reads_it(admin_of_each: Writer) -> None:
    body = (
        b'<dataElement xmlns="http://dhis2.org/schema/dxf/2.0" id="bodElement1" name="X" shortName="X">'
        b"<valueType>NUMBER</valueType><aggregationType>SUM</aggregationType><domainType>AGGREGATE</domainType>"
        b"<aggregationLevels><aggregationLevel>3</aggregationLevel></aggregationLevels>"
        b'<categoryCombo id="bjDvmb4bfuf"/></dataElement>'
    )
    status = admin_of_each.send("POST", "/api/dataElements", body, "application/xml").status
    if not admin_of_each.server.behaviour.takes_metadata_xml:
        assert status == 415
        return
    assert status == 201
    stored = admin_of_each.get("/api/dataElements/bodElement1?fields=valueType,aggregationLevels")
    assert stored == {"valueType": "NUMBER", "aggregationLevels": [3]}


def test_a_user_in_a_message_is_printed_with_the_hash_of_the_login_name() -> None:
    """As recorded in `meta/sharing`."""
    assert argument_text(java_user("msrUser0002", "msr_maker")) == "org.hisp.dhis.user.UserDetailsImpl@21aea0c"
