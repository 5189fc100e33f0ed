"""Making index entries of functions: what signature, type hints and docstring of an operation say."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from dhis2w_client.client import Dhis2Client
from dhis2w_core.operation import Completion, Face, operation_of
from dhis2w_core.operation_index import Index, IndexEntry, Parameter

if TYPE_CHECKING:
    from types import ModuleType

GIVEN = {Dhis2Client: "client", Face: "face"}
"""The annotations of what whoever runs an operation gives."""
SIMPLE = {str: "text", int: "integer", float: "number", bool: "boolean", Path: "file", object: "json"}

_ARGUMENT = re.compile(r"(\w+): (.*)")
_SECTION = re.compile(r"(Args|Returns|Raises|Warns|Yields):\s*$", re.MULTILINE)


def index_of(*modules: ModuleType) -> Index:
    """The index of the operations that modules define; what an area is about is what the module of its name says."""
    entries: list[IndexEntry] = []
    areas: dict[str, str] = {}
    for module in modules:
        for function in list(vars(module).values()):
            if operation_of(function) and function.__module__ == module.__name__:
                entry = entry_of(function)
                entries.append(entry)
                if module.__name__.split(".")[-2] == entry.words[0] or entry.words[0] not in areas:
                    areas[entry.words[0]] = parts_of_docstring(inspect.getdoc(module) or "")[0]
    return Index(tuple(sorted(entries, key=lambda entry: entry.words)), areas)


def modules_below(package: str) -> list[ModuleType]:
    """The modules `operations` of a package's sub-packages."""
    folder = importlib.import_module(package)
    found = (module.name for module in pkgutil.walk_packages(folder.__path__, f"{package}."))
    return [importlib.import_module(name) for name in found if name.endswith(".operations")]


def entry_of(function: Any) -> IndexEntry:
    """The index entry of an operation.

    Raises:
        TypeError: It is none, or a face could not offer it: a parameter without a description or of another type.
    """
    declared = operation_of(function)
    if declared is None:
        raise TypeError(f"{function!r} is no operation")
    summary, description, helps = parts_of_docstring(inspect.getdoc(function) or "")
    names = {"Dhis2Client": Dhis2Client, "Face": Face}
    asked = {name: hint for name, hint in function.__annotations__.items() if name != "return"}
    holder = types.SimpleNamespace(__annotations__=asked)
    hints = get_type_hints(holder, globalns=function.__globals__, localns=names, include_extras=True)
    given: list[str] = []
    parameters: list[Parameter] = []
    for name, parameter in inspect.signature(function).parameters.items():
        kind = GIVEN.get(hints[name])
        if kind:
            given.append(f"{name}={kind}")
        else:
            parameters.append(_parameter(declared.name, parameter, hints[name], helps))
    return IndexEntry(
        name=declared.name,
        summary=summary,
        effect=declared.effect,
        home=f"{function.__module__}:{function.__qualname__}",
        versions=declared.versions,
        undo=declared.undo,
        description=description,
        effect_varies=declared.effect_of is not None,
        given=tuple(given),
        parameters=tuple(parameters),
    )


def _parameter(operation: str, parameter: inspect.Parameter, hint: Any, helps: Mapping[str, str]) -> Parameter:
    name = parameter.name
    if not helps.get(name):
        raise TypeError(f"{operation}: the docstring does not describe {name}")
    hint = _without_none(hint)
    multiple = get_origin(hint) is Sequence
    element, *extras = _parts(get_args(hint)[0] if multiple else hint)
    completion = next((extra.of for extra in extras if isinstance(extra, Completion)), "")
    choices = tuple(map(str, get_args(element))) if get_origin(element) is Literal else ()
    type_name = "text" if choices else SIMPLE.get(element)
    if type_name is None:
        raise TypeError(f"{operation}: {name} is of a type that no face can offer: {hint!r}")
    required = parameter.default is inspect.Parameter.empty
    given = parameter.default
    default = None if required or given == () else list(cast("Sequence[str]", given)) if multiple else given
    positional = parameter.kind is not inspect.Parameter.KEYWORD_ONLY
    return Parameter(name, type_name, helps[name], positional, required, multiple, default, choices, completion)


def _parts(hint: Any) -> tuple[Any, ...]:
    """The type, and what annotates it."""
    return get_args(hint) if get_origin(hint) is Annotated else (hint,)


def _without_none(hint: Any) -> Any:
    """`X` of `X | None`."""
    if get_origin(hint) in (Union, types.UnionType):
        others = [each for each in get_args(hint) if each is not type(None)]
        return others[0] if len(others) == 1 else hint
    return hint


def parts_of_docstring(text: str) -> tuple[str, str, dict[str, str]]:
    """The first sentence, the text after it, and the descriptions of arguments, of a docstring in Google's style."""
    body, *sections = _SECTION.split(text)
    summary, _, description = body.strip().partition("\n\n")
    arguments = next((part for title, part in zip(sections[::2], sections[1::2], strict=True) if title == "Args"), "")
    helps: dict[str, str] = {}
    name = ""
    for line in inspect.cleandoc(arguments).splitlines():
        match = _ARGUMENT.match(line)
        if match:
            name = match[1]
            helps[name] = match[2]
        elif name and line.strip():
            helps[name] += f" {line.strip()}"
    return " ".join(summary.split()), description.strip(), helps
