"""The examples: one program for each face, the same for all of them; that they run is tested with the sandbox."""

import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PROGRAMS = sorted(file.name for file in (EXAMPLES / "v42/client").glob("*.py"))
WORKED_PROGRAM = """\
import asyncio

from dhis2w_client.v42 import NoProfileError, Profile, open_client, profile_from_env_raw


async def main() -> None:
    profile = profile_from_env_raw()
    if profile is None:
        profile = Profile(base_url="http://127.0.0.1:8080", auth="pat", token="d2p_…")
    try:
        async with open_client(profile) as client:
            me = await client.system.me()
            info = await client.system.info()
            print(f"Connected to DHIS2 {info.version} as {me.username}")
    except NoProfileError as exc:
        print(f"misconfigured: {exc}")


asyncio.run(main())
"""


@pytest.mark.parametrize("version", ["v41", "v43", "v44"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_face_has_the_same_examples(version: str, program: str) -> None:
    text = (EXAMPLES / version / "client" / program).read_text(encoding="utf-8")
    same = re.sub(rf"\b{version}\b", "v42", re.sub(rf"\b{version.upper()}\b", "V42", text))
    assert same == (EXAMPLES / "v42/client" / program).read_text(encoding="utf-8")


def test_the_worked_program_is_the_one_that_is_promised() -> None:
    assert (EXAMPLES / "v42/client/profile_pat_pure_client.py").read_text(encoding="utf-8").endswith(WORKED_PROGRAM)
