"""Dates as DHIS2 sends them: a point in time, and the text it came as."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self, TypeAlias

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Timestamp(datetime):
    """A `datetime` that remembers the text it was read from, so that an untouched date goes back as it came.

    DHIS2 sends its own local time without a zone (`2024-01-31T12:00:00.000`); such a timestamp is naive.
    What is computed from one (`replace`, arithmetic) has no text and is written like any other `datetime`.
    """

    _text: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an ISO date or date and time; raises ValueError for any other text."""
        stamp = cls.fromisoformat(text)
        stamp._text = text
        return stamp

    @property
    def text(self) -> str:
        """As it was read, or else as DHIS2 writes dates."""
        return self._text or written(self)

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return (type(self).parse, (self.text,))


def written(moment: datetime) -> str:
    """The text that is sent for a date: what it was read from, or ISO with milliseconds."""
    if isinstance(moment, Timestamp) and moment._text is not None:  # pyright: ignore[reportPrivateUsage] - same module
        return moment._text  # pyright: ignore[reportPrivateUsage] - same module
    return moment.isoformat(timespec="milliseconds")


def read_timestamp(text: str) -> Timestamp | str:
    """The text as a timestamp; a text that is none stays what it is."""
    try:
        return Timestamp.parse(text)
    except ValueError:
        return text


class _AsTimestamp:
    """Validates text, a date or a `datetime`; in a field's annotation it also marks the field as a date."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        moment = core_schema.datetime_schema()
        text = core_schema.no_info_after_validator_function(Timestamp.parse, core_schema.str_schema(strict=True))
        return core_schema.union_schema([text, moment], mode="left_to_right")


DateTime: TypeAlias = Annotated[datetime, _AsTimestamp()]
"""The annotation of a date: any `datetime` when it is set, a `Timestamp` when it was read."""
