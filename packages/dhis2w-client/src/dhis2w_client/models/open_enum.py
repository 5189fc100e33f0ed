"""Enums whose list of constants may be longer on the server than here."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class OpenEnum(StrEnum):
    """Base of the generated enums: a constant that is not listed is a member too, with `known` False.

    DHIS2 adds and removes constants with every version, so an answer may hold one that this package has not heard of.
    Such a member is equal to its text, and is not part of `list(ValueType)`.
    """

    @property
    def known(self) -> bool:
        """Whether this package lists the constant."""
        return self._value_ in type(self)._value2member_map_

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member

    __hash__ = str.__hash__

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Text becomes a member, whether listed or not."""
        return core_schema.no_info_after_validator_function(
            cls,
            core_schema.str_schema(strict=True),
            serialization=core_schema.to_string_ser_schema(),
        )
