"""The transformers of `fields`: `::size`, `::isEmpty`, `::isNotEmpty`, `::pluck`, `::keyBy`, `::rename`.

Applied to a finished answer from the outside in, as DHIS2 does: so a transformer sees what is inside its value before
the transformers in there have changed it.
Source: `org.hisp.dhis.fieldfiltering.transformers` of dhis2-core.
"""

from __future__ import annotations

from typing import Any, cast

from dhis2w_sandbox.metadata.fields import Transformer
from dhis2w_sandbox.metadata.plans import Plan

Json = dict[str, Any]


def transform(plan: Plan, shown: Json) -> None:
    """Change an answer, in place, as its plan says."""
    for key in list(shown):
        step = plan.steps.get(key)
        if step is None:
            continue
        value = shown[key]
        name = key
        for transformer in sorted(step.transformers, key=lambda row: row.name == "rename"):
            name = _apply(transformer, name, value, shown)
        for item in cast("list[Any]", value) if isinstance(value, list) else [value]:
            if isinstance(item, dict) and step.children is not None:
                transform(step.children, cast("Json", item))


def _apply(transformer: Transformer, key: str, value: Any, shown: Json) -> str:
    """Apply one transformer; every one looks at the value as it was before. Returns the key, perhaps a new one."""
    rows = cast("list[Any]", value) if isinstance(value, list) else None
    first = transformer.parameters[0] if transformer.parameters else "id"
    match transformer.name:
        case "rename":
            name = transformer.parameters[0] if transformer.parameters else ""
            shown[name] = shown.pop(key)
            return name
        case "size" if rows is not None:
            shown[key] = len(rows)
        case "size" if isinstance(value, str):
            shown[key] = len(value)
        case "isEmpty" if rows is not None:
            shown[key] = not rows
        case "isNotEmpty" if rows is not None:
            shown[key] = bool(rows)
        case "pluck" if rows is not None:
            shown[key] = [_plucked(row, first) for row in rows]
        case "keyBy" if rows is not None:
            shown[key] = _keyed(rows, first)
        case _:
            pass
    return key


def _plucked(row: Any, key: str) -> Any:
    return cast("Json", row).get(key, cast("Any", row)) if isinstance(row, dict) else row


def _keyed(rows: list[Any], key: str) -> Json:
    """The rows by one of their values; rows of the same value become a list."""
    found: dict[str, list[Any]] = {}
    for row in rows:
        name = _as_text(cast("Json", row).get(key)) if isinstance(row, dict) else ""
        if name.strip():
            found.setdefault(name, []).append(row)
    return {name: same[0] if len(same) == 1 else same for name, same in found.items()}


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or isinstance(value, dict | list) else str(value)
