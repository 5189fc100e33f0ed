"""Aggregate data values: reading sets of them as a stream, writing them with one report for every version.

`client.data_values` is the `DataValueService`.
"""

from __future__ import annotations

from dhis2w_client._lazy import lazy_names

TYPE_CHECKING = False  # as `typing` has it; importing `typing` takes longer than everything else here

if TYPE_CHECKING:
    from dhis2w_client.data_values.approvals import Approvable, ApprovalRefusedError, ApprovalService, ApprovalStatus
    from dhis2w_client.data_values.audits import AuditService, DataValueAudit
    from dhis2w_client.data_values.completions import CompletionService
    from dhis2w_client.data_values.data_value import DataValue, ValueKey, key_of
    from dhis2w_client.data_values.import_report import DataValueReport, Refusal, read_import_report
    from dhis2w_client.data_values.lock_exceptions import LockException, LockExceptionService
    from dhis2w_client.data_values.min_max import Limits, LimitsKey, MinMaxService
    from dhis2w_client.data_values.push_options import DataValueOptions, IdSchemes
    from dhis2w_client.data_values.selection import DataValueSelection
    from dhis2w_client.data_values.service import DataValueService
    from dhis2w_client.data_values.value_reader import CsvValueReader, InvalidDataValuesError, JsonValueReader
    from dhis2w_client.data_values.xml_value_reader import XmlValueReader

HOMES = {
    name: f"dhis2w_client.data_values.{module}"
    for module, names in {
        "approvals": ("Approvable", "ApprovalRefusedError", "ApprovalService", "ApprovalStatus"),
        "audits": ("AuditService", "DataValueAudit"),
        "completions": ("CompletionService",),
        "data_value": ("DataValue", "ValueKey", "key_of"),
        "import_report": ("DataValueReport", "Refusal", "read_import_report"),
        "lock_exceptions": ("LockException", "LockExceptionService"),
        "min_max": ("Limits", "LimitsKey", "MinMaxService"),
        "push_options": ("DataValueOptions", "IdSchemes"),
        "selection": ("DataValueSelection",),
        "service": ("DataValueService",),
        "value_reader": ("CsvValueReader", "InvalidDataValuesError", "JsonValueReader"),
        "xml_value_reader": ("XmlValueReader",),
    }.items()
    for name in names
}

__all__ = [
    "Approvable",
    "ApprovalRefusedError",
    "ApprovalService",
    "ApprovalStatus",
    "AuditService",
    "CompletionService",
    "CsvValueReader",
    "DataValue",
    "DataValueAudit",
    "DataValueOptions",
    "DataValueReport",
    "DataValueSelection",
    "DataValueService",
    "IdSchemes",
    "InvalidDataValuesError",
    "JsonValueReader",
    "Limits",
    "LimitsKey",
    "LockException",
    "LockExceptionService",
    "MinMaxService",
    "Refusal",
    "ValueKey",
    "XmlValueReader",
    "key_of",
    "read_import_report",
]

__getattr__, __dir__ = lazy_names(__name__, HOMES)
