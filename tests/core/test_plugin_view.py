"""Which version's plugins are listed."""

import pytest

from dhis2w_client import Dhis2, UnknownVersionNameWarning
from dhis2w_core import choose_plugin_view


def test_profile_then_environment_then_42(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_plugin_view() is Dhis2.V42
    monkeypatch.setenv("DHIS2_VERSION", "43")
    assert choose_plugin_view() is Dhis2.V43
    assert choose_plugin_view(Dhis2.V41) is Dhis2.V41


@pytest.mark.parametrize("spelling", ["44", "v44", "V44", 44])
def test_spellings(spelling: str | int) -> None:
    assert choose_plugin_view(spelling) is Dhis2.V44


def test_what_names_no_version_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.warns(UnknownVersionNameWarning, match="The profile's version"):
        assert choose_plugin_view("3") is Dhis2.V42
    monkeypatch.setenv("DHIS2_VERSION", "latest")
    with pytest.warns(UnknownVersionNameWarning, match="DHIS2_VERSION"):
        assert choose_plugin_view(" ") is Dhis2.V42
