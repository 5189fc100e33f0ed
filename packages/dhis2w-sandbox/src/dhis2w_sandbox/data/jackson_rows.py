"""A set of data values in JSON as Jackson reads it into DHIS2's class, and its words where it cannot.

Source: `JsonDataValueSetReader` of dhis2-core, and Jackson's `JsonProcessingException`; recordings
`data/import-formats` and `data/import-async`.
"""

from __future__ import annotations

import json
from typing import Any, cast

from dhis2w_sandbox.data.payload import UnreadableHead
from dhis2w_sandbox.metadata import jackson

Json = dict[str, Any]

_CORE, _DATABIND = "com.fasterxml.jackson.core", "com.fasterxml.jackson.databind"
_SET = "org.hisp.dhis.dxf2.datavalueset.DataValueSet"
_VALUE = "org.hisp.dhis.dxf2.datavalue.DataValue"
_LISTS = ("dataValues", "completeDataSetRegistrations")


def read_object(text: str, java_class: str = _SET) -> Json:
    """The JSON object of a body that Jackson reads into a class; UnreadableHead where it is none."""
    if not text.strip():
        place = f"{jackson.HIDDEN.format(1)}]"
        raise UnreadableHead(
            f"{_DATABIND}.exc.MismatchedInputException: No content to map due to end-of-input\n at {place}"
        )
    try:
        value: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableHead(_syntax(error, java_class)) from error
    if not isinstance(value, dict):
        place = jackson.place(text, len(text) - len(text.lstrip()))
        raise UnreadableHead(f"{_DATABIND}.exc.MismatchedInputException: {_shape(value, java_class)}\n at {place}")
    return cast("Json", value)


def _syntax(error: json.JSONDecodeError, java_class: str) -> str:
    message, position = jackson.syntax_error(error)
    end = "Unexpected end-of-input" in message
    kind = f"{_CORE}.io.JsonEOFException" if end else f"{_CORE}.JsonParseException"
    chain = _chain(java_class, jackson.path_before(error))
    if chain:
        kind, chain = f"{_DATABIND}.JsonMappingException", f" (through reference chain: {chain})"
    return f"{kind}: {message}\n at {jackson.place(error.doc, position)}{chain}"


def _chain(java_class: str, path: tuple[str | int, ...]) -> str:
    """The properties and indexes that lead to an object or array, each with the Java class that has it."""
    owners = [java_class, *("java.util.ArrayList" if step in _LISTS else _VALUE for step in path)]
    steps = (f'["{step}"]' if isinstance(step, str) else f"[{step}]" for step in path)
    return "->".join(f"{owner}{step}" for owner, step in zip(owners, steps, strict=False))


def _shape(value: Any, java_class: str) -> str:
    if isinstance(value, list):
        return f"Cannot deserialize value of type `{java_class}` from Array value (token `JsonToken.START_ARRAY`)"
    kind, shown = {
        str: ("String", f"String value ('{value}')"),
        bool: ("boolean/Boolean", f"boolean value ({str(value).lower()})"),
        int: ("int/Int", f"Number value ({value})"),
        float: ("double/Double", f"Floating-point number ({value})"),
        type(None): ("null", "null"),
    }[type(value)]
    return (
        f"Cannot construct instance of `{java_class}` (although at least one Creator exists):"
        f" no {kind}-argument constructor/factory method to deserialize from {shown}"
    )
