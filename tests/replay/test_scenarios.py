"""The sandbox answers as real servers did; what does not match is listed with its reason, and nothing else may differ.

`mismatches.txt` has one line for each exchange that differs, `reasons.toml` says why. A line that is missing there
fails, and so does one that has come to match: the list shows at every moment how far the sandbox is.
"""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import SHARED
from tests.replay.scenario import AREAS, Scenario, play, scenarios

HERE = Path(__file__).parent
SCENARIOS = scenarios(SHARED)


def listed_mismatches() -> dict[str, dict[int, tuple[str, str]]]:
    """Grade and reason by scenario and line."""
    found: dict[str, dict[int, tuple[str, str]]] = {}
    for row in (HERE / "mismatches.txt").read_text(encoding="utf-8").splitlines():
        parsed = re.fullmatch(r"(\d\d \S+):(\d+) (contract|exact) (\S+)(?: .*)?", row)
        assert parsed, f"mismatches.txt: {row!r} is not `VERSION SCENARIO:LINE GRADE REASON [REQUEST]`"
        found.setdefault(parsed[1], {})[int(parsed[2])] = (parsed[3], parsed[4])
    return found


@pytest.mark.slow
@pytest.mark.shared
@pytest.mark.parametrize("scenario", SCENARIOS or [None], ids=str)
def test_differs_only_where_it_is_listed(shared: Path, scenario: Scenario | None) -> None:
    assert scenario is not None, f"{shared} holds no scenarios"
    outcomes = {outcome.line: outcome for outcome in play(scenario) if not outcome.exact}
    differs = {line: "exact" if outcome.contract else "contract" for line, outcome in outcomes.items()}
    listed = {line: grade for line, (grade, _) in listed_mismatches().get(str(scenario), {}).items()}

    new = {line: outcomes[line] for line, grade in differs.items() if listed.get(line, "") not in (grade, "contract")}
    assert not new, f"{scenario} differs where it did not: {new}"
    gone = {line: grade for line, grade in listed.items() if differs.get(line) != grade}
    assert not gone, f"{scenario} has come to match: take these lines out of mismatches.txt: {gone}"


@pytest.mark.shared
@pytest.mark.parametrize("area", AREAS)
def test_enough_matches(shared: Path, area: str) -> None:
    chosen = [scenario for scenario in SCENARIOS if scenario.area == area]
    assert chosen, f"{shared} holds no scenarios of {area}"
    listed = listed_mismatches()
    counts: Counter[str] = Counter()
    for scenario in chosen:
        mismatches = listed.get(str(scenario), {})
        counts["exchanges"] += sum(not x.get("setup") or line in mismatches for line, x in scenario.exchanges)
        counts["contract"] += sum(grade == "contract" for grade, _ in mismatches.values())
        counts["exact"] += len(mismatches)
    contract_bar, exact_bar = AREAS[area]
    assert 100 * (1 - counts["contract"] / counts["exchanges"]) >= contract_bar
    assert 100 * (1 - counts["exact"] / counts["exchanges"]) >= exact_bar


def test_every_mismatch_has_a_reason() -> None:
    reasons = tomllib.loads((HERE / "reasons.toml").read_text(encoding="utf-8"))
    used = {reason for rows in listed_mismatches().values() for _, reason in rows.values()}
    assert used == set(reasons)
    assert all(len(reason["why"]) > 30 for reason in reasons.values())
