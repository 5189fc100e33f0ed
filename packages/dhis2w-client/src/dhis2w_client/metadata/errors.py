"""What can go wrong in work on metadata, beside the errors of every call (`dhis2w_client.errors`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dhis2w_client.errors import Dhis2Error

if TYPE_CHECKING:
    from dhis2w_client.reports import ReportRow


class NotABundleError(Dhis2Error, ValueError):
    """The content is no metadata bundle."""


class InvalidBundleError(Dhis2Error, ValueError):
    """A bundle that DHIS2 would refuse, found out before anything was sent."""

    def __init__(self, message: str, rows: tuple[ReportRow, ...], *, next_step: str | None = None) -> None:
        super().__init__(message, next_step=next_step)
        self.rows = rows
        """One row for each complaint, in the shape of an import report."""


class NotInVersionError(Dhis2Error):
    """The connected version of DHIS2 cannot do this; nothing was sent."""
