"""Fetching secrets: from where the profile says, on use, within a time."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import keyring
import pytest

from dhis2w_core import SecretUnavailableError, choose_profile, resolve_profile
from dhis2w_core.secret import (
    CommandSecret,
    EnvSecret,
    KeyringEntry,
    KeyringSecret,
    PlainSecret,
    fetch_secret,
    read_keyring,
    run_secret_command,
    store_in_keyring,
)
from tests.core.conftest import Home
from tests.core.keyring_in_file import SilentKeyring, TalkativeKeyring

ENTRY = KeyringEntry("user", "https://a.example.org:443", "one", "secret")


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


@pytest.mark.usefixtures("file_keyring")
def test_each_source_gives_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "from environment")
    store_in_keyring(ENTRY, PlainSecret("from keyring"))
    assert fetch_secret(EnvSecret("X"), ENTRY) == "from environment"
    assert fetch_secret(KeyringSecret(), ENTRY) == "from keyring"
    assert fetch_secret(PlainSecret(" from file "), ENTRY) == " from file "
    assert fetch_secret(CommandSecret(python("print('from command ')")), ENTRY) == "from command "


def test_a_command_gets_no_shell() -> None:
    assert run_secret_command((*python("import sys; print(sys.argv[1:])"), "$HOME; ls", "*")) == "['$HOME; ls', '*']"


def test_a_command_does_not_eat_our_input() -> None:
    """Standard input may be data for a command of ours, or the connection of an agent."""
    program = (
        "import sys; from dhis2w_core.secret import run_secret_command\n"
        "print(run_secret_command((sys.executable, '-c', 'import sys; print(len(sys.stdin.read()), end=str())')))\n"
        "print(sys.stdin.read())"
    )
    done = subprocess.run([sys.executable, "-c", program], input="data", capture_output=True, text=True, check=True)
    assert done.stdout == "0\ndata\n"


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("import sys; print('S3CRET'); print('S3CRET', file=sys.stderr); sys.exit(3)", "failed with exit status 3"),
        ("", "printed nothing"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", "no text"),
        ("while True: print('S3CRET' * 1000)", "printed more than 65,536 bytes"),
        ("import time; print('S3CRET', flush=True); time.sleep(60)", "did not end within 0.5 seconds"),
        ("import os, time; print('S3CRET', flush=True); os.close(1); time.sleep(60)", "did not end within 0.5 seconds"),
    ],
)
def test_a_command_that_fails_says_how_and_nothing_else(
    capfd: pytest.CaptureFixture[str], program: str, problem: str
) -> None:
    with pytest.raises(SecretUnavailableError, match=problem) as caught:
        run_secret_command(python(program), seconds=0.5 if "sleep" in program else 30)
    assert "S3CRET" not in str(caught.value)
    assert "terminal" in str(caught.value)
    assert capfd.readouterr() == ("", "")


def test_a_grandchild_that_holds_the_pipe_does_not_hold_us() -> None:
    program = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(5)'])"
    began = time.monotonic()
    with pytest.raises(SecretUnavailableError, match="did not end within"):
        run_secret_command(python(program), seconds=0.5)
    assert time.monotonic() - began < 4


def test_a_program_in_the_working_directory_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    program = Path("pass.exe" if sys.platform == "win32" else "pass")
    program.write_text("#!/bin/sh\necho evil\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")
    for command in ("pass", "./pass"):
        with pytest.raises(SecretUnavailableError, match=r"\(pass\) is not on the PATH"):
            run_secret_command((command,))


def test_a_program_that_is_missing_or_cannot_start(tmp_path: Path) -> None:
    with pytest.raises(SecretUnavailableError, match="not on the PATH"):
        run_secret_command(("no-such-program",))
    broken = tmp_path / "broken"
    broken.write_text("#!/no/such/interpreter\n")
    broken.chmod(0o755)
    with pytest.raises(SecretUnavailableError, match="cannot be started: No such file"):
        run_secret_command((str(broken),))


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(SecretUnavailableError, match="environment variable NOT_SET, which is not set"):
        fetch_secret(EnvSecret("NOT_SET"), ENTRY)


def test_no_keyring_is_told() -> None:
    with pytest.raises(SecretUnavailableError, match="keyring is missing on this machine"):
        read_keyring(ENTRY)


def test_a_keyring_that_does_not_answer_is_given_up_on() -> None:
    keyring.set_keyring(SilentKeyring())
    began = time.monotonic()
    with pytest.raises(SecretUnavailableError, match=r"did not answer within 0\.2 seconds"):
        read_keyring(ENTRY, seconds=0.2)
    assert time.monotonic() - began < 5
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "dhis2w-secret")


def test_a_keyring_that_fails_says_no_more_than_its_kind_of_error() -> None:
    keyring.set_keyring(TalkativeKeyring())
    with pytest.raises(SecretUnavailableError) as caught:
        store_in_keyring(ENTRY, PlainSecret("S3CRET"))
    assert "The system's keyring refused (RuntimeError)." in str(caught.value)
    assert "S3CRET" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_secret_is_fetched_on_use_alone(home: Home, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    home.write_user(
        'default = "one"\n[profiles.one]\nbase_url = "https://a.example.org"\nauth = "pat"\n'
        f'secret = {{ command = ["sh", "-c", "echo t-told; touch {mark}"] }}\n'
    )
    choose_profile()
    assert not mark.exists()
    assert resolve_profile().token == "t-told"
    assert mark.exists()
