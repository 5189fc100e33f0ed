"""What tracker warns of; its errors are those of every call (`dhis2w_client.errors`)."""

from __future__ import annotations

from dhis2w_client.errors import Dhis2Warning


class TrackerWarning(Dhis2Warning):
    """Something in tracker that is easily overlooked."""


class LeftOutWarning(TrackerWarning):
    """DHIS2 said nothing at all about some of the objects that it was sent: they were not saved."""


class TruncatedWarning(TrackerWarning):
    """DHIS2 gives fewer rows than there are, and does not say so."""
