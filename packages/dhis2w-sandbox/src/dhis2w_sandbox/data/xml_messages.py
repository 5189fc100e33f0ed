"""A WebMessage as XML, for those who ask for it: what the envelope says as attributes, the rest as elements.

Source: the `JacksonXmlProperty` annotations of `WebMessage` and `ImportSummary` of dhis2-core.
"""

from __future__ import annotations

from typing import Any, cast
from xml.sax.saxutils import escape, quoteattr

Json = dict[str, Any]

NAMESPACE = "http://dhis2.org/schema/dxf/2.0"
_ATTRIBUTES = ("httpStatus", "httpStatusCode", "status", "errorCode")


def xml_message(envelope: Json) -> str:
    """The envelope."""
    attributes = "".join(f" {key}={quoteattr(str(envelope[key]))}" for key in _ATTRIBUTES if key in envelope)
    inside = "".join(_element(key, value) for key, value in envelope.items() if key not in _ATTRIBUTES)
    return f'<webMessage xmlns="{NAMESPACE}"{attributes}>{inside}</webMessage>'


def _element(name: str, value: Any) -> str:
    if name == "conflicts":
        return f"<conflicts>{''.join(_conflict(row) for row in value)}</conflicts>"
    if name == "importCount":
        return f"<importCount{''.join(f' {key}={quoteattr(str(count))}' for key, count in value.items())}/>"
    if isinstance(value, dict):
        inside = "".join(_element(key, item) for key, item in cast("Json", value).items())
        return f"<{name}>{inside}</{name}>" if inside else f"<{name}/>"
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
