"""The search finds the right operation for questions the way people ask them.

Each set of questions says in `first_found` how many of them had their operation among the first three results when they
were measured for the first time, before anything was changed for them; each helped to make the search better after
that. What to expect of new questions is what the last sets had at first.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from dhis2w_core.plugins import read_registry
from dhis2w_mcp.agent_face import agent_entries
from dhis2w_mcp.operation_search import OperationSearch
from dhis2w_mcp.question import intent_of
from dhis2w_mcp.thesaurus import Thesaurus, read_words
from dhis2w_mcp.word_stems import stem

SETS = sorted(Path(__file__).with_name("questions").glob("*.toml"))
FIRST_RESULTS = 3
MISSED_OF_25 = 2
"""Questions of 25 that may be missed."""


class Questions(NamedTuple):
    """A set of questions: how many were found at first, and the operations that answer each."""

    first_found: int
    questions: dict[str, list[str]]


def read_set(path: Path) -> Questions:
    return Questions(**tomllib.loads(path.read_text(encoding="utf-8")))


@cache
def search() -> OperationSearch:
    registry = read_registry()
    return OperationSearch(agent_entries(registry.entries).values(), registry.areas)


def first_names(text: str) -> set[str]:
    return {entry.name for entry in search().find(text, limit=FIRST_RESULTS)}


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_questions_find_their_operation_in_the_first_three(path: Path) -> None:
    asked = read_set(path).questions
    missed = [text for text, needs in asked.items() if first_names(text).isdisjoint(needs)]
    assert len(missed) * 25 <= len(asked) * MISSED_OF_25, missed


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_every_question_needs_an_operation_that_agents_have(path: Path) -> None:
    questions = read_set(path).questions
    assert len(questions) >= 25
    assert {need for needs in questions.values() for need in needs} <= set(agent_entries(read_registry().entries))


def test_words_of_people_are_there_for_each_operation_of_agents_and_for_no_other() -> None:
    entries = read_registry().entries
    rows = set(read_words()["operations"])
    assert set(agent_entries(entries)) - rows == set()
    assert rows - {entry.name for entry in entries} == set()


@pytest.mark.parametrize(
    "words",
    [
        "shared sharing shares",
        "facility facilities",
        "user users",
        "stop stopped stopping",
        "organisation organizations",
        "enrol enrolled enrollment",
        "analyse analyzed",
        "colour color",
    ],
)
def test_forms_and_spellings_of_a_word_are_one(words: str) -> None:
    assert len({stem(word) for word in words.split()}) == 1


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("show the fasilities belw Northern provnce", "metadata tree"),
        ("unistall an aplication", "apps remove"),
        ("partilhar o painel com o grupo", "metadata share"),
        ("combien d'etablissements", "metadata count"),
    ],
)
def test_misspelt_and_foreign_words_are_understood(text: str, operation: str) -> None:
    assert operation in first_names(text)


def test_names_and_numbers_are_known_by_their_shape() -> None:
    said = Thesaurus(read_words()).said("give Fatmata from Kenema the value 42 of 202401 in ImspTQPwCqd")
    assert {"@name", "@number", "@period", "@uid"} <= {each.word for each in said}
    assert not {"fatmata", "kenema", "42", "202401"} & {each.word for each in said}


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("who belongs to the group", "read"),
        ("can you tell me which roles there are", "read"),
        ("facilities without coordinates", "read"),
        ("let the nurses see the dashboard", "write"),
        ("he should not be in the team any more", "write"),
        ("block the account of somebody who left", None),
        ("get rid of the app", None),
    ],
)
def test_a_text_tells_by_its_form_whether_it_asks_or_orders(text: str, intent: str | None) -> None:
    assert intent_of(text) == intent


def test_a_text_with_no_known_word_finds_nothing() -> None:
    assert search().find("zzz qqq") == []
