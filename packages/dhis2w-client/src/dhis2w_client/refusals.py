"""Refusals: which answers are errors, of which class, and what to do about each.

Source: `CrudControllerAdvice`, `WebMessageUtils`, `WebMessageResponse`; recordings of `meta` scenarios.
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from dhis2w_client.base_url import canonical_base_url, is_login_page, may_follow, origin
from dhis2w_client.errors import (
    ApiError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    EndpointNotFoundError,
    ForbiddenError,
    GatewayError,
    MediaTypeError,
    MethodNotAllowedError,
    NotFoundError,
    ObjectNotFoundError,
    PayloadTooLargeError,
    PreconditionFailedError,
    RateLimitedError,
    RedirectedError,
    RequestError,
    ServerError,
)
from dhis2w_client.json_value import Json, as_object, as_text
from dhis2w_client.reply import Reply
from dhis2w_client.reports import read_report

EXCERPT_SHOWN = 150
"""How many characters of a strange answer a message shows."""
ROWS_SHOWN = 3
"""How many rows of a report an error's message shows; all are in `rows`."""


def error_of(reply: Reply) -> RequestError | None:
    """The error an answer means, or `None` when it is no refusal."""
    if 300 <= reply.status < 400:
        return _redirect_error(reply)
    if reply.is_html and _is_login_html(reply):
        return _login_page_error(reply)
    if reply.status >= 400:
        return _refusal(reply)
    return _refusal_in_success(reply)


# Redirects and login pages


def moved_base_url(reply: Reply) -> str | None:
    """The base URL to which a server moves us within its own host, or `None` when it does not."""
    if not 300 <= reply.status < 400:
        return None
    location = _location(reply)
    if is_login_page(location) or not may_follow(reply.base_url, location):
        return None
    return canonical_base_url(location, reply.path)


def _redirect_error(reply: Reply) -> RequestError:
    location = _location(reply)
    if is_login_page(location) or (origin(location) == origin(reply.base_url) and "/api/" not in f"{location}/"):
        return _login_page_error(reply)
    suggested = canonical_base_url(location, reply.path)
    return RedirectedError(
        f"{reply.asked} was redirected to {location} (HTTP {reply.status}), where no credentials are sent.",
        method=reply.method,
        path=reply.path,
        status=reply.status,
        location=location,
        next_step=f"If that is the server's own address, set the base URL to {suggested}; if it is a sign-in page, "
        "the API is behind a gateway that this client cannot pass.",
    )


def _login_page_error(reply: Reply) -> AuthenticationError:
    return AuthenticationError(
        f"{reply.asked} was sent to the login page (HTTP {reply.status}): the server does not take the credentials.",
        method=reply.method,
        path=reply.path,
        status=reply.status,
        next_step="A session has ended, or a proxy strips the credentials. Log in again, or use an access token.",
    )


def _is_login_html(reply: Reply) -> bool:
    """Whether a page is a login page: DHIS2's login app, or any page that asks for a password."""
    head = reply.body[:20_000].lower()
    return any(
        mark in head
        for mark in (
            b'type="password"',
            b"type='password'",
            b"dhis-web-login",
            b"dhis2 login",
            b"<title>login",
            b"j_password",
        )
    )


def _location(reply: Reply) -> str:
    """Where a redirect points, as an absolute URL without what may be secret: user name, query, fragment.

    A location that makes no sense points nowhere, which is the base URL.
    """
    try:
        parts = urlsplit(urljoin(f"{reply.base_url}{reply.path}", reply.headers.get("location", "")))
        is_web = parts.scheme in ("http", "https") and parts.port != 0  # `port` raises where it is no number
    except ValueError:
        return reply.base_url
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if is_web else reply.base_url


# Refusals

_CLASSES: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: ForbiddenError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    406: MediaTypeError,
    409: ConflictError,
    412: PreconditionFailedError,
    413: PayloadTooLargeError,
    415: MediaTypeError,
    422: ConflictError,
    429: RateLimitedError,
    502: GatewayError,
    503: GatewayError,
    504: GatewayError,
}


def error_class(status: int, *, from_dhis2: bool) -> type[ApiError]:
    """The class for an HTTP status; a 404 from DHIS2 is an object, one from the web server a path."""
    if status < 300:
        return ConflictError
    if status == 404:
        return ObjectNotFoundError if from_dhis2 else EndpointNotFoundError
    return _CLASSES.get(status) or (ServerError if status >= 500 else ApiError)


