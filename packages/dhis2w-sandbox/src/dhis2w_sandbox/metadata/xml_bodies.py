"""Objects as XML, which 2.41 still reads: attributes and child elements are properties, wrapped children are lists.

Source: the `JacksonXmlProperty` annotations of dhis2-api, which follow the names of the schemas.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.schemas import Schema, Schemas

Json = dict[str, Any]


def parsed(body: bytes) -> ET.Element:
    """The root element; 409 where the body is no XML."""
    try:
        return ET.fromstring(body)  # noqa: S314 - a server for tests, on loopback
    except ET.ParseError as error:
        raise Dhis2Refusal(409, str(error)) from error


def read_object(schemas: Schemas, schema: Schema, element: ET.Element) -> Json:
    """An element as the JSON of an object of a type."""
    document: Json = dict(element.attrib)
    for child in element:
        name = _local(child)
        prop = schema.properties.get(name)
        inner = schemas.of(prop) if prop else None
        if prop is not None and prop.collection:
            document[name] = [_value(schemas, inner, item) for item in child]
        else:
            document[name] = _value(schemas, inner, child)
    return document


def read_bundle(schemas: Schemas, element: ET.Element) -> Json:
    """A `metadata` element as the JSON of a bundle."""
    lists: Json = {}
    for child in element:
        schema = schemas.by_plural.get(_local(child))
        if schema:
            lists[schema.plural] = [read_object(schemas, schema, item) for item in child]
    return lists


def _value(schemas: Schemas, schema: Schema | None, element: ET.Element) -> Any:
    if schema is not None:
        return read_object(schemas, schema, element)
    if element.attrib or len(element):
        return {**element.attrib, **{_local(child): _value(schemas, None, child) for child in element}}
    return element.text


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
