"""The `fields` language on plain JSON: for answers that are no metadata object, such as `/api/system/info`.

Source: `FieldFilterService.toObjectNodes` of dhis2-core; unknown names are dropped, the order is the answer's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from dhis2w_sandbox.metadata.fields import Field, parse, parse_strict
from dhis2w_sandbox.server import Server

Json = dict[str, Any]


def selected(server: Server, value: Json, expression: str | None) -> Json:
    """What of a JSON object the expression asks for; all of it where there is none."""
    if not expression:
        return value
    read = parse_strict if server.behaviour.strict_fields else parse
    return cast("Json", select(value, read(expression)))


def select(value: Any, fields: Iterable[Field]) -> Any:
    """A value without what was not asked for; of a list, each item so."""
    fields = tuple(fields)
    if isinstance(value, list):
        return [select(item, fields) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    excluded = {field.path[0] for field in fields if field.exclude and len(field.path) == 1}
    everything = any(field.preset and len(field.path) == 1 for field in fields)
    below: dict[str, list[Field]] = {}
    for field in fields:
        if len(field.path) > 1:
            below.setdefault(field.path[0], []).append(_inner(field))
    named = {field.path[0] for field in fields if not field.preset and len(field.path) == 1}
    return {
        key: select(item, below[key]) if key in below and key not in excluded else item
        for key, item in cast("Json", value).items()
        if key not in excluded and (everything or key in named or key in below)
    }


def _inner(field: Field) -> Field:
    return Field(field.path[1:], field.exclude, field.preset, field.transformers)
