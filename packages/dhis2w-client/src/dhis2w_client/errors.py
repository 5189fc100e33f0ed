"""Every error and warning of the client, as one tree.

```
Dhis2Error
├── NoProfileError               no profile can be resolved (also a RuntimeError)
├── UnknownProfileError          a named profile is in no file (also a LookupError)
├── InvalidProfileNameError      a name no profile can have (also a ValueError)
├── InvalidProfileError          settings that make no profile (also pydantic's ValidationError); in `profile.py`
├── CredentialsError             credential fields missing or unusable (also a ValueError)
├── UnsupportedAuthError         `oauth2` needs `dhis2w_core` (also a NotImplementedError)
├── InvalidSettingError          a setting of the client that makes no sense (also a ValueError)
├── InvalidBaseUrlError          not the address of a server (also a ValueError)
├── InvalidRequestError          a path, parameter or body that cannot be sent (also a ValueError)
├── ClientStateError             used before it was opened, after it was closed, in a fork (also a RuntimeError)
├── UnsupportedVersionError      the server's version is outside of what the client knows
├── UnknownCollectionError       no such collection, or not in the server's version (also a LookupError)
├── UnknownPropertyError         `strict`: a property that the server's version does not have (also a ValueError)
├── StaleObjectError             an object was changed by somebody else since it was read
├── NoAnswerError                the request got no answer (also a ConnectionError)
│   ├── HostNotFoundError        the host name has no address
│   ├── ConnectionRefusedByServerError  nothing listens there, or it cannot be reached
│   ├── TlsError                 the certificate is not trusted, or TLS failed
│   ├── ProxyError               the proxy refused
│   ├── AnswerTimeoutError       no answer in time (also a TimeoutError)
│   └── ConnectionLostError      the connection broke before the answer was complete
├── AnswerError                  an answer that is not what the DHIS2 API gives
│   ├── NotJsonError             HTML or another format where JSON is due
│   ├── EmptyAnswerError         nothing where JSON is due
│   ├── MalformedAnswerError     JSON that ends early or is broken
│   ├── UnexpectedShapeError     JSON that does not fit the model asked for
│   └── RedirectedError          the server points to another address
└── ApiError                     DHIS2, or a proxy before it, refused the request
    ├── BadRequestError          400
    ├── AuthenticationError      401, a malformed token (400), or sent to the login page
    ├── ForbiddenError           403
    ├── NotFoundError            404
    │   ├── ObjectNotFoundError  DHIS2 has no such object
    │   └── EndpointNotFoundError  the path is not part of this server's API
    ├── MethodNotAllowedError    405
    ├── MediaTypeError           406 and 415
    ├── ConflictError            409, 422, or a success status whose envelope says `ERROR`
    ├── PreconditionFailedError  412
    ├── PayloadTooLargeError     413
    ├── RateLimitedError         429
    └── ServerError              5xx
        └── GatewayError         502, 503, 504

Dhis2Warning (a UserWarning)
├── VersionMismatchWarning       the server is not of the expected version
├── UnknownVersionWarning        the server's version is outside of what the client knows
├── UnknownVersionNameWarning    a setting names a version that does not exist
├── UnknownPropertyWarning       a property was set that the server's version does not have
├── ListChangedWarning           a list changed while its pages were read
├── DataLossWarning              DHIS2 took data values without storing them
├── DroppedItemsWarning          DHIS2 left items of a selection out without a word
├── HiddenRowsWarning            nothing was found, and the user may not see everything
├── SkippedMembersWarning        DHIS2 left out members that do not exist
└── InsecureTransportWarning     credentials travel over plain HTTP
```

An error says what happened, on which method and path, DHIS2's code and message, and the next step. The same is in its
attributes. No error holds a secret: paths come without their query, and none keeps an error of the HTTP library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dhis2w_client.reports import Report, ReportRow


class Dhis2Error(Exception):
    """Anything that goes wrong in the client; `except Dhis2Error` catches all of it."""

    def __init__(self, message: str, *, next_step: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        """What happened, in one sentence or two."""
        self.next_step = next_step
        """What to do about it, where something can be done."""

    def __str__(self) -> str:
        return f"{self.message}\n{self.next_step}" if self.next_step else self.message


class NoProfileError(Dhis2Error, RuntimeError):
    """No profile can be resolved: nothing says which server to talk to, and as whom."""


class UnknownProfileError(Dhis2Error, LookupError):
    """A profile was named that is in no file."""


class InvalidProfileNameError(Dhis2Error, ValueError):
    """The text cannot be the name of a profile; see `validate_profile_name`."""


class CredentialsError(Dhis2Error, ValueError):
    """Credential fields are missing, or hold what cannot be sent in a header."""


class UnsupportedAuthError(Dhis2Error, NotImplementedError):
    """The profile's way of authentication needs more than this package: `dhis2w_core.open_client` has it."""


