"""What is wrong with the objects of a tracker import: errors and warnings, each with its code, message and arguments.

Source: `Reporter`, `MessageFormatter` and `ValidationCode` of dhis2-core. The message patterns of a version are in
`tables/<version>.tracker_errors.txt`, which `dhis2w_codegen.sandbox_tables` writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

Json = dict[str, Any]


class Named(Protocol):
    """An object of the payload: what a report says of it."""

    @property
    def kind(self) -> str:
        """Its `TrackerType`."""
        ...

    @property
    def uid(self) -> str:
        """Its identifier."""
        ...


@dataclass(frozen=True)
class Argument:
    """What a message says in one way, and `args` in another: how Java prints the object."""

    text: str
    java: str


@dataclass(frozen=True)
class Problem:
    """One error or warning about one object."""

    code: str
    message: str
    kind: str
    uid: str
    args: tuple[str, ...] = field(default=(), compare=False)

    def as_error(self) -> Json:
        """The row of `errorReports`."""
        return {
            "message": self.message,
            "errorCode": self.code,
            "trackerType": self.kind,
            "uid": self.uid,
            "args": list(self.args),
        }

    def as_warning(self) -> Json:
        """The row of `warningReports`."""
        return {
            "message": self.message,
            "trackerType": self.kind,
            "uid": self.uid,
            "warningCode": self.code,
        }


class FailFast(Exception):
    """The first error of an import with `validationMode=FAIL_FAST`."""


class Reporter:
    """Collects problems; a set, in order, as DHIS2 reports no problem twice."""

    def __init__(self, version: str, *, fail_fast: bool = False) -> None:
        self._patterns = tracker_messages(version)
        self._fail_fast = fail_fast
        self.errors: dict[Problem, None] = {}
        self.warnings: dict[Problem, None] = {}
        self.invalid: set[tuple[str, str]] = set()
        """Kind and uid of the objects that have an error."""
        self.noted = 0
        """How many errors were noted, repeated ones too."""

    def error(self, item: Named, code: str, *args: str | Argument | None) -> None:
        """Note an error; with `fail_fast` it ends the validation."""
        self.noted += 1
        self.errors[self._problem(item, code, args)] = None
        self.invalid.add((item.kind, item.uid))
        if self._fail_fast:
            raise FailFast

    def refuse_child(self, item: Named, name: str, parent_name: str, parent: str) -> None:
        """Note that an object cannot be written because one that it hangs on cannot."""
        self.errors[self._problem(item, "E5000", (name, item.uid, parent_name, parent))] = None

    def warn(self, item: Named, code: str, *args: str | Argument | None) -> None:
        """Note a warning."""
        self.warnings[self._problem(item, code, args)] = None

    def is_invalid(self, item: Named) -> bool:
        """Whether an object has an error."""
        return (item.kind, item.uid) in self.invalid

    def in_turn(self, checks: Iterable[Callable[[], None]]) -> None:
        """Make checks one after the other, up to the first that notes an error."""
        for check in checks:
            before = self.noted
            check()
            if self.noted > before:
                return

    def _problem(self, item: Named, code: str, args: tuple[str | Argument | None, ...]) -> Problem:
        texts = [_text(arg) for arg in args]
        shown = tuple(arg.java if isinstance(arg, Argument) else "null" if arg is None else arg for arg in args)
        return Problem(code, java_format(self._patterns[code], texts), item.kind, item.uid, shown)


def _text(arg: str | Argument | None) -> str:
    if arg is None:
        return "NULL"
    return arg.text if isinstance(arg, Argument) else arg


@cache
def tracker_messages(version: str) -> dict[str, str]:
    """The message pattern of every validation code of a version."""
    text = files("dhis2w_sandbox.tables").joinpath(f"{version}.tracker_errors.txt").read_text("utf-8")
    return dict(line.split(" ", 1) for line in text.splitlines())


def java_format(pattern: str, args: list[str]) -> str:
    """A pattern filled in as Java's `MessageFormat` does: what stands between two quotes is text, `''` is a quote."""
    out: list[str] = []
    for number, part in enumerate(pattern.split("'")):
        if number % 2:
            out.append(part or "'")
        else:
            out.append(re.sub(r"\{(\d+)\}", lambda m: _filled(args, int(m[1]), m[0]), part))
    return "".join(out)


def _filled(args: list[str], index: int, placeholder: str) -> str:
    return args[index] if index < len(args) else placeholder
