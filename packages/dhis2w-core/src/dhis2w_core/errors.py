"""Errors and warnings that the runtime adds to the client's tree (`dhis2w_client.errors`).

```
Dhis2Error
├── ProfileFileError        a profiles.toml that cannot be understood, or not edited safely
├── ProfileSettingsError    settings that make no profile, or not with the secret there is (also a ValueError)
├── ProfileExistsError      the name is taken (also a ValueError)
├── UntrustedProfileError   a project's file asks for what needs `d2w profile trust` (also a PermissionError)
├── SecretUnavailableError  the place that a secret is kept in does not give it (also a LookupError)
├── PrivateFileError        a file of ours cannot be read or written (also an OSError)
├── OperationError          an operation was called with what it cannot work on (also a ValueError)
├── StalePlanError          what a plan was made from has changed
├── PartlyDoneError         the server refused after something was written
├── JournalError            the journal has no such run, or cannot be written
└── FileBusyError           another process holds the file too long (also a TimeoutError)

Dhis2Warning
├── PlainSecretWarning      a secret was written into a file in clear
└── LeftoverSecretWarning   a secret stays in the keyring that no profile uses any more
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dhis2w_client.errors import Dhis2Error, Dhis2Warning

if TYPE_CHECKING:
    from pathlib import Path


class ProfileFileError(Dhis2Error):
    """A `profiles.toml` cannot be understood, or not be edited without harm; the file is left as it is."""

    def __init__(
        self,
        path: Path,
        reason: str,
        *,
        line: int | None = None,
        column: int | None = None,
        next_step: str | None = "Correct the file in an editor; it was not changed.",
    ) -> None:
        place = str(path) if line is None else f"{path}, line {line}, column {column}"
        super().__init__(f"{place}: {reason}", next_step=next_step)
        self.path = path
        """The file."""
        self.reason = reason
        """What is wrong with it."""
        self.line = line
        """Line, counted from 1, where it is known."""
        self.column = column
        """Column in characters, counted from 1, where it is known."""


class ProfileSettingsError(Dhis2Error, ValueError):
    """Settings make no profile, or would send a secret to what it was not given for; nothing was written."""


class ProfileExistsError(Dhis2Error, ValueError):
    """A profile of that name is in the file already."""


class UntrustedProfileError(Dhis2Error, PermissionError):
    """A project's file asks for what it may have only after `d2w profile trust`."""

    def __init__(self, message: str, *, path: Path, demands: tuple[str, ...], next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.path = path
        """The project's file."""
        self.demands = demands
        """What it asks for, each as a phrase such as `reads the environment variable X`."""


class SecretUnavailableError(Dhis2Error, LookupError):
    """The keyring, command or environment variable that keeps a secret does not give it."""


class PrivateFileError(Dhis2Error, OSError):
    """A file of ours cannot be read or written."""


class OperationError(Dhis2Error, ValueError):
    """An operation was called with what it cannot work on; nothing was done."""


class StalePlanError(Dhis2Error):
    """What a plan was made from has changed since; nothing was done."""


class PartlyDoneError(Dhis2Error):
    """The server refused after something was written; what was done is in the journal."""

    def __init__(self, message: str, *, done: list[dict[str, Any]], next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.done = done
        """The objects that were written."""


class JournalError(Dhis2Error):
    """The journal has no such run, the run cannot be undone, or the journal cannot be written."""


class FileBusyError(Dhis2Error, TimeoutError):
    """Another process holds the file for longer than we wait."""


class PlainSecretWarning(Dhis2Warning):
    """A secret was written into a file in clear: whoever reads the file, or a backup of it, has the secret."""


class LeftoverSecretWarning(Dhis2Warning):
    """A secret that no profile uses any more could not be deleted from the keyring."""
