"""`Profile`: the connection settings of one session, and where they come from."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Literal, LiteralString, NoReturn, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from dhis2w_client.base_url import parse_base_url
from dhis2w_client.errors import (
    Dhis2Error,
    InvalidBaseUrlError,
    InvalidProfileNameError,
    NoProfileError,
    UnknownProfileError,
    UnknownVersionNameWarning,
)
from dhis2w_client.versions import Dhis2, version_named

__all__ = [
    "InvalidProfileError",
    "InvalidProfileNameError",
    "NoProfileError",
    "Profile",
    "UnknownProfileError",
    "profile_from_env_raw",
    "validate_profile_name",
]

SECRET_FIELDS = frozenset({"token", "password", "client_secret", "cookie", "xsrf_token"})
"""The fields of a profile that are secrets from end to end; `proxy` may have one inside."""
MASK = "********"

_PROFILE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


class InvalidProfileError(Dhis2Error, ValidationError):  # pyright: ignore[reportGeneralTypeIssues] # final for type checkers only
    """Settings that make no profile. Also pydantic's `ValidationError`: `errors()` tells fields, never input."""

    def __init__(self, *_: object) -> None:  # pydantic passes what it made the error of
        problems = self.errors(include_url=False, include_context=False, include_input=False)
        told = "; ".join(f"{'.'.join(map(str, problem['loc'])) or 'profile'}: {problem['msg']}" for problem in problems)
        super().__init__(f"The profile is not valid: {told.rstrip('.')}.")


def _secret() -> Any:
    return Field(default=None, repr=False, exclude=True)


class Profile(BaseModel):
    """Resolved connection settings for one session: which server, as whom, through which network.

    Immutable. Secrets are plain `str` for whoever asks for them by name (`profile.token`), and show nowhere else: not
    in `repr`, `str`, `dict(profile)`, `model_dump`, `model_dump_json` or a validation error, and a profile cannot be
    pickled. `reveal()` gives everything. A profile may lack credentials: `build_auth_for_basic` checks them.

    Raises:
        InvalidProfileError: A field is missing, unknown or not what it should be; also a `ValidationError` of pydantic
            and a `ValueError`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True)

    base_url: str
    """Address of the server, for example `https://dhis2.example.org` or `https://example.org/dhis`. A trailing slash
    and `/api` are dropped; a user name and password in it are refused."""
    auth: Literal["pat", "basic", "oauth2", "session"]
    """How to authenticate. `oauth2` needs `dhis2w_core`."""
    token: str | None = _secret()
    """Personal access token, for `pat`."""
    username: str | None = None
    """User name, for `basic`."""
    password: str | None = _secret()
    """Password, for `basic`."""
    client_id: str | None = None
    """OAuth2 client id."""
    client_secret: str | None = _secret()
    """OAuth2 client secret."""
    scope: str | None = None
    """OAuth2 scope."""
    redirect_uri: str | None = None
    """OAuth2 redirect URI."""
    cookie: str | None = _secret()
    """Value of the cookie JSESSIONID, or a whole Cookie header, for `session`."""
    xsrf_token: str | None = _secret()
    """Value of the cookie XSRF-TOKEN, for `session` on a server with CSRF protection."""
    version: Dhis2 | None = None
    """Hint for which version's plugins to list (`"43"`, `"v43"` or `43`). It does not pin what is spoken: the client
    always asks the server."""
    ca_bundle: str | None = None
    """PEM file (or folder of hashed certificates) of the authorities to trust, instead of the system's."""
    verify: bool = True
    """Whether the server's certificate is checked. `False` only for a test server."""
    proxy: str | None = None
    """URL of the proxy, for example `http://proxy.example.org:3128`. Default: the environment's (`HTTPS_PROXY`,
    `NO_PROXY` …)."""
    timeout: float | None = Field(default=None, gt=0, le=86_400, allow_inf_nan=False)
    """Seconds to wait for an answer to begin, and between its parts. Default 60 (10 for connecting)."""

    if not TYPE_CHECKING:  # the signature that type checkers see is the fields'

        def __init__(self, /, **data: Any) -> None:
            problem = None
            try:
                super().__init__(**data)
            except ValidationError as error:
                problem = error
            if problem is not None:
                data.clear()  # a traceback with local variables must not show what was passed
                raise _scrubbed(problem)

    @field_validator("base_url", mode="after")
    @classmethod
    def _canonical_base_url(cls, value: str) -> str:
        try:
            return parse_base_url(value)
        except InvalidBaseUrlError as error:
            message = f"{error.message} {error.next_step or ''}".strip()
        raise PydanticCustomError("base_url", "{message}", {"message": message})

    @field_validator("version", mode="before")
    @classmethod
    def _known_version(cls, value: object) -> Dhis2 | None:
        version = version_named(value)
        if value is not None and version is None:
            known = ", ".join(member.value for member in Dhis2)
            raise PydanticCustomError(
                "version", "not a DHIS2 version of this client (known: {known})", {"known": known}
            )
        return version

    @field_serializer("proxy")
    def _without_userinfo(self, value: str | None) -> str | None:
        return re.sub(r"(?<=//)[^/]*@|^[^/]*@", "", value) if value else value

    def reveal(self) -> dict[str, Any]:
        """Every field, secrets in clear: `Profile(**profile.reveal())` makes an equal profile."""
        return {name: getattr(self, name) for name in type(self).model_fields}

    def __repr_args__(self) -> Generator[tuple[str, Any], None, None]:
        for name in type(self).model_fields:
            value = self.__dict__.get(name)  # absent while a profile is being made
            if name == "proxy":
                value = self._without_userinfo(value)
            if value is not None:
                yield name, MASK if name in SECRET_FIELDS else value

    def __iter__(self) -> Generator[tuple[str, Any], None, None]:
        yield from self.model_dump().items()

    def __getstate__(self) -> NoReturn:
        raise TypeError("A Profile is not pickled, because it would take its secrets along; see Profile.reveal().")


