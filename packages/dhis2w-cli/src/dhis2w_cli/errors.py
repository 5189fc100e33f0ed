"""Errors that only the command line has.

```
Dhis2Error
├── NotConfirmedError     a write was not confirmed; nothing was sent
└── RunInterruptedError   Ctrl-C; it says what is done, and which command goes on
```
"""

from __future__ import annotations

from dhis2w_client.errors import Dhis2Error


class NotConfirmedError(Dhis2Error):
    """A write was not confirmed; nothing was sent."""


class RunInterruptedError(Dhis2Error):
    """Ctrl-C; it says what is done, and which command goes on."""
