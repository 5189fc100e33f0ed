"""Where a secret is kept, and fetching it from there; nothing is fetched before it is used.

A `profiles.toml` says `"keyring"`, `{ command = ["pass", "show", "dhis2/prod"] }`, `{ env = "X" }`, or the secret
itself.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeAlias, TypeVar, cast

from dhis2w_core.errors import SecretUnavailableError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

KEYRING_SECONDS = 15.0
"""How long a keyring may take: enough to unlock it, not enough to look like a hang."""
COMMAND_SECONDS = 30.0
"""How long a command may take to print a secret."""

_SERVICE = "dhis2w"
_LONGEST_SECRET = 64 * 1024

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PlainSecret:
    """In the file itself, in clear."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyringSecret:
    """In the system's keyring."""

    new: PlainSecret | None = None
    """The secret to put there when the profile is written; `None` when it is there already."""


@dataclass(frozen=True, slots=True)
class CommandSecret:
    """Printed by a command, on its standard output."""

    command: tuple[str, ...] = field(repr=False)
    """Program and arguments; no shell is involved."""


@dataclass(frozen=True, slots=True)
class EnvSecret:
    """In an environment variable."""

    variable: str


SecretSource: TypeAlias = KeyringSecret | CommandSecret | EnvSecret | PlainSecret


@dataclass(frozen=True, slots=True)
class KeyringEntry:
    """The name of a secret in the keyring; it is bound to the layer, origin and profile that it was stored for.

    Another file, or the same profile with another server, has another entry.
    """

    layer: str
    """`user`, or `project` with the path of the file."""
    origin: str
    """Scheme, host and port of the server, for example `https://dhis2.example.org:443`."""
    profile: str
    field: str
    """The key in the profile, for example `secret`."""

    @property
    def account(self) -> str:
        """The name under which the keyring shows it."""
        return f"{self.profile}.{self.field} at {self.origin} ({self.layer})"


def parse_secret_source(value: object) -> SecretSource | str:
    """The source that a value of the file (or a `SecretSource`) stands for; a `str` says what is wrong with it."""
    match value:
        case PlainSecret("keyring"):
            return 'cannot be kept in the file when it is the word "keyring"'
        case PlainSecret(text) if not text.strip():
            return "must not be blank"
        case KeyringSecret() | CommandSecret() | EnvSecret() | PlainSecret():
            return value
        case "keyring":
            return KeyringSecret()
        case str() if value.strip():
            return PlainSecret(value)
        case dict():
            source = _parse_source_table(cast("dict[str, object]", value))
        case _:
            source = None
    return source or 'must be "keyring", { command = ["program", "argument"] }, { env = "NAME" }, or the secret itself'


def _parse_source_table(table: dict[str, object]) -> SecretSource | None:
    env, command = table.get("env"), table.get("command")
    if len(table) != 1:
        return None
    if isinstance(env, str) and env and not {"=", "\0"} & set(env):
        return EnvSecret(env)
    words = cast("list[object]", command) if isinstance(command, list) else []
    texts = tuple(word for word in words if isinstance(word, str) and "\0" not in word)
    return CommandSecret(texts) if texts and texts[0] and len(texts) == len(words) else None


def fetch_secret(source: SecretSource, entry: KeyringEntry) -> str:
    """The secret itself.

    Raises:
        SecretUnavailableError: It is not there, or the keyring or command failed or took too long.
    """
    match source:
        case PlainSecret(value):
            return value
        case EnvSecret(variable):
            return _from_environment(variable, entry)
        case CommandSecret(command):
            return run_secret_command(command)
        case KeyringSecret():
            found = read_keyring(entry)
            if found is None:
                raise SecretUnavailableError(
                    f"The keyring has no secret for profile {entry.profile!r} at {entry.origin}.",
                    next_step=f"Store it: d2w profile update {entry.profile} --{entry.field} keyring",
                )
            return found.value


def _from_environment(variable: str, entry: KeyringEntry) -> str:
    found = os.environ.get(variable, "")
    if not found.strip():
        raise SecretUnavailableError(
            f"Profile {entry.profile!r} takes its secret from the environment variable {variable}, which is not set.",
            next_step=f"Set {variable}.",
        )
    return found


