"""Using profiles and changing them: files, keyring and trust together."""

from __future__ import annotations

import contextlib
import hashlib
import os
import warnings
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from dhis2w_client.errors import Dhis2Error
from dhis2w_core.catalogue import (
    CatalogueEntry,
    Choice,
    Layer,
    ProfileLocation,
    read_catalogue,
    untrusted,
    user_location,
)
from dhis2w_core.errors import (
    LeftoverSecretWarning,
    PlainSecretWarning,
    ProfileFileError,
    ProfileSettingsError,
    SecretUnavailableError,
)
from dhis2w_core.profile_file import (
    EMPTY,
    SECRET_OF_AUTH,
    ProfileFileDraft,
    Setting,
    StoredProfile,
    edit_profile_file,
    parse_profile,
    unknown_profile,
)
from dhis2w_core.secret import (
    KeyringEntry,
    KeyringSecret,
    PlainSecret,
    SecretSource,
    delete_from_keyring,
    fetch_secret,
    read_keyring,
    store_in_keyring,
)
from dhis2w_core.trust import TrustReview, is_trusted, origin_of, review_project_file, trust_file

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from dhis2w_client.profile import Profile
    from dhis2w_core.oauth2.token_store import TokenKey

ProfileValue: TypeAlias = "Setting | SecretSource | Mapping[str, object]"
"""A setting, or where a secret is kept: a `SecretSource`, or what the file would say."""


def profile_from_env() -> Profile:
    """The profile that is used when none is named: `resolve_profile()`.

    Raises:
        NoProfileError: Nothing says which profile to use.
        UnknownProfileError: `DHIS2_PROFILE`, or a default, names a profile that is in no file.
    """
    return resolve_profile()


def resolve_profile(name: str | None = None) -> Profile:
    """The connection settings to use, with their secrets.

    Highest first: `name`; `DHIS2_PROFILE`; raw environment (`DHIS2_URL` and credentials); the default of the nearest
    `.dhis2/profiles.toml` upwards of the working directory; the default of the user's `profiles.toml`.

    Raises:
        NoProfileError: Nothing says which profile to use.
        UnknownProfileError: The name that was given is in no file.
        ProfileFileError: A file is broken, or the profile in it is not valid.
        InvalidProfileError: The raw environment is not valid.
        UntrustedProfileError: A project's file asks for what needs `d2w profile trust`.
        SecretUnavailableError: The secret is not where the profile says.
    """
    return profile_of(choose_profile(name).entry)


def choose_profile(name: str | None = None) -> Choice:
    """Which profile is used and why, without fetching its secrets; raises as `resolve_profile`."""
    return read_catalogue().choose(name)


def profile_of(entry: CatalogueEntry) -> Profile:
    """The connection settings of an entry, with its secrets, which are fetched now.

    Raises:
        ProfileFileError: It is not valid.
        UntrustedProfileError: Its file is not trusted with what it asks for.
        SecretUnavailableError: A secret is not where it says.
    """
    if entry.raw is not None:
        return entry.raw.profile()
    location, stored = entry.location, entry.stored
    if location is None or stored is None:
        raise Dhis2Error("The entry has neither a file nor settings.")
    if entry.demands:
        raise untrusted(location.path, entry.demands)
    if stored.problem:
        raise _not_valid(location.path, stored.name, f"{stored.problem}.")
    secrets = {
        key: PlainSecret(fetch_secret(source, keyring_entry(location, stored, key)))
        for key, source in stored.secrets.items()
    }
    return _profile(location.path, stored, secrets)


def keyring_entry(location: ProfileLocation, profile: StoredProfile, key: str) -> KeyringEntry:
    """The name in the keyring of a secret of a profile."""
    return KeyringEntry(location.key, origin_of(profile) or "", profile.name, key)


def add_profile(
    name: str,
    values: Mapping[str, ProfileValue],
    *,
    location: ProfileLocation | None = None,
    make_default: bool | None = None,
) -> ProfileLocation:
    """Add a profile to a file, which is made when it is not there, and put new secrets into the keyring.

    Args:
        name: The new name.
        values: Its settings and secrets by the keys of the file, in the order to write them.
        location: The file. Default: the user's.
        make_default: Whether it becomes the file's default. Default: when the file has none.

    Returns:
        The file.

    Raises:
        InvalidProfileNameError: The text cannot be a name.
        ProfileExistsError: The name is taken.
        ProfileSettingsError: The settings make no profile.
        SecretUnavailableError: The keyring does not take the secret; then nothing is written.

    Warns:
        PlainSecretWarning: A secret was written in clear.
    """
    from dhis2w_client.profile import validate_profile_name

    validate_profile_name(name)
    location = location or user_location()
    stored = _checked(location, parse_profile(name, dict(values)))
    with _edited(location) as draft:
        draft.add(name, {**stored.settings, **stored.secrets})
        if make_default or (make_default is None and draft.before.default is None):
            draft.set_default(name)
        _store_new_secrets(location, stored)
    _warn_of_plain_secrets(location, stored.secrets)
    return location


