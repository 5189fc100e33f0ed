"""Request bodies that DHIS2's web framework reads before a controller sees them.

Source: Spring's `@RequestBody` in DHIS2's controllers; recordings `meta/session`.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from typing import Any, cast

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.errors import Dhis2Refusal

Json = dict[str, Any]

FORM = "application/x-www-form-urlencoded"


# Where DHIS2 looks at the first bytes of a body, and unpacks it.
_MAY_BE_PACKED = frozenset({"/api/metadata", "/api/dataValueSets", "/api/completeDataSetRegistrations", "/api/tracker"})


def unpacked(path: str, body: bytes) -> bytes:
    """The body of an import, unpacked where it is gzip or zip (its first entry), whatever its headers say."""
    if path not in _MAY_BE_PACKED:
        return body
    if body.startswith(b"\x1f\x8b"):
        return gzip.decompress(body)
    if body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return archive.read(archive.namelist()[0])
    return body


def json_body(call: Call) -> Any:
    """The body as JSON; 415 where it says to be something else, 400 where it is none."""
    media = call.headers.get("content-type", "")
    if "json" not in media:
        raise unsupported_media(call, f"{media};charset=UTF-8" if media == FORM else media)
    try:
        return json.loads(call.body)
    except UnicodeDecodeError as error:
        raise Dhis2Refusal(400, f"JSON parse error: {error.reason}") from error
    except json.JSONDecodeError as error:
        text = jackson_text(error)
        raise Dhis2Refusal(
            400, call.server.behaviour.unreadable_body.format(text, error.lineno, error.colno)
        ) from error


def json_object(call: Call) -> Json:
    """The body as a JSON object, as `json_body`; 400 where it is another value."""
    value = json_body(call)
    if not isinstance(value, dict):
        raise Dhis2Refusal(400, "JSON parse error: Cannot deserialize value from a value that is no object")
    return cast("Json", value)


def unsupported_media(call: Call, media: str) -> Dhis2Refusal:
    """415 of a body with this content type (empty: none)."""
    name = f"'{media}' " if media else ""
    return Dhis2Refusal(415, call.server.behaviour.unsupported_media.format(name, media))


def jackson_text(error: json.JSONDecodeError) -> str:
    """What the JSON library of DHIS2 would say about a syntax error."""
    rest = error.doc[error.pos :]
    word = rest[: next((at for at, char in enumerate(rest) if not (char.isalnum() or char in "_$")), len(rest))]
    if not rest:
        return "Unexpected end-of-input"
    if error.msg.startswith("Expecting property name"):
        found = f"Unexpected character ('{rest[0]}' (code {ord(rest[0])}))"
        return f"{found}: was expecting double-quote to start field name"
    expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    if word:
        return f"Unrecognized token '{word}': was expecting {expected}"
    return f"Unexpected character ('{rest[0]}' (code {ord(rest[0])})): expected a valid value {expected}"
