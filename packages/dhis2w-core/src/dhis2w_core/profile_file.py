"""One `profiles.toml`: what it says, and edits that keep its comments and order.

```toml
default = "prod"

[profiles.prod]
base_url = "https://dhis2.example.org"
auth = "basic"
username = "ana"
secret = "keyring"     # the password of basic, the token of pat, the client_secret of oauth2, the cookie of session

[profiles.prod.agents] # what agents may see through it: dhis2w_core.agent_rules
smallest_cell = 10
```
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, cast

from dhis2w_client.errors import UnknownProfileError
from dhis2w_core.agent_rules import STRICTEST, AgentRules, parse_agent_rules
from dhis2w_core.errors import ProfileExistsError, ProfileFileError
from dhis2w_core.private_file import locked, read_private, write_private
from dhis2w_core.secret import CommandSecret, EnvSecret, KeyringSecret, PlainSecret, SecretSource, parse_secret_source
from dhis2w_core.toml_text import TomlText

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

Setting: TypeAlias = str | int | float | bool
"""A setting of a profile that is no secret."""
TomlTable: TypeAlias = dict[str, object]

SETTING_TYPES: dict[str, tuple[type, ...]] = {
    "base_url": (str,),
    "auth": (str,),
    "username": (str,),
    "client_id": (str,),
    "scope": (str,),
    "redirect_uri": (str,),
    "version": (str, int),
    "ca_bundle": (str,),
    "verify": (bool,),
    "proxy": (str,),
    "timeout": (int, float),
}
"""The settings that a profile may have, with the types of their values. `ca_bundle` starts from the file's folder."""
SECRET_OF_AUTH = {"pat": "token", "basic": "password", "oauth2": "client_secret", "session": "cookie"}
"""Which field of `Profile` the key `secret` gives, for each kind of `auth`."""
SECRET_KEYS = ("secret", *SECRET_OF_AUTH.values(), "xsrf_token")
"""The keys whose values are places that a secret is kept in; `proxy` is one too when it has a password in it."""

_POSITION = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """A profile as a file has it; its secrets are not fetched."""

    name: str
    settings: Mapping[str, Setting] = field(default_factory=dict[str, Setting], repr=False)
    """The settings that are no secrets, in the order of the file."""
    secrets: Mapping[str, SecretSource] = field(default_factory=dict[str, SecretSource])
    """Where each secret is kept, by its key in the file."""
    problem: str | None = None
    """Why it cannot be used, or `None`."""
    agents: AgentRules = STRICTEST
    """What agents may see through it."""

    @property
    def base_url(self) -> str | None:
        """The address as the file spells it."""
        return cast("str | None", self.settings.get("base_url"))


@dataclass(frozen=True, slots=True)
class ProfileFileContent:
    """What a `profiles.toml` says."""

    digest: str
    """SHA-256 of its bytes; trust goes by this."""
    default: str | None = None
    profiles: Mapping[str, StoredProfile] = field(default_factory=dict[str, StoredProfile])


EMPTY = ProfileFileContent(hashlib.sha256(b"").hexdigest())
"""What a file says that is not there."""