def update_profile(
    name: str, changes: Mapping[str, ProfileValue | None], *, location: ProfileLocation | None = None
) -> ProfileLocation:
    """Change settings and secrets of a profile; `None` takes one out.

    A secret in the keyring is bound to the server it was given for: when that changes, so must the secret.

    Args:
        name: The profile.
        changes: The new values by the keys of the file.
        location: The file. Default: the one that the name is found in first.

    Returns:
        The file.

    Raises:
        UnknownProfileError: There is no such profile.
        ProfileSettingsError: What comes out is no profile, or keeps a secret that was given for something else.
        SecretUnavailableError: The keyring does not take the secret; then nothing is written.

    Warns:
        PlainSecretWarning: A secret was written in clear.
        LeftoverSecretWarning: The keyring did not delete a secret that is not used any more.
    """
    location = location or _location_of(name)
    with _edited(location) as draft:
        before = draft.before.profiles.get(name) or StoredProfile(name)
        merged = {**before.settings, **before.secrets, **changes}
        after = _checked(
            location, parse_profile(name, {key: value for key, value in merged.items() if value is not None})
        )
        _refuse_reused_secrets(before, after, changes)
        new_values: dict[str, Setting | SecretSource] = {**after.settings, **after.secrets}
        draft.update(name, {key: new_values.get(key) for key in changes})
        _store_new_secrets(location, after)
    _delete_from_keyring(_keyring_entries(location, before) - _keyring_entries(location, after))
    if _login_key(location, before) != _login_key(location, after):
        _move_login(_login_key(location, before), None)
    _warn_of_plain_secrets(location, {key: source for key, source in after.secrets.items() if key in changes})
    return location


def rename_profile(name: str, new_name: str, *, location: ProfileLocation | None = None) -> ProfileLocation:
    """Give a profile another name; its secrets in the keyring, its login and the file's default follow.

    Raises:
        InvalidProfileNameError: The new name cannot be one.
        UnknownProfileError: There is no such profile.
        ProfileExistsError: The new name is taken.
        SecretUnavailableError: The keyring does not answer; then nothing is changed.
    """
    from dhis2w_client.profile import validate_profile_name

    validate_profile_name(new_name)
    location = location or _location_of(name)
    with _edited(location) as draft:
        draft.rename(name, new_name)
        before = draft.before.profiles[name]
        after = StoredProfile(new_name, before.settings, before.secrets)
        for key, source in before.secrets.items():
            if isinstance(source, KeyringSecret):
                _copy_in_keyring(keyring_entry(location, before, key), keyring_entry(location, after, key))
    _delete_from_keyring(_keyring_entries(location, before))
    _move_login(_login_key(location, before), _login_key(location, after))
    return location


def remove_profile(name: str, *, location: ProfileLocation | None = None) -> ProfileLocation:
    """Take a profile out of its file, and its secrets out of the keyring; its login is forgotten.

    Raises:
        UnknownProfileError: There is no such profile.

    Warns:
        LeftoverSecretWarning: The keyring did not delete a secret.
    """
    location = location or _location_of(name)
    with _edited(location) as draft:
        draft.remove(name)
    before = draft.before.profiles[name]
    _delete_from_keyring(_keyring_entries(location, before))
    _move_login(_login_key(location, before), None)
    return location


def set_default_profile(name: str, *, location: ProfileLocation | None = None) -> ProfileLocation:
    """Name the profile that a file makes the default; without `location`, the file that the name is found in first.

    Raises:
        UnknownProfileError: There is no such profile in any file.
    """
    home = _location_of(name)
    with _edited(location or home) as draft:
        draft.set_default(name)
    return location or home


def review_project() -> TrustReview | None:
    """What the nearest project's file asks for, or `None` when there is none.

    After the user has looked: `trust_file(review.path, review.digest)`.

    Raises:
        ProfileFileError: A file is broken.
    """
    catalogue = read_catalogue()
    for file in catalogue.files:
        if file.error:
            raise file.error
    file = catalogue.files[0]
    if file.location.layer is not Layer.PROJECT:
        return None
    return review_project_file(file.location.path, catalogue.user_profiles)


def _location_of(name: str) -> ProfileLocation:
    """The file that a name is found in first."""
    entry = read_catalogue().choose(name).entry
    if entry.location is None:
        raise unknown_profile(name, (), "in any file")
    return entry.location


