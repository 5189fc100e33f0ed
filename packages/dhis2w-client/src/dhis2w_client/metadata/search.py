"""Finding objects of any type by UID, code or name, with a request for each of the three."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from dhis2w_client.filters import Filter, filter_texts, where
from dhis2w_client.metadata.bundle import Bundle
from dhis2w_client.metadata.metadata_api import together
from dhis2w_client.metadata.uids import is_uid

if TYPE_CHECKING:
    from collections.abc import Collection

    from dhis2w_client.metadata.metadata_api import MetadataApi

By: TypeAlias = Literal["id", "code", "name"]

OWN_AUTHORITY = frozenset({"User"})
"""Types that an export refuses as a whole to users who may not see them; they are searched when they are named."""


@dataclass(frozen=True, slots=True)
class Found:
    """One object that was found."""

    plural: str
    """DHIS2's plural of its type: `dataElements`."""
    id: str
    """Its UID."""
    name: str | None
    """Its name."""
    code: str | None
    """Its code."""
    by: By
    """What it was found by."""


async def search(api: MetadataApi, text: str, by: Collection[By], types: Collection[str]) -> tuple[Found, ...]:
    """The objects with this UID, with this code, or with this text in their name, best first."""
    conditions = {
        "id": where("id").eq(text) if is_uid(text) else None,
        "code": where("code").eq(text),
        "name": where("name").ilike(text),
    }
    asked: list[tuple[By, Filter]] = [(key, filter) for key in by if (filter := conditions[key])]
    answers = await together([_ask(api, key, filter, types) for key, filter in asked])
    found: dict[tuple[str, str], Found] = {}
    for (key, _), bundle in zip(asked, answers, strict=True):
        for plural, _, row in bundle:
            hit = Found(plural, str(row["id"]), row.get("name"), row.get("code"), key)
            found.setdefault((plural, hit.id), hit)
    return tuple(sorted(found.values(), key=lambda hit: _rank(hit, text)))


async def _ask(api: MetadataApi, property: By, filter: Filter, types: Collection[str]) -> Bundle:
    plurals = [
        type.plural
        for type in api.facts.metadata_types
        if property in type.properties
        and "id" in type.properties
        and (type.plural in types if types else type.name not in OWN_AUTHORITY)
    ]
    wanted = [(plural, True) for plural in plurals]
    (text,) = filter_texts(filter, api.dialect)
    return Bundle(await api.read("metadata", [("fields", "id,code,name"), ("filter", text), *wanted]))


def _rank(hit: Found, text: str) -> tuple[int, str, str]:
    """Exact hits first, then names that begin with the text, then the others; by name."""
    name = (hit.name or "").casefold()
    wanted = text.casefold()
    order = 0 if hit.by != "name" else 1 if name == wanted else 2 if name.startswith(wanted) else 3
    return order, name, hit.id
