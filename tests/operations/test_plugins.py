"""Plugins add operations; a broken one is skipped; a version's view lists what the version has."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

from dhis2w_client import Dhis2
from dhis2w_core.features.system import operations
from dhis2w_core.operation_index import index_text
from dhis2w_core.operation_reader import index_of
from dhis2w_core.plugins import areas_of, read_registry
from dhis2w_sandbox import Sandbox
from tests.core.conftest import Home

EXAMPLE = Path(__file__).parents[2] / "examples/plugin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example plugin, as an installer would lay it out."""
    folder = tmp_path_factory.mktemp("plugin")
    program = f"import hatchling.build; hatchling.build.build_wheel({str(folder)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=EXAMPLE, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def d2w(plugins: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(plugins), **variables}
    command = [sys.executable, "-m", "dhis2w_cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_a_plugin_has_a_command_with_help_and_runs(installed: Path, home: Home) -> None:
    assert "example" in d2w(installed, "--help").stdout
    assert list(home.folder.rglob("plugins/example-*.json")), "its index was not cached"
    shown = d2w(installed, "example", "oldest", "--help").stdout
    assert "nobody has changed for the longest time" in " ".join(shown.split())
    with Sandbox(42) as sandbox, sandbox.serve() as url:
        words = ("example", "oldest", "dataElements", "--limit", "2", "-o", "json")
        done = d2w(installed, *words, DHIS2_URL=url, DHIS2_PAT=sandbox.pat())
    assert len(json.loads(done.stdout)) == 2


def test_an_operation_that_the_server_does_not_have_is_refused(installed: Path) -> None:
    with Sandbox(41) as sandbox, sandbox.serve() as url:
        words = ("example", "oldest", "dataElements")
        done = d2w(installed, *words, DHIS2_URL=url, DHIS2_PAT=sandbox.pat())
    assert (done.returncode, "has no example oldest: it is in 42-44" in done.stderr) == (2, True)


def write_plugin(folder: Path, code: str, index: str | None = None) -> None:
    package = folder / "other_plugin"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "operations.py").write_text(code)
    if index is not None:
        (package / "operation_index.json").write_text(index)
    information = folder / "other_plugin-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: other-plugin\nVersion: 1\n")
    (information / "entry_points.txt").write_text("[dhis2w.plugins]\nother = other_plugin.operations\n")


@pytest.mark.parametrize(
    ("code", "index", "reason"),
    [
        ("raise RuntimeError('no luck')", None, "RuntimeError: no luck"),
        ("", "[]", "ValueError: not an index of operations"),
        ("", index_text(index_of(operations)), "there is an operation"),
    ],
)
def test_a_broken_plugin_is_told_and_skipped(tmp_path: Path, code: str, index: str | None, reason: str) -> None:
    write_plugin(tmp_path, code, index)
    done = d2w(tmp_path, "--help")
    assert done.returncode == 0
    assert f"Skipped plugin other: {reason}" in " ".join(done.stdout.split())
    assert d2w(tmp_path, "profile", "list").returncode == 0


def test_a_changed_plugin_has_a_new_index(tmp_path: Path) -> None:
    head = "from dhis2w_core.operation import operation\n"
    code = '@operation("other {0}", effect="local")\nasync def run() -> str:\n    """Do {0}."""\n    return "{0}"\n'
    write_plugin(tmp_path, head + code.format("one"))
    assert d2w(tmp_path, "other", "one").stdout == "one\n"
    (tmp_path / "other_plugin/operations.py").write_text(head + code.format("three"))
    assert d2w(tmp_path, "other", "three").stdout == "three\n"


def test_views_list_the_areas_of_a_version() -> None:
    for version in Dhis2:
        view = import_module(f"dhis2w_core.{version.value}.plugins")
        assert dir(view) == sorted(areas_of(version))
        assert view.system.info is operations.info
        with pytest.raises(AttributeError, match="no area 'nonsense'"):
            _ = view.nonsense
        with pytest.raises(AttributeError, match="no operation 'nonsense'"):
            _ = view.system.nonsense


def test_every_operation_can_be_reached_by_a_view() -> None:
    areas = areas_of(Dhis2.V43)
    reached = sum(len(dir(area)) for area in areas.values())
    assert reached == len(read_registry().entries)


def test_a_plugin_that_comes_or_goes_is_noticed(tmp_path: Path) -> None:
    assert "example-oldest" not in d2w(tmp_path, "--help").stdout
    head = "from dhis2w_core.operation import operation\n"
    code = '@operation("other one", effect="local")\nasync def run() -> str:\n    """Do it."""\n    return "done"\n'
    write_plugin(tmp_path, head + code)
    assert d2w(tmp_path, "other", "one").stdout == "done\n"
    shutil.rmtree(tmp_path / "other_plugin-1.dist-info")
    assert d2w(tmp_path, "other", "one").returncode == 2


def test_plugins_are_not_looked_for_at_every_start(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom dhis2w_cli.__main__ import run\nrun(['--help'])\n"
        "print('FOUND' if 'importlib.metadata' in sys.modules else 'KNOWN')"
    )
    seen = [
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
        ).stdout.split()[-1]
        for _ in range(2)
    ]
    assert seen == ["FOUND", "KNOWN"]
