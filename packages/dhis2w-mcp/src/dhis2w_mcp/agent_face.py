"""Which operations agents have, and with which parameters: decided by what the index declares, never by a name.

Operations of this machine have none: they touch local files, ask at a terminal, or are about profiles and the journal,
which people keep. Agents get pages by `limit` and `cursor` of a tool, so that a parameter `limit` is not theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, cast

from dhis2w_core.operation_index import IndexEntry, Parameter
from dhis2w_mcp.errors import ArgumentsError, NoAgentFaceError

HARMLESS_LOCAL = frozenset({"metadata types", "maintenance actions"})
"""Operations without a server that only tell what the package knows."""
OF_PEOPLE = frozenset({"profile", "login", "logout", "undo", "journal"})
"""Areas about this machine's profiles and journal; of these agents have what the server's own tools offer."""
PAGE = "limit"
"""The parameter that pages are made by."""
WAIT = "seconds"
"""The parameter that says how long an operation waits at most."""
LONGEST_WAIT = 50
"""Seconds that a call waits where it does not say how long: most clients give a call up after a minute."""

PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
JSON_TYPES = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean"}


def agent_entries(entries: Iterable[IndexEntry]) -> dict[str, IndexEntry]:
    """The operations that agents have, by name."""
    return {entry.name: entry for entry in entries if has_agent_face(entry)}


def has_agent_face(entry: IndexEntry) -> bool:
    """Whether agents have an operation."""
    if entry.name in HARMLESS_LOCAL:
        return True
    asks = any(given.endswith("=face") for given in entry.given)
    needs_file = any(parameter.type == "file" and parameter.required for parameter in entry.parameters)
    return entry.connects and entry.words[0] not in OF_PEOPLE and not asks and not needs_file


def offered(entry: IndexEntry) -> tuple[Parameter, ...]:
    """The parameters that agents may give."""
    return tuple(each for each in entry.parameters if each.type != "file" and each.name != PAGE)


def entry_named(entries: Mapping[str, IndexEntry], name: str) -> IndexEntry:
    """The operation of a name.

    Raises:
        NoAgentFaceError: Agents have none of that name.
    """
    found = entries.get(" ".join(name.split()))
    if found:
        return found
    nearest = get_close_matches(name, entries, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(map(repr, nearest))}? " if nearest else ""
    raise NoAgentFaceError(
        f"Agents have no operation {name[:80]!r}.", next_step=f"{hint}find_operation looks for one by what it is to do."
    )


def call_arguments(entry: IndexEntry, given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call, as the operation takes them.

    Raises:
        ArgumentsError: One is unknown, missing, or of another type.
    """
    parameters = {parameter.name: parameter for parameter in offered(entry)}
    unknown = [name for name in given if name not in parameters]
    if unknown:
        known = ", ".join(parameters) or "no arguments"
        raise _refused(entry, f"it has no argument {unknown[0][:80]!r}; it has {known}")
    missing = [name for name, parameter in parameters.items() if parameter.required and given.get(name) in (None, [])]
    if missing:
        raise _refused(entry, f"{' and '.join(missing)} must be given")
    return {name: _value(entry, parameters[name], value) for name, value in given.items() if value is not None}


def _value(entry: IndexEntry, parameter: Parameter, value: Any) -> Any:
    if not parameter.multiple:
        return _single(entry, parameter, value)
    values = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [_single(entry, parameter, each) for each in values]


def _single(entry: IndexEntry, parameter: Parameter, value: Any) -> Any:
    types = PYTHON_TYPES.get(parameter.type)
    if types and (not isinstance(value, types) or (isinstance(value, bool) and bool not in types)):
        raise _refused(entry, f"{parameter.name} must be {parameter.type}, not {type(value).__name__}")
    if parameter.choices and value not in parameter.choices:
        raise _refused(entry, f"{parameter.name} must be one of {', '.join(parameter.choices)}")
    return value


def _refused(entry: IndexEntry, reason: str) -> ArgumentsError:
    return ArgumentsError(
        f"{entry.name}: {reason}. Nothing was sent.",
        next_step=f"describe_operation {entry.name!r} shows its arguments.",
    )


def argument_schema(entry: IndexEntry) -> dict[str, Any]:
    """The JSON schema of an operation's arguments."""
    parameters = offered(entry)
    return {
        "type": "object",
        "properties": {parameter.name: _schema(parameter) for parameter in parameters},
        "required": [parameter.name for parameter in parameters if parameter.required],
        "additionalProperties": False,
    }


def _schema(parameter: Parameter) -> dict[str, Any]:
    single: dict[str, Any] = {"type": JSON_TYPES[parameter.type]} if parameter.type in JSON_TYPES else {}
    if parameter.choices:
        single["enum"] = list(parameter.choices)
    schema: dict[str, Any] = {"type": "array", "items": single} if parameter.multiple else single
    default = LONGEST_WAIT if parameter.name == WAIT else parameter.default
    return schema | {"description": parameter.help} | ({} if default in (None, False, [], ()) else {"default": default})


def told(entry: IndexEntry) -> dict[str, Any]:
    """An operation in short, as a search finds it."""
    return {
        "operation": entry.name,
        "does": entry.summary,
        "effect": "depends on its arguments" if entry.effect_varies else entry.effect,
        "arguments": [
            f"{parameter.name}{'' if parameter.required else '?'}{'[]' if parameter.multiple else ''}"
            for parameter in offered(entry)
        ],
    }


def described(entry: IndexEntry) -> dict[str, Any]:
    """All about an operation."""
    facts = told(entry) | {"arguments": argument_schema(entry), "versions": entry.versions}
    if entry.description:
        facts["more"] = entry.description
    if entry.effect in ("write", "destroy"):
        facts["undo"] = entry.undo
    return facts
