"""What a shell completes words with."""

from __future__ import annotations

from dhis2w_core.operation_index import Parameter


def completions(parameter: Parameter, incomplete: str) -> list[str]:
    """The values of a parameter that begin so."""
    return [value for value in _values(parameter) if value.startswith(incomplete)]


def _values(parameter: Parameter) -> list[str]:
    if parameter.choices:
        return list(parameter.choices)
    match parameter.completion:
        case "profile":
            from dhis2w_core.catalogue import read_catalogue

            return sorted({entry.name for entry in read_catalogue().entries if entry.name})
        case "metadata type":
            from dhis2w_client.models.collection_table import COLLECTIONS

            return sorted(row.plural for row in COLLECTIONS)
        case _:
            return []
