"""The names of what rows refer to by UID: an agent knows then what a data value is of, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from dhis2w_client.metadata.uids import is_uid

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client

PROPERTIES: Mapping[str, tuple[str, ...]] = {
    "dataElements": ("dataElement", "data_element"),
    "organisationUnits": ("orgUnit", "org_unit"),
    "categoryOptionCombos": ("categoryOptionCombo", "category_option_combo"),
}
"""The properties that refer to objects of a metadata type, as DHIS2 and as our own rows call them."""
UNNAMED = "default"
"""The name of what stands for nothing."""


async def names_in(client: Dhis2Client, rows: Sequence[Any]) -> dict[str, str]:
    """Names by UID of what the rows of a page refer to; one request for each type.

    Raises:
        Dhis2Error: The server refused.
    """
    names: dict[str, str] = {}
    for type_name, properties in PROPERTIES.items():
        ids = sorted({uid for row in rows for name in properties if is_uid(uid := str(_property(row, name)))})
        if ids:
            found = client.collection(type_name).rows(fields="id,displayName", filters=[f"id:in:[{','.join(ids)}]"])
            names |= {row["id"]: row["displayName"] async for row in found if row.get("displayName") != UNNAMED}
    return names


def _property(row: Any, name: str) -> object:
    return cast("Mapping[str, Any]", row).get(name) if isinstance(row, Mapping) else None
