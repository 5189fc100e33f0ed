"""Every trap of section 7.1 and every scenario of section 9 of the wire facts has its test."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRAPS = ROOT / "tests/traps"
FACTS = "dhis2/wire-data-tracker-analytics.md"
NUMBERED = 25
"""How many traps the facts number; they are Q1 to Q25 of the page of oddities."""
_TRAP = re.compile(r"^def test_q(\d\d)_\w+\(", re.MULTILINE)


def traps_tested() -> set[int]:
    """The numbers of the traps that have tests, which begin with it."""
    return {int(number) for path in TRAPS.glob("test_*.py") for number in _TRAP.findall(path.read_text("utf-8"))}


def scenarios() -> dict[str, list[str]]:
    """The tests of each scenario, by its words."""
    table = tomllib.loads((TRAPS / "section_nine.toml").read_text(encoding="utf-8"))
    return {each["text"]: each["tests"] for each in table["scenario"]}


def test_every_trap_has_a_test() -> None:
    assert traps_tested() == set(range(1, NUMBERED + 1))


@pytest.mark.parametrize("text", scenarios())
def test_a_scenario_has_tests_that_exist(text: str) -> None:
    assert scenarios()[text]
    for place in scenarios()[text]:
        path, _, name = place.partition("::")
        assert re.search(rf"^(?:async )?def {name}\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE), place


@pytest.mark.shared
def test_the_table_has_all_that_the_facts_list(shared: Path) -> None:
    facts = (shared / FACTS).read_text(encoding="utf-8")
    listed = re.search(r"^Scenarios that must exist .*?\): (.+)\.$", facts, re.MULTILINE)
    assert listed
    assert list(scenarios()) == listed[1].split("; ")


@pytest.mark.shared
def test_the_facts_number_as_many_traps(shared: Path) -> None:
    section = (shared / FACTS).read_text(encoding="utf-8").partition("### 7.1 ")[2].partition("### 7.2 ")[0]
    assert [int(number) for number in re.findall(r"^(\d+)\. ", section, re.MULTILINE)] == list(range(1, NUMBERED + 1))
