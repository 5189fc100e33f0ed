"""What a project's file may do before its user has looked at it, and remembering that they did.

A `.dhis2/profiles.toml` comes with a cloned repository, so it is somebody else's text. Before `d2w profile trust` it
may name servers and hold its own credentials, and do nothing that reaches for what is the user's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from dhis2w_client.base_url import origin, parse_base_url
from dhis2w_client.errors import InvalidBaseUrlError
from dhis2w_core.agent_rules import STRICTEST
from dhis2w_core.places import state_folder
from dhis2w_core.private_file import locked, read_private, write_private
from dhis2w_core.profile_file import ProfileFileContent, StoredProfile, read_profile_file
from dhis2w_core.secret import CommandSecret, EnvSecret, KeyringSecret, SecretSource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NETWORK_SETTINGS = ("proxy", "verify", "ca_bundle")


@dataclass(frozen=True, slots=True)
class TrustReview:
    """What a project's file asks for, to be looked at before `trust_file`."""

    path: Path
    digest: str
    """SHA-256 of what was read: trust goes to exactly that, not to what the file says by then."""
    demands: tuple[str, ...]
    """Each as a phrase such as `profile 'prod' reads the environment variable 'X'`; control characters are escaped."""
    trusted: bool
    """Whether it is trusted already."""


def review_project_file(path: Path, user_profiles: Mapping[str, StoredProfile]) -> TrustReview:
    """What a project's file asks for.

    Raises:
        ProfileFileError: It is broken.
    """
    content = read_profile_file(path)
    return TrustReview(path, content.digest, demands_of_file(content, user_profiles), is_trusted(path, content.digest))


def trust_file(path: Path, digest: str) -> None:
    """Remember that the user trusts a file as long as its bytes have this SHA-256; the latest word counts."""
    _remember(path, digest)


def withdraw_trust(path: Path) -> None:
    """Forget that a file was trusted."""
    _remember(path, None)


def is_trusted(path: Path, digest: str) -> bool:
    """Whether the user trusts a file with these bytes at this place."""
    return _trusted_files().get(str(path.resolve())) == digest


def demands_of_file(content: ProfileFileContent, user_profiles: Mapping[str, StoredProfile]) -> tuple[str, ...]:
    """All that a project's file asks for beyond what it may do untrusted."""
    demands = [
        f"profile {name!r} {demand}"
        for name, profile in content.profiles.items()
        for demand in demands_of_profile(profile, user_profiles)
    ]
    return (*demands, *demands_of_default(content, user_profiles))


def demands_of_profile(profile: StoredProfile, user_profiles: Mapping[str, StoredProfile]) -> tuple[str, ...]:
    """What one profile of a project's file asks for."""
    demands = [demand for source in profile.secrets.values() if (demand := _demand_of_source(source))]
    if profile.agents != STRICTEST:
        demands.append("says what agents may see")
    own = user_profiles.get(profile.name)
    if own is not None:
        mine, theirs = origin_of(own), origin_of(profile)
        changed = [key for key in _NETWORK_SETTINGS if _value(profile, key) != _value(own, key)]
        if mine is None or mine != theirs:
            demands.append(f"takes the name of your own profile, and goes to {theirs} instead of {mine}")
        elif changed:
            demands.append(f"takes the name of your own profile, and changes its {', '.join(changed)}")
    return tuple(demands)


def demands_of_default(content: ProfileFileContent, user_profiles: Mapping[str, StoredProfile]) -> tuple[str, ...]:
    """What the default of a project's file asks for: it may choose among its own profiles only."""
    name = content.default
    if name is not None and name not in content.profiles and name in user_profiles:
        return (f"it makes your own profile {name!r} the default",)
    return ()


def origin_of(profile: StoredProfile) -> str | None:
    """Scheme, host and port of a profile's server, for example `https://dhis2.example.org:443`; `None` if unclear."""
    try:
        scheme, host, port = origin(parse_base_url(profile.base_url or ""))
    except InvalidBaseUrlError:
        return None
    return f"{scheme}://{host}:{port}"


def _value(profile: StoredProfile, key: str) -> object:
    return profile.settings.get(key, profile.secrets.get(key))


def _demand_of_source(source: SecretSource) -> str | None:
    match source:
        case CommandSecret(command):
            return f"runs the command {list(command)!r}"
        case EnvSecret(variable):
            return f"reads the environment variable {variable!r}"
        case KeyringSecret():
            return "reads the keyring"
        case _:
            return None


def _remember(path: Path, digest: str | None) -> None:
    store = _store()
    with locked(store):
        trusted = _trusted_files() | {str(path.resolve()): digest}
        known = {file: value for file, value in trusted.items() if value is not None}
        write_private(store, json.dumps(known, indent=1).encode())


def _trusted_files() -> dict[str, str | None]:
    """Digest by path. A store that cannot be understood means that nothing is trusted."""
    try:
        found = json.loads(read_private(_store()) or b"{}")
    except ValueError:
        return {}
    return cast("dict[str, str | None]", found) if isinstance(found, dict) else {}


def _store() -> Path:
    return state_folder() / "trusted.json"
