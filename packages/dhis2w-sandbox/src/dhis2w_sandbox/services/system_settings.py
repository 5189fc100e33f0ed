"""`/api/systemSettings` of 2.42 and newer.

Source: `SystemSettingsController` and `DefaultSystemSettingsService` of dhis2-core; recordings
`services/system-settings`.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.bodies import json_body, json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, HtmlRefusal, bad_request, forbidden
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints
from dhis2w_sandbox.services.settings import Setting, SystemSettings, guessed, parsed, printed

Json = dict[str, Any]

endpoints = Endpoints()

_NEWER = ALL_VERSIONS - {"v41"}
_MAY_SET = ["F_SYSTEM_SETTING"]
NEVER_KEPT = {"Cache-Control": "no-cache, no-store, must-revalidate"}


@endpoints.add("GET", "/api/systemSettings", RECORDED, versions=_NEWER)
def some(call: Call) -> Reply:
    """Show all settings but the confidential ones, or those that `key` names, known or not."""
    settings = SystemSettings(call.server)
    asked = [name for text in call.params("key") for name in text.split(",") if name]
    if not asked:
        shown = {name: settings.value(row) for name, row in settings.known.items() if not row.confidential}
    else:
        shown = {name: _value(settings, name) for name in asked}
    return Reply.json(shown, headers=dict(NEVER_KEPT))


@endpoints.add("GET", "/api/systemSettings/{key}", RECORDED, versions=_NEWER, suffixes="*")
def one(call: Call) -> Reply:
    """Show a setting: as JSON, or where the `Accept` header or `locale` asks for it, as text."""
    settings = SystemSettings(call.server)
    plain = call.param("locale") is not None or wants_text(call)
    setting = _readable(call, settings, plain=plain)
    text = settings.translation(setting, call.param("locale") or "en") if setting.translatable else None
    value = text or settings.value(setting)
    if plain:
        return Reply(200, printed(value).encode(), "text/plain", dict(NEVER_KEPT))
    return Reply.json({setting.name: value}, headers=dict(NEVER_KEPT))


@endpoints.add("POST", "/api/systemSettings", RECORDED, versions=_NEWER, requires=_MAY_SET)
def set_many(call: Call) -> Reply:
    """Set several settings, all or none."""
    _put(call, {key: _text(value) for key, value in json_object(call).items()})
    return Reply.message(200, "System settings imported")


@endpoints.add("POST", "/api/systemSettings/{key}", RECORDED, versions=_NEWER, requires=_MAY_SET)
def set_one(call: Call) -> Reply:
    """Set a setting to `value` or the body; an empty one gives it its default back. With `locale`, translate it."""
    key, value = call.parts["key"], _sent(call)
    locale = call.param("locale")
    if locale is None:
        _put(call, {key: value})
        return Reply.message(200, f"System setting '{key}' set to value '{value}'.")
    _translate(call, locale, value)
    return Reply.message(200, f"Translation for system setting '{key}' and locale: '{locale}' set to: '{value}'")


@endpoints.add("DELETE", "/api/systemSettings/{key}", RECORDED, versions=_NEWER, requires=_MAY_SET)
def reset_one(call: Call) -> Reply:
    """Give a setting its default back; with `locale`, take that translation away."""
    locale = call.param("locale")
    if locale is not None:
        _translate(call, locale, "")
        return Reply(204)
    settings = SystemSettings(call.server)
    settings.put(_known(settings, call.parts["key"]), None)
    return Reply(204)


@endpoints.add("DELETE", "/api/systemSettings", SOURCE, versions=_NEWER, requires=_MAY_SET)
def reset_many(call: Call) -> Reply:
    """Give the settings that `key` names their defaults back; unknown ones are left alone."""
    settings = SystemSettings(call.server)
    for name in (name for text in call.params("key") for name in text.split(",")):
        if name in settings.known:
            settings.put(settings.known[name], None)
    return Reply(204)


def wants_text(call: Call) -> bool:
    """Whether the `Accept` header asks for text rather than JSON."""
    return call.headers.get("accept", "").startswith("text/plain")


def _sent(call: Call) -> str:
    value = call.param("value")
    if value is not None:
        return value
    if not call.body:
        raise Dhis2Refusal(400, "Required request body is missing")
    is_json = "json" in call.headers.get("content-type", "")
    return _text(json_body(call)) if is_json else call.body.decode(errors="replace")


def _text(value: Any) -> str:
    """A JSON value as the text of a setting: lists and objects have none."""
    return "" if value is None or isinstance(value, list | dict) else printed(value)


def _put(call: Call, values: dict[str, str]) -> None:
    settings = SystemSettings(call.server)
    unknown = [key for key in values if key not in settings.known]
    if unknown:
        raise _missing(",".join(unknown))
    rows = [(settings.known[key], _parsed(settings.known[key], text)) for key, text in values.items()]
    for setting, value in rows:
        settings.put(setting, value)


def _parsed(setting: Setting, text: str) -> Any:
    try:
        return parsed(setting, text) if text else None
    except ValueError as error:
        raise bad_request(f"Not a valid value for setting {setting.name}: {text}") from error


def _translate(call: Call, locale: str, text: str) -> None:
    settings = SystemSettings(call.server)
    setting = settings.known.get(call.parts["key"])
    if setting is None or not setting.translatable:
        raise bad_request(f"Not translatable: {call.parts['key']}")
    settings.translate(setting, locale, text)


def _value(settings: SystemSettings, name: str) -> Any:
    setting = settings.known.get(name)
    if setting is not None:
        return settings.value(setting)
    prefixed = settings.known.get(f"key{name[:1].upper()}{name[1:]}")
    held = None if prefixed is None else settings.value(prefixed)
    if prefixed is None or held == prefixed.default:
        return ""
    return guessed(held) if isinstance(held, str) else held


def _readable(call: Call, settings: SystemSettings, *, plain: bool) -> Setting:
    key = call.parts["key"]
    if plain and key not in settings.known:
        # The refusal cannot be written as text, and the container shows that.
        raise HtmlRefusal(500)
    setting = _known(settings, key)
    if setting.confidential and not call.user.is_super:
        raise forbidden("Setting is marked as confidential")
    return setting


def _known(settings: SystemSettings, key: str) -> Setting:
    if key not in settings.known:
        raise _missing(key)
    return settings.known[key]


def _missing(keys: str) -> Dhis2Refusal:
    return Dhis2Refusal(404, f"Setting does not exist: {keys}", "E1005")
