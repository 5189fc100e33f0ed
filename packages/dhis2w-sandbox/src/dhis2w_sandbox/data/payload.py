"""A set of data values as a client sends it, whatever its format: one group of raw values, or several.

Nothing here is looked up: identifiers are still in the sender's scheme, periods still text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dhis2w_sandbox.data.identifiers import IdScheme

Json = dict[str, Any]


@dataclass(frozen=True)
class RawValue:
    """One value as sent."""

    element: str | None = None
    period: str | None = None
    unit: str | None = None
    combo: str | None = None
    attribute: str | None = None
    value: str | None = None
    comment: str | None = None
    stored_by: str | None = None
    follow_up: bool | None = None
    deleted: bool | None = None
    options: dict[str, str | None] | None = None
    """Category options by category, in the place of a combo."""


@dataclass(frozen=True)
class RawGroup:
    """Values with what they have in common."""

    values: list[RawValue] = field(default_factory=list[RawValue])
    data_set: str | None = None
    complete_date: str | None = None
    period: str | None = None
    unit: str | None = None
    attribute: str | None = None
    attribute_options: dict[str, str | None] | None = None
    dry_run: bool | None = None
    schemes: dict[str, IdScheme] = field(default_factory=dict[str, IdScheme])
    deletion: Json | None = None
    refused: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Values that the reader made no sense of: what each conflict is about, and its text."""


class Unreadable(Exception):
    """A payload that the reader of a version cannot make sense of; its text is what that reader says."""


class UnreadableHead(Unreadable):
    """A payload of which nothing can be read."""


class UnreadableGroup(Unreadable):
    """A group of a payload that cannot be made sense of."""

    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
        self.number = number
        """Which group, counted from 0."""
