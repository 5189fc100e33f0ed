"""What agents may see through a profile: its table `agents`; without one, as little as possible.

```toml
[profiles.prod.agents]
show = ["people", "tracked values"]     # what is withheld otherwise
attributes = ["w75KJ2mc4zz"]            # values of these tracked entity attributes are shown
smallest_cell = 5                       # counts below it are masked in analytics and data values; 0 masks none
raw_calls = false                       # any call of the API, whose answers nobody can mask for certain
```
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, cast, get_args

Withheld: TypeAlias = Literal["people", "tracked values", "free text", "data store", "files"]
"""Kinds of content that agents do not see unless the profile says so."""
KINDS: tuple[Withheld, ...] = get_args(Withheld)
SMALLEST_CELL = 5


@dataclass(frozen=True, slots=True)
class AgentRules:
    """What agents may see through one profile."""

    show: frozenset[Withheld] = field(default=frozenset[Withheld]())
    """The kinds of content that are not withheld."""
    attributes: frozenset[str] = field(default=frozenset[str]())
    """UIDs of tracked entity attributes and data elements whose values are shown though tracked values are not."""
    smallest_cell: int = SMALLEST_CELL
    """Counts from 1 to below this are masked; 0 masks none."""
    raw_calls: bool = False
    """Whether the operations for any call of the API, or of a route, may be used."""


STRICTEST = AgentRules()
"""The rules of a profile that says nothing of agents."""


def parse_agent_rules(table: object) -> AgentRules | str:
    """The rules from the table of a profile, or what is wrong with it, in words."""
    if not isinstance(table, dict):
        return "is not a table"
    values = cast("dict[str, object]", table)
    unknown = [key for key in values if key not in AgentRules.__dataclass_fields__]
    if unknown:
        return f"has {unknown[0][:64]!r}, which is none of {', '.join(AgentRules.__dataclass_fields__)}"
    show, attributes = _texts(values.get("show", [])), _texts(values.get("attributes", []))
    cell, raw = values.get("smallest_cell", SMALLEST_CELL), values.get("raw_calls", False)
    wrong = {
        f"must have in show a list of {', '.join(KINDS)}": show is None or not show <= set(KINDS),
        "must have in attributes a list of UIDs": attributes is None,
        "must have in smallest_cell a number, 0 or greater": type(cell) is not int or cell < 0,
        "must have in raw_calls true or false": not isinstance(raw, bool),
    }
    problem = next((text for text, is_wrong in wrong.items() if is_wrong), None)
    if problem:
        return problem
    return AgentRules(cast("frozenset[Withheld]", show), attributes or frozenset(), cast("int", cell), raw is True)


def _texts(value: object) -> frozenset[str] | None:
    """The texts of a list, or `None` where it is none."""
    if not isinstance(value, list):
        return None
    texts = cast("list[object]", value)
    return (
        frozenset(text for text in texts if isinstance(text, str)) if all(isinstance(t, str) for t in texts) else None
    )
