"""Annotations for what DHIS2 takes in more than one form.

The usual form is what a type checker sees; the other one, where it comes, is kept as it came.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, TypeVar, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

Item = TypeVar("Item")


class NumberToo:
    """Marks text in whose place DHIS2 takes a number, and keeps it."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.union_schema([handler(source), core_schema.int_schema(), core_schema.float_schema()])


class MapToo:
    """Marks a list in whose place DHIS2 takes an object of the same items by UID, and keeps it."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        by_uid = handler.generate_schema(dict[str, get_args(source)[0]])
        return core_schema.union_schema([handler(source), by_uid], mode="left_to_right")


Text: TypeAlias = Annotated[str, NumberToo()]
"""Text in whose place a number may come: expressions such as `1`."""

Items: TypeAlias = Annotated[list[Item], MapToo()]
"""A list that may come as an object of its items by UID: attribute values."""
