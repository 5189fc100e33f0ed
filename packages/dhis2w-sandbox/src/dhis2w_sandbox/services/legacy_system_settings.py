"""`/api/systemSettings` of 2.41.

Source: `SystemSettingController` and `SettingKey` of dhis2-core 2.41; recordings `services/system-settings`.
"""

from __future__ import annotations

from typing import Any, cast

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.services.settings import Setting, SystemSettings, parsed, printed
from dhis2w_sandbox.services.system_settings import NEVER_KEPT, wants_text

Json = dict[str, Any]

endpoints = Endpoints()

_V41 = ["v41"]
_MAY_SET = ["F_SYSTEM_SETTING"]
_HIDDEN = "Setting does not exist or is marked as confidential"
_PRIVATE = {"Cache-Control": "no-cache, private"}


@endpoints.add("GET", "/api/systemSettings", RECORDED, versions=_V41)
def some(call: Call) -> Reply:
    """Show all settings that have a value and are not confidential, or those of them that `key` names."""
    settings = SystemSettings(call.server)
    asked = [name for text in call.params("key") for name in text.split(",") if name]
    rows = [row for name, row in settings.known.items() if not row.confidential and (not asked or name in asked)]
    if not rows:
        raise Dhis2Refusal(404, _HIDDEN, "E1005")
    values = {row.name: settings.value(row) for row in rows}
    return Reply.json({name: value for name, value in values.items() if value is not None}, headers=dict(NEVER_KEPT))


@endpoints.add("GET", "/api/systemSettings/{key}", RECORDED, versions=_V41, suffixes="*")
def one(call: Call) -> Reply:
    """Show a setting: as JSON, or where the `Accept` header asks for it, as text."""
    settings = SystemSettings(call.server)
    setting = settings.known.get(call.parts["key"])
    if setting is None or (setting.confidential and not call.user.is_super):
        if wants_text(call):
            return Reply(404, _HIDDEN.encode(), "text/plain")
        raise Dhis2Refusal(404, _HIDDEN, "E1005")
    text = settings.translation(setting, call.param("locale") or "en") if setting.translatable else None
    held = settings.value(setting)
    value = text or ("" if held is None else held)
    if wants_text(call):
        return Reply(200, printed(value).encode(), "text/plain", dict(_PRIVATE))
    return Reply.json({setting.name: value}, headers=dict(_PRIVATE))


@endpoints.add("POST", "/api/systemSettings", RECORDED, versions=_V41, requires=_MAY_SET)
def set_many(call: Call) -> Reply:
    """Set several settings."""
    settings, values = SystemSettings(call.server), json_object(call)
    unknown = [key for key in values if key not in settings.known]
    if unknown:
        raise Dhis2Refusal(409, f"Key(s) is not supported: {', '.join(unknown)}")
    for key, value in values.items():
        settings.put(settings.known[key], _parsed(settings.known[key], _as_java(value)))
    return Reply.message(200, "System settings imported")


@endpoints.add("POST", "/api/systemSettings/{key}", RECORDED, versions=_V41, requires=_MAY_SET)
def set_one(call: Call) -> Reply:
    """Set a setting to `value` or the body as it is sent; with `locale`, translate it."""
    key, sent = call.parts["key"], call.param("value")
    if sent is None and not call.body:
        raise Dhis2Refusal(409, "Value must be specified as query param or as payload")
    settings = SystemSettings(call.server)
    setting = _known(settings, key)
    text = call.body.decode(errors="replace") if sent is None else sent
    locale = call.param("locale")
    if locale:
        if not setting.translatable:
            raise Dhis2Refusal(409, f"Setting '{key}' is not translatable")
        settings.translate(setting, locale, text)
        return Reply.message(200, f"Translation for system setting '{key}' and locale: '{locale}' set to: '{text}'")
    value = _parsed(setting, text)
    settings.put(setting, value)
    return Reply.message(200, f"System setting '{key}' set to value '{printed(value)}'.")


@endpoints.add("DELETE", "/api/systemSettings/{key}", RECORDED, versions=_V41, requires=_MAY_SET)
def reset(call: Call) -> Reply:
    """Give a setting its default back; with `locale`, take that translation away."""
    settings = SystemSettings(call.server)
    setting = _known(settings, call.parts["key"])
    locale = call.param("locale")
    if locale:
        settings.translate(setting, locale, "")
    else:
        settings.put(setting, None)
    return Reply(204)


def _known(settings: SystemSettings, key: str) -> Setting:
    setting = settings.known.get(key)
    if setting is None:
        raise Dhis2Refusal(409, f"Key is not supported: {key}")
    return setting


def _parsed(setting: Setting, text: str) -> Any:
    if setting.kind == "boolean":
        return text.lower() == "true"
    try:
        return parsed(setting, text)
    except ValueError as error:
        raise Dhis2Refusal(400, f'For input string: "{text}"') from error


def _as_java(value: Any) -> str:
    """A JSON value as Java prints it: `[a, b]`, `{a=b}`."""
    if isinstance(value, list):
        return f"[{', '.join(_as_java(item) for item in cast('list[Any]', value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_as_java(item)}" for key, item in cast("Json", value).items()) + "}"
    return printed(value)
