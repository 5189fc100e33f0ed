"""What stands behind the command in a pipe may stop reading, and a disk may be full; neither ends in a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from dhis2w_cli.exit_codes import ExitCode

pytestmark = pytest.mark.usefixtures("server")
ALL = ("metadata", "list", "dataElements", "--limit", "0", "--fields", ":all")
"""More than a pipe holds."""


def test_a_reader_that_has_enough_ends_the_command_quietly() -> None:
    command = [sys.executable, "-m", "dhis2w_cli", *ALL, "-o", "ndjson"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout
        assert running.stderr
        assert running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == ExitCode.FAILED


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [ALL, ("data", "push", "--help")])
def test_a_full_disk_is_told_in_words(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "dhis2w_cli", *words]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, text=True, timeout=60)
    assert done.returncode == ExitCode.FAILED
    assert done.stderr.startswith("error: A file, or standard output: No space left on device.")
    assert "Traceback" not in done.stderr
