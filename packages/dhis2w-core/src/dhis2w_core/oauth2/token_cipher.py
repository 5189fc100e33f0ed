"""Encryption of tokens at rest: AES-256-GCM, with a key in the system's keyring or in a file of mode 0600."""

from __future__ import annotations

import base64
import binascii
import enum
import os
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dhis2w_core.errors import SecretUnavailableError
from dhis2w_core.oauth2.errors import KeyFileWarning, LoginRequiredError
from dhis2w_core.private_file import locked, read_private, write_private
from dhis2w_core.secret import KeyringEntry, PlainSecret, read_keyring, store_in_keyring

if TYPE_CHECKING:
    from pathlib import Path

KEYRING_SECONDS = 5.0
"""How long the keyring may take; then the key goes into a file."""

_KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyPlace(enum.StrEnum):
    """Where a key is."""

    KEYRING = "keyring"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Sealed:
    """Something encrypted."""

    data: bytes
    place: KeyPlace
    """Where its key is."""


class TokenCipher:
    """Encrypts and decrypts what is in the file of tokens; the key is made at the first use.

    Args:
        store: The file of tokens; the key is bound to its path, and a key file lies beside it.
        keyring_seconds: How long the keyring may take.
    """

    def __init__(self, store: Path, *, keyring_seconds: float = KEYRING_SECONDS) -> None:
        self._key_file = store.with_suffix(".key")
        self._entry = KeyringEntry("user", str(store), "token_store", "key")
        self._seconds = keyring_seconds
        self._keys: dict[KeyPlace, bytes] = {}

    def __repr__(self) -> str:
        return "TokenCipher()"

    def seal(self, text: bytes, context: bytes, *, place: KeyPlace | None = None) -> Sealed:
        """Encrypt a text for one context only.

        Args:
            text: What to encrypt.
            context: What it belongs to; it opens with the same context alone.
            place: Where the key is. Default: the keyring, where one answers, else the file.

        Raises:
            PrivateFileError: The key file cannot be read or written.

        Warns:
            KeyFileWarning: No keyring answered, so the key lies in a file.
        """
        place = place or self._usable_place()
        nonce = os.urandom(_NONCE_BYTES)
        return Sealed(nonce + _aes(self._key(place)).encrypt(nonce, text, context), place)

    def open(self, sealed: Sealed, context: bytes) -> bytes:
        """Decrypt.

        Raises:
            SecretUnavailableError: The keyring does not give the key.
            LoginRequiredError: The key is gone, or is another one.
        """
        from cryptography.exceptions import InvalidTag

        try:
            nonce, data = sealed.data[:_NONCE_BYTES], sealed.data[_NONCE_BYTES:]
            return _aes(self._key(sealed.place)).decrypt(nonce, data, context)
        except (InvalidTag, ValueError):
            pass
        raise LoginRequiredError(
            "The stored login cannot be decrypted: its key was replaced, or the file was changed.",
            next_step="Log in again: d2w login",
        )

    def _usable_place(self) -> KeyPlace:
        try:
            self._key(KeyPlace.KEYRING)
        except SecretUnavailableError as error:
            reason = error.message
        else:
            return KeyPlace.KEYRING
        warnings.warn(
            f"{reason} The key that encrypts your tokens lies in {self._key_file}, which only you can read; "
            "whoever copies it together with the tokens can use them.",
            KeyFileWarning,
            stacklevel=4,
        )
        return KeyPlace.FILE

    def _key(self, place: KeyPlace) -> bytes:
        """The key of a place, made where there is none yet; two processes never make two."""
        known = self._keys.get(place)
        if known is None:
            with locked(self._key_file):
                known = self._keyring_key() if place is KeyPlace.KEYRING else self._file_key()
            self._keys[place] = known
        return known

    def _keyring_key(self) -> bytes:
        found = read_keyring(self._entry, seconds=self._seconds)
        if found is not None:
            return _decoded(found.value.encode())
        key = os.urandom(_KEY_BYTES)
        store_in_keyring(self._entry, PlainSecret(base64.b64encode(key).decode()), seconds=self._seconds)
        return key

    def _file_key(self) -> bytes:
        found = read_private(self._key_file)
        if found is not None:
            return _decoded(found)
        key = os.urandom(_KEY_BYTES)
        write_private(self._key_file, base64.b64encode(key))
        return key


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        return b""  # no key: nothing opens with it


def _aes(key: bytes):  # a type of a module that is imported late
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)
