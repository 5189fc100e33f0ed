"""A served sandbox for programs that connect by themselves."""

from collections.abc import Generator

import pytest

from dhis2w_sandbox import Sandbox


class Served:
    """A sandbox on a loopback port, with a token for its admin."""

    def __init__(self, url: str, token: str, release: str) -> None:
        self.url = url
        self.token = token
        self.release = release

    def pat_environment(self) -> dict[str, str]:
        return {"DHIS2_URL": self.url, "DHIS2_PAT": self.token}

    def basic_environment(self) -> dict[str, str]:
        return {"DHIS2_URL": self.url, "DHIS2_USERNAME": "admin", "DHIS2_PASSWORD": "district"}


@pytest.fixture(scope="session")
def served_sandboxes() -> Generator[dict[str, Served]]:
    """A sandbox of each version with the demo country."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        found: dict[str, Served] = {}
        for version in ("v41", "v42", "v43", "v44"):
            sandbox = stack.enter_context(Sandbox(version))
            url = stack.enter_context(sandbox.serve())
            found[version] = Served(url, sandbox.pat("admin"), sandbox.server.behaviour.release)
        yield found
