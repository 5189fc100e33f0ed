"""Which media type answers a request: the suffix of the path first, then the `Accept` header, then JSON.

Source: `WebMvcConfig` of dhis2-core (path extension, header, default); section 1.5 of the wire facts.
"""

from __future__ import annotations

from dataclasses import replace

from dhis2w_sandbox.bodies import unsupported_media
from dhis2w_sandbox.call import Call
from dhis2w_sandbox.errors import HtmlRefusal
from dhis2w_sandbox.routing import Endpoint

# What DHIS2 takes for a content type at the end of a path; a longer one before what it ends in.
SUFFIXES = {
    "adx.xml.gz": "application/adx+xml+gzip",
    "adx.xml.zip": "application/adx+xml+zip",
    "adx.xml": "application/adx+xml",
    "json.gz": "application/json+gzip",
    "json.zip": "application/json+zip",
    "xml.gz": "application/xml+gzip",
    "xml.zip": "application/xml+zip",
    "csv.gz": "application/csv+gzip",
    "csv.zip": "application/csv+zip",
    "jsonp": "application/javascript",
    "json": "application/json",
    "xml": "application/xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xls": "application/vnd.ms-excel",
    "csv": "application/csv",
    "geojson": "application/json+geojson",
}
# Other names of the same, in an `Accept` header.
_ALSO = {"text/csv": "csv", "text/xml": "xml", "application/geo+json": "geojson"}


def split_suffix(path: str) -> tuple[str, str | None]:
    """The path without the suffix that names a content type, and that suffix."""
    for suffix in SUFFIXES:
        if path.endswith("." + suffix):
            return path[: -len(suffix) - 1], suffix
    return path, None


def negotiated(call: Call, row: Endpoint) -> Call:
    """The call with the suffix of what it gets; 415 and 406 where the endpoint cannot read or make what it should."""
    media = call.headers.get("content-type", "").split(";")[0].strip().lower()
    if row.consumes and media not in row.consumes:
        raise unsupported_media(call, call.headers.get("content-type", ""))
    if "*" in row.suffixes:
        return call
    suffix = call.suffix or _accepted(call.headers.get("accept", ""), row)
    if suffix != "json" and suffix not in row.suffixes:
        raise HtmlRefusal(406, call.server.behaviour.not_acceptable)
    return replace(call, suffix=suffix if suffix != "json" else call.suffix)


def _accepted(accept: str, row: Endpoint) -> str | None:
    """The suffix of the first media type that is wanted and can be made; None where there is none."""
    ranges = sorted((_weighed(text) for text in accept.split(",") if text.strip()), key=lambda pair: -pair[1])
    if not ranges:
        return "json"
    return next((found for media, _ in ranges if (found := _suffix_for(media, row))), None)


def _suffix_for(media: str, row: Endpoint) -> str | None:
    if media in {"*/*", "application/*", "application/json"}:
        return "json"
    found = _ALSO.get(media) or next((suffix for suffix, name in SUFFIXES.items() if name == media), None)
    return found if found in row.suffixes else "json" if media.endswith("+json") else None


def _weighed(text: str) -> tuple[str, float]:
    media, _, parameters = text.partition(";")
    _, _, weight = parameters.replace(" ", "").partition("q=")
    try:
        return media.strip().lower(), float(weight or 1)
    except ValueError:
        return media.strip().lower(), 1.0
