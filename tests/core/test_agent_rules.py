"""What a profile lets agents see: its table `agents`."""

from pathlib import Path

import pytest

from dhis2w_core.agent_rules import STRICTEST, AgentRules
from dhis2w_core.profile_file import edit_profile_file, read_profile_file
from dhis2w_core.trust import demands_of_profile
from tests.core.conftest import home

__all__ = ["home"]

PROFILE = '[profiles.a]\nbase_url = "https://x.test"\nauth = "pat"\ntoken = "d2p_x"\n'


def written(folder: Path, agents: str) -> Path:
    path = folder / "profiles.toml"
    path.write_text(f"{PROFILE}{agents}", encoding="utf-8")
    return path


def test_a_profile_says_what_agents_may_see(tmp_path: Path) -> None:
    path = written(
        tmp_path, '[profiles.a.agents]\nshow = ["people"]\nattributes = ["w75KJ2mc4zz"]\nsmallest_cell = 0\n'
    )
    stored = read_profile_file(path).profiles["a"]
    assert stored.problem is None
    assert stored.agents == AgentRules(frozenset({"people"}), frozenset({"w75KJ2mc4zz"}), 0)


def test_a_profile_that_says_nothing_shows_as_little_as_possible(tmp_path: Path) -> None:
    assert read_profile_file(written(tmp_path, "")).profiles["a"].agents == STRICTEST


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('show = ["everything"]', "show"),
        ('show = "people"', "show"),
        ("attributes = [1]", "attributes"),
        ("smallest_cell = -1", "smallest_cell"),
        ("smallest_cell = true", "smallest_cell"),
        ('raw_calls = "yes"', "raw_calls"),
        ("sohw = []", "sohw"),
    ],
)
def test_wrong_rules_make_the_profile_unusable(tmp_path: Path, line: str, named: str) -> None:
    stored = read_profile_file(written(tmp_path, f"[profiles.a.agents]\n{line}\n")).profiles["a"]
    assert named in (stored.problem or "")
    assert stored.agents == STRICTEST


def test_edits_of_a_profile_keep_its_rules(tmp_path: Path, home: object) -> None:
    path = written(tmp_path, "[profiles.a.agents] # ours\nsmallest_cell = 9\n")
    with edit_profile_file(path) as draft:
        draft.update("a", {"base_url": "https://y.test"})
        draft.rename("a", "b")
    assert home
    assert read_profile_file(path).profiles["b"].agents.smallest_cell == 9
    assert "# ours" in path.read_text(encoding="utf-8")


def test_rules_of_a_cloned_project_need_trust(tmp_path: Path) -> None:
    stored = read_profile_file(written(tmp_path, "[profiles.a.agents]\nraw_calls = true\n")).profiles["a"]
    assert demands_of_profile(stored, {}) == ("says what agents may see",)
