"""DHIS2's error codes, the reports that carry them, and the exceptions that become its WebMessages.

Sources: `ErrorCode`, `ErrorReport`, `WebMessage` and `CrudControllerAdvice` of dhis2-core. The message patterns of a
version are in `tables/<version>.errors.txt`, which `dhis2w_codegen.sandbox_tables` writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any, cast

Json = dict[str, Any]


@dataclass(frozen=True)
class JavaObject:
    """An argument of a message that Java prints in one way and writes as JSON in another."""

    text: str
    json: Any
    formatted: str | None = None
    """How messages print it, where that is not its text."""


def java_date(stamp: str) -> JavaObject:
    """A date, given as DHIS2 writes it; printed by Java's `toString`, in messages in its short form, in English."""
    time = datetime.fromisoformat(stamp)
    long = f"{_DAYS[time.weekday()]} {_MONTHS[time.month - 1]} {time:%d %H:%M:%S} UTC {time.year}"
    short = f"{time.month}/{time.day}/{time:%y}, {time.hour % 12 or 12}:{time:%M} {'AM' if time.hour < 12 else 'PM'}"
    return JavaObject(long, stamp, short)


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def java_class(name: str) -> JavaObject:
    """A class: `class org.hisp…` in messages, its bare name as JSON."""
    return JavaObject(f"class {name}", name)


def java_user(uid: str | None, username: str) -> JavaObject:
    """A user whom a message prints as an object with its hash code, which Java makes of the login name."""
    code = 0
    for char in username:
        code = (code * 31 + ord(char)) & 0xFFFFFFFF
    return JavaObject(f"org.hisp.dhis.user.UserDetailsImpl@{(59 + code) & 0xFFFFFFFF:x}", {"id": uid} if uid else {})


@dataclass
class ErrorReport:
    """One refusal of one object, as reports list it."""

    code: str
    args: tuple[Any, ...]
    main_klass: str
    main_id: str | None = None
    error_klass: str | None = None
    property: str | None = None
    value: Any = None
    text: str | None = None
    """The whole message, where DHIS2 fills it in elsewhere and reports no arguments."""

    def as_json(self, version: str) -> Json:
        """The report as that version writes it; keys without a value are left out."""
        row: Json = {
            "message": self.text or message(version, self.code, *self.args),
            "args": [None if arg is None else argument_text(arg) for arg in self.args],
            "mainKlass": self.main_klass,
            "errorCode": self.code,
            "mainId": self.main_id,
            "errorKlass": self.error_klass,
            "errorProperty": self.property,
            "errorProperties": [arg.json if isinstance(arg, JavaObject) else arg for arg in self.args],
            "value": self.value,
        }
        return {key: value for key, value in row.items() if value is not None}


class Dhis2Refusal(Exception):
    """A request that DHIS2 answers with a WebMessage other than OK."""

    def __init__(
        self,
        status: int,
        message: str | None,
        code: str | None = None,
        *,
        dev_message: str | None = None,
        response: Json | None = None,
        word: str = "ERROR",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.dev_message = dev_message
        self.response = response
        self.word = word
        self.headers = headers or {}

    def as_json(self) -> Json:
        """The envelope."""
        return web_message(
            self.status,
            self.message,
            self.code,
            word=self.word,
            dev_message=self.dev_message,
            response=self.response,
        )


class HtmlRefusal(Exception):
    """A request that the servlet container answers with its own HTML error page, before DHIS2 sees it.

    `message` is the cause that the page names; None for the container's word for an unknown path. `headers` are what
    DHIS2 had set by then.
    """

    def __init__(self, status: int, message: str | None = None, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.headers = headers or {}


class NotInSandbox(Exception):
    """A request for what DHIS2 has and this sandbox has not: 501, never an empty 200."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


def not_found(kind: str, uid: str) -> Dhis2Refusal:
    """404 E1005 of an object; `kind` is the Java class without its package."""
    return Dhis2Refusal(404, f"{kind} with id {uid} could not be found.", "E1005")


def bad_request(text: str, code: str | None = "E1003") -> Dhis2Refusal:
    """400, E1003 unless named."""
    return Dhis2Refusal(400, text, code)


def conflict(text: str, code: str | None = "E1004") -> Dhis2Refusal:
    """409, E1004 unless named."""
    return Dhis2Refusal(409, text, code)


def forbidden(text: str, code: str | None = "E1006") -> Dhis2Refusal:
    """403, E1006 unless named."""
    return Dhis2Refusal(403, text, code)


def web_message(
    status: int,
    message: str | None = None,
    code: str | None = None,
    *,
    word: str = "OK",
    dev_message: str | None = None,
    response: Json | None = None,
) -> Json:
    """DHIS2's envelope; `word` is its `status` (OK, WARNING, ERROR). Keys without a value are left out."""
    row: Json = {
        "httpStatus": HTTPStatus(status).phrase,
        "httpStatusCode": status,
        "status": word,
        "message": message,
        "devMessage": dev_message,
        "errorCode": code,
        "response": response,
    }
    return {key: value for key, value in row.items() if value is not None}


@cache
def message_patterns(version: str) -> dict[str, str]:
    """The message pattern of every error code of a version."""
    text = files("dhis2w_sandbox.tables").joinpath(f"{version}.errors.txt").read_text("utf-8")
    rows = (line.split(" ", 1) for line in text.splitlines())
    return {code: re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], pattern) for code, pattern in rows}


def message(version: str, code: str, *args: Any) -> str:
    """The message of a code, filled in as Java's `MessageFormat` does: `''` is one quote, 1000 prints as `1,000`."""
    pattern = message_patterns(version)[code].replace("''", "'")
    pattern = re.sub(r"\$\{\w+:(\{\d+\})\}", r"\1", pattern)
    return re.sub(r"\{(\d+)\}", lambda m: _formatted(args, int(m[1]), m[0]), pattern)


def _formatted(args: tuple[Any, ...], index: int, placeholder: str) -> str:
    if index >= len(args):
        return placeholder
    arg = args[index]
    if isinstance(arg, JavaObject) and arg.formatted is not None:
        return arg.formatted
    if isinstance(arg, float):
        return f"{arg:,.3f}".rstrip("0").rstrip(".")
    return f"{arg:,}" if isinstance(arg, int) and not isinstance(arg, bool) else argument_text(arg)


def argument_text(arg: Any) -> str:
    """An argument as Java prints it."""
    if arg is None:
        return "null"
    if isinstance(arg, JavaObject):
        return arg.text
    if isinstance(arg, bool):
        return "true" if arg else "false"
    if isinstance(arg, list):
        return f"[{', '.join(argument_text(item) for item in cast('list[Any]', arg))}]"
    return str(arg)
