"""Files of ours are never readable by others, never half-written, and lose nothing to one another."""

import contextlib
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from dhis2w_core import FileBusyError, PrivateFileError, add_profile, read_catalogue, update_profile
from dhis2w_core.catalogue import project_location
from dhis2w_core.private_file import locked, read_private, write_private
from dhis2w_core.profile_file import edit_profile_file
from dhis2w_core.secret import EnvSecret, PlainSecret
from dhis2w_core.trust import trust_file
from dhis2w_core.version_cache import VersionCache
from tests.core.conftest import Home

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has access lists instead of modes")


def processes(program: str, arguments: list[list[str]]) -> list[subprocess.Popen[str]]:
    """The program in processes of its own, all at once, with warnings as errors."""
    return [
        subprocess.Popen([sys.executable, "-W", "error", "-c", program, *each], stderr=subprocess.PIPE, text=True)
        for each in arguments
    ]


class Watch:
    """Looks at every file and folder of ours after every line that our code, or the lock's, runs."""

    def __init__(self, home: Home) -> None:
        self.folders = [home.project_file.parent, *(home.folder / kind for kind in ("config", "state", "cache"))]
        self.seen: set[tuple[str, str]] = set()

    def __call__(self, frame: FrameType, _event: str, _argument: object) -> Any:
        if "dhis2w_core" not in frame.f_code.co_filename and "filelock" not in frame.f_code.co_filename:
            return None
        for folder in self.folders:
            for found in (folder, *folder.rglob("*")):
                with contextlib.suppress(FileNotFoundError):
                    self.seen.add((found.name, stat.filemode(found.lstat().st_mode)))
        return self

    def during(self, action: Callable[[], object]) -> None:
        before = sys.gettrace()
        sys.settrace(self)
        try:
            action()
        finally:
            sys.settrace(before)


@posix
def test_no_window_in_which_others_can_read(home: Home) -> None:
    secret = {"base_url": "https://a.example.org", "auth": "pat", "secret": EnvSecret("X")}
    watch = Watch(home)
    umask = os.umask(0)
    try:
        watch.during(lambda: add_profile("one", secret))
        watch.during(lambda: update_profile("one", {"timeout": 5}))
        watch.during(lambda: add_profile("two", secret, location=project_location()))
        watch.during(lambda: trust_file(home.project_file, "digest"))
        watch.during(lambda: VersionCache().remember("https://a.example.org", "2.42.1"))
    finally:
        os.umask(umask)
    files = {name for name, mode in watch.seen if mode.startswith("-")}
    assert {"profiles.toml", ".profiles.toml.tmp", "trusted.json", ".trusted.json.tmp", "versions.json"} <= files
    assert {mode for _, mode in watch.seen} == {"-rw-------", "drwx------"}


@posix
def test_what_was_open_is_closed_by_the_next_write(home: Home) -> None:
    file = home.write_user("# open\n")
    file.chmod(0o644)
    file.parent.chmod(0o755)
    add_profile("one", {"base_url": "https://a.example.org", "auth": "pat"})
    assert stat.filemode(file.stat().st_mode) == "-rw-------"
    assert stat.filemode(file.parent.stat().st_mode) == "drwx------"


@posix
def test_a_plain_secret_that_others_can_read_is_told(home: Home) -> None:
    file = home.write_user('[profiles.one]\nbase_url = "https://a.example.org"\nauth = "pat"\nsecret = "s"\n')
    for mode, exposed in ((0o644, True), (0o640, True), (0o600, False)):
        file.chmod(mode)
        (entry,) = read_catalogue().entries
        assert (entry.plain_secrets, entry.exposed) == (("secret",), exposed)


