"""The kinds of objects that tracker has: the names of their lists, of their UIDs and of their models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dhis2w_client.models.server_model import ServerModel


@dataclass(frozen=True, slots=True)
class TrackerKind:
    """One kind of objects."""

    key: str
    """Name of its list in answers and payloads, and of its path below `/api/tracker`."""
    uid: str
    """The property with an object's UID."""
    model: str
    """Name of its model in `objects.py`."""
    collections: tuple[str, ...] = ()
    """Properties that hold lists of its parts, each of which an import merges; all others it replaces."""

    def model_class(self) -> type[ServerModel]:
        """The model; its module is loaded when it is first needed."""
        from dhis2w_client.tracker import objects

        return getattr(objects, self.model)


ENTITIES = TrackerKind(
    "trackedEntities",
    "trackedEntity",
    "TrackedEntity",
    ("attributes", "enrollments", "relationships", "programOwners"),
)
ENROLLMENTS = TrackerKind("enrollments", "enrollment", "Enrollment", ("attributes", "events", "notes", "relationships"))
EVENTS = TrackerKind("events", "event", "Event", ("dataValues", "notes", "relationships"))
TRACKER_EVENTS = TrackerKind("trackerEvents", "event", "Event", EVENTS.collections)
SINGLE_EVENTS = TrackerKind("singleEvents", "event", "Event", EVENTS.collections)
RELATIONSHIPS = TrackerKind("relationships", "relationship", "Relationship")

IN_PAYLOADS: Mapping[str, TrackerKind] = {kind.key: kind for kind in (ENTITIES, ENROLLMENTS, EVENTS, RELATIONSHIPS)}
"""The kinds of which a payload has lists, at its top or nested in each other."""
