"""The parameters of tracker's lists, each read by its type, with DHIS2's words where it cannot be read.

Source: the `…RequestParams` classes, `OrderCriteria`, `StartDateTime`, `EndDateTime` and `RequestParamsValidator` of
dhis2-core.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.errors import Dhis2Refusal, bad_request
from dhis2w_sandbox.server import stamp
from dhis2w_sandbox.tracker.instants import instant

ENROLLMENT_STATUSES = ("ACTIVE", "COMPLETED", "CANCELLED")
UID = re.compile(r"[a-zA-Z][a-zA-Z0-9]{10}")

_DURATION = re.compile(r"(\d+)([dhms])", re.ASCII)
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class Order(NamedTuple):
    """One sort key."""

    field: str
    descending: bool


def no_uid(text: str) -> str:
    """What DHIS2 says of a text that is no identifier."""
    return f"UID must be an alphanumeric string of 11 characters starting with a letter, but was: {text}"


def not_valid(name: str, value: str, reason: str, place: str = "parameter") -> Dhis2Refusal:
    """400 about a parameter that its type does not take."""
    return Dhis2Refusal(400, f"Value '{value}' is not valid for {place} {name}. {reason}")


def path_uid(call: Call, name: str = "uid") -> str:
    """An identifier in the path; 400 where it is malformed."""
    text = call.parts[name]
    if not UID.fullmatch(text):
        raise not_valid(name, text, no_uid(text), "path parameter")
    return text


class Parameters:
    """The parameters of one request.

    Args:
        call: the request.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self.server = call.server

    def text(self, name: str) -> str | None:
        """A text; None where it is absent or empty."""
        return self._call.param(name) or None

    def texts(self, name: str) -> list[str]:
        """The texts of a parameter that may be repeated."""
        return [value for value in self._call.params(name) if value]

    def uid(self, name: str) -> str | None:
        """One identifier."""
        text = self.text(name)
        if text is not None and not UID.fullmatch(text):
            raise not_valid(name, text, no_uid(text))
        return text

    def uids(self, name: str, old: str | None = None) -> list[str]:
        """Identifiers, separated by commas.

        Args:
            name: the parameter.
            old: its former name, whose identifiers are separated by semicolons; only where the version still takes it.
        """
        found = [(value, uid) for value in self.texts(name) for uid in value.split(",") if uid]
        for value, uid in found:
            if not UID.fullmatch(uid):
                raise not_valid(name, value, no_uid(uid))
        former = self._former_uids(name, old)
        return former or list(dict.fromkeys(uid for _, uid in found))

    def _former_uids(self, name: str, old: str | None) -> list[str]:
        if old is None or not self.server.behaviour.takes_old_tracker_parameters:
            return []
        uids = list(dict.fromkeys(uid for uid in (self.text(old) or "").split(";") if uid))
        if uids and self.text(name):
            raise bad_request(
                f"Only one parameter of '{old}' (deprecated; semicolon separated UIDs) and '{name}' (comma separated"
                f" UIDs) must be specified. Prefer '{name}' as '{old}' will be removed."
            )
        wrong = next((uid for uid in uids if not UID.fullmatch(uid)), None)
        if wrong is not None:
            raise Dhis2Refusal(400, no_uid(wrong))
        return uids

    def one_of(self, name: str, constants: Sequence[str]) -> str | None:
        """One of some constants."""
        text = self.text(name)
        if text is not None and text not in constants:
            raise not_valid(name, text, f"Valid values are: [{', '.join(constants)}]")
        return text

    def either(self, old: str, name: str, constants: Sequence[str]) -> str | None:
        """One of some constants, under either of two names, but not under both."""
        former, value = self.one_of(old, constants), self.one_of(name, constants)
        if former is not None and value is not None:
            raise bad_request(
                f"Only one parameter of '{old}' and '{name}' must be specified. Prefer '{name}' as '{old}' will be"
                " removed."
            )
        return value or former

    def enrollment_status(self, name: str = "enrollmentStatus") -> str | None:
        """The status of enrollments, under its older name too; the newer one only where the version knows it."""
        if not self.server.behaviour.has_enrollment_status_parameter:
            return self.one_of("programStatus", ENROLLMENT_STATUSES)
        return self.either("programStatus", name, ENROLLMENT_STATUSES)

    def flag(self, name: str) -> bool | None:
        """A boolean."""
        text = self.text(name)
        if text is None:
            return None
        if text.lower() in {"true", "on", "yes", "1"}:
            return True
        if text.lower() in {"false", "off", "no", "0"}:
            return False
        raise not_valid(name, text, "It must be a valid boolean")

    def integer(self, name: str) -> int | None:
        """A whole number."""
        text = self.text(name)
        if text is None:
            return None
        if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
            raise not_valid(name, text, "It must be a valid integer")
        return int(text)

    def after(self, name: str) -> str | None:
        """A time from which on; a date means its first moment."""
        text = self.text(name)
        if text is None:
            return None
        read = instant(text)
        if read is None:
            raise not_valid(name, text, f'Invalid format: "{text}"')
        return read

    def before(self, name: str) -> str | None:
        """A time up to which; a date means its last moment."""
        read = self.after(name)
        whole_day = read is not None and "T" not in (self.text(name) or "")
        return f"{read[:10]}T23:59:59.999" if read and whole_day else read

    def within(self, name: str, refusal: str) -> str | None:
        """The time from which on, given as a duration such as `3d`; 400 with the refusal and the text otherwise."""
        text = self.text(name)
        if text is None:
            return None
        found = _DURATION.fullmatch(text)
        if found is None:
            raise bad_request(refusal + text)
        return stamp(self.server.clock() - timedelta(**{_UNITS[found[2]]: int(found[1])}))

    def order(self, name: str = "order") -> list[Order]:
        """Sort keys: `field:desc,other`."""
        return [_order(name, item) for value in self._call.params(name) for item in value.split(",") if item.strip()]


def _order(name: str, item: str) -> Order:
    field, _, direction = item.strip().partition(":")
    if direction and direction.lower() not in {"asc", "desc"}:
        reason = f"'{direction}' is not a valid sort direction. Valid values are: [ASC, DESC]."
        raise not_valid(name, item, reason)
    return Order(field, direction.lower() == "desc")


def check_order(order: Iterable[Order], fields: Collection[str], uids_of: str | None = None) -> None:
    """400 where a sort key is unknown or repeated.

    Args:
        order: the sort keys.
        fields: the fields by which can be sorted.
        uids_of: of what identifiers are sort keys as well; None for none.
    """
    keys = [key.field for key in order]
    others = f"are {uids_of} UIDs and fields" if uids_of else "fields are"
    known = f"Supported {others} '{', '.join(sorted(fields))}'. All of which can at most be specified once."
    wrong = [key for key in keys if key not in fields and not (uids_of and UID.fullmatch(key))]
    if wrong:
        raise bad_request(f"order parameter is invalid. Cannot order by '{', '.join(dict.fromkeys(wrong))}'. {known}")
    repeated = [key for key in dict.fromkeys(keys) if keys.count(key) > 1]
    if repeated:
        raise bad_request(f"order parameter is invalid. '{', '.join(repeated)}' are repeated. {known}")
