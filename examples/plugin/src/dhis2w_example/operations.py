"""An example of a plugin: objects that nobody has changed for a long time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dhis2w_core.operation import MetadataType, operation

if TYPE_CHECKING:
    from dhis2w_client import Dhis2Client


@operation("example oldest", effect="read", versions="42-44")
async def oldest(client: Dhis2Client, type: MetadataType, *, limit: int = 10) -> list[dict[str, Any]]:
    """List the objects of a type that nobody has changed for the longest time.

    Args:
        type: Their type, such as `dataElements`.
        limit: At most so many.
    """
    page = await client.collection(type).list(fields="id,name,lastUpdated", order="lastUpdated:asc", page_size=limit)
    return [row.to_dict() for row in page]