class ProfileFileDraft:
    """A `profiles.toml` that is being changed; `edit_profile_file` writes it when all went well."""

    def __init__(self, path: Path, bytes_before: bytes) -> None:
        self.path = path
        self.before = _understood(path, bytes_before)
        """What the file said before."""
        text = _decoded(path, bytes_before)
        self._text_before = text
        self._text = TomlText(text)
        self._meaning = _document(path, text)

    def add(self, name: str, values: Mapping[str, Setting | SecretSource]) -> None:
        """Add a profile at the end.

        Raises:
            ProfileExistsError: The name is taken.
        """
        self._must_be_free(name)
        table = {key: _toml_of(value) for key, value in values.items()}
        self._text.add_table(("profiles", name), table)
        self._profiles()[name] = table

    def update(self, name: str, changes: Mapping[str, Setting | SecretSource | None]) -> None:
        """Set keys of a profile, and take out those whose change is `None`.

        Raises:
            UnknownProfileError: There is no such profile in the file.
            ProfileFileError: It is no table.
        """
        profile = self._profile(name)
        for key, value in changes.items():
            if value is not None:
                self._text.set_value(("profiles", name, key), _toml_of(value))
                profile[key] = _toml_of(value)
            elif key in profile:
                self._text.remove(("profiles", name, key))
                del profile[key]

    def rename(self, name: str, new_name: str) -> None:
        """Give a profile another name, and the default with it.

        Raises:
            UnknownProfileError: There is no such profile in the file.
            ProfileExistsError: The new name is taken.
        """
        self._must_be_there(name)
        self._must_be_free(new_name)
        self._text.rename(("profiles", name), new_name)
        self._profiles()[new_name] = self._profiles().pop(name)
        if self.before.default == name:
            self.set_default(new_name)

    def remove(self, name: str) -> None:
        """Take a profile out, and the default with it.

        Raises:
            UnknownProfileError: There is no such profile in the file.
        """
        self._must_be_there(name)
        self._text.remove(("profiles", name))
        del self._profiles()[name]
        if self.before.default == name:
            self.set_default(None)

    def set_default(self, name: str | None) -> None:
        """Name the profile that is used when none is named; `None` names none."""
        if name is not None:
            self._text.set_value(("default",), name)
            self._meaning["default"] = name
        elif "default" in self._meaning:
            self._text.remove(("default",))
            del self._meaning["default"]

    @property
    def is_changed(self) -> bool:
        """Whether there is anything to write."""
        return str(self._text) != self._text_before

    def result(self) -> bytes:
        """The new bytes of the file.

        Raises:
            ProfileFileError: They would say something else than what was asked for.
        """
        new = b""
        try:
            new = str(self._text).encode()
            as_meant = _without_empty(tomllib.loads(new.decode())) == _without_empty(self._meaning)
        except ValueError:
            as_meant = False
        if not as_meant:
            new = b""  # a traceback with local variables must not show it
            raise ProfileFileError(
                self.path,
                "it is written in a way that cannot be edited without harm.",
                next_step="Make the change in an editor; the file was not changed.",
            )
        return new

    def _profiles(self) -> TomlTable:
        return cast("TomlTable", self._meaning.setdefault("profiles", {}))

    def _profile(self, name: str) -> TomlTable:
        self._must_be_there(name)
        if not isinstance(self._profiles()[name], dict):
            raise ProfileFileError(self.path, f"profile {name!r} is not a table.")
        return cast("TomlTable", self._profiles()[name])

    def _must_be_there(self, name: str) -> None:
        if name not in self.before.profiles:
            raise unknown_profile(name, self.before.profiles, f"in {self.path}")

    def _must_be_free(self, name: str) -> None:
        if name in self.before.profiles:
            raise ProfileExistsError(
                f"{self.path} has a profile {name!r} already.",
                next_step=f"Change it with `d2w profile update {name}`, or take another name.",
            )


def read_profile_file(path: Path) -> ProfileFileContent:
    """What a file says; a file that is not there says nothing.

    Raises:
        ProfileFileError: It is broken; with line and column.
        PrivateFileError: It cannot be read.
    """
    try:
        return _understood(path, read_private(path) or b"")
    except ProfileFileError as error:
        problem = error.with_traceback(None)  # whose local variables hold the whole file
    raise problem


@contextlib.contextmanager
def edit_profile_file(path: Path) -> Generator[ProfileFileDraft]:
    """Change a file while nobody else does: read under a lock, changed by the caller, written as a whole.

    Nothing is written when the caller raises, or when nothing changed.

    Raises:
        ProfileFileError: It is broken, or written in a way that cannot be edited; it stays as it is.
        PrivateFileError: It cannot be read or written.
        FileBusyError: Another process has held it for 30 seconds.
    """
    with locked(path):
        draft = _draft_of(path)
        yield draft
        if draft.is_changed:
            write_private(path, draft.result())


def _draft_of(path: Path) -> ProfileFileDraft:
    try:
        return ProfileFileDraft(path, read_private(path) or b"")
    except ProfileFileError as error:
        problem = error.with_traceback(None)
    raise problem


def unknown_profile(name: str, known: Iterable[str], where: str) -> UnknownProfileError:
    """The error for a name that is not there, with the nearest names that are."""
    shown, names = name[:64], sorted(known)
    from difflib import get_close_matches

    nearest = get_close_matches(shown, names, n=3, cutoff=0.5)
    if nearest:
        next_step = f"Did you mean {' or '.join(nearest)}? `d2w profile list` shows all."
    elif names:
        next_step = f"There are: {', '.join(names[:10])}. `d2w profile list` shows all."
    else:
        next_step = "Make it with `d2w profile add`."
    return UnknownProfileError(f"There is no profile {shown!r} {where}.", next_step=next_step)


