"""The order in which Java's hash maps and hash sets give back what was put into them.

DHIS2's answers show it in two places: the parameters of pager links, and lists that are sets in DHIS2.
Source: `java.util.HashMap` and `String.hashCode`, as the Java platform documents them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")
Json = dict[str, Any]

WORD = 0xFFFFFFFF


@lru_cache(maxsize=65536)
def text_hash(text: str) -> int:
    """What `String.hashCode` gives, without sign."""
    code = 0
    for char in text:
        code = (code * 31 + ord(char)) & WORD
    return code


def object_hash(document: Json) -> int:
    """What an object's `hashCode` gives: of its identifier, code and name."""
    code = text_hash(document["id"])
    for key in ("code", "name"):
        code = (code * 31 + text_hash(document.get(key) or "")) & WORD
    return code


def hash_order(items: Sequence[T], hash_of: Callable[[T], int]) -> list[T]:
    """Items by the bucket that their hash puts them into, in a table that grows from 16 as it fills up."""
    size = 16
    while len(items) > size * 3 // 4:
        size *= 2

    def bucket(item: T) -> int:
        code = hash_of(item)
        return (code ^ code >> 16) & (size - 1)

    return sorted(items, key=bucket)
