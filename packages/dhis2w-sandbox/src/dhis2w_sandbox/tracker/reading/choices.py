"""What a request's `fields` asks for, level by level: so that only that is looked up.

Source: `FieldsRequestParam` and `FieldFilterService` of dhis2-core.
"""

from __future__ import annotations

from typing import Any, cast

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.metadata.fields import Field, parse, parse_strict
from dhis2w_sandbox.selection import select

Json = dict[str, Any]

_EVERYTHING = (Field(("all",), preset=True),)


class Choice:
    """The fields that are wanted of an object.

    Args:
        fields: the parsed expression, as seen from the object.
    """

    def __init__(self, fields: tuple[Field, ...] = _EVERYTHING) -> None:
        self._fields = fields

    @classmethod
    def of(cls, call: Call, default: str) -> Choice:
        """The choice of a request; the default where it makes none."""
        read = parse_strict if call.server.behaviour.strict_fields else parse
        return cls(tuple(read(",".join(call.params("fields")) or default)))

    def has(self, key: str) -> bool:
        """Whether a key is wanted."""
        return key in cast("Json", select({key: None}, self._fields))

    def within(self, key: str) -> Choice:
        """What is wanted of the objects under a key."""
        inner = [field for field in self._fields if field.path[0] == key and len(field.path) > 1]
        if not inner:
            return Choice()
        return Choice(tuple(Field(field.path[1:], field.exclude, field.preset, field.transformers) for field in inner))

    def without(self, key: str) -> Choice:
        """The same without a key."""
        return Choice((*self._fields, Field((key,), exclude=True)))

    def picked(self, value: Json) -> Json:
        """An object without what is not wanted, and without what is None."""
        return cast("Json", select({key: item for key, item in value.items() if item is not None}, self._fields))
