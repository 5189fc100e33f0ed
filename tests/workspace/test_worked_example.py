"""The program that the design fixes prints what it must: every version, every face, both credentials, both twins."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workspace.conftest import Served

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
ASYNC_PROGRAM = next(block for block in re.findall(r"```python\n(.*?)```", README, re.S) if "open_client" in block)
SYNC_PROGRAM = """
from dhis2w_client import NoProfileError, Profile, profile_from_env_raw
from dhis2w_client.sync import open_client

profile = profile_from_env_raw()
if profile is None:
    profile = Profile(base_url="http://127.0.0.1:8080", auth="pat", token="d2p_…")
try:
    with open_client(profile) as client:
        me = client.system.me()
        info = client.system.info()
        print(f"Connected to DHIS2 {info.version} as {me.username}")
except NoProfileError as exc:
    print(f"misconfigured: {exc}")
"""


@pytest.mark.parametrize("credentials", ["pat", "basic"])
@pytest.mark.parametrize("twin", ["async", "sync"])
@pytest.mark.parametrize("face", ["top level", "own face"])
@pytest.mark.parametrize(
    "version", [pytest.param("v41", marks=pytest.mark.slow), "v42", "v43", pytest.param("v44", marks=pytest.mark.slow)]
)
def test_prints_version_and_user(
    served_sandboxes: dict[str, Served], version: str, face: str, twin: str, credentials: str
) -> None:
    served = served_sandboxes[version]
    program = ASYNC_PROGRAM if twin == "async" else SYNC_PROGRAM
    if face == "own face":
        program = program.replace("dhis2w_client import", f"dhis2w_client.{version} import")
    environment = served.pat_environment() if credentials == "pat" else served.basic_environment()

    done = run(program, environment)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Connected to DHIS2 {served.release} as admin\n"


def test_the_program_is_that_of_the_documentation_page() -> None:
    page = (Path(__file__).parents[2] / "docs/profile-and-open-client.md").read_text(encoding="utf-8")
    assert ASYNC_PROGRAM in page


def run(program: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own, with warnings as errors and nothing of this process's settings."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={"PYTHONUTF8": "1", "SYSTEMROOT": "", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
