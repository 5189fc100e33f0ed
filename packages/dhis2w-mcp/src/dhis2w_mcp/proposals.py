"""Proposals: plans that wait for their commit, each under a token that works once, for a while.

What is kept and refused is decided here, without the server; `dhis2w_mcp.agency` makes plans and carries them out.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dhis2w_core.object_state import digest, own_values
from dhis2w_mcp.errors import ChangedStateError, ExpiredTokenError, OtherProfileError, UnknownTokenError, UsedTokenError

if TYPE_CHECKING:
    from dhis2w_core.object_home import Row
    from dhis2w_core.operation_index import IndexEntry
    from dhis2w_core.plan import ObjectChange, Plan, Preview

LIFETIME = 600.0
"""Seconds that a token works."""
REMEMBERED = 1000
"""Tokens that are known; the oldest are forgotten first."""
CHANGES_TOLD = 10


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be done, as it was when it was looked at."""

    profile: str
    """The profile it was made for."""
    entry: IndexEntry
    arguments: dict[str, Any] = field(repr=False)
    plan: Plan = field(repr=False)
    """What is carried out: exactly what was looked at."""
    preview: Preview = field(repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)
    """Names in it that are withheld."""

    @property
    def destroys(self) -> bool:
        """Whether a person has to agree expressly: what is declared decides, or the plan where it says more."""
        declared = self.entry.effect == "destroy" and not self.entry.effect_varies
        return declared or self.preview.effect == "destroy"


class ProposalBook:
    """All proposals of a server.

    Args:
        now: The clock, in seconds.
        new_token: Makes a token that nobody guesses.
    """

    def __init__(
        self, *, now: Callable[[], float] = time.monotonic, new_token: Callable[[], str] = secrets.token_urlsafe
    ) -> None:
        self._now = now
        self._new_token = new_token
        # what was taken is `None`; with each other the time by which its token works no more
        self._known: OrderedDict[str, tuple[Proposal, float] | None] = OrderedDict()

    def add(self, proposal: Proposal) -> str:
        """Keep a proposal, and give its token."""
        token = self._new_token()
        self._known[token] = (proposal, self._now() + LIFETIME)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return token

    def find(self, token: str, profile: str) -> Proposal:
        """The proposal of a token, which stays usable.

        Raises:
            UnknownTokenError: There is none.
            UsedTokenError: It was taken already.
            ExpiredTokenError: It is too old.
            OtherProfileError: It was made for another profile.
        """
        if token not in self._known:
            raise UnknownTokenError("No proposal has this token.", next_step="Call propose, and commit its token.")
        known = self._known[token]
        if known is None:
            raise UsedTokenError("This token was used already; it works once.", next_step="Call propose again.")
        proposal, expires = known
        if self._now() >= expires:
            raise ExpiredTokenError(
                f"This token is older than {LIFETIME / 60:g} minutes.", next_step="Call propose again."
            )
        if proposal.profile != profile:
            raise OtherProfileError(
                f"This token was given for profile {proposal.profile!r}, not for {profile!r}.",
                next_step=f"Commit it for {proposal.profile!r}, or propose the same for {profile!r}.",
            )
        return proposal

    def take(self, token: str, profile: str) -> Proposal:
        """The proposal of a token, which does not work any more after that; raises as `find`."""
        proposal = self.find(token, profile)
        self._known[token] = None
        return proposal


def state_changes(steps: Sequence[ObjectChange], now: Sequence[Row | None]) -> list[tuple[str, str, Any, Any]]:
    """What is different on the server from what a plan saw: type and id, property, before, now.

    Args:
        steps: The steps of the plan.
        now: What each of their objects owns now; `None` where there is no such object.
    """
    found: list[tuple[str, str, Any, Any]] = []
    for step, state in zip(steps, now, strict=True):
        if digest(state) == digest(step.before):
            continue
        before, after = own_values(step.before or {}), own_values(state or {})
        changed = [key for key in dict.fromkeys((*before, *after)) if before.get(key) != after.get(key)]
        shown = f"{step.type} {step.id}"
        if state is None or step.before is None:
            found.append((shown, "", "not there" if state else "there", "there" if state else "not there"))
        else:
            found.extend((shown, key, before.get(key), after.get(key)) for key in changed)
    return found


def refuse_changed(changed: Sequence[str]) -> None:
    """Refuse to commit where something is different.

    Raises:
        ChangedStateError: Something is; with what it is.
    """
    if changed:
        raise ChangedStateError(
            "What this would change was changed by somebody since it was proposed; nothing was written.",
            changed=list(changed[:CHANGES_TOLD]),
            next_step="Look at what changed, and propose again.",
        )
