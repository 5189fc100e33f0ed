"""JSON as Python values, and how to look into JSON whose shape nobody promises."""

from __future__ import annotations

import math
from typing import Any, TypeAlias, cast

Json: TypeAlias = Any
"""What a JSON text can hold. Loose on purpose: whoever asks without `as_` knows the answer's shape, and a union of all
that JSON can be would have to be narrowed at every step."""


def as_object(value: object) -> dict[str, object]:
    """The value when it is a JSON object, else an empty one."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else {}


def as_array(value: object) -> list[object]:
    """The value when it is a JSON array, else an empty one."""
    return cast("list[object]", value) if isinstance(value, list) else []


def as_text(value: object) -> str | None:
    """The value as text when it is a string or a number, else `None`."""
    if isinstance(value, str):
        return value
    return str(value) if is_number(value) else None


def as_count(value: object) -> int:
    """The value when it is a whole number, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def is_number(value: object) -> bool:
    """Whether the value is a number to count or measure with (`True` and NaN are none)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not math.isnan(value)
