"""Values that name several options. Source: `ValueType.splitMultiText` of dhis2-core."""

from __future__ import annotations


def options_in(value: str, type: str) -> list[str]:
    """The options that a value of a type names: itself, or what its commas divide.

    Java leaves out what is empty at the end: `A,` names `A` alone, and `,` nothing.
    """
    if type != "MULTI_TEXT":
        return [value]
    several = value.rstrip(",")
    return several.split(",") if several else []
