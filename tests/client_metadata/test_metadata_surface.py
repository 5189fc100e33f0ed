"""What can be imported, and that the blocking twin has all of it."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

import dhis2w_client.metadata as package
from dhis2w_client import BasicAuth, sync
from dhis2w_client.metadata import MetadataService
from dhis2w_client.sync.twin import Twin
from dhis2w_sandbox import Sandbox

SERVICES = {
    name: prop.fget.__annotations__["return"]
    for name, prop in vars(MetadataService).items()
    if isinstance(prop, property) and prop.fget
}
"""The services of `client.metadata`, each with the name of its class."""


def test_every_name_is_there() -> None:
    assert sorted(package.HOMES) == sorted(package.__all__)
    assert all(getattr(package, name).__module__.startswith("dhis2w_client.metadata.") for name in package.__all__)


def test_importing_it_loads_nothing_else() -> None:
    program = "import sys, dhis2w_client.metadata; print([m for m in sys.modules if m.startswith('dhis2w_client.')])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "['dhis2w_client._lazy', 'dhis2w_client.metadata']"


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_twin(name: str) -> None:
    source: type = getattr(package, SERVICES[name])
    twin = Twin.TWINS[source]
    assert getattr(sync, SERVICES[name]) is twin
    for method, member in vars(source).items():
        if inspect.iscoroutinefunction(member) and not method.startswith("_"):
            assert not inspect.iscoroutinefunction(getattr(twin, method))


@pytest.mark.parametrize("name", SERVICES.values())
def test_every_service_is_in_the_stub(name: str) -> None:
    stub = Path(sync.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    assert f"class {name}:" in stub


def test_services_of_the_blocking_twin(country: Sandbox) -> None:
    auth = BasicAuth("admin", "district")
    transport = httpx2.ASGITransport(country.app)
    with sync.Dhis2Client("http://127.0.0.1:8080", auth, transport=transport) as client:
        (root,) = client.metadata.org_units.roots()
        assert len(list(client.metadata.org_units.tree(str(root.id)))) == client.organisation_units.count()
        plan = client.metadata.bulk.rename("indicatorTypes", "^", "~", properties=["name"], filters="id:!null")
        assert len(plan.diff.renamed) == client.indicator_types.count()
        assert client.metadata.search("malaria")