@posix
def test_a_link_stays_a_link(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "dhis2.toml"
    target.parent.mkdir()
    target.write_text("# mine\n")
    home.user_file.parent.mkdir(parents=True)
    home.user_file.symlink_to(target)
    add_profile("one", {"base_url": "https://a.example.org", "auth": "pat"})
    assert home.user_file.is_symlink()
    assert target.read_text().startswith("# mine\n\n[profiles.one]") or "[profiles.one]" in target.read_text()


@posix
def test_a_project_folder_cannot_redirect_a_write(home: Home, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    home.write_project("# theirs\n")
    (home.project_file.parent / ".profiles.toml.tmp").symlink_to(victim)
    (home.project_file.parent / "profiles.toml.lock").symlink_to(victim)
    add_profile("one", {"base_url": "https://a.example.org", "auth": "pat"}, location=project_location())
    assert victim.read_text() == "precious"
    assert sorted(file.name for file in home.project_file.parent.iterdir()) == ["profiles.toml", "profiles.toml.lock"]


@posix
def test_a_failed_write_leaves_the_old_file_and_no_other(home: Home) -> None:
    import resource  # POSIX has it

    file = home.write_user("# old\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # as if the disk were full
    try:
        with pytest.raises(PrivateFileError, match="cannot be written: File too large"):
            write_private(file, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert [each.name for each in file.parent.iterdir()] == ["profiles.toml"]
    assert file.read_text() == "# old\n"


ADD = """
import sys
from dhis2w_core import add_profile, set_default_profile, update_profile
name = sys.argv[1]
add_profile(name, {"base_url": f"https://{name}.example.org", "auth": "pat", "secret": {"env": "X"}})
for timeout in range(1, 6):
    update_profile(name, {"timeout": timeout})
set_default_profile(name)
"""


@pytest.mark.slow
def test_twenty_writers_at_once_lose_nothing(home: Home) -> None:
    home.write_user("# the first line stays\n")
    names = [f"p{number}" for number in range(20)]
    for process in processes(ADD, [[name] for name in names]):
        assert (process.communicate()[1], process.returncode) == ("", 0)
    document = tomllib.loads(home.user_file.read_text())
    assert document["profiles"] == {
        name: {"base_url": f"https://{name}.example.org", "auth": "pat", "secret": {"env": "X"}, "timeout": 5}
        for name in names
    }
    assert document["default"] in names
    assert home.user_file.read_text().startswith("# the first line stays\n")


def test_threads_lose_nothing_either(home: Home) -> None:
    def add(number: int) -> None:
        with edit_profile_file(home.user_file) as draft:
            draft.add(f"p{number}", {"auth": "pat"})

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tomllib.loads(home.user_file.read_text())["profiles"]) == 8


WRITE_ON_AND_ON = """
import itertools, sys
from pathlib import Path
from dhis2w_core.profile_file import edit_profile_file
for number in itertools.count():
    with edit_profile_file(Path(sys.argv[1])) as draft:
        draft.update("changing", {"scope": f"{number} " * 5000, "username": f"{number}"})
    if number == 0:
        print("writing", file=sys.stderr, flush=True)
"""


@pytest.mark.slow
def test_a_writer_killed_at_any_point_leaves_a_whole_file(home: Home) -> None:
    home.write_user(
        '# stays\n[profiles.changing]\nscope = ""\nusername = "0"\n\n[profiles.other] # too\nauth = "pat"\n'
    )
    moments = random.Random(5)  # noqa: S311 # moments in time, no secrets
    left_over = 0
    for _ in range(60):
        (process,) = processes(WRITE_ON_AND_ON, [[str(home.user_file)]])
        assert process.stderr is not None
        assert process.stderr.readline() == "writing\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(moments.uniform(0, 0.03))
        process.kill()
        process.communicate()
        left_over += (home.user_file.parent / ".profiles.toml.tmp").exists()

        text = home.user_file.read_text()
        changing = tomllib.loads(text)["profiles"]["changing"]
        assert changing["scope"] == f"{changing['username']} " * 5000
        assert text.startswith("# stays\n[profiles.changing]")
        assert text.endswith('\n[profiles.other] # too\nauth = "pat"\n')
        with edit_profile_file(home.user_file) as draft:  # the lock died with its holder
            draft.update("changing", {"timeout": moments.randint(1, 1_000_000)})
        assert [file.name for file in home.user_file.parent.iterdir()] == ["profiles.toml"]
    assert left_over  # some were hit between the first byte and the last


def test_a_file_that_is_held_is_given_up_on(home: Home) -> None:
    home.write_user("")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from dhis2w_core.private_file import locked\n"
            "with locked(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()",
            str(home.user_file),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(FileBusyError, match="Another process has held"), locked(home.user_file, seconds=0.1):
        pass
    holder.communicate("")
    with locked(home.user_file, seconds=5):
        pass


def test_an_error_while_editing_changes_nothing(home: Home) -> None:
    home.write_user("# old\n")

    def fail_half_way() -> None:
        with edit_profile_file(home.user_file) as draft:
            draft.add("one", {"secret": PlainSecret("s")})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert read_private(home.user_file) == b"# old\n"
