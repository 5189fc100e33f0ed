"""Data approvals: what was approved, at which level, and whether that was accepted above.

Source: `DataApproval` and `HibernateDataApprovalStore` of dhis2-core.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dhis2w_sandbox.server import Server


class ApprovalKey(NamedTuple):
    """What is approved."""

    workflow: str
    period: str
    unit: str
    attribute: str


@dataclass(frozen=True)
class Approval:
    """One approval."""

    key: ApprovalKey
    level: str
    """The data approval level."""
    accepted: bool
    created: str
    creator: str
    """The uid of who approved."""
    updated: str
    """When it was approved, accepted or unaccepted last."""


class ApprovalAudit(NamedTuple):
    """What somebody did to an approval."""

    key: ApprovalKey
    level: str
    action: str
    created: str
    creator: str


_COLUMNS = "workflow, period, unit, attribute, level, accepted, created, creator, updated"
_KEY = "workflow = ? AND period = ? AND unit = ? AND attribute = ?"


class Approvals:
    """The approvals of a server."""

    def __init__(self, server: Server) -> None:
        self._sql = server.store.sql
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS data_approval (workflow TEXT NOT NULL, period TEXT NOT NULL,"
            " unit TEXT NOT NULL, attribute TEXT NOT NULL, level TEXT NOT NULL, accepted INTEGER NOT NULL,"
            " created TEXT NOT NULL, creator TEXT NOT NULL, updated TEXT NOT NULL,"
            " PRIMARY KEY (workflow, period, unit, attribute))"
        )
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS data_approval_audit (number INTEGER PRIMARY KEY, workflow TEXT NOT NULL,"
            " period TEXT NOT NULL, unit TEXT NOT NULL, attribute TEXT NOT NULL, level TEXT NOT NULL,"
            " action TEXT NOT NULL, created TEXT NOT NULL, creator TEXT NOT NULL)"
        )

    def note(self, row: Approval, action: str, created: str, creator: str) -> None:
        """Keep what somebody did: APPROVE, UNAPPROVE, ACCEPT or UNACCEPT."""
        self._sql.execute(
            "INSERT INTO data_approval_audit (workflow, period, unit, attribute, level, action, created, creator)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*row.key, row.level, action, created, creator),
        )

    def audits(self) -> list[ApprovalAudit]:
        """What everybody did, oldest first."""
        rows = self._sql.execute(
            "SELECT workflow, period, unit, attribute, level, action, created, creator FROM data_approval_audit"
            " ORDER BY number"
        )
        return [ApprovalAudit(ApprovalKey(*row[:4]), *row[4:]) for row in rows]

    def get(self, key: ApprovalKey) -> Approval | None:
        """The approval, or None."""
        row = self._sql.execute(f"SELECT {_COLUMNS} FROM data_approval WHERE {_KEY}", key).fetchone()  # noqa: S608 - only constants
        return Approval(ApprovalKey(*row[:4]), row[4], bool(row[5]), *row[6:]) if row else None

    def put(self, row: Approval) -> None:
        """Store an approval, in the place of the one for the same."""
        self._sql.execute(
            f"INSERT OR REPLACE INTO data_approval ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - only constants
            (*row.key, row.level, row.accepted, row.created, row.creator, row.updated),
        )

    def delete(self, key: ApprovalKey) -> None:
        """Take an approval back; nothing happens where there is none."""
        self._sql.execute(f"DELETE FROM data_approval WHERE {_KEY}", key)  # noqa: S608 - only constants
