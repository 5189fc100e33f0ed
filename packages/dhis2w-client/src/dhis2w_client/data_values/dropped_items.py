"""Which identifiers of a selection of data values do not exist: DHIS2 reads the others, and says nothing.

Source: recording `data/export-select`. What is named alone is refused by DHIS2 itself where it does not exist.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from dhis2w_client.errors import DroppedItemsWarning
from dhis2w_client.metadata.uids import is_uid

if TYPE_CHECKING:
    from dhis2w_client.data_values.selection import DataValueSelection
    from dhis2w_client.metadata.metadata_api import MetadataApi

SHOWN = 5
"""How many identifiers a warning names."""


def droppable(selection: DataValueSelection) -> dict[str, tuple[str, ...]]:
    """The UIDs that DHIS2 would leave out without a word if they did not exist, by the plural of their type."""
    data = {
        "dataSets": selection.data_sets,
        "dataElements": selection.data_elements,
        "dataElementGroups": selection.data_element_groups,
    }
    units = {"organisationUnits": selection.org_units, "organisationUnitGroups": selection.org_unit_groups}
    several = [family for family in (data, units) if sum(map(len, family.values())) > 1]
    return {plural: tuple(filter(is_uid, ids)) for family in several for plural, ids in family.items() if ids}


async def warn_of_dropped(api: MetadataApi, selection: DataValueSelection) -> None:
    """Warn of what DHIS2 will leave out; it is looked for where several are named.

    Warns:
        DroppedItemsWarning: Some do not exist, or the user may not see them.
    """
    for plural, ids in droppable(selection).items():
        there = {str(row["id"]) for row in await api.rows_by_id(plural, ids, "id")}
        lost = [uid for uid in ids if uid not in there]
        if lost:
            shown = f"{', '.join(lost[:SHOWN])}{' …' if len(lost) > SHOWN else ''}"
            warnings.warn(
                f"DHIS2 leaves out of {plural} without a word what does not exist, or the user may not see: {shown}.",
                DroppedItemsWarning,
                stacklevel=3,
            )
