"""Sending several files one after another, each with a journal of its own, with one report."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dhis2w_core.operation import PushReport
from dhis2w_core.plan import Preview, PreviewLine
from dhis2w_core.transfers.spooled_input import drop_spooled, is_spooled

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.plan import ObjectChange, Record
    from dhis2w_core.transfers.data_push import DataPush
    from dhis2w_core.transfers.tracker_push import TrackerPush

COUNTS = ("read", "accepted", "unchanged", "refused", "skipped")


@dataclass(frozen=True, slots=True)
class FilePushes:
    """The plan to send files; it holds nothing of what is in them."""

    pushes: Sequence[DataPush] | Sequence[TrackerPush]
    content: str
    """What is in the files, in words: `data values`."""
    steps: tuple[ObjectChange, ...] = ()
    takes_back: str | None = None

    def preview(self) -> Preview:
        """The files, and how they are sent."""
        names = [_name(push) for push in self.pushes]
        lines = [
            PreviewLine(name, "bytes", None, push.source.stat().st_size)
            for name, push in zip(names, self.pushes, strict=True)
        ]
        options = self.pushes[0].options
        lines.append(PreviewLine("how", "strategy", None, options.strategy))
        if options.dry_run:
            lines.append(PreviewLine("how", "trial", None, True))
        title = f"Send the {self.content} of {', '.join(names)}"
        return Preview(title, "write", "none", "An import cannot be undone.", tuple(lines))

    def fingerprint(self) -> str:
        """From the contents and the options."""
        return hashlib.sha256(" ".join(push.fingerprint() for push in self.pushes).encode()).hexdigest()[:16]

    async def apply(self, client: Dhis2Client, record: Record) -> PushReport:
        """Send what was not sent yet, a file after the other.

        Returns:
            Counts of rows that add up (`read` is the sum of all others), and the files of what was refused; of several
            files the same of each under `files`.

        Raises:
            OperationError: A file changed since a part of it was sent, or is none that can be sent.
            Dhis2Error: The server cannot be reached or refuses as such; the same command goes on later.
        """
        try:
            reports = [await push.apply(client, record) for push in self.pushes]
        finally:
            for push in self.pushes:
                drop_spooled(push.source)
        if len(reports) == 1:
            return reports[0]
        files = [{"file": _name(push), **report} for push, report in zip(self.pushes, reports, strict=True)]
        rejects = [each["rejects"] for each in reports if each["rejects"]]
        counts = {key: sum(int(str(each[key])) for each in reports) for key in COUNTS}
        return PushReport(**counts, rejects=rejects, files=files)


def _name(push: DataPush | TrackerPush) -> str:
    return "standard input" if is_spooled(push.source) else str(push.source)
