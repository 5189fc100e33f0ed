"""Chunks are checked before they are sent: what the server would refuse is refused here, and only the rest goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from dhis2w_core.transfers.chunk import Chunk, Outcome, RefusedRow

if TYPE_CHECKING:
    from dhis2w_core.transfers.push_run import Deliver


class Check(Protocol):
    """Knows what a server would refuse."""

    async def refusals(self, chunk: Chunk) -> list[RefusedRow]:
        """The rows that the server would refuse, in their order; the first reason of each."""
        ...


@dataclass(frozen=True, slots=True)
class CheckedDelivery:
    """Sends what passes a check."""

    check: Check
    deliver: Deliver

    async def __call__(self, chunk: Chunk, *, read_back: bool) -> Outcome:
        """Check a chunk and send what is left of it; what was sent before passed the check then, too."""
        refused = await self.check.refusals(chunk)
        if not refused:
            return await self.deliver(chunk, read_back=read_back)
        wrong = {each.row - chunk.first for each in refused}
        kept = [position for position in range(len(chunk)) if position not in wrong]
        if not kept:
            return Outcome(refused=tuple(refused))
        rest = Chunk(chunk.first, [chunk.values[each] for each in kept], [chunk.lines[each] for each in kept])
        outcome = await self.deliver(rest, read_back=read_back)
        of_server = [replace(each, row=chunk.first + kept[each.row - chunk.first]) for each in outcome.refused]
        return replace(outcome, refused=(*refused, *of_server))
