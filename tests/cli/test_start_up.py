"""What is not needed is not imported."""

import subprocess
import sys

import pytest

from tests.core.conftest import Home

HEAVY = ("pydantic", "sqlalchemy", "httpx2", "rich", "asyncio", "keyring", "yaml", "jmespath", "dhis2w_sandbox", "mcp")
PROFILE = 'default = "one"\n[profiles.one]\nbase_url = "https://a.example.org"\nauth = "pat"\nsecret = "t"\n'


def loaded_after(*words: str) -> set[str]:
    program = (
        f"import sys\nfrom dhis2w_cli.__main__ import run\nrun({list(words)!r})\n"
        f"print('LOADED', *[name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("metadata", "list", "--help"),
        ("profile", "list"),
        ("profile", "default", "one"),
        ("journal", "list"),
        ("metadata", "types"),
        ("nonsense",),
    ],
)
def test_help_and_local_commands_load_nothing_heavy(home: Home, words: tuple[str, ...]) -> None:
    home.write_user(PROFILE)
    assert loaded_after(*words) == set()


def test_the_list_can_be_seen_failing(home: Home) -> None:
    home.write_user(PROFILE)
    assert "yaml" in loaded_after("profile", "list", "-o", "yaml")


def test_help_imports_no_operation() -> None:
    program = (
        "import sys\nfrom dhis2w_cli.__main__ import run\nrun(['profile', '--help'])\n"
        "assert not [name for name in sys.modules if name.endswith('.operations')]"
    )
    subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)


def test_the_list_with_raw_environment_loads_nothing_heavy(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_user(PROFILE)
    monkeypatch.setenv("DHIS2_URL", "https://b.example.org/api")
    monkeypatch.setenv("DHIS2_PAT", "d2p_token")
    assert loaded_after("profile", "list") == set()


def test_the_status_of_a_profile_without_oauth2_loads_no_database(home: Home) -> None:
    home.write_user(PROFILE)
    assert loaded_after("profile", "show", "one") == set()
