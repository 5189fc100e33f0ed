"""What is different between two states of an object: before and after of each property, as DHIS2 understands them.

A list whose order means nothing to DHIS2 (the schemas say which) is compared as a set, links by UID alone, parts by
what they are about (the data element of a data set's element), and what is empty is equal to what is not there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from dhis2w_client.metadata.schema_facts import PropertyFacts, SchemaFacts, TypeFacts

Row = Mapping[str, Any]

VOLATILE = frozenset(
    {
        "access",
        "created",
        "createdBy",
        "favorite",
        "favorites",
        "href",
        "lastUpdated",
        "lastUpdatedBy",
        "subscribed",
        "subscribers",
        "user",
    }
)
"""Properties that say who did something when, or what the asking user may do."""
SHARING = frozenset({"sharing", "publicAccess", "externalAccess", "userAccesses", "userGroupAccesses"})
"""Properties about sharing, in the forms of all versions."""

ABOUT = {
    "AttributeValue": "attribute",
    "DataSetElement": "dataElement",
    "ProgramStageDataElement": "dataElement",
    "ProgramTrackedEntityAttribute": "trackedEntityAttribute",
    "TrackedEntityTypeAttribute": "trackedEntityAttribute",
}
"""The link by which a part is told apart from its siblings; the others have an id, or are compared as a whole."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One property that is another one than before."""

    path: str
    """Where: `shortName`, `style.color`, `dashboardItems[nghVC4wtyzi].width`."""
    before: Any = None
    """The value before; None where there was none. Of a collection all members."""
    after: Any = None
    """The value after; None where there is none. Of a collection all members."""
    gone: tuple[Any, ...] | None = None
    """Of a collection: the members that are not there any more; None where it is none."""
    come: tuple[Any, ...] | None = None
    """Of a collection: the members that are new; None where it is none."""
    target: str = ""
    """The class that a link, or the members of a collection of links, point to; empty where it is no link."""

    @property
    def reordered(self) -> bool:
        """Whether an ordered collection has the same members in another order."""
        return self.gone == () and self.come == ()


@dataclass(frozen=True, slots=True)
class Scope:
    """What is compared."""

    facts: SchemaFacts
    ignore: frozenset[str]
    """Names of properties that are left out, at any depth."""


def differences(scope: Scope, type: TypeFacts | None, before: Row, after: Row, path: str = "") -> Iterator[Difference]:
    """The properties that differ between two states of an object, in the order of their names.

    Args:
        scope: What is compared.
        type: The type of the object; None where no schema describes it.
        before: One state.
        after: The other.
        path: Where the object is inside of another one.
    """
    for key in sorted({*before, *after}):
        prop = type.properties.get(key) if type else None
        if key in scope.ignore or (type and prop and type.is_computed(prop)):
            continue
        old, new = _full(before.get(key)), _full(after.get(key))
        if old is not None or new is not None:
            yield from _values(scope, prop, old, new, f"{path}{key}")


def _full(value: object) -> object:
    """The value; None where it is empty."""
    return None if value in (None, [], {}, "") else value


def _values(scope: Scope, prop: PropertyFacts | None, old: object, new: object, path: str) -> Iterator[Difference]:
    kind = prop.kind if prop else ""
    target = prop.target if prop else ""
    if isinstance(old, list) or isinstance(new, list):
        yield from _lists(scope, prop, _list(cast("object", old)), _list(cast("object", new)), path)
    elif kind == "link" or _is_link(old) or _is_link(new):
        if _link_id(old) != _link_id(new):
            yield Difference(path, _link_id(old), _link_id(new), target=target or "?")
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        inner = scope.facts.type(target) if target else None
        yield from differences(scope, inner, cast("Row", old), cast("Row", new), f"{path}.")
    elif old != new or isinstance(old, bool) is not isinstance(new, bool):  # 1 is 1.0, and is not true
        yield Difference(path, old, new)


def _lists(scope: Scope, prop: PropertyFacts | None, old: list[Any], new: list[Any], path: str) -> Iterator[Difference]:
    is_links = prop is not None and prop.kind == "link"
    inner = scope.facts.type(prop.target) if prop and prop.kind == "model" else None
    name = _member_name(prop, inner)
    before = {name(item): item for item in old}
    after = {name(item): item for item in new}
    gone = tuple(_shown(before[key], is_links) for key in before if key not in after)
    come = tuple(_shown(after[key], is_links) for key in after if key not in before)
    shared_before = [key for key in before if key in after]
    shared_after = [key for key in after if key in before]
    is_ordered = prop is None or prop.ordered
    if gone or come or (is_ordered and shared_before != shared_after):
        shown = [[_shown(item, is_links) for item in items] for items in (old, new)]
        yield Difference(path, shown[0], shown[1], gone, come, prop.target if prop and is_links else "")
    for key in shared_before if not is_links else ():
        if isinstance(before[key], Mapping) and isinstance(after[key], Mapping):
            yield from differences(scope, inner, before[key], after[key], f"{path}[{key}].")


def _member_name(prop: PropertyFacts | None, inner: TypeFacts | None) -> Callable[[Any], str]:
    """What tells a member of a collection apart from the others."""
    about = ABOUT.get(prop.target, "") if prop else ""

    def name(item: Any) -> str:
        if not isinstance(item, Mapping):
            return json.dumps(item)
        row = cast("Row", item)
        if prop is not None and prop.target == "Translation":
            return f"{row.get('locale')} {row.get('property')}"
        if about:
            return str(_link_id(row.get(about)))
        if isinstance(row.get("id"), str):
            return row["id"]
        return json.dumps(_bare(row, inner), sort_keys=True)

    return name


def _bare(value: object, type: TypeFacts | None = None) -> object:
    """A part without what is volatile or computed, its links by UID alone."""
    if isinstance(value, list):
        return [_bare(item) for item in cast("list[object]", value)]
    if not isinstance(value, Mapping):
        return value
    row = cast("Row", value)
    if _is_link(row):
        return _link_id(row)
    return {
        key: _bare(item)
        for key, item in row.items()
        if key not in VOLATILE and not (type and key in type.properties and type.is_computed(type.properties[key]))
    }


def _shown(item: object, is_link: bool) -> object:
    return _link_id(item) if is_link else _bare(item)


def _is_link(value: object) -> bool:
    """Whether a value is a reference: an object with an id and perhaps what it is called."""
    return isinstance(value, Mapping) and "id" in value and not (set(cast("Row", value)) - _OF_A_LINK)


_OF_A_LINK = frozenset({"id", "code", "name", "displayName", "username", "shortName"})


def _link_id(value: object) -> object:
    """The UID in a reference, or else its code; what is no reference as it is."""
    if not isinstance(value, Mapping):
        return value
    row = cast("Row", value)
    return row.get("id") or row.get("code")


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]
