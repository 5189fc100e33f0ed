"""A bundle with all that its objects need, fetched round by round: what they refer to, what that refers to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from dhis2w_client.metadata.bundle import Bundle
from dhis2w_client.metadata.bundle_check import DEFAULT_OBJECTS
from dhis2w_client.metadata.metadata_api import by_plural, together
from dhis2w_client.metadata.references import references_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.pages import Row

NOT_FOLLOWED = frozenset({"OrganisationUnit", "User", "UserGroup", "UserRole"})
"""Types that an installation has of its own: links to them are kept, and lead no further."""

BELONGING: Mapping[str, tuple[tuple[str, str], ...]] = {
    "categoryCombos": (("categoryOptionCombos", "categoryCombo"),),
    "dataSets": (("sections", "dataSet"),),
    "programs": (("programRules", "program"), ("programRuleVariables", "program"), ("programIndicators", "program")),
}
"""What makes no sense without its holder, and refers to it: the plural, and the link."""


async def with_needed(api: MetadataApi, start: dict[str, list[Row]], not_followed: Collection[str]) -> Bundle:
    """Objects with all that they refer to, directly or not.

    Args:
        api: The connection.
        start: The objects to begin with, by plural.
        not_followed: Classes that are left out.
    """
    found = {plural: {str(row["id"]): row for row in rows} for plural, rows in start.items()}
    asked = {(plural, uid) for plural, rows in found.items() for uid in rows}
    fresh = start
    while fresh:
        wanted = {
            plural: {uid for uid in uids if (plural, uid) not in asked}
            for plural, uids in _needed(api, fresh, not_followed).items()
        }
        wanted = {plural: uids for plural, uids in wanted.items() if uids}
        asked |= {(plural, uid) for plural, uids in wanted.items() for uid in uids}
        linked = [api.rows_by_id(plural, uids, ":owner") for plural, uids in wanted.items()]
        belonging = [(plural, link, holder) for holder in fresh for plural, link in BELONGING.get(holder, ())]
        held = [
            api.rows_by(plural, f"{link}.id", (str(row["id"]) for row in fresh[holder]), ":owner")
            for plural, link, holder in belonging
        ]
        plurals = [*wanted, *(plural for plural, _, _ in belonging)]
        fresh = _new(found, zip(plurals, await together([*linked, *held]), strict=True))
        asked |= {(plural, str(row["id"])) for plural, rows in fresh.items() for row in rows}
    return Bundle({plural: list(rows.values()) for plural, rows in found.items()})


def _new(found: dict[str, dict[str, Row]], answers: Iterable[tuple[str, list[Row]]]) -> dict[str, list[Row]]:
    """What answers hold that was not found before; it is added to what was found."""
    fresh: dict[str, list[Row]] = {}
    for plural, rows in answers:
        known = found.setdefault(plural, {})
        for row in rows:
            if row["id"] not in known:
                known[str(row["id"])] = row
                fresh.setdefault(plural, []).append(row)
    return fresh


def _needed(api: MetadataApi, objects: dict[str, list[Row]], not_followed: Collection[str]) -> dict[str, set[str]]:
    """UIDs of what objects refer to, by plural."""
    facts = api.facts
    needed: dict[str, set[str]] = {}
    for plural, rows in objects.items():
        type = facts.of_plural(plural)
        for row in rows if type else ():
            for reference in references_of(facts, type, row) if type else ():
                is_default = DEFAULT_OBJECTS.get(reference.type) == reference.id
                if reference.type not in not_followed and not is_default:
                    needed.setdefault(reference.type, set()).add(reference.id)
    return by_plural(facts, needed)
