"""What becomes of data when the objects that they belong to are deleted, merged, split or pruned.

Source: `DataValueDeletionHandler`, `DataValueAuditDeletionHandler`, `CompleteDataSetRegistrationDeletionHandler`,
`MinMaxDataElementDeletionHandler`, `DataOrgUnitMergeHandler`, `DataOrgUnitSplitHandler`, `DataElementMergeService`,
`CategoryOptionComboMergeService`, `DefaultMaintenanceService`, `JdbcMaintenanceStore` of dhis2-core.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.approval_store import Approvals
from dhis2w_sandbox.data.completeness import Registrations
from dhis2w_sandbox.data.min_max import MinMaxTable
from dhis2w_sandbox.data.values import Values, among
from dhis2w_sandbox.metadata.deleting import OTHER_VETOES, WITH_OBJECTS
from dhis2w_sandbox.metadata.repointing import DATA_MERGES, DATA_SPLITS
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services.maintenance import ACTIONS, PRUNERS

_KEY = ("element", "period", "unit", "combo", "attribute")
# Which columns of the tables of values and their audits name an object of a type.
_COLUMNS = {"dataElement": ("element",), "organisationUnit": ("unit",), "categoryOptionCombo": ("combo", "attribute")}


def _tables(server: Server) -> None:
    """Make sure that every table of data is there."""
    for table in (Values, Registrations, MinMaxTable, Approvals):
        table(server)


def _holds(server: Server, table: str, columns: Iterable[str], uid: str) -> bool:
    _tables(server)
    where = " OR ".join(f"{column} = ?" for column in columns)
    args = [uid for _ in columns]
    return server.store.sql.execute(f"SELECT 1 FROM {table} WHERE {where} LIMIT 1", args).fetchone() is not None  # noqa: S608 - constants


def _veto(type: str) -> Callable[[Server, str], str | None]:
    """Who forbids the deletion of an object of a type: values, deleted ones too, and then what is kept of old ones."""
    columns = _COLUMNS[type]

    def check(server: Server, uid: str) -> str | None:
        if _holds(server, "data_value", columns, uid):
            return "DataValue"
        return "DataValueAudit" if _holds(server, "data_value_audit", columns, uid) else None

    return check


def _registered(server: Server, uid: str) -> str | None:
    return "CompleteDataSetRegistration" if _holds(server, "complete_registration", ("attribute",), uid) else None


def _delete(server: Server, table: str, column: str, uids: Iterable[str]) -> None:
    _tables(server)
    where, args = among(column, uids)
    server.store.sql.execute(f"DELETE FROM {table} WHERE {where}", args)  # noqa: S608 - constants


_GO_WITH = {
    "dataElement": (("min_max", "element"),),
    "organisationUnit": (("min_max", "unit"), ("complete_registration", "unit")),
    "categoryOptionCombo": (("min_max", "combo"),),
    "dataSet": (("complete_registration", "data_set"),),
}


def _go_with(server: Server, type: str, uid: str) -> None:
    """Delete what does not outlive an object."""
    for table, column in _GO_WITH.get(type, ()):
        _delete(server, table, column, [uid])


def _merge(server: Server, type: str, sources: list[str], target: str, strategy: str | None) -> None:
    """Move the values of merged objects to the target, or with DISCARD delete them.

    Of values for the same place the one that was changed last stays. A merge of units is harsher with LAST_UPDATED:
    the values that the target had are deleted first.
    """
    if type not in _COLUMNS:
        return
    if type == "organisationUnit" and strategy != "DISCARD":
        _delete(server, "data_value", "unit", [target])
    for column in _COLUMNS[type]:
        _delete(server, "data_value_audit", column, sources)
        if strategy != "DISCARD":
            _move_latest(server, column, sources, target)
        _delete(server, "data_value", column, sources)


def _move_latest(server: Server, column: str, sources: list[str], target: str) -> None:
    _tables(server)
    sql, (where, args) = server.store.sql, among(column, sources)
    rest = [name for name in _KEY if name != column]
    same = " AND ".join(f"kept.{name} = data_value.{name}" for name in rest)
    at_target = f"kept.{column} = ? AND {same}"
    later = f"SELECT 1 FROM data_value AS kept WHERE {at_target} AND kept.last_updated >= data_value.last_updated"  # noqa: S608 - constants
    rows = sql.execute(
        f"SELECT * FROM data_value WHERE {where} AND deleted = 0 AND NOT EXISTS ({later}) ORDER BY last_updated",  # noqa: S608 - constants
        [*args, target],
    )
    names = [description[0] for description in rows.description]
    place = names.index(column)
    moved = [(*row[:place], target, *row[place + 1 :]) for row in rows]
    marks = ", ".join("?" * len(names))
    sql.executemany(f"INSERT OR REPLACE INTO data_value ({', '.join(names)}) VALUES ({marks})", moved)  # noqa: S608 - constants


def _split(server: Server, source: str, primary: str) -> None:
    """Give values and approvals of a unit to the primary one of those that it is split into; registrations go."""
    _tables(server)
    for table in ("data_value", "data_value_audit", "data_approval", "data_approval_audit"):
        server.store.sql.execute(f"UPDATE OR REPLACE {table} SET unit = ? WHERE unit = ?", (primary, source))  # noqa: S608 - constants


def _prune(call: Call, type: str, uid: str) -> None:
    """Delete the data of an object for good."""
    for column in _COLUMNS[type]:
        for table in ("data_value", "data_value_audit"):
            _delete(call.server, table, column, [uid])
    if type == "organisationUnit":
        for table in ("complete_registration", "data_approval", "data_approval_audit"):
            _delete(call.server, table, "unit", [uid])


def _remove_zeroes(call: Call) -> None:
    """Delete zeroes of elements that are summed up and for which a zero means nothing."""
    elements = call.server.store.all("dataElement")
    empty = [row["id"] for row in elements if row.get("aggregationType") == "SUM" and not row.get("zeroIsSignificant")]
    _tables(call.server)
    where, args = among("element", empty)
    call.server.store.sql.execute(f"DELETE FROM data_value WHERE value = '0' AND {where}", args)  # noqa: S608 - constants


def _remove_deleted(call: Call) -> None:
    _tables(call.server)
    call.server.store.sql.execute("DELETE FROM data_value WHERE deleted = 1")


def connect() -> None:
    """Fill in the tables of the rooms that delete, merge, split and prune: done once, when the sandbox is imported."""
    for type in _COLUMNS:
        OTHER_VETOES.setdefault(type, []).append(_veto(type))
    OTHER_VETOES["categoryOptionCombo"].append(_registered)
    WITH_OBJECTS.append(_go_with)
    DATA_MERGES.append(_merge)
    DATA_SPLITS.append(_split)
    PRUNERS.append(_prune)
    ACTIONS.update(zeroDataValueRemoval=_remove_zeroes, softDeletedDataValueRemoval=_remove_deleted)