class InvalidSettingError(Dhis2Error, ValueError):
    """A setting of the client, or of its policy, that makes no sense."""


class InvalidBaseUrlError(Dhis2Error, ValueError):
    """The text is not the address of a DHIS2 server."""


class InvalidRequestError(Dhis2Error, ValueError):
    """A path, parameter or body that cannot be sent; nothing was sent."""


class ClientStateError(Dhis2Error, RuntimeError):
    """The client is used where it cannot work: before it was opened, after it was closed, or in a forked process."""


class UnsupportedVersionError(Dhis2Error):
    """The server's version is not one the client knows, and `allow_version_fallback=False` forbids the nearest."""

    def __init__(self, message: str, *, raw_version: str | None = None, next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.raw_version = raw_version
        """The version as the server spells it, for example `2.39.1`."""


class UnknownCollectionError(Dhis2Error, LookupError, AttributeError):
    """DHIS2 has no collection of this name, or the connected version does not have it."""


class UnknownPropertyError(Dhis2Error, ValueError):
    """A property was set that the connected version does not have, and `strict` forbids that; nothing was sent."""


class StaleObjectError(Dhis2Error):
    """The object was changed by somebody else since it was read, so the change was not sent."""

    def __init__(self, message: str, *, read: str | None, found: str | None, next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.read = read
        """`lastUpdated` of the object that the change was made to."""
        self.found = found
        """`lastUpdated` of the object as it is now."""


class RequestError(Dhis2Error):
    """What the errors of a sent request share: `method` and `path`. Not raised itself."""

    def __init__(
        self, message: str, *, method: str | None = None, path: str | None = None, next_step: str | None = None
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.method = method
        """HTTP method, for example `GET`."""
        self.path = path
        """Path below the base URL, without the query, for example `/api/dataElements`."""


class NoAnswerError(RequestError, ConnectionError):
    """The request got no answer. Whether DHIS2 acted on it is known only for the classes that say so."""


class HostNotFoundError(NoAnswerError):
    """The host name of the base URL has no address. Nothing was sent."""


class ConnectionRefusedByServerError(NoAnswerError):
    """No connection could be made: nothing listens at that address, or it cannot be reached. Nothing was sent."""


class TlsError(NoAnswerError):
    """TLS failed: the certificate is not trusted, has expired or is for another host. Nothing was sent."""


class ProxyError(NoAnswerError):
    """The proxy did not let the request through. Nothing reached the server."""


class AnswerTimeoutError(NoAnswerError, TimeoutError):
    """No answer came in time. A write may have been done."""


class ConnectionLostError(NoAnswerError):
    """The connection broke before the answer was complete. A write may have been done."""


class AnswerError(RequestError):
    """An answer came, but it is not what the DHIS2 API gives."""

    def __init__(
        self,
        message: str,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        excerpt: str = "",
        next_step: str | None = None,
    ) -> None:
        super().__init__(message, method=method, path=path, next_step=next_step)
        self.status = status
        """HTTP status."""
        self.excerpt = excerpt
        """The first 1,000 characters of what came, where it is text."""


class NotJsonError(AnswerError):
    """HTML or another format came where JSON is due; `stream()` reads any format."""


class EmptyAnswerError(AnswerError):
    """Nothing came where JSON is due."""


class MalformedAnswerError(AnswerError):
    """JSON that ends early or is broken."""


class UnexpectedShapeError(AnswerError):
    """JSON that does not fit the model that was asked for."""


class RedirectedError(AnswerError):
    """The server points to another address; credentials are never sent there."""

    def __init__(
        self,
        message: str,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        location: str | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(message, method=method, path=path, status=status, next_step=next_step)
        self.location = location
        """Where the server points, without the query."""


class ApiError(RequestError):
    """DHIS2, or a proxy before it, refused the request."""

    def __init__(
        self,
        message: str,
        *,
        method: str | None = None,
        path: str | None = None,
        status: int | None = None,
        code: str | None = None,
        dhis2_message: str | None = None,
        dev_message: str | None = None,
        report: Report | None = None,
        excerpt: str = "",
        retry_after: float | None = None,
        next_step: str | None = None,
    ) -> None:
        super().__init__(message, method=method, path=path, next_step=next_step)
        self.status = status
        """HTTP status."""
        self.code = code
        """DHIS2's error code such as `E1005`, where the answer has one for the whole."""
        self.dhis2_message = dhis2_message
        """DHIS2's own message, word for word; `None` when the answer is not DHIS2's."""
        self.dev_message = dev_message
        """DHIS2's message for developers, where there is one."""
        self.report = report
        """The import report, where the answer carries one."""
        self.excerpt = excerpt
        """The first 1,000 characters of an answer that is not DHIS2's."""
        self.retry_after = retry_after
        """Seconds to wait, where the server says so (`Retry-After`)."""

    @property
    def rows(self) -> tuple[ReportRow, ...]:
        """One row for each thing DHIS2 complained about; the same shape for every kind of report."""
        return self.report.rows if self.report else ()


class BadRequestError(ApiError):
    """400: DHIS2 cannot make sense of a parameter or the body."""


class AuthenticationError(ApiError):
    """401: the credentials are missing, wrong, expired or not enough; or the server sent us to its login page."""


class ForbiddenError(ApiError):
    """403: the user lacks an authority, or access to the object."""


class NotFoundError(ApiError):
    """404."""


class ObjectNotFoundError(NotFoundError):
    """404 from DHIS2: there is no such object, or the user cannot see it."""


class EndpointNotFoundError(NotFoundError):
    """404 from the web server: the path is not part of this server's API."""


class MethodNotAllowedError(ApiError):
    """405: the path exists, but not with this method."""


class MediaTypeError(ApiError):
    """406 or 415: the server cannot make, or does not take, this format."""


class ConflictError(ApiError):
    """409 or 422, or a success status whose envelope says `ERROR`: DHIS2 understood the request and refused it.

    `rows` say what is wrong with what; `report.counts` what was done all the same.
    """


class PreconditionFailedError(ApiError):
    """412, from a proxy: DHIS2 itself does not answer so."""


class PayloadTooLargeError(ApiError):
    """413, from a proxy or Tomcat: the body is larger than it lets through."""


class RateLimitedError(ApiError):
    """429, from a proxy: too many requests."""


class ServerError(ApiError):
    """5xx: the request made DHIS2 fail."""


class GatewayError(ServerError):
    """502, 503 or 504: the proxy got no answer from DHIS2, which is down or starting."""


class Dhis2Warning(UserWarning):
    """Anything the client warns about."""


class VersionMismatchWarning(Dhis2Warning):
    """The server is not of the version the program expects; the client works in the server's dialect."""


class UnknownVersionWarning(Dhis2Warning):
    """The server's version is not one the client knows; it works in the nearest dialect."""


class UnknownVersionNameWarning(Dhis2Warning):
    """A setting names a DHIS2 version that the client does not know; the setting is ignored."""


class UnknownPropertyWarning(Dhis2Warning):
    """A property was set that the connected version does not have; DHIS2 drops it without a word."""


class ListChangedWarning(Dhis2Warning):
    """A list changed while its pages were read: objects may be missing from what was read."""


class DataLossWarning(Dhis2Warning):
    """DHIS2 took data values without storing, refusing or counting them."""


class DroppedItemsWarning(Dhis2Warning):
    """DHIS2 left items of a selection out without a word: they do not exist, or the user may not see them."""


class HiddenRowsWarning(Dhis2Warning):
    """Nothing was found by a user who may not see everything: that is no proof that there is nothing."""


class SkippedMembersWarning(Dhis2Warning):
    """DHIS2 skipped members that do not exist, without a word."""


class InsecureTransportWarning(Dhis2Warning):
    """Credentials travel over plain HTTP to another machine: anybody on the way can read them."""
