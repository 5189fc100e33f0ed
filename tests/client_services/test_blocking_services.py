"""The blocking twin has every service, with every method."""

from __future__ import annotations

import inspect
from pathlib import Path

import httpx2
import pytest

from dhis2w_client import BasicAuth, sync
from dhis2w_client.apps import AppService
from dhis2w_client.data_store import DataStoreService
from dhis2w_client.files import FileService
from dhis2w_client.integrity import IntegrityService
from dhis2w_client.maintenance import MaintenanceService
from dhis2w_client.messages import MessageService
from dhis2w_client.metadata.routes import RouteService
from dhis2w_client.sync.twin import Twin
from dhis2w_sandbox import Sandbox

SERVICES: tuple[type, ...] = (
    *(AppService, DataStoreService, FileService, IntegrityService, MaintenanceService, MessageService, RouteService),
)


@pytest.mark.parametrize("service", SERVICES)
def test_every_method_has_a_blocking_one(service: type) -> None:
    twin = Twin.TWINS[service]
    assert getattr(sync, service.__name__) is twin
    stub = Path(sync.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    assert f"class {service.__name__}:" in stub
    for name, member in vars(service).items():
        if inspect.iscoroutinefunction(member) and not name.startswith("_"):
            assert not inspect.iscoroutinefunction(getattr(twin, name))


def test_services_without_await(sandbox: Sandbox, tmp_path: Path) -> None:
    transport = httpx2.ASGITransport(sandbox.app)
    (tmp_path / "a.txt").write_text("a")
    with sync.Dhis2Client("http://127.0.0.1:8080", BasicAuth("admin", "district"), transport=transport) as client:
        client.data_store.user.set("rooms", "a", {"n": 1})
        assert [row["value"] for row in client.data_store.user.entries("rooms")] == [{"n": 1}]
        stored = client.files.upload(tmp_path / "a.txt")
        assert client.files.download(str(stored.id), tmp_path / "b.txt").size == 1
        uid = client.messages.send("Stock", "Out.", users=["M5zQapPyTZI"])
        assert [row.id for row in client.messages.list()] == [uid]
        assert client.apps.list() == []
        assert client.maintenance.integrity.run("indicator_groups_scarce")[0].count == 0
