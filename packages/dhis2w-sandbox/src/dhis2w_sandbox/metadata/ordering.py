"""In which order the objects of one type are written, where it matters.

Source: `OrganisationUnitObjectBundleHook.preCommit` of dhis2-core.
"""

from __future__ import annotations

from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.metadata.bundle import Bundle, Item


def parents_first(bundle: Bundle) -> None:
    """Sort the organisation units of a bundle so that a unit comes after its parent."""
    batch = next((batch for batch in bundle.batches if batch.schema.singular == "organisationUnit"), None)
    if batch is None:
        return
    parents = {item.uid: _parent(item) for item in batch.persisted + batch.fresh}
    depths: dict[str, int] = {}

    def depth(item: Item) -> int:
        chain: list[str] = []
        uid: str | None = item.uid
        while uid in parents and uid not in depths and uid not in chain:
            chain.append(uid)
            uid = parents[uid]
        base = depths.get(uid, 0) if uid else 0
        for place, member in enumerate(reversed(chain)):
            depths[member] = base + place + 1
        return depths[item.uid]

    batch.fresh.sort(key=depth)
    batch.persisted.sort(key=depth)


def _parent(item: Item) -> str | None:
    return linked(item.new, "parent")
