"""The remembered version of a server: private, expiring, never in the way."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dhis2w_core import VersionCache
from tests.core.conftest import Home

URL = "https://a.example.org/dhis"


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


def test_what_is_remembered_is_found_by_any_spelling() -> None:
    VersionCache().remember("https://A.example.org/dhis/api/", "2.42.6")
    assert VersionCache().find(URL) == "2.42.6"
    assert VersionCache().find("https://a.example.org") is None
    VersionCache().remember(URL, "2.43.1")
    assert VersionCache().find(URL) == "2.43.1"
    VersionCache().forget(URL)
    assert VersionCache().find(URL) is None


def test_it_expires_and_does_not_believe_the_future() -> None:
    clock = Clock()
    cache = VersionCache(lifetime=60, now=clock)
    cache.remember(URL, "2.42.6")
    clock.time += 59
    assert cache.find(URL) == "2.42.6"
    clock.time += 1
    assert cache.find(URL) is None
    clock.time -= 3600
    assert cache.find(URL) is None


def test_what_expired_is_dropped(home: Home) -> None:
    clock = Clock()
    cache = VersionCache(lifetime=60, now=clock)
    cache.remember("https://old.example.org", "2.41.0")
    clock.time += 120
    cache.remember(URL, "2.42.6")
    assert list(json.loads((home.folder / "cache/dhis2/versions.json").read_text())) == [URL]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    content=st.binary(max_size=40) | st.dictionaries(st.just(URL), JSON).map(lambda found: json.dumps(found).encode())
)
def test_any_content_is_at_worst_an_empty_cache(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "versions.json"
    file.write_bytes(content)
    cache = VersionCache(file)
    assert cache.find(URL) is None or isinstance(cache.find(URL), str)
    cache.remember(URL, "2.42.6")
    assert cache.find(URL) == "2.42.6"


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("")
    cache = VersionCache(tmp_path / "blocked" / "versions.json")
    cache.remember(URL, "2.42.6")
    assert cache.find(URL) is None


def test_processes_lose_nothing() -> None:
    program = "import sys; from dhis2w_core import VersionCache; VersionCache().remember(sys.argv[1], '2.42.6')"
    urls = [f"https://s{number}.example.org" for number in range(8)]
    running = [subprocess.Popen([sys.executable, "-c", program, url]) for url in urls]
    assert [process.wait() for process in running] == [0] * 8
    assert [VersionCache().find(url) for url in urls] == ["2.42.6"] * 8


@pytest.mark.parametrize("lifetime", [86_400.0])
def test_the_default_clock_is_the_real_one(lifetime: float) -> None:
    VersionCache(now=lambda: time.time() - lifetime + 60).remember(URL, "2.42.6")
    assert VersionCache().find(URL) == "2.42.6"
    VersionCache(now=lambda: time.time() - lifetime - 60).remember(URL, "2.42.6")
    assert VersionCache().find(URL) is None