def _scrubbed(error: ValidationError) -> InvalidProfileError:
    """The same error without any input."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    details = [
        InitErrorDetails(
            type=PydanticCustomError(cast("LiteralString", problem["type"]), "{text}", {"text": problem["msg"]}),
            loc=problem["loc"],
            input=MASK,
        )
        for problem in problems
    ]
    return InvalidProfileError.from_exception_data("Profile", details, hide_input=True)


def profile_from_env_raw() -> Profile | None:
    """The profile that the environment describes, or `None` when the URL or the credentials are missing or blank.

    Reads `DHIS2_URL`, and `DHIS2_PAT` (which wins) or `DHIS2_USERNAME` with `DHIS2_PASSWORD`; `DHIS2_VERSION` (`43` or
    `v43`) where it is set. "Raw": no file is read.

    Raises:
        InvalidProfileError: `DHIS2_URL` is not the address of a server.

    Warns:
        UnknownVersionNameWarning: `DHIS2_VERSION` names no version this client knows; it is ignored.
    """
    has_token = bool(_setting("DHIS2_PAT"))
    has_password = bool(_setting("DHIS2_USERNAME") and _setting("DHIS2_PASSWORD"))
    if not _setting("DHIS2_URL") or not (has_token or has_password):
        return None
    version = _version_from_env()
    # no local variable holds a secret, because tracebacks may show local variables
    if has_token:
        return Profile(base_url=_setting("DHIS2_URL"), auth="pat", token=_setting("DHIS2_PAT"), version=version)
    return Profile(
        base_url=_setting("DHIS2_URL"),
        auth="basic",
        username=_setting("DHIS2_USERNAME"),
        password=os.environ["DHIS2_PASSWORD"],
        version=version,
    )


def _setting(name: str) -> str:
    """A variable of the environment without the spaces around it; a blank one is as good as none."""
    return os.environ.get(name, "").strip()


def _version_from_env() -> Dhis2 | None:
    name = _setting("DHIS2_VERSION")
    version = version_named(name)
    if name and version is None:
        warnings.warn(
            f"DHIS2_VERSION={name[:20]!r} names no DHIS2 version of this client "
            f"({', '.join(member.value for member in Dhis2)}); it is ignored.",
            UnknownVersionNameWarning,
            stacklevel=3,
        )
    return version


def validate_profile_name(name: str) -> str:
    """The name itself, when a profile may be called so.

    A name begins with an ASCII letter, goes on with letters, digits and underscores, and has at most 64 characters.

    Raises:
        InvalidProfileNameError: It may not; also a `ValueError`.
    """
    if not isinstance(name, str) or not _PROFILE_NAME.fullmatch(name):  # pyright: ignore[reportUnnecessaryIsInstance] # callers pass what a file or a user gave
        shown = repr(name) if len(repr(name)) <= 80 else f"{repr(name)[:80]}…"
        raise InvalidProfileNameError(
            f"{shown} is no profile name.",
            next_step="A name begins with a letter and goes on with letters, digits and _, 64 characters at most.",
        )
    return name
