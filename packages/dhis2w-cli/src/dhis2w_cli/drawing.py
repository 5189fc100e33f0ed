"""Drawing trees in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard, cast

from dhis2w_cli.cell import printable
from dhis2w_core.operation import Tree


def is_trees(result: object) -> TypeGuard[list[Tree]]:
    """Whether a result is a list of trees, of one at least."""
    rows = cast("list[object]", result) if isinstance(result, list) else []
    return bool(rows) and all(isinstance(each, Tree) for each in rows)


def drawing(trees: list[Tree]) -> Iterator[str]:
    """The lines of a drawing, each with name and id."""
    for tree in trees:
        yield _label(tree)
        yield from _below(tree, "")


def _below(tree: Tree, indent: str) -> Iterator[str]:
    for child in tree.children:
        is_last = child is tree.children[-1]
        yield f"{indent}{'└─' if is_last else '├─'} {_label(child)}"
        yield from _below(child, indent + ("   " if is_last else "│  "))


def _label(tree: Tree) -> str:
    return printable(f"{tree.name} ({tree.id})").replace("\n", " ")