@contextlib.contextmanager
def _edited(location: ProfileLocation) -> Generator[ProfileFileDraft]:
    """Edit a file; a project's file that its user made or trusts is trusted after the edit too."""
    with edit_profile_file(location.path) as draft:
        digest = draft.before.digest
        is_own = digest == EMPTY.digest or is_trusted(location.path, digest)
        yield draft
    if is_own and location.layer is Layer.PROJECT:
        trust_file(location.path, hashlib.sha256(draft.result()).hexdigest())


def _checked(location: ProfileLocation, stored: StoredProfile) -> StoredProfile:
    """The same with its base URL in canonical form, when it makes a profile."""
    if stored.problem:
        raise ProfileSettingsError(f"Profile {stored.name!r}: {stored.problem}.")
    known = {key: source for key, source in stored.secrets.items() if isinstance(source, PlainSecret)}
    profile = _profile(location.path, stored, known)
    return StoredProfile(stored.name, {**stored.settings, "base_url": profile.base_url}, stored.secrets)


def _profile(path: Path, stored: StoredProfile, secrets: Mapping[str, PlainSecret]) -> Profile:
    from dhis2w_client.profile import InvalidProfileError, Profile

    settings: dict[str, Any] = dict(stored.settings)
    if "ca_bundle" in settings:
        settings["ca_bundle"] = str(path.parent / os.path.expanduser(settings["ca_bundle"]))  # noqa: PTH111 # Path's raises where there is no such user
    main = SECRET_OF_AUTH[settings["auth"]]
    fields = {main if key == "secret" else key: secret for key, secret in secrets.items()}
    try:
        return Profile(**settings, **cast("dict[str, Any]", {key: secret.value for key, secret in fields.items()}))
    except InvalidProfileError as error:
        reason = error.message
    raise _not_valid(path, stored.name, reason)


def _not_valid(path: Path, name: str, reason: str) -> ProfileFileError:
    return ProfileFileError(path, f"profile {name!r} cannot be used: {reason}")


def _refuse_reused_secrets(before: StoredProfile, after: StoredProfile, changes: Mapping[str, object]) -> None:
    """A secret stays with what it was given for: its server, when the keyring has it; its way to log in."""
    kept = {key: source for key, source in after.secrets.items() if key not in changes}
    in_keyring = [key for key, source in kept.items() if isinstance(source, KeyringSecret)]
    if in_keyring and origin_of(before) != origin_of(after):
        raise ProfileSettingsError(
            f"The {' and '.join(in_keyring)} in the keyring was given for {origin_of(before)}.",
            next_step=f"Give it anew for {origin_of(after)}.",
        )
    if "secret" in kept and before.settings.get("auth") != after.settings.get("auth"):
        raise ProfileSettingsError(
            f"The secret was given for auth = {before.settings.get('auth')!r}.",
            next_step=f"Give the {SECRET_OF_AUTH[str(after.settings['auth'])]} anew.",
        )


def _keyring_entries(location: ProfileLocation, stored: StoredProfile) -> set[KeyringEntry]:
    return {
        keyring_entry(location, stored, key)
        for key, source in stored.secrets.items()
        if isinstance(source, KeyringSecret)
    }


def _store_new_secrets(location: ProfileLocation, stored: StoredProfile) -> None:
    for key, source in stored.secrets.items():
        if isinstance(source, KeyringSecret) and source.new is not None:
            store_in_keyring(keyring_entry(location, stored, key), source.new)


def _copy_in_keyring(old: KeyringEntry, new: KeyringEntry) -> None:
    secret = read_keyring(old)
    if secret is not None:
        store_in_keyring(new, secret)


def _delete_from_keyring(entries: set[KeyringEntry]) -> None:
    for entry in entries:
        try:
            delete_from_keyring(entry)
        except SecretUnavailableError as error:
            warnings.warn(
                f"{error.message} It still has a secret that is not used any more: {entry.account}.",
                LeftoverSecretWarning,
                stacklevel=3,
            )


def _login_key(location: ProfileLocation, stored: StoredProfile) -> TokenKey | None:
    """The name of a profile's login; `None`, and nothing imported, for profiles that have none."""
    if stored.settings.get("auth") != "oauth2":
        return None
    from dhis2w_core.stored_login import login_key

    return login_key(location, stored)


def _move_login(old: TokenKey | None, new: TokenKey | None) -> None:
    if old is None:
        return
    from dhis2w_core.stored_login import rename_login

    rename_login(old, new)


def _warn_of_plain_secrets(location: ProfileLocation, secrets: Mapping[str, SecretSource]) -> None:
    plain = [key for key, source in secrets.items() if isinstance(source, PlainSecret)]
    if plain:
        reach = ", and whoever gets this project's folder," if location.layer is Layer.PROJECT else ""
        warnings.warn(
            f"{location.path} now has the {' and '.join(plain)} in clear: every program of yours{reach} can read it. "
            "The keyring, a command or an environment variable keeps it better.",
            PlainSecretWarning,
            stacklevel=3,
        )
