"""All profiles there are, from every layer, and which one is used.

Highest first: a name given by the caller, `DHIS2_PROFILE`, raw environment (`DHIS2_URL` and credentials), the default
of the nearest `.dhis2/profiles.toml` upwards, the default of the user's `profiles.toml`. A name is looked for in the
project's file first.
"""

from __future__ import annotations

import enum
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dhis2w_client.errors import Dhis2Error, NoProfileError
from dhis2w_core.errors import PrivateFileError, ProfileFileError, UntrustedProfileError
from dhis2w_core.places import new_project_profile_file, project_profile_file, user_profile_file
from dhis2w_core.private_file import is_exposed
from dhis2w_core.profile_file import EMPTY, ProfileFileContent, StoredProfile, read_profile_file, unknown_profile
from dhis2w_core.raw_environment import RawEnvironment, read_raw_environment
from dhis2w_core.secret import PlainSecret
from dhis2w_core.trust import demands_of_default, demands_of_profile, is_trusted

if TYPE_CHECKING:
    from collections.abc import Mapping


class Layer(enum.StrEnum):
    """Where a profile comes from."""

    ENVIRONMENT = "environment"
    PROJECT = "project"
    USER = "user"


@dataclass(frozen=True, slots=True)
class ProfileLocation:
    """A file that profiles are in, and its layer."""

    layer: Layer
    path: Path

    @property
    def key(self) -> str:
        """What binds a secret or a token to this file: `user`, or `project` and the path of the file."""
        return "user" if self.layer is Layer.USER else f"project {self.path.resolve()}"


@dataclass(frozen=True, slots=True)
class LayerFile:
    """A file of a layer, as it was read."""

    location: ProfileLocation
    content: ProfileFileContent
    """What it says; nothing when it is broken."""
    error: Dhis2Error | None = None
    """Why it cannot be read."""
    trusted: bool = True
    """Whether it may reach for what is the user's."""


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A profile, and where it comes from."""

    layer: Layer
    name: str | None = None
    """Its name; raw environment has none."""
    location: ProfileLocation | None = None
    """Its file; raw environment has none."""
    stored: StoredProfile | None = None
    """What the file says; `None` for raw environment."""
    raw: RawEnvironment | None = None
    """What raw environment says."""
    demands: tuple[str, ...] = ()
    """What it asks for that its file is not trusted with; with any, it cannot be used."""
    hides: Path | None = None
    """The file with another profile of this name, which this one wins over."""
    hidden_by: Path | None = None
    """The file whose profile of this name wins over this one."""

    @property
    def scope(self) -> str:
        """What binds its login to its file."""
        return self.location.key if self.location else "environment"

    @property
    def problem(self) -> str | None:
        """Why it cannot be used, or `None`."""
        if self.stored and self.stored.problem:
            return self.stored.problem
        return f"not trusted: it {' and '.join(self.demands)}" if self.demands else None

    @property
    def plain_secrets(self) -> tuple[str, ...]:
        """The keys whose secrets are in the file in clear."""
        secrets = self.stored.secrets.items() if self.stored else ()
        return tuple(key for key, source in secrets if isinstance(source, PlainSecret))

    @property
    def exposed(self) -> bool:
        """Whether others on this machine may read a secret of it in the file."""
        return bool(self.plain_secrets and self.location and is_exposed(self.location.path))


@dataclass(frozen=True, slots=True)
class Choice:
    """The profile that is used, and why; its secrets are not fetched yet."""

    entry: CatalogueEntry
    why: str
    """For example `default of ~/.config/dhis2/profiles.toml`."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All profiles of all layers, the highest layer first."""

    files: tuple[LayerFile, ...]
    """The project's file, where there is one, and the user's."""
    raw: RawEnvironment | None = None
    """What raw environment says, where that makes a profile."""
    raw_error: Dhis2Error | None = None
    """Why raw environment describes none although it is set."""
    environment_name: str | None = None
    """The value of `DHIS2_PROFILE`."""
    notes: tuple[str, ...] = field(default=())
    """What a user should know about the choice."""

    @property
    def entries(self) -> tuple[CatalogueEntry, ...]:
        """Every profile, hidden, broken and untrusted ones too."""
        environment = [CatalogueEntry(Layer.ENVIRONMENT, raw=self.raw)] if self.raw else []
        return (*environment, *(entry for file in self.files for entry in self._entries_of(file)))

    def choose(self, name: str | None = None) -> Choice:
        """The profile that is used.

        Raises:
            UnknownProfileError: A name was given, or is a default, that is in no file.
            NoProfileError: Nothing says which profile to use.
            ProfileFileError: A file that had to be looked into is broken.
            InvalidProfileError: Raw environment would be used, and is not valid.
            UntrustedProfileError: The default of the project's file is a profile of the user's.
        """
        if name is not None:
            return self._named(name, "named by the caller")
        if self.environment_name:
            return self._named(self.environment_name, "named by DHIS2_PROFILE")
        if self.raw_error:
            raise self.raw_error
        if self.raw:
            return Choice(CatalogueEntry(Layer.ENVIRONMENT, raw=self.raw), "DHIS2_URL and credentials are set")
        for file in self.files:
            if file.error:
                raise file.error
            if file.content.default is not None:
                self._must_be_allowed(file)
                return self._named(file.content.default, f"default of {file.location.path}")
        raise self._no_profile()

    def _named(self, name: str, why: str) -> Choice:
        for file in self.files:
            if file.error:
                raise file.error  # it might have the name, or be what a project's file is compared with
        for entry in self.entries:
            if entry.name == name:
                return Choice(entry, why)
        raise unknown_profile(name, {entry.name for entry in self.entries if entry.name}, f"in any file ({why})")

    def _entries_of(self, file: LayerFile) -> list[CatalogueEntry]:
        layer = file.location.layer
        others = [other for other in self.files if other is not file]

        def other_with(name: str) -> Path | None:
            return next((other.location.path for other in others if name in other.content.profiles), None)

        return [
            CatalogueEntry(
                layer,
                name,
                file.location,
                profile,
                demands=() if file.trusted else demands_of_profile(profile, self.user_profiles),
                hides=other_with(name) if layer is Layer.PROJECT else None,
                hidden_by=other_with(name) if layer is Layer.USER else None,
            )
            for name, profile in file.content.profiles.items()
        ]

    @property
    def user_profiles(self) -> Mapping[str, StoredProfile]:
        """The profiles of the user's file by name."""
        return self.files[-1].content.profiles

    def _must_be_allowed(self, file: LayerFile) -> None:
        demands = () if file.trusted else demands_of_default(file.content, self.user_profiles)
        if demands:
            raise untrusted(file.location.path, demands)

    def _no_profile(self) -> NoProfileError:
        names = [entry.name for entry in self.entries if entry.name]
        looked = " and ".join(str(file.location.path) for file in self.files)
        message = f"No profile is chosen: neither DHIS2_PROFILE nor DHIS2_URL with credentials is set, and {looked} "
        message += "names no default." if names else "has no profile."
        if names:
            next_step = f"Choose one of {', '.join(names[:10])}: `d2w profile default {names[0]}`, or `-p {names[0]}`."
        else:
            next_step = "Make one: `d2w profile add NAME`. Or set DHIS2_URL and DHIS2_PAT."
        return NoProfileError(" ".join((message, *self.notes)), next_step=next_step)


