"""The order in which Java's hash maps and hash sets give back what was put into them.

DHIS2's answers show it in three places: the parameters of pager links, lists that are sets in DHIS2, and the rows
of analytics.
Source: `java.util.HashMap` and `String.hashCode`, as the Java platform documents them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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


def item_hash(document: Json) -> int:
    """What the `hashCode` of something that can be a dimension item gives: names and description too."""
    code = object_hash(document)
    for key in ("shortName", "description"):
        code = (code * 31 + text_hash(document.get(key) or "")) & WORD
    return code * 31 & WORD


def hash_order(items: Sequence[T], hash_of: Callable[[T], int], *, smallest: int = 16) -> list[T]:
    """Items by the bucket that their hash puts them into, in a table that grows as it fills up.

    `smallest` is how large the table is at first: 1 for a set that Java has copied by serialization.
    """
    return _by_bucket(items, hash_of, _grown(smallest, len(items)))


def merged_order(parts: Iterable[Sequence[T]], hash_of: Callable[[T], int]) -> list[T]:
    """Items of maps that were put into an empty one, one map after the other.

    The first one decides how large the table is at first: large enough for it, no larger.
    """
    items: list[T] = []
    size = 0
    for part in parts:
        if part and not size:
            size = _table_for(len(part))
        items += hash_order(part, hash_of)
    return _by_bucket(items, hash_of, _grown(size, len(items)))


def _table_for(count: int) -> int:
    """How large Java makes the table of a map that some items are put into at once."""
    return 1 << (int(count / 0.75 + 1) - 1).bit_length()


def _grown(size: int, count: int) -> int:
    while count > size * 3 // 4:
        size *= 2
    return size


def _by_bucket(items: Iterable[T], hash_of: Callable[[T], int], size: int) -> list[T]:
    def bucket(item: T) -> int:
        code = hash_of(item)
        return (code ^ code >> 16) & (size - 1)

    return sorted(items, key=bucket)
