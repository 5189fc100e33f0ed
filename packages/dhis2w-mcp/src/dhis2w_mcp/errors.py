"""Errors of the MCP server, on top of the client's and the runtime's.

```
Dhis2Error
├── NoAgentFaceError        an operation that agents do not have, or not by this tool (also a ValueError)
├── ArgumentsError          arguments that an operation does not take (also a ValueError)
├── ReadOnlyError           something would be written, and the server was started to read (also a PermissionError)
├── ProfileNotAllowedError  a profile that the server was not started with (also a PermissionError)
├── WithheldError           the profile's rules for agents do not allow it (also a PermissionError)
├── NotConsentedError       what cannot be taken back was not agreed to
└── ProposalError           a proposal cannot be committed; nothing was written
    ├── UnknownTokenError     its token was never given out, or long ago
    ├── UsedTokenError        its token was used already
    ├── ExpiredTokenError     its token is too old
    ├── OtherProfileError     it was made for another profile
    └── ChangedStateError     what it would do is not any more what it was when it was made
```
"""

from __future__ import annotations

from dhis2w_client.errors import Dhis2Error


class NoAgentFaceError(Dhis2Error, ValueError):
    """An operation that agents do not have, or not by this tool; nothing was done."""


class ArgumentsError(Dhis2Error, ValueError):
    """Arguments that an operation does not take; nothing was sent."""


class ReadOnlyError(Dhis2Error, PermissionError):
    """Something would be written, and the server was started to read; nothing was sent."""


class ProfileNotAllowedError(Dhis2Error, PermissionError):
    """A profile that the server was not started with."""


class WithheldError(Dhis2Error, PermissionError):
    """The profile's rules for agents do not allow it; nothing was sent."""


class NotConsentedError(Dhis2Error):
    """What cannot be taken back was not agreed to; nothing was written."""


class ProposalError(Dhis2Error):
    """A proposal cannot be committed; nothing was written."""


class UnknownTokenError(ProposalError):
    """The token was never given out, or so long ago that it is forgotten."""


class UsedTokenError(ProposalError):
    """The token was used already: it works once."""


class ExpiredTokenError(ProposalError):
    """The token is too old."""


class OtherProfileError(ProposalError):
    """The proposal was made for another profile."""


class ChangedStateError(ProposalError):
    """What the proposal would do is not any more what it was when it was made."""

    def __init__(self, message: str, *, changed: list[str], next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.changed = changed
        """What is different, each in words."""