def _refusal(reply: Reply) -> ApiError:
    answer = _lenient(reply)
    fields = as_object(answer)
    dhis2_message = as_text(fields.get("message"))
    from_dhis2 = "httpStatusCode" in fields or "validationReport" in fields
    code = as_text(fields.get("errorCode"))
    report = read_report(answer)
    chosen = AuthenticationError if _refuses_token(reply) else error_class(reply.status, from_dhis2=from_dhis2)
    foreign = as_text(fields.get("error")) or reply.excerpt[:EXCERPT_SHOWN]
    words = dhis2_message or (report and report.message) or ("" if from_dhis2 else foreign)
    label = f"HTTP {reply.status}, {code}" if code else f"HTTP {reply.status}"
    who = "DHIS2" if from_dhis2 else "The server"
    sentence = f"{who} refused {reply.asked} ({label}){': ' + words.rstrip('.') if words else ''}."
    shown = "".join(f"\n- {row}" for row in (report.rows[:ROWS_SHOWN] if report else ()))
    more = len(report.rows) - ROWS_SHOWN if report else 0
    return chosen(
        sentence + shown + (f"\n- and {more} more" if more > 0 else ""),
        method=reply.method,
        path=reply.path,
        status=reply.status,
        code=code,
        dhis2_message=dhis2_message if from_dhis2 else None,
        dev_message=as_text(fields.get("devMessage")),
        report=report,
        excerpt="" if from_dhis2 else reply.excerpt,
        retry_after=reply.retry_after,
        next_step=next_step(401 if _refuses_token(reply) else reply.status, dhis2_message or "", from_dhis2=from_dhis2),
    )


def _refuses_token(reply: Reply) -> bool:
    """Whether a 400 means the token itself: one that is malformed or was not copied whole is not a 401 to DHIS2."""
    return reply.status == 400 and reply.headers.get("www-authenticate", "").startswith("ApiToken")


def _refusal_in_success(reply: Reply) -> ApiError | None:
    """A success status whose WebMessage says `ERROR` (geometry imports do so) is a refusal."""
    if not reply.is_json or b'"ERROR"' not in reply.body or b'"httpStatusCode"' not in reply.body:
        return None
    fields = as_object(_lenient(reply))
    return _refusal(reply) if fields.get("status") == "ERROR" and "httpStatusCode" in fields else None


def next_step(status: int, message: str, *, from_dhis2: bool) -> str | None:
    """What to do about a refusal, by its status and DHIS2's words."""
    if status == 401:
        return _next_step_unauthorized(message)
    if status == 403 and "requires one Authority from" in message:
        return "Ask an administrator for a user role with one of these authorities."
    if status == 500 and message == _LOCK_EXCEPTION:
        return (
            "DHIS2 2.43 fails so where a data set has a lock exception: take it away, or send as somebody with the "
            "authority F_EDIT_EXPIRED."
        )
    if status == 404 and not from_dhis2:
        return "Check the path, and that the base URL is that of DHIS2 itself (with its context path, without /api)."
    return _NEXT_STEPS.get(status)


_LOCK_EXCEPTION = 'Cannot invoke "org.hisp.dhis.datavalue.DataEntryGroup.values()" because "valid" is null'
"""How 2.43 refuses values of a data set with lock exceptions."""
_NEXT_STEPS = {
    403: "The user lacks an authority, or sharing does not give access to this object.",
    405: "Check the method and the path; a UID has 11 characters.",
    406: "The endpoint cannot make this format; leave out Accept and suffixes such as .csv to get JSON.",
    412: "A proxy made a condition of the request fail; DHIS2 itself does not answer so.",
    413: "Send less at once, or have the proxy's body limit raised (nginx: client_max_body_size).",
    415: "Check the content type: PATCH of metadata wants application/json-patch+json.",
    429: "Send fewer requests at once (http_limits), or wait as long as Retry-After says.",
    502: "DHIS2 behind the proxy is down or starting; try again in a minute.",
    503: "DHIS2 behind the proxy is down or starting; try again in a minute.",
    504: "DHIS2 took longer than the proxy waits; ask for less at once, or have its time-out raised.",
}


def _next_step_unauthorized(message: str) -> str:
    lower = message.lower()
    if "expired" in lower:
        return "Create a new personal access token, and put it into the profile."
    if "2fa" in lower or "disabled" in lower or "locked" in lower:
        return "The account is disabled or locked, or has two-factor authentication, which excludes tokens and Basic."
    if "does not exist" in lower or "checksum" in lower or "malformed" in lower:
        return "The token was deleted, is of another server, or was not copied whole (54 characters, or 48 for d2pat_)."
    if "not allowed" in lower:
        return "The token has a list of allowed addresses, methods or referrers; create one that allows this request."
    return (
        "Check user name (upper and lower case matter) and password, or the token. An account with two-factor "
        "authentication cannot use Basic or tokens; it needs OAuth2 or a session."
    )


def _lenient(reply: Reply) -> Json:
    """The JSON of an answer if it has any, else `None`."""
    from pydantic_core import from_json

    if reply.is_html:
        return None
    try:
        return from_json(reply.body)
    except ValueError:
        return None
