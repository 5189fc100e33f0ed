"""One object of the demo country as a metadata payload holds it, and the identifier that it always gets."""

from __future__ import annotations

import hashlib
import string
from typing import Any

Json = dict[str, Any]
Bundle = dict[str, list[Json]]
"""Objects by the plural name of their type: the payload of `/api/metadata`."""

LETTERS = string.ascii_letters
LETTERS_AND_DIGITS = string.ascii_letters + string.digits


def uid(type: str, key: str) -> str:
    """The identifier of the object of a type (singular name) that a key names: always the same, for every seed."""
    number = int.from_bytes(hashlib.sha256(f"{type}:{key}".encode()).digest())
    number, first = divmod(number, len(LETTERS))
    rest: list[str] = []
    for _ in range(10):
        number, place = divmod(number, len(LETTERS_AND_DIGITS))
        rest.append(LETTERS_AND_DIGITS[place])
    return LETTERS[first] + "".join(rest)


def ref(type: str, key: str) -> Json:
    """A reference to the object that a key names."""
    return {"id": uid(type, key)}


def refs(type: str, *keys: str) -> list[Json]:
    """References, in the order of the keys."""
    return [ref(type, key) for key in keys]


def made(type: str, code: str, name: str, /, *, short: str | None = None, fr: str | None = None, **rest: Any) -> Json:
    """An object whose code is its key.

    Args:
        type: singular name.
        code: unique in its type; the identifier follows from it.
        name: English name.
        short: short name, at most 50 characters; by default the name.
        fr: French name.
        rest: further properties.
    """
    named = {"id": uid(type, code), "code": code, "name": name, "shortName": short or name, **rest}
    return {**named, "translations": [translation("NAME", fr)]} if fr else named


def translation(property: str, value: str) -> Json:
    """A French text of a property (`NAME`, `SHORT_NAME`, `FORM_NAME`, `DESCRIPTION`)."""
    return {"locale": "fr", "property": property, "value": value}
