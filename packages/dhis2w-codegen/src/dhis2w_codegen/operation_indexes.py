"""The indexes of operations, and the reference page that is made of them."""

from __future__ import annotations

from importlib import import_module

from dhis2w_cli.reference_page import reference_page
from dhis2w_core.operation_index import index_text
from dhis2w_core.operation_reader import index_of, modules_below


def operation_indexes() -> dict[str, str]:
    """Every generated file about operations, by its path in the workspace."""
    own = index_of(*modules_below("dhis2w_core.features"))
    local = index_of(import_module("dhis2w_cli.sandbox.operations"))
    return {
        "packages/dhis2w-core/src/dhis2w_core/operation_index.json": index_text(own),
        "packages/dhis2w-cli/src/dhis2w_cli/operation_index.json": index_text(local),
        "docs/reference/cli.md": reference_page(own, local),
    }
