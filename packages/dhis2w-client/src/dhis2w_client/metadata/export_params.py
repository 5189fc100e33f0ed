"""Which objects are exported: the parameters of `GET /api/metadata`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from dhis2w_client.filters import Filter, Filters

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue

Which: TypeAlias = "Sequence[str] | Mapping[str, Filters]"
"""Types to export, by plural (`dataElements`); as a mapping each with the filters that its objects meet."""


def export_params(which: Which, fields: str | None, skip_sharing: bool, defaults: bool) -> list[tuple[str, ParamValue]]:
    """The query parameters of an export; filters are sent as they are, because DHIS2 does not split them here."""
    filters = which if isinstance(which, Mapping) else dict.fromkeys(which)
    params: list[tuple[str, ParamValue]] = [
        ("fields", fields),
        ("skipSharing", skip_sharing or None),
        ("defaults", None if defaults else "EXCLUDE"),
    ]
    for plural, wanted in filters.items():
        params.append((plural, True))
        params += [(f"{plural}:filter", text) for text in _texts(wanted)]
    return params


def _texts(filters: Filters) -> list[str]:
    given = (filters,) if isinstance(filters, (str, Filter)) else filters or ()
    return [str(text) for text in given]
