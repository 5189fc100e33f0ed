"""The search finds the right operation for questions the way people ask them."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from dhis2w_core.plugins import read_registry
from dhis2w_mcp.agent_face import agent_entries
from dhis2w_mcp.operation_search import OperationSearch, stems

HERE = Path(__file__).parent


def misses(file: str) -> tuple[int, list[str]]:
    """How many questions a file has, and those whose operation is not among the first three."""
    registry = read_registry()
    search = OperationSearch(agent_entries(registry.entries).values(), registry.areas)
    questions: list[dict[str, Any]] = tomllib.loads((HERE / file).read_text(encoding="utf-8"))["question"]
    missed = [
        question["text"]
        for question in questions
        if not {entry.name for entry in search.find(question["text"], limit=3)} & set(question["needs"])
    ]
    return len(questions), missed


def test_questions_find_their_operation_in_the_first_three() -> None:
    number, missed = misses("questions.toml")
    assert number == 25
    assert len(missed) <= 2, missed


def test_every_question_needs_an_operation_that_agents_have() -> None:
    entries = agent_entries(read_registry().entries)
    for file in ("questions.toml", "more_questions.toml", "held_out_questions.toml"):
        questions = tomllib.loads((HERE / file).read_text(encoding="utf-8"))["question"]
        assert {need for question in questions for need in question["needs"]} <= set(entries)


@pytest.mark.parametrize(("word", "other"), [("shared", "sharing"), ("facilities", "facility"), ("users", "user")])
def test_forms_of_a_word_are_one(word: str, other: str) -> None:
    assert stems(word) == stems(other)


def test_a_text_with_no_known_word_finds_nothing() -> None:
    registry = read_registry()
    search = OperationSearch(agent_entries(registry.entries).values(), registry.areas)
    assert search.find("zzz qqq") == []


def test_more_questions_find_their_operation_too() -> None:
    number, missed = misses("more_questions.toml")
    assert number == 75
    assert len(missed) <= 6, missed


def test_questions_that_nothing_was_tuned_on() -> None:
    """What to expect of new questions: 23 of 25 when they were written; a floor, not a target."""
    number, missed = misses("held_out_questions.toml")
    assert number == 25
    assert len(missed) <= 4, missed
