"""What the deletion of an object meets: who forbids it, what goes with it, and from where it is taken out.

Source: the deletion handlers of dhis2-core (`*DeletionHandler`), as tables.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.server import Server

Json = dict[str, Any]


def veto(server: Server, type: str, uid: str) -> str | None:
    """Who forbids the deletion, as the message names them: `Indicator (Name)`; None where nobody does."""
    for referrer in server.store.referrers(type, uid):
        for referrer_type, path, names in VETOES.get(type, ()):
            if (referrer.type, referrer.path) == (referrer_type, path):
                document = server.store.get(referrer.type, referrer.uid) or {}
                klass = server.schemas.by_singular[referrer.type].short_klass
                return f"{klass} ({document.get('name')})" if names else klass
    return None


def delete(server: Server, type: str, uid: str) -> None:
    """Delete an object and set right what referred to it."""
    server.store.delete(type, uid)


VETOES: dict[str, list[tuple[str, str, bool]]] = {}
