"""What is built can be installed without any package index, and holds what it must."""

import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ("dhis2w-client", "dhis2w-core", "dhis2w-sandbox", "dhis2w-cli", "dhis2w-mcp")
MEMBERS = sorted((ROOT / "packages").glob("*/pyproject.toml"))


def test_members_pin_each_other_exactly() -> None:
    projects = [tomllib.loads(file.read_text(encoding="utf-8"))["project"] for file in MEMBERS]
    versions = {project["name"]: project["version"] for project in projects}
    assert len(set(versions.values())) == 1
    for project in projects:
        for requirement in project["dependencies"]:
            name = requirement.split("=")[0].strip()
            if name.startswith("dhis2w"):
                assert requirement == f"{name}=={versions[name]}"


def test_members_carry_licence_and_notice() -> None:
    for member in MEMBERS:
        for name in ("LICENSE", "NOTICE"):
            assert (member.parent / name).read_bytes() == (ROOT / name).read_bytes()


@pytest.mark.slow
def test_wheels_install_without_an_index(tmp_path: Path) -> None:
    wheels, python = tmp_path / "wheels", _new_environment(tmp_path / "environment")
    third_party = _locked_requirements()
    _run(python, "-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--dest", str(wheels), *third_party)
    for member in SHIPPED:
        _build(ROOT / "packages" / member, wheels)

    install = ("-m", "pip", "install", "--quiet", "--no-index", "--find-links", str(wheels))
    _run(python, *install, "dhis2w-client")
    installed = _run(python, "-m", "pip", "list", "--format", "freeze").lower()
    for unwanted in ("typer", "fastmcp", "sqlalchemy", "bcrypt", "questionary", "starlette", "dhis2w-sandbox"):
        assert f"{unwanted}=" not in installed
    assert _run(python, "-c", "import dhis2w_client; print(dhis2w_client.Profile.__name__)").strip() == "Profile"

    _run(python, *install, "dhis2w-sandbox")
    program = "from dhis2w_sandbox import Sandbox; print(Sandbox(43).server.behaviour.release)"
    assert _run(python, "-c", program).strip() == "2.43.1"

    _run(python, *install, "dhis2w-cli")
    assert "0.1.0" in _run(python, "-m", "dhis2w_cli", "--version")

    _run(python, *install, "dhis2w-mcp")
    assert "0.1.0" in _run(python, "-m", "dhis2w_mcp", "--version")


def test_the_wheel_of_the_client_is_small(tmp_path: Path) -> None:
    _build(ROOT / "packages/dhis2w-client", tmp_path)
    [wheel] = tmp_path.glob("*.whl")
    assert wheel.stat().st_size <= 2_000_000


def _locked_requirements() -> list[str]:
    """What the shipped members require of others, at the versions of the lock file."""
    named = {
        re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower()
        for member in SHIPPED
        for requirement in tomllib.loads((ROOT / "packages" / member / "pyproject.toml").read_text())["project"][
            "dependencies"
        ]
    }
    lock = (line.split(" ")[0] for line in (ROOT / "requirements.lock").read_text().splitlines())
    return [pin for pin in lock if pin.partition("==")[0].lower() in named]


def _new_environment(folder: Path) -> str:
    venv.create(folder, with_pip=True)
    return str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))


def _build(member: Path, wheels: Path) -> None:
    """Build a wheel with the build backend of this environment; nothing is downloaded."""
    program = f"import hatchling.build; hatchling.build.build_wheel({str(wheels)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=member, check=True, capture_output=True)


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
