"""Every operation has a command, an entry in the reference, an effect, a word on undo, and a test that runs it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

import dhis2w_cli
from dhis2w_cli.__main__ import root
from dhis2w_cli.commands import IndexCommand, IndexGroup
from dhis2w_core.operation import Effect, Undo, operation_of
from dhis2w_core.operation_index import FILE_NAME, IndexEntry, read_index
from dhis2w_core.plugins import function_of

ROOT = Path(__file__).parents[2]
LOCAL_INDEX = Path(dhis2w_cli.__file__).with_name(FILE_NAME)


def entries() -> list[IndexEntry]:
    """The operations of the runtime and of the command line."""
    return [*read_index().entries, *read_index(LOCAL_INDEX).entries]


def command_of(entry: IndexEntry) -> IndexCommand | None:
    """What the words of an operation lead to."""
    command: IndexGroup | IndexCommand | None = root()
    for word in entry.words:
        command = command.get_command(None, word) if isinstance(command, IndexGroup) else None
    return command if isinstance(command, IndexCommand) else None


def word_on_undo(entry: IndexEntry) -> bool:
    """Whether the help of something that writes says what undo can do; what does not write has no undo."""
    command = command_of(entry)
    epilog = " ".join(str(command.epilog).split()) if command else ""
    writes = entry.effect in ("write", "destroy")
    promises = "d2w undo takes back" in epilog or "d2w undo takes it back" in epilog
    return promises or "cannot be undone" in epilog if writes else entry.undo == "none"


@cache
def runs() -> frozenset[str]:
    """Every sequence of words that a test gives to something, as one text each, with spaces around."""
    found: set[str] = set()
    for path in ROOT.glob("tests/**/*.py"):
        found.update(spoken(ast.parse(path.read_text(encoding="utf-8"))))
    return frozenset(found)


def spoken(tree: ast.AST) -> Iterator[str]:
    """The texts of calls, tuples and lists of a module, and texts that are whole command lines."""
    for node in ast.walk(tree):
        parts = node.args if isinstance(node, ast.Call) else getattr(node, "elts", [])
        words = [
            part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "…" for part in parts
        ]
        yield f" {' '.join(words)} "
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("d2w "):
            yield f" {node.value} "


def is_run(entry: IndexEntry) -> bool:
    return any(f" {entry.name} " in words for words in runs())


def missing(entry: IndexEntry) -> list[str]:
    """What an operation lacks."""
    reference = (ROOT / "docs/reference/cli.md").read_text(encoding="utf-8")
    declared = operation_of(function_of(entry))
    has = {
        "a command": command_of(entry) is not None,
        "a docs entry": f"d2w {entry.name}" in reference and entry.summary in reference,
        "an effect": entry.effect in get_args(Effect) and declared is not None and declared.effect == entry.effect,
        "a word on undo": entry.undo in get_args(Undo) and word_on_undo(entry),
        "a test that runs it": is_run(entry),
    }
    return [what for what, is_there in has.items() if not is_there]


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_nothing_is_missing(entry: IndexEntry) -> None:
    assert missing(entry) == []


def test_what_is_missing_is_named() -> None:
    entry = replace(
        next(each for each in entries() if each.name == "metadata rename"), name="nothing likethis", undo="none"
    )
    assert missing(entry) == ["a command", "a docs entry", "a word on undo", "a test that runs it"]


def test_what_a_test_runs_is_found_in_its_code() -> None:
    code = 'd2w("metadata", "get", type)\nfor words in [("undo", "--yes"), "d2w login demo"]: ...\n'
    found = set(spoken(ast.parse(code)))
    assert {" metadata get … ", " undo --yes ", " d2w login demo "} <= found
