"""What happens beside the general rules when objects of a type are written: a table that the rooms fill in.

Source: the object bundle hooks of dhis2-core (`dxf2/metadata/objectbundle/hooks`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.errors import ErrorReport
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]


def _prepare_nothing(server: Server, user: User, new: Json, old: Json | None) -> None:
    del server, user, new, old


def _do_nothing(server: Server, user: User, updated: list[Json]) -> None:
    del server, user, updated


def _complete_nothing(new: Json) -> None:
    del new


def _find_nothing_wrong(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
    del server, user, new, old
    return []


@dataclass(frozen=True)
class Hook:
    """The special rules of one type; `old` is the stored document, None where the object is new."""

    complete: Callable[[Json], None] = _complete_nothing
    """Fills in what follows from other values of a document, before anything is checked (Java's setters)."""
    prepare: Callable[[Server, User, Json, Json | None], None] = _prepare_nothing
    """Changes the new document before it is stored (DHIS2's preCreate and preUpdate)."""
    check: Callable[[Server, User, Json, Json | None], list[ErrorReport]] = _find_nothing_wrong
    """What is wrong with the new document; called before `prepare`, while references may still be unknown."""
    after: Callable[[Server, User, Json, Json | None], None] = _prepare_nothing
    """Called when the new document is stored (postCreate and postUpdate): may write other objects."""
    after_updates: Callable[[Server, User, list[Json]], None] = _do_nothing
    """Called once when all of an import's objects of the type are stored, with those of them that were updated."""


HOOKS: dict[str, list[Hook]] = {}
"""Hooks by singular type name, in the order in which they run."""


def register(type: str, hook: Hook) -> None:
    """Add a hook for a type (singular name)."""
    HOOKS.setdefault(type, []).append(hook)
