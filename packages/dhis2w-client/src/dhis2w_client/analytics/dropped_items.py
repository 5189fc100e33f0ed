"""Which items of a query DHIS2 left out of its answer without a word.

Source: recording `data/analytics-query`: unknown UIDs beside one that is known are dropped.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dhis2w_client.errors import DroppedItemsWarning
from dhis2w_client.json_value import as_array, as_object
from dhis2w_client.metadata.uids import is_uid

if TYPE_CHECKING:
    from dhis2w_client.analytics.grid import Grid


def dropped_items(asked: Mapping[str, tuple[str, ...]], grid: Grid) -> dict[str, tuple[str, ...]]:
    """By dimension, the items that were asked for by UID and are not in the answer.

    Keywords (`LEVEL-2`, `LAST_12_MONTHS`) stand for others, and a unit beside them may only say where they apply.
    """
    dimensions = as_object(grid.meta_data.get("dimensions"))
    missing: dict[str, tuple[str, ...]] = {}
    for name, items in asked.items():
        names_parts = any(item.startswith(("LEVEL-", "OU_GROUP-", "USER_ORGUNIT")) for item in items)
        if name not in dimensions or names_parts:
            continue
        found = {item for item in as_array(dimensions[name]) if isinstance(item, str)}
        lost = tuple(item for item in items if is_uid(item.partition(".")[0]) and item not in found)
        if lost:
            missing[name] = lost
    return missing


def warn_of_dropped(asked: Mapping[str, tuple[str, ...]], grid: Grid) -> None:
    """Warn of items that DHIS2 dropped."""
    for name, items in dropped_items(asked, grid).items():
        shown = f"{', '.join(items[:5])}{' …' if len(items) > 5 else ''}"
        warnings.warn(
            f"DHIS2 left out of {name} without a word what does not exist, or the user may not see: {shown}.",
            DroppedItemsWarning,
            stacklevel=3,
        )
