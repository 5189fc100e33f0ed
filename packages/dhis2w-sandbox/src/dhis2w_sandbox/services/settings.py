"""The settings of the whole server: what there is to set, of which kind, and what each is set to.

Values are named values `setting <property>` (`Server.setting` reads them), the property being the newer name of a
key: `keyLockMultipleFailedLogins` sets `lockMultipleFailedLogins`.
Source: `SystemSettings` and `LazySettings` of dhis2-core, `SettingKey` of 2.41. The keys of a version are in
`tables/<version>.settings.jsonl`: read by hand from these classes (name, kind, default) and held against the answers
of real servers in the recordings `services/system-settings`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from dhis2w_sandbox.server import Server

Json = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """One thing that can be set."""

    name: str
    """The key in requests and answers."""
    property: str
    """Its newer name."""
    kind: str
    """`text`, `boolean`, `integer`, `number`, `date`, `locale` or `enum`."""
    default: Any
    """What it is until somebody sets it; None for nothing (2.41)."""
    confidential: bool = False
    translatable: bool = False
    options: Json = field(default_factory=dict[str, Any])
    """Of an enum, how each of its names is shown."""


@cache
def settings_of(version: str) -> dict[str, Setting]:
    """The settings of a version by key."""
    text = files("dhis2w_sandbox.tables").joinpath(f"{version}.settings.jsonl").read_text("utf-8")
    rows = (Setting(**json.loads(line)) for line in text.splitlines())
    return {row.name: row for row in rows}


class SystemSettings:
    """The settings of a server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.known = settings_of(server.version)
        """What can be set, by key."""

    def value(self, setting: Setting) -> Any:
        """What a setting is set to, or its default."""
        return self._server.setting(setting.property, setting.default)

    def put(self, setting: Setting, value: Any) -> None:
        """Set a setting; None gives it its default back."""
        name = f"setting {setting.property}"
        if value is None:
            self._server.configuration.remove(name)
        else:
            self._server.configuration.write(name, value)

    def translation(self, setting: Setting, locale: str) -> str | None:
        """The text of a setting in a language, or None."""
        return self._translations(setting).get(locale)

    def translate(self, setting: Setting, locale: str, text: str) -> None:
        """Set the text of a setting in a language; an empty one takes it away."""
        texts = {**self._translations(setting), locale: text}
        kept = {key: value for key, value in texts.items() if value}
        self._server.configuration.write(f"setting translations {setting.property}", kept)

    def _translations(self, setting: Setting) -> dict[str, str]:
        return self._server.configuration.read(f"setting translations {setting.property}", {})


def parsed(setting: Setting, text: str) -> Any:
    """A text as the value of a setting.

    Raises:
        ValueError: it is none.
    """
    if setting.kind == "boolean":
        return _boolean(text)
    if setting.kind == "integer":
        return _integer(text)
    if setting.kind == "number":
        return float(text)
    if setting.kind == "date":
        return _date(text)
    if setting.kind == "enum":
        return _option(setting, text)
    return text


def guessed(text: str) -> Any:
    """A text whose kind nobody knows, as what it looks like."""
    if text in {"true", "false"}:
        return text == "true"
    if re.fullmatch(r"[-+]?[0-9]+", text):
        return int(text)
    return float(text) if re.fullmatch(r"[-+]?[0-9]?\.[0-9]+", text) else text


def printed(value: Any) -> str:
    """A value as Java prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower() == "true"


def _integer(text: str) -> int:
    if not re.fullmatch(r"[-+]?[0-9]+", text):
        raise ValueError(text)
    return int(text)


def _date(text: str) -> str:
    if re.fullmatch(r"[0-9]+", text):
        return datetime.fromtimestamp(int(text) / 1000, UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
    return datetime.fromisoformat(text).replace(tzinfo=None).isoformat(timespec="milliseconds")


def _option(setting: Setting, text: str) -> str:
    name = text if text in setting.options else text.upper()
    if name not in setting.options:
        raise ValueError(text)
    return setting.options[name]
