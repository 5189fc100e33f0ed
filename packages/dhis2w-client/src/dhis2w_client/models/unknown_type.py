"""The error for a type that DHIS2 does not have."""

from __future__ import annotations

from difflib import get_close_matches

from dhis2w_client.errors import Dhis2Error
from dhis2w_client.models.index import MODULES, PLURALS


class UnknownTypeError(Dhis2Error, LookupError):
    """No type of DHIS2 has this name or plural."""

    def __init__(self, name: str) -> None:
        near = get_close_matches(name, [*PLURALS, *MODULES], n=3)
        super().__init__(
            f"DHIS2 has no type {name!r}",
            next_step=f"did you mean {' or '.join(near)}?" if near else None,
        )
        self.name = name
        """What was asked for."""
