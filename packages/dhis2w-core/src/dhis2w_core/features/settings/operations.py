"""System settings: how an instance is set up."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dhis2w_client.errors import Dhis2Error
from dhis2w_client.json_value import as_object
from dhis2w_core.errors import OperationError
from dhis2w_core.object_home import home_of
from dhis2w_core.object_home import set_setting as write_setting
from dhis2w_core.operation import Face, operation
from dhis2w_core.plan import Action, Change, ObjectChange

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client

TYPE = "systemSettings"
_SECRET = re.compile(r"password|secret|token", re.IGNORECASE)
"""Names of settings that DHIS2 never shows."""


@operation("settings list", effect="read")
async def list_settings(client: Dhis2Client, text: str | None = None) -> list[dict[str, Any]]:
    """List the settings of the instance; those that are confidential are not shown by DHIS2.

    Source: "Settings" in DHIS2's developer guide; `SystemSettingsController`.

    Args:
        text: Only those with this in their name.
    """
    found = as_object(await client.get(TYPE))
    return [
        {"setting": name, "value": value}
        for name, value in sorted(found.items())
        if text is None or text.lower() in name.lower()
    ]


@operation("settings get", effect="read")
async def get_setting(client: Dhis2Client, name: str) -> dict[str, Any]:
    """Show one setting.

    Args:
        name: Its name: `applicationTitle`.
    """
    return {"setting": name, "value": as_object(await client.get(TYPE, params={"key": name})).get(name)}


@operation("settings set", effect="write", undo="full")
async def set_setting(client: Dhis2Client, name: str, value: str) -> Change:
    """Give a setting another value.

    A setting that holds a secret is set by `settings set-secret`.

    Args:
        name: Its name: `applicationTitle`.
        value: The value; `true` and `false` for switches.
    """
    if _SECRET.search(name):
        raise OperationError(f"{name} holds a secret.", next_step=f"Use `d2w settings set-secret {name}`.")
    before = await home_of(TYPE).read(client, name)
    after = {"value": _like((before or {}).get("value"), value)}
    return Change(f"Set {name}", (ObjectChange(TYPE, name, before, after),))


@operation("settings set-secret", effect="write")
async def set_secret(face: Face, name: str, *, secret_from: str = "prompt") -> Action:
    """Give a setting that holds a secret another value, which is asked for; the old one is lost for good.

    Args:
        name: Its name: `keyEmailPassword`.
        secret_from: Where the value comes from: `prompt`, `stdin` or `env:NAME`.
    """
    value = face.ask_secret(f"value of {name}", secret_from)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        try:
            await write_setting(client, name, value.value)
        except Dhis2Error as error:
            raise error.with_traceback(None) from None  # its frames hold the secret
        return {"set": name}

    return Action(f"Set {name}", perform, {"setting": name})


@operation("settings reset", effect="destroy", undo="partial")
async def reset(client: Dhis2Client, name: str) -> Change:
    """Give a setting its default back.

    Args:
        name: Its name.
    """
    before = await home_of(TYPE).read(client, name)
    return Change(f"Reset {name}", (ObjectChange(TYPE, name, before, None),) if before else ())


def _like(before: object, text: str) -> object:
    """The text as the kind of value that a setting has now, so that the same value counts as the same."""
    if isinstance(before, bool) and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if isinstance(before, int) and re.fullmatch(r"-?\d+", text) else text
