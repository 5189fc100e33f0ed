"""What an import costs: the modules it loads are a fixed list, so that nothing slips in unseen."""

import json
import subprocess
import sys

import pytest

OURS_FOR_OPENING = {
    "dhis2w_client",
    "dhis2w_client._dispatch",
    "dhis2w_client._lazy",
    "dhis2w_client.auth",
    "dhis2w_client.base_url",
    "dhis2w_client.call",
    "dhis2w_client.client",
    "dhis2w_client.client_context",
    "dhis2w_client.clock",
    "dhis2w_client.errors",
    "dhis2w_client.json_value",
    "dhis2w_client.profile",
    "dhis2w_client.refusals",
    "dhis2w_client.replies",
    "dhis2w_client.reply",
    "dhis2w_client.reports",
    "dhis2w_client.retry",
    "dhis2w_client.system",
    "dhis2w_client.typed_collections",
    "dhis2w_client.versions",
}
"""The modules of the client behind `from dhis2w_client import open_client, Profile`."""

OTHERS_FOR_OPENING = {"annotated_types", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection"}
"""Packages beside the standard library; the HTTP library comes with the first connection."""

NEVER_FOR_OPENING = {"httpx2", "httpcore2", "anyio", "h11", "asyncio", "ssl", "dhis2w_client.models"}


def modules_after(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running `code`, less those it always has."""
    report = (
        "import sys, json; before = set(sys.modules)\n"
        + code
        + "\nprint(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout))


def packages_of_others(modules: set[str]) -> set[str]:
    tops = {module.partition(".")[0] for module in modules}
    return {top for top in tops - sys.stdlib_module_names if not top.startswith(("dhis2w_", "_"))}


def test_the_package_alone_loads_nothing() -> None:
    loaded = modules_after("import dhis2w_client")
    assert {module for module in loaded if module.startswith("dhis2w")} == {"dhis2w_client", "dhis2w_client._lazy"}
    assert packages_of_others(loaded) == set()


@pytest.mark.parametrize("package", ["dhis2w_client", "dhis2w_client.v42"])
def test_opening_loads_what_it_needs(package: str) -> None:
    loaded = modules_after(f"from {package} import open_client, Profile")
    face = {package, f"{package}.client_context"} if package != "dhis2w_client" else set[str]()
    assert {module for module in loaded if module.startswith("dhis2w")} == OURS_FOR_OPENING | face
    assert packages_of_others(loaded) == OTHERS_FOR_OPENING
    assert loaded & NEVER_FOR_OPENING == set()
