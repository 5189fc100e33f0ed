"""Which objects are exported: the parameters of `GET /api/metadata`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from dhis2w_client.filters import Filters, filter_texts

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue
    from dhis2w_client.versions import Dialect

Which: TypeAlias = "Sequence[str] | Mapping[str, Filters]"
"""Types to export, by plural (`dataElements`); as a mapping each with the filters that its objects meet."""


def export_params(
    dialect: Dialect, which: Which, *, fields: str | None, skip_sharing: bool, defaults: bool
) -> list[tuple[str, ParamValue]]:
    """The query parameters of an export.

    Raises:
        InvalidRequestError: A filter that this version would misread.
    """
    filters = which if isinstance(which, Mapping) else dict.fromkeys(which)
    params: list[tuple[str, ParamValue]] = [
        ("fields", fields),
        ("skipSharing", skip_sharing or None),
        ("defaults", None if defaults else "EXCLUDE"),
    ]
    for plural, wanted in filters.items():
        params.append((plural, True))
        params += [(f"{plural}:filter", text) for text in filter_texts(wanted, dialect)]
    return params
