"""Mail addresses that DHIS2 takes, as far as their form says it."""

from __future__ import annotations

import re

from dhis2w_core.errors import OperationError

LONGEST_NAME = 64
"""Characters before the `@`."""
_WORD = r"""(?:(?:\\.|[^\s\x00-\x1f\x7f()<>@,;:\\".\[\]])+|"(?:\\"|[^"])*")"""
_LABEL = r"[^\W_](?:(?:[^\W_]|-){0,61}[^\W_])?"
_TOP = r"[^\W\d_](?:(?:[^\W_]|-){0,61}[^\W_])?"
_ADDRESS = re.compile(rf"({_WORD}(?:\.{_WORD})*)@(?:(?:{_LABEL}\.)+{_TOP}|\[[^\s@]+\])")


def mail_address(text: str) -> str:
    """An address as it is to be sent.

    What is refused here DHIS2 refuses with E6202; it also refuses top-level domains that are not in its list. Source:
    `UserService.validateInvite`, which asks `EmailValidator` of Apache Commons.

    Args:
        text: The address; spaces around it are taken off.

    Raises:
        OperationError: It is none.
    """
    address = text.strip()
    found = _ADDRESS.fullmatch(address)
    if found is None or len(found[1]) > LONGEST_NAME:
        raise OperationError(f"{text!r} is no mail address.", next_step="Write it as name@example.org.")
    return address
