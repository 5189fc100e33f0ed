"""Identifier schemes: objects by uid, code, name or the value of an attribute.

Source: `IdScheme`, `IdSchemes` of dhis2-api and `IdCoder` of dhis2-core.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.store import Store

Json = dict[str, Any]


@dataclass(frozen=True)
class IdScheme:
    """One way to name objects."""

    kind: str = "UID"
    """UID, CODE, NAME or ATTRIBUTE (also ID and UUID, by which nothing is found)."""
    attribute: str | None = None

    def as_json(self) -> Json:
        """The scheme in import options."""
        return {"type": self.kind, **({"attribute": self.attribute} if self.attribute else {})}


UID = IdScheme()
CODE = IdScheme("CODE")

KINDS = ("ID", "UID", "UUID", "CODE", "NAME", "ATTRIBUTE")


def read_scheme(text: str) -> IdScheme | None:
    """A scheme as a parameter names it, in any case: `code`, `ATTRIBUTE:uid`; None where there is no such."""
    if found := re.fullmatch(r"attribute:([A-Za-z0-9]{11})", text, re.IGNORECASE):
        return IdScheme("ATTRIBUTE", found[1])
    kind = text.upper()
    return IdScheme(kind) if kind in KINDS and kind != "ATTRIBUTE" else None


class Identifiers:
    """Objects by the identifiers of any scheme; the tables are made once, when first asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tables: dict[tuple[str, IdScheme], dict[str, str]] = {}

    def uid(self, type: str, scheme: IdScheme, text: str | None) -> str | None:
        """The uid of the object that is named so; None where there is none."""
        if text is None:
            return None
        if scheme == UID:
            return text if self._store.get(type, text) else None
        table = self._tables.get((type, scheme))
        if table is None:
            named = ((name_in(scheme, document), document["id"]) for document in self._store.all(type))
            table = {name: uid for name, uid in named if name is not None}
            self._tables[type, scheme] = table
        return table.get(text)

    def name(self, type: str, scheme: IdScheme, uid: str) -> str | None:
        """How the scheme names an object; None where it has no such name, or there is no such object."""
        document = self._store.get(type, uid)
        return name_in(scheme, document) if document else None


def name_in(scheme: IdScheme, document: Json) -> str | None:
    """How a scheme names an object."""
    if scheme.kind == "ATTRIBUTE":
        values: list[Json] = document.get("attributeValues") or []
        return next((row["value"] for row in values if row["attribute"]["id"] == scheme.attribute), None)
    return document.get({"UID": "id", "CODE": "code", "NAME": "name"}.get(scheme.kind, ""))
