"""Who sends a request: what the sandbox needs to know of a user to let them do things."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dhis2w_sandbox.store import Store

Json = dict[str, Any]


@dataclass(frozen=True)
class User:
    """A user as stored, with what follows from their roles."""

    store: Store
    document: Json

    @property
    def uid(self) -> str:
        """The identifier."""
        return self.document["id"]

    @property
    def username(self) -> str:
        """The login name, case-sensitive."""
        return self.document["username"]

    @cached_property
    def authorities(self) -> frozenset[str]:
        """All authorities of all roles."""
        roles = (self.store.get("userRole", role["id"]) for role in self.document.get("userRoles", ()))
        return frozenset(authority for role in roles if role for authority in role.get("authorities", ()))

    @cached_property
    def groups(self) -> frozenset[str]:
        """Identifiers of the groups that the user is in (groups own their members)."""
        referrers = self.store.referrers("user", self.uid)
        return frozenset(row.uid for row in referrers if row.type == "userGroup" and row.path == "users")

    @property
    def is_super(self) -> bool:
        """Whether the user has the authority ALL."""
        return "ALL" in self.authorities

    def has_any(self, authorities: list[str]) -> bool:
        """Whether the user has one of these authorities, or ALL."""
        return self.is_super or not self.authorities.isdisjoint(authorities)
