"""An approval workflow of two levels: what to import, and how a data set comes to it."""

from __future__ import annotations

from typing import Any

WORKFLOW = "WorkflowAa1"
_LEVELS = [{"id": f"ApprLevel0{n}", "name": f"Level {n}", "orgUnitLevel": n, "level": n} for n in (1, 2)]
METADATA: dict[str, list[dict[str, Any]]] = {
    "dataApprovalLevels": _LEVELS,
    "dataApprovalWorkflows": [
        {
            "id": WORKFLOW,
            "name": "Flow",
            "periodType": "Monthly",
            "categoryCombo": {"id": "bjDvmb4bfuf"},
            "dataApprovalLevels": [{"id": level["id"]} for level in _LEVELS],
        }
    ],
}
PATCH = [{"op": "add", "path": "/workflow", "value": {"id": WORKFLOW}}]
"""JSON Patch for a data set."""
