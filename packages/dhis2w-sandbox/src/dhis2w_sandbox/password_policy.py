"""Which passwords DHIS2 takes, rule by rule in its order.

Source: `DefaultPasswordValidationService`, `PasswordValidationError` and the rules of dhis2-core; recordings
`meta/users`, `meta/session`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dhis2w_sandbox.passwords import matches
from dhis2w_sandbox.server import Server

REMEMBERED = 24
_GENERIC_WORDS = ("user", "admin", "system", "administrator", "username", "password", "login", "manager")


def complaint(
    server: Server, password: str, *, username: str = "", email: str = "", previous: Iterable[str] = ()
) -> str | None:
    """What is wrong with a password; None where nothing is.

    Args:
        server: which rules there are depends on its version.
        password: as the user typed it.
        username: may not be a part of the password; empty when it is not known yet.
        email: likewise.
        previous: hashes of passwords that the user had.
    """
    text = _shape_complaint(server, password)
    if text is not None:
        return text
    folded = password.lower()
    if any(word in folded for word in _GENERIC_WORDS):
        return "Password must not have any generic word"
    if any(name and name.lower() in folded for name in (username, email)):
        return "Username/Email must not be a part of password"
    if any(matches(password, stored) for stored in previous):
        return f"Password must not be one of the previous {REMEMBERED} passwords"
    return None


def _shape_complaint(server: Server, password: str) -> str | None:
    if not password.strip():
        return "Username or Password is missing"
    shortest, longest = server.setting("minPasswordLength", 8), server.setting("maxPasswordLength", 72)
    if not shortest <= len(password.strip()) <= longest:
        return f"Password must have at least {shortest}, and at most {longest} characters"
    rules = {"[0-9]": "digit", "[A-Z]": "upper case", "[a-z]": "lower case", "[^A-Za-z0-9]": "special character"}
    for pattern, word in rules.items():
        if word == "lower case" and not server.behaviour.wants_lower_case:
            continue
        if not re.search(pattern, password):
            return f"Password must have at least one {word}"
    return None
