"""What is slow waits for `make test-all`; a plain break is noticed by `make test`, wherever it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FOLDERS = sorted({file.parent.relative_to(TESTS).as_posix() for file in TESTS.rglob("test_*.py")})


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_has_tests_in_the_quick_tier(folder: str) -> None:
    assert any(_has_quick_test(file) for file in (TESTS / folder).glob("test_*.py"))


def _has_quick_test(file: Path) -> bool:
    text = file.read_text(encoding="utf-8")
    if "mark.slow" not in text:
        return True
    statements = ast.parse(text).body
    if any(isinstance(each, ast.Assign) and "pytestmark" in ast.unparse(each) and _slow(each) for each in statements):
        return False
    tests = (each for each in statements if isinstance(each, ast.FunctionDef) and each.name.startswith("test_"))
    return any(not any(ast.unparse(mark) == "pytest.mark.slow" for mark in each.decorator_list) for each in tests)


def _slow(statement: ast.Assign) -> bool:
    return "pytest.mark.slow" in ast.unparse(statement.value)
