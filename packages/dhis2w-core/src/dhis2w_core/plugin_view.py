"""Which version's plugins are listed: a hint of the profile or the environment, not what is spoken with the server."""

from __future__ import annotations

import os
import warnings

from dhis2w_client.errors import UnknownVersionNameWarning
from dhis2w_client.versions import Dhis2, version_named

DEFAULT_VIEW = Dhis2.V42


def choose_plugin_view(profile_version: str | int | None = None) -> Dhis2:
    """The version whose plugins are listed: the profile's `version`, else `DHIS2_VERSION`, else `v42`.

    Args:
        profile_version: `Profile.version`, or what the file says (`"43"`, `"v43"`, `43`).

    Warns:
        UnknownVersionNameWarning: One of them names no version; it is passed over.
    """
    for source, name in (
        ("The profile's version", profile_version),
        ("DHIS2_VERSION", os.environ.get("DHIS2_VERSION")),
    ):
        if name is None or not str(name).strip():
            continue
        version = version_named(name)
        if version:
            return version
        warnings.warn(
            f"{source} ({str(name)[:20]!r}) names no DHIS2 version of this client; it is ignored.",
            UnknownVersionNameWarning,
            stacklevel=2,
        )
    return DEFAULT_VIEW
