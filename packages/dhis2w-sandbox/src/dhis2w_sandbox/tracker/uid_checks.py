"""The check of identifiers where the body is read without looking at them (2.41).

Source: `UidValidator` and `ValidationUtils.checkUidFormat` of dhis2-core 2.41.
"""

from __future__ import annotations

from dhis2w_sandbox.tracker.payload import SentEnrollment, SentEntity, SentEvent, SentRelationship
from dhis2w_sandbox.tracker.payload_reader import UID
from dhis2w_sandbox.tracker.reporter import Reporter


def check_uid(reporter: Reporter, item: SentEntity | SentEnrollment | SentEvent | SentRelationship) -> None:
    """Refuse an object whose identifier, or that of a note, is none."""
    if not UID.fullmatch(item.uid):
        reporter.error(item, "E1048", item.uid, item.uid, item.uid)
    if isinstance(item, (SentEnrollment, SentEvent)):
        for note in item.notes:
            if not UID.fullmatch(note.uid):
                reporter.error(item, "E1048", note.uid, note.uid, note.uid)