def run_secret_command(command: tuple[str, ...], *, seconds: float = COMMAND_SECONDS) -> str:
    """What a command prints, without the line end. It runs without a shell and without standard input.

    Raises:
        SecretUnavailableError: It cannot be started, fails, prints nothing or too much, or takes longer than `seconds`.
    """
    name = Path(command[0]).name
    process = _start(command)
    deadline = time.monotonic() + seconds
    output = _within(seconds, lambda: _output_of(process))
    status = _exit_status(process, 0 if isinstance(output, _Unanswered) else deadline - time.monotonic())
    if isinstance(output, _Unanswered) or status is None:
        problem = f"did not end within {seconds:g} seconds"
    elif len(output) > _LONGEST_SECRET:
        problem = f"printed more than {_LONGEST_SECRET:,} bytes"
    elif status != 0:
        problem = f"failed with exit status {status}"
    elif secret := _decoded(output):
        return secret
    else:
        problem = "printed nothing, or no text"
    output = None  # a traceback with local variables must not show what a failed command printed
    raise SecretUnavailableError(
        f"The command for the secret ({name}) {problem}.", next_step="Run it in a terminal to see what it says."
    )


def _start(command: tuple[str, ...]) -> subprocess.Popen[bytes]:
    import shutil
    import subprocess

    program = shutil.which(command[0])
    if program is None or not Path(program).is_absolute():  # a relative one would be whatever lies in this folder
        raise SecretUnavailableError(
            f"The command for the secret ({Path(command[0]).name}) is not on the PATH.",
            next_step="Install it, or give its absolute path.",
        )
    try:
        return subprocess.Popen(
            [program, *command[1:]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        reason = error.strerror
    raise SecretUnavailableError(f"The command for the secret ({Path(command[0]).name}) cannot be started: {reason}.")


def _output_of(process: subprocess.Popen[bytes]) -> bytes:
    """What a process prints, up to the first byte too many."""
    with cast("IO[bytes]", process.stdout) as output:
        return output.read(_LONGEST_SECRET + 1)


def _exit_status(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """The exit status, or `None` for a process that had to be ended."""
    from subprocess import TimeoutExpired

    try:
        return process.wait(seconds)
    except TimeoutExpired:
        process.kill()
        process.wait()
        return None


def _decoded(output: bytes) -> str:
    try:
        return output.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        return ""


def read_keyring(entry: KeyringEntry, *, seconds: float = KEYRING_SECONDS) -> PlainSecret | None:
    """The secret of an entry, or `None` when the keyring has none.

    Raises:
        SecretUnavailableError: There is no keyring, it failed, or it took longer than `seconds`.
    """

    def read() -> PlainSecret | None:
        import keyring

        found = keyring.get_password(_SERVICE, entry.account)
        return None if found is None else PlainSecret(found)

    return _ask_keyring(read, seconds)


def store_in_keyring(entry: KeyringEntry, secret: PlainSecret, *, seconds: float = KEYRING_SECONDS) -> None:
    """Put a secret into the keyring, in place of what is there.

    Raises:
        SecretUnavailableError: There is no keyring, it failed, or it took longer than `seconds`.
    """

    def store() -> None:
        import keyring

        keyring.set_password(_SERVICE, entry.account, secret.value)

    _ask_keyring(store, seconds)


def delete_from_keyring(entry: KeyringEntry, *, seconds: float = KEYRING_SECONDS) -> None:
    """Delete a secret from the keyring, where it is there.

    Raises:
        SecretUnavailableError: There is no keyring, it failed, or it took longer than `seconds`.
    """

    def delete() -> None:
        import keyring

        if keyring.get_password(_SERVICE, entry.account) is not None:
            keyring.delete_password(_SERVICE, entry.account)

    _ask_keyring(delete, seconds)


def _ask_keyring(question: Callable[[], T], seconds: float) -> T:
    answer = _within(seconds, question)
    if not isinstance(answer, _Unanswered):
        return answer
    problem = f"did not answer within {seconds:g} seconds"
    if answer.error == "NoKeyringError":
        problem = "is missing on this machine"
    elif answer.error:
        problem = f"refused ({answer.error})"
    raise SecretUnavailableError(
        f"The system's keyring {problem}.",
        next_step="Unlock it, or keep the secret elsewhere: a command, an environment variable, or the file.",
    )


@dataclass(frozen=True, slots=True)
class _Unanswered:
    """No answer: the class of what was raised, or `None` when the time was over. Messages may hold secrets."""

    error: str | None


def _within(seconds: float, question: Callable[[], T]) -> T | _Unanswered:
    """The answer to a question that may hang; a thread that hangs does not keep the process alive."""
    answers: list[T | _Unanswered] = []

    def ask() -> None:
        try:
            answers.append(question())
        except Exception as error:  # keyring backends raise what they like
            answers.append(_Unanswered(type(error).__name__))

    thread = threading.Thread(target=ask, daemon=True, name="dhis2w-secret")
    thread.start()
    thread.join(seconds)
    return answers[0] if answers else _Unanswered(None)
