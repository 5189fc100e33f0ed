"""What checks of data integrity find, and the table of what looks for it.

Each rule is a function from the server to its findings; the modules `integrity_*` hold them.
Source: `DataIntegrityIssue`, `HibernateDataIntegrityStore` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.store import Store

Json = dict[str, Any]


@dataclass(frozen=True)
class Findings:
    """What is wrong, and of how many."""

    issues: list[Json]
    total: int = 0
    """How many objects there are; the percentage is of them."""
    counted: int | None = None
    """What the summary counts, where that is not the issues."""
    matched: int | None = None
    """What the percentage is worked out of, where that is not the count."""

    @property
    def count(self) -> int:
        """What the summary counts."""
        return len(self.issues) if self.counted is None else self.counted


Rule = Callable[[Server], Findings]
RULES: dict[str, Rule] = {}
"""What looks for the issues of a check, by its name."""


def rule(name: str) -> Callable[[Rule], Rule]:
    """Decorate what looks for the issues of a check."""

    def add(look: Rule) -> Rule:
        RULES[name] = look
        return look

    return add


def issue(document: Json, comment: str | None = None, refs: list[str] | None = None) -> Json:
    """An object as an issue, without what there is nothing to say of."""
    row: Json = {"id": document["id"], "name": document.get("name"), "comment": comment, "refs": refs}
    return {key: value for key, value in row.items() if value is not None}


def by_name(rows: Iterable[Json]) -> list[Json]:
    """Objects in the order of their names."""
    return sorted(rows, key=lambda row: row.get("name") or "")


def ids_in(document: Json, key: str) -> list[str]:
    """The identifiers in a list of a document; `a.b` where they are in the `b` of each item."""
    outer, _, inner = key.partition(".")
    items: list[Any] = document.get(outer) or []
    found = (item if isinstance(item, str) else linked(item, inner) if inner else item.get("id") for item in items)
    return [uid for uid in found if uid]


def holders(store: Store, type: str, key: str) -> dict[str, list[Json]]:
    """Who is in a list of objects of a type, each with the objects that hold it."""
    found: dict[str, list[Json]] = {}
    for holder in store.all(type):
        for uid in dict.fromkeys(ids_in(holder, key)):
            found.setdefault(uid, []).append(holder)
    return found


def pointed_at(store: Store, type: str, key: str) -> set[str]:
    """Whom the objects of a type point at."""
    return {uid for document in store.all(type) if (uid := linked(document, key))}


def those(store: Store, type: str, broken: Callable[[Json], bool]) -> Findings:
    """The objects of a type of which something holds, by name."""
    documents = store.all(type)
    return Findings([issue(row) for row in by_name(documents) if broken(row)], len(documents))


def named(rows: list[Json]) -> list[str]:
    """Objects as issues refer to them: `name:id`."""
    return [f"{row['name']}:{row['id']}" for row in rows]


def is_blank(form: Json) -> bool:
    """Whether there is nothing in an entry form."""
    return not (form.get("htmlCode") or "").replace(" ", "")
