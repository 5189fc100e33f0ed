"""The index of operations: what a face needs to know of each without importing it.

It is JSON beside the package that has the operations (`operation_index.json`), written by
`python -m dhis2w_codegen` from signatures and docstrings, and read by help, completion, reference pages and agents.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dhis2w_core.operation import Effect, Undo

FILE_NAME = "operation_index.json"
OWN_INDEX = Path(__file__).with_name(FILE_NAME)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation, as a face offers it."""

    name: str
    type: str
    """`text`, `integer`, `number`, `boolean`, `json` (any JSON value) or `file` (a path on this machine)."""
    help: str = ""
    positional: bool = False
    """Whether it is given by position."""
    required: bool = True
    multiple: bool = False
    """Whether it is a list."""
    default: Any = None
    choices: tuple[str, ...] = ()
    completion: str = ""
    """What a shell may complete it with: `metadata type`, `profile`, `file`, or nothing."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One operation."""

    name: str
    """Area and verb: `metadata list`."""
    summary: str
    """What it does, in one sentence."""
    effect: Effect
    home: str
    """Module and function, `dhis2w_core.features.system.operations:info`."""
    versions: str = "41-44"
    undo: Undo = "none"
    description: str = ""
    """More about it, in Markdown."""
    effect_varies: bool = False
    """Whether the arguments decide the effect of a call; `effect` is the most that it does."""
    given: tuple[str, ...] = ()
    """What whoever runs it gives: parameters by kind, `client=client`, `face=face`."""
    parameters: tuple[Parameter, ...] = field(default=())

    @property
    def connects(self) -> bool:
        """Whether it needs a connected client: to ask the server, or to carry out its plan."""
        return "client=client" in self.given or self.effect in ("write", "destroy")

    @property
    def words(self) -> tuple[str, ...]:
        """Area and verb."""
        return tuple(self.name.split())


@dataclass(frozen=True, slots=True)
class Index:
    """The operations of one package."""

    entries: tuple[IndexEntry, ...]
    areas: Mapping[str, str] = field(default_factory=dict[str, str])
    """What each area is about, by its name."""


def read_index(path: Path = OWN_INDEX) -> Index:
    """An index from its file.

    Raises:
        ValueError: It is none.
        OSError: It cannot be read.
    """
    return parse_index(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=4)  # a process that runs many commands reads the same ones
def parse_index(text: str) -> Index:
    """An index from its JSON.

    Raises:
        ValueError: It is none.
    """
    try:
        found = cast("dict[str, Any]", json.loads(text))
        return Index(tuple(_entry(row) for row in found["operations"]), dict(found["areas"]))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"not an index of operations: {error}") from None


def _entry(row: dict[str, Any]) -> IndexEntry:
    row["given"] = tuple(row.get("given", ()))
    row["parameters"] = tuple(_parameter(parameter) for parameter in row.get("parameters", ()))
    return IndexEntry(**row)


def _parameter(row: dict[str, Any]) -> Parameter:
    row["choices"] = tuple(row.get("choices", ()))
    return Parameter(**row)


def index_text(index: Index) -> str:
    """The JSON of an index: entries by name, and nothing in them that is the default."""
    rows = [_without_defaults(entry) for entry in sorted(index.entries, key=lambda entry: entry.words)]
    found = {"areas": dict(sorted(index.areas.items())), "operations": rows}
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _without_defaults(entry: IndexEntry) -> dict[str, Any]:
    row = _changed(entry)
    if entry.parameters:
        row["parameters"] = [_changed(parameter) for parameter in entry.parameters]
    return row


def _changed(item: IndexEntry | Parameter) -> dict[str, Any]:
    fields = type(item).__dataclass_fields__
    return {key: value for key, value in asdict(item).items() if value != fields[key].default}
