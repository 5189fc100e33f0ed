"""The demo country of each version, imported once in a process: who starts many sandboxes waits for it once."""

from __future__ import annotations

from dhis2w_sandbox.boot import first_boot
from dhis2w_sandbox.country.bundle import load
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.store import Store

PREPARED: dict[str, Store] = {}
"""The stores by version; nobody writes to them."""


def prepared(version: str) -> Store:
    """A store with the country, to be copied; its dates are those of the first call."""
    if version not in PREPARED:
        server = Server(version)
        server.configuration.write("version", version)
        first_boot(server)
        load(server)
        PREPARED[version] = server.store
    return PREPARED[version]
