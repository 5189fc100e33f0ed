"""What is not JSON: the servlet container's error pages, the login page, and a WebMessage as XML.

Source: recordings `meta/discovery`, `meta/session`; DHIS2 2.41 was recorded in Jetty, 2.42 and 2.43 in Tomcat.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape, quoteattr

from dhis2w_sandbox.call import Call, Reply
from dhis2w_sandbox.errors import HtmlRefusal

Json = dict[str, Any]

_TOMCAT_STYLE = (
    "body {font-family:Tahoma,Arial,sans-serif;} h1, h2, h3, b {color:white;background-color:#525D76;}"
    " h1 {font-size:22px;} h2 {font-size:16px;} h3 {font-size:14px;} p {font-size:12px;} a {color:black;}"
    " .line {height:1px;background-color:#525D76;border:none;}"
)
_TOMCAT_EXPLANATIONS = {
    400: "The server cannot or will not process the request due to something that is perceived to be a client error"
    " (e.g., malformed request syntax, invalid request message framing, or deceptive request routing).",
    404: "The origin server did not find a current representation for the target resource or is not willing to"
    " disclose that one exists.",
    406: "The target resource does not have a current representation that would be acceptable to the user agent,"
    " according to the proactive negotiation header fields received in the request, and the server is unwilling to"
    " supply a default representation.",
    500: "The server encountered an unexpected condition that prevented it from fulfilling the request.",
}
_TOMCAT_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "/": "&#47;"},
)
_JETTY_ESCAPES = {'"': "&quot;", "'": "&apos;"}


def container_page(call: Call, refusal: HtmlRefusal) -> Reply:
    """What the container of this version answers."""
    path = unquote(call.raw_path)
    if call.server.behaviour.runs_in_jetty:
        words = refusal.message or HTTPStatus(refusal.status).phrase
        return jetty_page(refusal.status, words, path, call.method, call.headers.get("accept", ""))
    page = tomcat_page(refusal.status, refusal.message or f"No static resource {path.lstrip('/')}.")
    page.headers |= refusal.headers
    return page


def tomcat_page(status: int, message: str) -> Reply:
    """Tomcat's page for an error that DHIS2 leaves to the container."""
    title = f"HTTP Status {status} – {HTTPStatus(status).phrase}"  # noqa: RUF001 - Tomcat's own dash
    page = (
        f'<!doctype html><html lang="en"><head><title>{title}</title><style type="text/css">{_TOMCAT_STYLE}</style>'
        f'</head><body><h1>{title}</h1><hr class="line" /><p><b>Type</b> Status Report</p>'
        f"<p><b>Message</b> {message.translate(_TOMCAT_ESCAPES)}</p>"
        f"<p><b>Description</b> {_TOMCAT_EXPLANATIONS.get(status, '')}</p>"
        '<hr class="line" /><h3>Apache Tomcat/11.0.20</h3></body></html>'
    )
    return Reply.text(page, "text/html;charset=utf-8", status)


def jetty_page(status: int, message: str, path: str, method: str, accept: str) -> Reply:
    """Jetty's answer to an error that DHIS2 leaves to the container: nothing, JSON or HTML."""
    if method not in {"GET", "HEAD", "POST"}:
        return Reply(status)
    cache = {"Cache-Control": "must-revalidate,no-cache,no-store"}
    if "application/json" in accept:
        rows = {"servlet": "dispatcher", "message": message, "url": path, "status": str(status)}
        return Reply.json(rows, status, cache)
    if "text/plain" in accept:
        rest = f"URI: {path}\nSTATUS: {status}\nMESSAGE: {message}\nSERVLET: dispatcher\n"
        return Reply(status, f"HTTP ERROR {status} {message}\n{rest}".encode(), "text/plain;charset=utf-8", cache)
    text = escape(message, _JETTY_ESCAPES)
    title = f"{status} {text}"
    page = (
        '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>\n'
        f"<title>Error {title}</title>\n</head>\n<body><h2>HTTP ERROR {title}</h2>\n<table>\n"
        f"<tr><th>URI:</th><td>{escape(path, _JETTY_ESCAPES)}</td></tr>\n<tr><th>STATUS:</th><td>{status}</td></tr>\n"
        f"<tr><th>MESSAGE:</th><td>{text}</td></tr>\n<tr><th>SERVLET:</th><td>dispatcher</td></tr>\n</table>\n"
        '<hr/><a href="https://jetty.org">Powered by Jetty:// 10.0.24</a><hr/>\n\n</body>\n</html>\n'
    )
    return Reply(status, page.encode("latin-1", "replace"), "text/html;charset=iso-8859-1", cache)


def start_page(username: str) -> Reply:
    """The page that a browser lands on after a login."""
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>DHIS2</title></head>'
        f'<body><div id="dhis2-app-root"><p>Logged in as {escape(username)}.</p></div></body></html>'
    )
    return Reply.text(page, "text/html;charset=utf-8")


def xml_message(message: Json, status: int) -> Reply:
    """A WebMessage as DHIS2 writes it in XML: attributes for the envelope, an element for the message."""
    names = [key for key in ("httpStatus", "httpStatusCode", "status", "errorCode") if key in message]
    attributes = "".join(f" {name}={quoteattr(str(message[name]))}" for name in names)
    inner = f"<message>{escape(str(message['message']))}</message>" if "message" in message else ""
    text = f'<webMessage xmlns="http://dhis2.org/schema/dxf/2.0"{attributes}>{inner}</webMessage>'
    return Reply.text(text, "application/xml", status)
