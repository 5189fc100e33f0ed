"""Passwords as the sandbox keeps them: salted and hashed, cheap enough for tests."""

from __future__ import annotations

import hashlib
import hmac
import os

ROUNDS = 1_000  # a test server's passwords are worth nothing; a thousand requests a second are


def hashed(password: str) -> str:
    """Salt and hash, in one text."""
    salt = os.urandom(16)
    return f"{salt.hex()}${_digest(password, salt)}"


def matches(password: str, stored: str) -> bool:
    """Whether a password is the one whose hash is stored."""
    salt, _, digest = stored.partition("$")
    return bool(digest) and hmac.compare_digest(_digest(password, bytes.fromhex(salt)), digest)


def _digest(password: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ROUNDS).hex()
