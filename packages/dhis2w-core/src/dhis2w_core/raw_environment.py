"""The profile that raw environment describes (`DHIS2_URL` and credentials), without what it takes to make one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dhis2w_client.errors import InvalidBaseUrlError, NoProfileError

if TYPE_CHECKING:
    from dhis2w_client.profile import Profile


@dataclass(frozen=True, slots=True)
class RawEnvironment:
    """What the environment says, but for its secrets, which stay there."""

    base_url: str
    auth: str
    """`pat` or `basic`."""
    username: str | None

    def profile(self) -> Profile:
        """The connection settings, with the secrets.

        Raises:
            NoProfileError: The environment has changed since.
        """
        from dhis2w_client.profile import profile_from_env_raw

        profile = profile_from_env_raw()
        if profile is None:
            raise NoProfileError("The environment has no credentials any more.", next_step="Set them again.")
        return profile


def read_raw_environment() -> RawEnvironment | None:
    """What the environment says; `None` where the URL or the credentials are missing or blank.

    Raises:
        InvalidProfileError: `DHIS2_URL` is not the address of a server.
    """
    username, has_token = _setting("DHIS2_USERNAME"), bool(_setting("DHIS2_PAT"))
    if not _setting("DHIS2_URL") or not (has_token or (username and _setting("DHIS2_PASSWORD"))):
        return None
    return RawEnvironment(_base_url(), "pat" if has_token else "basic", None if has_token else username)


def _base_url() -> str:
    """The base URL in canonical form; for one that is none, the error that profiles have for it.

    A wrong one may hold a password, so it is in no local variable, and no error with its frames is carried along.
    """
    from dhis2w_client.base_url import parse_base_url

    try:
        return parse_base_url(_setting("DHIS2_URL"))
    except InvalidBaseUrlError:
        pass
    from dhis2w_client.profile import profile_from_env_raw

    profile = profile_from_env_raw()
    return profile.base_url if profile else ""


def _setting(name: str) -> str:
    """A variable without the spaces around it; a blank one is as good as none."""
    return os.environ.get(name, "").strip()
