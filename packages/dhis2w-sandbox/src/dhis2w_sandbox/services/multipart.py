"""Bodies of the form `multipart/form-data`: files that are sent.

Source: RFC 7578; what DHIS2 refuses is Spring's `MultipartFile` handling.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.errors import Dhis2Refusal, HtmlRefusal


@dataclass(frozen=True)
class Part:
    """One part of a form."""

    filename: str
    content_type: str
    content: bytes


def file_part(call: Call, name: str = "file") -> Part:
    """The file that a form must have under this name.

    Raises:
        Dhis2Refusal: 500, the body is no form.
        HtmlRefusal: 400, the form has no such part.
    """
    header = _header(call.headers.get("content-type", ""))
    if header.get_content_maintype() != "multipart":
        raise Dhis2Refusal(500, "Current request is not a multipart request")
    found = _parts(call.body, str(header.get_param("boundary"))).get(name)
    if found is None:
        quoted = f"Required {'request ' if call.server.behaviour.runs_in_jetty else ''}part '{name}' is not present"
        raise HtmlRefusal(400, quoted + ("" if call.server.behaviour.runs_in_jetty else "."))
    return found


def _parts(body: bytes, boundary: str) -> dict[str, Part]:
    found: dict[str, Part] = {}
    for piece in (b"\r\n" + body).split(f"\r\n--{boundary}".encode())[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        rows = (line.partition(":") for line in head.decode(errors="replace").strip().splitlines())
        headers = {key.strip().lower(): value.strip() for key, _, value in rows}
        disposition = _header(headers.get("content-disposition", ""))
        filename = str(disposition.get_param("filename") or "")
        media = headers.get("content-type", "application/octet-stream")
        found[str(disposition.get_param("name"))] = Part(filename, media, content)
    return found


def _header(value: str) -> Message:
    header = Message()
    header["content-type"] = (
        value.replace("form-data;", "multipart/form-data;", 1) if value[:9] == "form-data" else value
    )
    return header