def parse_profile(name: str, table: object) -> StoredProfile:
    """A profile from its table in the file; what is wrong with it is in `problem`."""
    if not isinstance(table, dict):
        return StoredProfile(name, problem="it is not a table")
    settings: dict[str, Setting] = {}
    secrets: dict[str, SecretSource] = {}
    problems: list[str] = []
    agents = parse_agent_rules(cast("TomlTable", table).get("agents", {}))
    if isinstance(agents, str):
        problems.append(f"agents {agents}")
    for key, value in cast("TomlTable", table).items():
        if key == "agents":
            continue
        if key in SECRET_KEYS or (key == "proxy" and not _is_plain_address(value)):
            source = parse_secret_source(value)
            if isinstance(source, str):
                problems.append(f"{key} {source}")
            else:
                secrets[key] = source
        elif problem := _problem_of_setting(key, value):
            problems.append(problem)
        else:
            settings[key] = cast("Setting", value)
    problems += [f"{key} is missing" for key in ("base_url", "auth") if key not in table]
    main = SECRET_OF_AUTH.get(str(settings.get("auth")))
    if "secret" in secrets and main in secrets:
        problems.append(f"it has both secret and {main}, which are the same")
    rules = STRICTEST if isinstance(agents, str) else agents
    return StoredProfile(name, settings, secrets, "; ".join(problems) or None, rules)


def _is_plain_address(proxy: object) -> bool:
    """Whether a proxy has no password in it, and is kept nowhere else."""
    return isinstance(proxy, str) and "@" not in proxy and proxy != "keyring"


def _problem_of_setting(key: str, value: object) -> str | None:
    if key not in SETTING_TYPES:
        known = (*SETTING_TYPES, *SECRET_KEYS, "agents")
        from difflib import get_close_matches

        nearest = get_close_matches(key, known, n=1)
        return f"{key[:64]!r} is no setting" + (f" (did you mean {nearest[0]}?)" if nearest else "")
    types = SETTING_TYPES[key]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        return f"{key} must be {'true or false' if bool in types else 'a number' if float in types else 'a text'}"
    if isinstance(value, str) and re.search("[\ud800-\udfff]", value):
        return f"{key} has half a character in it"
    if key == "auth" and value not in SECRET_OF_AUTH:
        return f"auth must be one of {', '.join(SECRET_OF_AUTH)}"
    return None


def _understood(path: Path, content: bytes) -> ProfileFileContent:
    text = _decoded(path, content)
    document = _document(path, text)
    default, tables = document.get("default"), document.get("profiles", {})
    for key, wrong in (("default", not isinstance(default, str | None)), ("profiles", not isinstance(tables, dict))):
        if wrong:
            raise _misplaced(
                path, text, key, f"{key} must be {'a name' if key == 'default' else 'a table of profiles'}"
            )
    for key in document:
        if key not in ("default", "profiles"):
            raise _misplaced(path, text, key, f"{key[:64]!r} is neither default nor profiles")
    profiles = {name: parse_profile(name, table) for name, table in cast("TomlTable", tables).items()}
    return ProfileFileContent(hashlib.sha256(content).hexdigest(), cast("str | None", default), profiles)


def _misplaced(path: Path, text: str, key: str, reason: str) -> ProfileFileError:
    return _error_at(path, text, TomlText(text).offset_of((key,)), f"{reason}.")


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")  # editors on Windows put a mark before the text
    except UnicodeDecodeError as error:
        valid, byte = content[: error.start].decode("utf-8"), content[error.start]
    raise _error_at(path, valid, len(valid), f"a byte that is not UTF-8 (0x{byte:02x}).")


def _document(path: Path, text: str) -> TomlTable:
    """The file as TOML. The error leaves no trace of the text, which may hold a secret."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        reason = "brackets nested too deeply"
    except ValueError as error:
        reason = str(error)
    position = _POSITION.search(reason)
    reason = f"{_POSITION.sub('', reason)}."
    if position and position[1]:
        raise ProfileFileError(path, reason, line=int(position[1]), column=int(position[2]))
    raise _error_at(path, text, len(text), reason)


def _error_at(path: Path, text: str, offset: int, reason: str) -> ProfileFileError:
    before = text[:offset]
    return ProfileFileError(path, reason, line=before.count("\n") + 1, column=offset - (before.rfind("\n") + 1) + 1)


def _without_empty(document: TomlTable) -> TomlTable:
    """The same; a `profiles` without profiles says as much as none."""
    return {key: value for key, value in document.items() if key != "profiles" or value}


def _toml_of(value: Setting | SecretSource) -> object:
    """How a file says a setting, or where a secret is kept."""
    match value:
        case CommandSecret(command):
            return {"command": list(command)}
        case EnvSecret(variable):
            return {"env": variable}
        case PlainSecret(secret):
            return secret
        case KeyringSecret():
            return "keyring"
        case _:
            return value