def read_catalogue(start: Path | None = None) -> Catalogue:
    """Read all layers; broken files are reported in it, and no secret is fetched.

    Args:
        start: The folder from which the project's file is looked for upwards. Default: the working directory.
    """
    user = _read_layer(user_location())
    project = project_profile_file(start)
    files = (user,) if project is None else (_read_layer(ProfileLocation(Layer.PROJECT, project)), user)
    raw, raw_error = _raw_environment()
    url_alone = os.environ.get("DHIS2_URL", "").strip() and not (raw or raw_error)
    return Catalogue(
        files,
        raw,
        raw_error,
        os.environ.get("DHIS2_PROFILE", "").strip() or None,
        notes=("DHIS2_URL is set, but without DHIS2_PAT, or DHIS2_USERNAME and DHIS2_PASSWORD.",) if url_alone else (),
    )


def user_location() -> ProfileLocation:
    """The user's file, whether it is there or not."""
    return ProfileLocation(Layer.USER, user_profile_file())


def project_location(start: Path | None = None) -> ProfileLocation:
    """The nearest project's file upwards of `start` (default: the working directory), or the one to make there."""
    return ProfileLocation(Layer.PROJECT, project_profile_file(start) or new_project_profile_file(start))


def untrusted(path: Path, demands: tuple[str, ...]) -> UntrustedProfileError:
    """The error for a project's file that asks for more than it may."""
    return UntrustedProfileError(
        f"{path} came with this folder and is not trusted: it {' and '.join(demands)}.",
        path=path,
        demands=demands,
        next_step="Look at the file; when it is right, allow it with `d2w profile trust`.",
    )


def _read_layer(location: ProfileLocation) -> LayerFile:
    try:
        content = read_profile_file(location.path)
    except (ProfileFileError, PrivateFileError) as error:
        return LayerFile(location, EMPTY, error, trusted=False)
    return LayerFile(
        location, content, trusted=location.layer is Layer.USER or is_trusted(location.path, content.digest)
    )


def _raw_environment() -> tuple[RawEnvironment | None, Dhis2Error | None]:
    try:
        return read_raw_environment(), None
    except Dhis2Error as error:
        return None, error.with_traceback(None)  # whose local variables hold the credentials
