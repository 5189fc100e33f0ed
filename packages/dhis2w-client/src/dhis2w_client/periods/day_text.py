"""A day as DHIS2 reads it, from what a caller gives as one."""

from __future__ import annotations

from datetime import date, datetime

from dhis2w_client.errors import InvalidRequestError


def day_text(day: date | str) -> str:
    """The ISO day; of a point in time its day, and of a text itself.

    Raises:
        InvalidRequestError: It is no day; nothing was sent.
    """
    try:
        if isinstance(day, str):
            datetime.fromisoformat(day)
            return day
        return f"{day:%Y-%m-%d}" if day == day else _refused(day)  # noqa: PLR0124 - NaT is not itself
    except (TypeError, ValueError):
        return _refused(day)


def _refused(day: object) -> str:
    raise InvalidRequestError(f"{str(day)[:40]!r} is no day.", next_step="Give a date, or a text such as 2024-01-31.")
