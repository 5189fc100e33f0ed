"""What is not needed is not imported."""

import subprocess
import sys

import pytest

from tests.core.conftest import Home

HEAVY = ("pydantic", "httpx2", "keyring", "filelock", "subprocess", "asyncio", "sqlalchemy", "tomlkit")


def loaded_after(program: str) -> set[str]:
    show = f"import sys\n{program}\nprint(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("program", "loaded"),
    [
        ("import dhis2w_core", set[str]()),
        ("import dhis2w_core; dhis2w_core.read_catalogue().entries", set[str]()),
        ("import dhis2w_core; dhis2w_core.choose_profile()", set[str]()),
        ("import dhis2w_core; dhis2w_core.resolve_profile()", {"pydantic"}),
        ("import dhis2w_core; dhis2w_core.VersionCache().find('https://a.example.org')", set[str]()),
    ],
)
def test_imports(home: Home, program: str, loaded: set[str]) -> None:
    home.write_user('default = "one"\n[profiles.one]\nbase_url = "https://a.example.org"\nauth = "pat"\nsecret = "t"\n')
    assert loaded_after(program) == loaded


def test_every_public_name_is_there() -> None:
    program = "import dhis2w_core\nassert set(dhis2w_core.__all__) <= set(dir(dhis2w_core))\n"
    program += "for name in dhis2w_core.__all__: getattr(dhis2w_core, name)"
    assert "pydantic" in loaded_after(program)
