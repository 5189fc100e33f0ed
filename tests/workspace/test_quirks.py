"""The page of DHIS2's oddities: numbers are unique, and the code that guards against each exists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs/dhis2-quirks.md"
_ENTRY = re.compile(r"^### Q(\d+)\. (.+)$", re.MULTILINE)
_FACT = re.compile(r"^- (Versions|Evidence|Guard): (.+(?:\n  .+)*)$", re.MULTILINE)
_RECORDING = re.compile(r"recording `([\w/-]+)`")
_SOURCE = re.compile(r"source `\w+\.java(?::\d+)?`")
_VERSIONS = re.compile(r"4[1-4](?:-4[1-4])?(?:, 4[1-4])*")


@dataclass(frozen=True)
class Quirk:
    """One entry of the page."""

    number: int
    facts: dict[str, str]

    @property
    def guards(self) -> list[str]:
        """What keeps the oddity from harming anybody, as `module:symbol`."""
        return re.findall(r"`([\w.:]+)`", self.facts["Guard"])


def quirks() -> list[Quirk]:
    text = PAGE.read_text(encoding="utf-8")
    heads = list(_ENTRY.finditer(text))
    ends = [*(head.start() for head in heads[1:]), len(text)]
    bodies = [text[head.end() : end] for head, end in zip(heads, ends, strict=True)]
    return [Quirk(int(head[1]), dict(_FACT.findall(body))) for head, body in zip(heads, bodies, strict=True)]


def symbol(name: str) -> object:
    """What `module:symbol.attribute` stands for."""
    module, _, path = name.partition(":")
    found: object = import_module(module)
    for part in path.split(".") if path else ():
        found = getattr(found, part)
    return found


def test_numbers_are_unique_and_in_order() -> None:
    numbers = [quirk.number for quirk in quirks()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 62


@pytest.mark.parametrize("quirk", quirks(), ids=lambda quirk: f"Q{quirk.number}")
def test_an_entry_has_versions_evidence_and_a_guard(quirk: Quirk) -> None:
    assert set(quirk.facts) == {"Versions", "Evidence", "Guard"}
    assert _VERSIONS.fullmatch(quirk.facts["Versions"])
    assert _RECORDING.search(quirk.facts["Evidence"]) or _SOURCE.search(quirk.facts["Evidence"])
    assert quirk.guards or re.fullmatch(r"none \(.+\)", quirk.facts["Guard"], re.DOTALL)
    for name in quirk.guards:
        assert symbol(name) is not None


@pytest.mark.shared
def test_every_recording_is_there(shared: Path) -> None:
    for quirk in quirks():
        for name in _RECORDING.findall(quirk.facts["Evidence"]):
            assert list((shared / "dhis2/live").glob(f"v4*/{name}.jsonl")), f"Q{quirk.number}: {name}"
