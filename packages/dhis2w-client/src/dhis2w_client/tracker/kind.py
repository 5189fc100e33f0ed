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
    nested: tuple[str, ...] = ()
    """Properties with objects and notes of their own, which an import merges and an update can leave out."""
    values: tuple[str, str] | None = None
    """The property with its values, and the key of each."""

    def model_class(self) -> type[ServerModel]:
        """The model; its module is loaded when it is first needed."""
        from dhis2w_client.tracker import objects

        return getattr(objects, self.model)


ATTRIBUTES = ("attributes", "attribute")
DATA_VALUES = ("dataValues", "dataElement")

ENTITIES = TrackerKind(
    "trackedEntities", "trackedEntity", "TrackedEntity", ("enrollments", "relationships", "programOwners"), ATTRIBUTES
)
ENROLLMENTS = TrackerKind("enrollments", "enrollment", "Enrollment", ("events", "notes", "relationships"), ATTRIBUTES)
EVENTS = TrackerKind("events", "event", "Event", ("notes", "relationships"), DATA_VALUES)
TRACKER_EVENTS = TrackerKind("trackerEvents", "event", "Event", EVENTS.nested, DATA_VALUES)
SINGLE_EVENTS = TrackerKind("singleEvents", "event", "Event", EVENTS.nested, DATA_VALUES)
RELATIONSHIPS = TrackerKind("relationships", "relationship", "Relationship")

IN_PAYLOADS: Mapping[str, TrackerKind] = {kind.key: kind for kind in (ENTITIES, ENROLLMENTS, EVENTS, RELATIONSHIPS)}
"""The kinds of which a payload has lists, at its top or nested in each other."""
