"""What can go wrong in analytics, beside the errors of every call (`dhis2w_client.errors`)."""

from __future__ import annotations

from dhis2w_client.errors import Dhis2Error, Dhis2Warning


class MissingExtraError(Dhis2Error, ImportError):
    """A library that makes frames is not installed."""


class NotSplittableError(Dhis2Error, ValueError):
    """A query cannot be asked in parts: the parts would not add up to the whole."""


class AnalyticsWarning(Dhis2Warning):
    """Something in an analytics result that is easily taken for something else."""


class NoOutputPeriodsWarning(AnalyticsWarning):
    """An empty result that says nothing: the tables were built without the columns of periods (2.43 and newer)."""
