"""Tracker: entities, enrollments, events and relationships. `client.tracker` is the `TrackerService`."""

from __future__ import annotations

from dhis2w_client._lazy import lazy_names

TYPE_CHECKING = False  # as `typing` has it; importing `typing` takes longer than everything else here

if TYPE_CHECKING:
    from dhis2w_client.tracker.csv_events import events_in_csv
    from dhis2w_client.tracker.duplicates import DuplicateService, PotentialDuplicate
    from dhis2w_client.tracker.errors import LeftOutWarning, TrackerWarning, TruncatedWarning
    from dhis2w_client.tracker.objects import (
        AttributeValue,
        Enrollment,
        Event,
        EventDataValue,
        Note,
        ProgramOwner,
        Relationship,
        RelationshipItem,
        TrackedEntity,
        TrackerPayload,
        TrackerUser,
    )
    from dhis2w_client.tracker.push_options import PushOptions
    from dhis2w_client.tracker.report import TrackerReport
    from dhis2w_client.tracker.selection import TrackerSelection
    from dhis2w_client.tracker.service import TrackerService
    from dhis2w_client.tracker.tracker_list import TrackerList

HOMES = {
    name: f"dhis2w_client.tracker.{module}"
    for module, names in {
        "csv_events": ("events_in_csv",),
        "duplicates": ("DuplicateService", "PotentialDuplicate"),
        "errors": ("LeftOutWarning", "TrackerWarning", "TruncatedWarning"),
        "objects": (
            "AttributeValue",
            "Enrollment",
            "Event",
            "EventDataValue",
            "Note",
            "ProgramOwner",
            "Relationship",
            "RelationshipItem",
            "TrackedEntity",
            "TrackerPayload",
            "TrackerUser",
        ),
        "push_options": ("PushOptions",),
        "report": ("TrackerReport",),
        "selection": ("TrackerSelection",),
        "service": ("TrackerService",),
        "tracker_list": ("TrackerList",),
    }.items()
    for name in names
}
"""The module that defines each name."""

__all__ = [
    "AttributeValue",
    "DuplicateService",
    "Enrollment",
    "Event",
    "EventDataValue",
    "LeftOutWarning",
    "Note",
    "PotentialDuplicate",
    "ProgramOwner",
    "PushOptions",
    "Relationship",
    "RelationshipItem",
    "TrackedEntity",
    "TrackerList",
    "TrackerPayload",
    "TrackerReport",
    "TrackerSelection",
    "TrackerService",
    "TrackerUser",
    "TrackerWarning",
    "TruncatedWarning",
    "events_in_csv",
]


__getattr__, __dir__ = lazy_names(__name__, HOMES)
