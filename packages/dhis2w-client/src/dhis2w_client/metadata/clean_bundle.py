"""A bundle without what only confuses a re-import: computed properties, and who wrote an object when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from dhis2w_client.metadata.bundle import Bundle
from dhis2w_client.metadata.differences import VOLATILE
from dhis2w_client.metadata.schema_facts import facts_of

if TYPE_CHECKING:
    from dhis2w_client.metadata.schema_facts import SchemaFacts, TypeFacts
    from dhis2w_client.pages import Row
    from dhis2w_client.versions import Dhis2


OF_A_LINK = frozenset({"id", "code"})
"""What is kept of a link: DHIS2 reads nothing else, and a name in it is out of date after a renaming."""


def clean(bundle: Bundle, version: Dhis2) -> Bundle:
    """The same objects with what an import writes, and nothing else.

    Args:
        bundle: What was exported.
        version: The version that it was exported from.

    Returns:
        A new bundle: no `access`, `href`, `created`, `lastUpdated`, their authors, favorites, and nothing that DHIS2
        computes or that another object holds; links by `id` and `code` alone. What no schema knows is kept.
    """
    facts = facts_of(version)
    cleaned = {
        plural: [_object(facts, facts.of_plural(plural), row) for row in rows]
        for plural, rows in bundle.objects.items()
    }
    return Bundle({**bundle.head, **cleaned})


def _object(facts: SchemaFacts, type: TypeFacts | None, row: Row) -> Row:
    return {
        key: _value(facts, type, key, value)
        for key, value in row.items()
        if key not in VOLATILE and not (type and key in type.properties and type.is_computed(type.properties[key]))
    }


def _value(facts: SchemaFacts, type: TypeFacts | None, key: str, value: Any) -> Any:
    prop = type.properties.get(key) if type else None
    if isinstance(value, list):
        return [_value(facts, type, key, item) for item in cast("list[Any]", value)]
    if prop is None or not isinstance(value, dict):
        return value
    row = cast("Row", value)
    if prop.kind == "link":
        return {name: item for name, item in row.items() if name in OF_A_LINK} or row
    if prop.kind == "model":
        return _object(facts, facts.type(prop.target), row)
    return row
