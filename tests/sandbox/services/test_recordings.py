"""The services answer as real servers did; what differs is listed here with its reason."""

from pathlib import Path

import pytest
from tests.replay.scenario import Scenario, play

# Scenarios that need no data values; of these `listed` names the exchanges (by line) that do not match, and why.
NAMES = (
    "00-fresh-server",
    "apps",
    "configuration",
    "datastore-keys",
    "datastore-paths",
    "datastore-query",
    "event-hooks",
    "files",
    "integrity",
    "interpretations",
    "maintenance",
    "meta-misc",
    "org-unit-geo",
    "routes",
    "sql-views",
    "static",
    "statistics",
    "system-settings",
    "user-datastore",
)
NOT_HERE = {
    # The icons that DHIS2 brings along, results of validation.
    "00-fresh-server": {9, 17},
    # 2.41 lists thirty apps that come with it.
    "apps": {9},
    # Objects that were deleted.
    "statistics": {25},
}


@pytest.mark.shared
@pytest.mark.parametrize("version", ["41", "42", "43"])
@pytest.mark.parametrize("name", NAMES)
def test_matches_what_clients_decide_by(shared: Path, name: str, version: str) -> None:
    outcomes = play(Scenario(shared / "dhis2/live", version, f"services/{name}"))
    assert outcomes
    differing = {outcome.line: outcome.differences for outcome in outcomes if not outcome.contract}
    assert {line: rows for line, rows in differing.items() if line not in NOT_HERE.get(name, set())} == {}


@pytest.mark.shared
def test_most_match_whole(shared: Path) -> None:
    outcomes = [
        outcome
        for version in ("41", "42", "43")
        for name in NAMES
        for outcome in play(Scenario(shared / "dhis2/live", version, f"services/{name}"))
    ]
    assert sum(outcome.exact for outcome in outcomes) / len(outcomes) > 0.95
