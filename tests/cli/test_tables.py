"""Tables in terminals of every width: a UID stays whole, and nothing is squeezed until it cannot be read."""

import sys

import pytest

from dhis2w_cli.cell import cell
from tests.cli.conftest import Server

if sys.platform == "win32":
    pytest.skip("Windows has no pseudo-terminal", allow_module_level=True)

from tests.cli.pseudo_terminal import in_terminal

pytestmark = pytest.mark.usefixtures("server")


def lines_of(*words: str) -> list[str]:
    code, seen = in_terminal(*words)
    assert code == 0, seen
    return [line.rstrip() for line in seen.splitlines()]


def test_columns_that_fit_stand_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "150")
    head, *rows = lines_of("user", "list")
    assert head.split() == ["id", "name", "userRoles", "disabled", "username"]
    assert len(rows) == 4


def test_a_text_is_wrapped_before_a_uid_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "42")
    lines = lines_of("metadata", "list", "dataElements", "--filter", "id:eq:BAdLiMp4Q1q")
    assert [line.split()[0] for line in lines] == ["id", "BAdLiMp4Q1q", "facility"]
    assert max(map(len, lines)) <= 42


def test_rows_that_do_not_fit_are_shown_one_below_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    lines = lines_of("user", "list", "--search", "nurse_kemba")
    assert ["id", "Bw9y0OOacpp"] in [line.split() for line in lines]
    assert ["username", "nurse_kemba"] in [line.split() for line in lines]
    assert not [line for line in lines if line.startswith("lastLogin")], "what is empty is left out"
    several = lines_of("jobs", "list", "--limit", "3")
    assert several.count("") == 2, "an empty line stands between two"


def test_values_of_tracker_are_shown_with_what_they_are_of(server: Server) -> None:
    assert server
    values = [{"dataElement": "Cc4kuzzxwi6", "value": "27", "storedBy": "admin"}]
    assert cell(values) == "Cc4kuzzxwi6=27"
    assert cell([{"attribute": "GUBfqIwenQz", "displayName": "Given name", "value": "Ada"}]) == "GUBfqIwenQz=Ada"
    assert cell({"dataElement": "Cc4kuzzxwi6"}) == '{"dataElement": "Cc4kuzzxwi6"}'
