"""What this machine knows of pushes that did not end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dhis2w_core.operation import operation


@operation("transfers list", effect="local")
async def list_transfers() -> list[dict[str, Any]]:
    """List the pushes that did not end, the newest first: the same command goes on with each of them.

    They are kept for 30 days.
    """
    from dhis2w_core.transfers.transfer_journal import transfers

    return [
        {
            "transfer": each.name,
            "file": each.source,
            "server": each.base_url,
            "rows": each.rows,
            "refused": each.refused,
            "last written": datetime.fromtimestamp(each.last_written).astimezone().isoformat(timespec="seconds"),
        }
        for each in transfers()
    ]


@operation("transfers purge", effect="local")
async def purge(*, days: int = 30) -> dict[str, Any]:
    """Forget pushes that did not end; the same command sends their whole files again.

    Args:
        days: Forget what was not written for this long; 0 forgets all that is not under way.
    """
    from dhis2w_core.transfers.transfer_journal import purge_transfers

    return {"deleted": purge_transfers(days * 86_400.0)}
