"""A WebMessage as XML, for those who ask for it: what the envelope says as attributes, the rest as elements.

Source: the `JacksonXmlProperty` annotations of `WebMessage` and `ImportSummary` of dhis2-core.
"""

from __future__ import annotations

from typing import Any, cast
from xml.sax.saxutils import escape, quoteattr

Json = dict[str, Any]

NAMESPACE = "http://dhis2.org/schema/dxf/2.0"
_ATTRIBUTES = ("httpStatus", "httpStatusCode", "status", "errorCode")

# What has no namespace.
_OUTSIDE = ("responseType", "atomic")


def xml_message(envelope: Json, *, type_is_attribute: bool = False) -> str:
    """The envelope; the type of its response is an attribute (41), or an element behind the simple ones."""
    if "response" in envelope:
        envelope = {**envelope, "response": _ordered(envelope["response"], "@" if type_is_attribute else "")}
    attributes = "".join(f" {key}={quoteattr(str(envelope[key]))}" for key in _ATTRIBUTES if key in envelope)
    inside = "".join(_element(key, value) for key, value in envelope.items() if key not in _ATTRIBUTES)
    return f'<webMessage xmlns="{NAMESPACE}"{attributes}>{inside}</webMessage>'


def _ordered(response: Json, mark: str) -> Json:
    """A response in the order of Java's properties: what the class has, then its type, then the conflicts."""
    last = ("responseType", "conflicts")
    named = {"responseType": f"{mark}responseType"}
    row = {key: value for key, value in response.items() if key not in last}
    return row | {named.get(key, key): response[key] for key in last if key in response}


def _element(name: str, value: Any) -> str:
    if name == "conflicts":
        return f"<conflicts>{''.join(_conflict(row) for row in value)}</conflicts>"
    if name == "importCount":
        return f"<importCount{''.join(f' {key}={quoteattr(str(count))}' for key, count in value.items())}/>"
    if name in _OUTSIDE:
        return f'<{name} xmlns="">{escape(_text(value))}</{name}>'
    if isinstance(value, dict):
        row = cast("Json", value)
        attributes = "".join(f" {key[1:]}={quoteattr(str(row[key]))}" for key in row if key.startswith("@"))
        inside = "".join(_element(key, item) for key, item in row.items() if not key.startswith("@"))
        return f"<{name}{attributes}>{inside}</{name}>" if inside else f"<{name}{attributes}/>"
    if isinstance(value, list):
        inside = "".join(_element(name, item) for item in cast("list[Any]", value))
        return f"<{name}>{inside}</{name}>" if inside else f"<{name}/>"
    return f"<{name}>{escape(_text(value))}</{name}>"


def _conflict(row: Json) -> str:
    names = ("object", "value", "errorCode", "property")
    attributes = "".join(f" {key}={quoteattr(str(row[key]))}" for key in names if key in row)
    indexes = "".join(f'<indexes xmlns="" indexes="{index}"/>' for index in row.get("indexes", ()))
    objects = "".join(_element(key, value) for key, value in row.get("objects", {}).items())
    return f'<conflict{attributes}>{indexes}<objects xmlns="">{objects}</objects></conflict>'


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
