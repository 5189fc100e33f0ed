"""The option combinations of a category combination: one for each choice of one option from every category.

Source: `DefaultCategoryOptionComboGenerateService` and `CategoryComboController` of dhis2-core.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from dhis2w_sandbox.boot import DEFAULT_COMBO
from dhis2w_sandbox.metadata.deleting import delete, veto
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]


def generate(server: Server, user: User, combo: Json) -> None:
    """Add the option combinations that are missing, and delete those that no choice makes any more."""
    if combo["id"] == DEFAULT_COMBO:
        return
    wanted = _choices(server, combo)
    present: set[frozenset[str]] = set()
    for row in server.store.referrers("categoryCombo", combo["id"]):
        stored = server.store.get(row.type, row.uid) if row.type == "categoryOptionCombo" else None
        if stored is None:
            continue
        options = frozenset(option["id"] for option in stored.get("categoryOptions", ()))
        if options in wanted:
            present.add(options)
        elif veto(server, "categoryOptionCombo", stored["id"]) is None:
            delete(server, "categoryOptionCombo", stored["id"])
    for options, choice in wanted.items():
        if options not in present:
            _add(server, user, combo, choice)


def _choices(server: Server, combo: Json) -> dict[frozenset[str], tuple[str, ...]]:
    categories = [server.store.get("category", row["id"]) or {} for row in combo.get("categories", ())]
    lists = [[option["id"] for option in category.get("categoryOptions", ())] for category in categories]
    filled = [options for options in lists if options]
    return {frozenset(choice): choice for choice in product(*filled)} if filled else {}


def _add(server: Server, user: User, combo: Json, choice: tuple[str, ...]) -> None:
    now, me, uid = server.now(), {"id": user.uid}, server.new_uid()
    options = [server.store.get("categoryOption", option) or {} for option in choice]
    document: Json = {
        "id": uid,
        "name": ", ".join(str(option.get("name")) for option in options),
        "created": now,
        "lastUpdated": now,
        "lastUpdatedBy": me,
        "translations": [],
        "attributeValues": [],
        "categoryCombo": {"id": combo["id"]},
        "categoryOptions": [{"id": option} for option in choice],
        "ignoreApproval": False,
    }
    owned = server.schemas.by_singular["categoryOptionCombo"].properties
    server.store.put(
        "categoryOptionCombo", uid, {key: value for key, value in document.items() if key in owned and owned[key].owner}
    )
