"""JSON bodies that DHIS2's services read themselves: refused in the words of its JSON library, with the place.

Source: Jackson's `JsonParseException` and `MismatchedInputException` as recorded servers print them; the status is
`CrudControllerAdvice`'s.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from dhis2w_sandbox.bodies import jackson_text
from dhis2w_sandbox.call import Call
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.metadata.coercion import UNKNOWN, MappingError

HIDDEN = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {}"

_SPACE = re.compile(r"[\s:,]*")
# A key with its colon, a text, or a mark of structure.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}\[\],]')
_DECODER = json.JSONDecoder()


def read(call: Call) -> Any:
    """The JSON of a body: 409 where it is none, the status of a mapping error where it is empty."""
    text = _decoded(call.body)
    if not text.strip():
        raise refusal(call, MappingError("No content to map due to end-of-input", (), ""), HIDDEN.format(1) + "]")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        message, position = syntax_error(error)
        raise Dhis2Refusal(409, f"{message}\n at {place(text, position)}") from error


def _decoded(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def refusal(call: Call, error: MappingError, source: str | None = None) -> Dhis2Refusal:
    """The answer to JSON of a wrong shape; `source` instead of the place in the body of the request."""
    if source is None:
        text = _decoded(call.body)
        source = place(text, locate(text, error.path))
    return Dhis2Refusal(call.server.behaviour.mapping_error_status, error.message(source))


def unknown_place(call: Call, error: MappingError) -> Dhis2Refusal:
    """The answer to JSON of a wrong shape where DHIS2 has lost its place: read from a tree."""
    return refusal(call, error, UNKNOWN)


def syntax_error(error: json.JSONDecodeError) -> tuple[str, int]:
    """The words for a syntax error, and the position that they name."""
    opened = _open_container(error.doc)
    if opened is None or error.doc[error.pos :].strip():
        return jackson_text(error), error.pos
    kind = "Object" if error.doc[opened] == "{" else "Array"
    if error.doc.rstrip()[-1] in ",:":
        return f"Unexpected end-of-input within/between {kind} entries", len(error.doc)
    return (
        f"Unexpected end-of-input: expected close marker for {kind} (start marker at {place(error.doc, opened)})",
        len(error.doc),
    )


def path_before(error: json.JSONDecodeError) -> tuple[str | int, ...]:
    """The keys and indexes that lead to the object or array in which a text goes wrong."""
    steps = list[str | int]()
    for token in _TOKEN.finditer(error.doc[: error.pos]):
        kind = token[0]
        if kind in "{[":
            steps.append(0 if kind == "[" else "")
        elif kind in "}]":
            steps.pop()
        elif kind == "," and isinstance(steps[-1], int):
            steps[-1] += 1
        elif kind.endswith(":"):
            steps[-1] = cast("str", json.loads(kind.rstrip(" \t\r\n:")))
    return tuple(steps[:-1])


def place(text: str, position: int) -> str:
    """A position in a text as the library prints it."""
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return f"{HIDDEN.format(line)}, column: {column}]"


def locate(text: str, path: tuple[str | int, ...]) -> int:
    """Where in a text the value stands to which a path of keys and indexes leads."""
    at = _skip(text, 0)
    for step in path:
        at = _member(text, at, step)
    return at


def _member(text: str, at: int, step: str | int) -> int:
    at = _skip(text, at + 1)
    count = 0
    while text[at] not in "}]":
        key: str | int = count
        if isinstance(step, str):
            key, at = cast("tuple[str, int]", _DECODER.raw_decode(text, at))
            at = _skip(text, at)
        if key == step:
            return at
        _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        count += 1
    return at


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _open_container(text: str) -> int | None:
    """Where the innermost object or array begins that is never closed."""
    stack: list[int] = []
    quoted = escaped = False
    for position, char in enumerate(text):
        if quoted:
            quoted = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            quoted = True
        elif char in "{[":
            stack.append(position)
        elif char in "}]" and stack:
            stack.pop()
    return stack[-1] if stack else None
