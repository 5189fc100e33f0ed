"""Work on metadata as a whole: bundles of objects of many types, and what DHIS2 has special endpoints for.

`client.metadata` is the `MetadataService`. A `Bundle` needs no server: it is read from a file, checked
(`check_bundle`), cleaned (`clean`) and compared (`diff_bundles`) offline.
"""

from __future__ import annotations

from dhis2w_client._lazy import lazy_names

TYPE_CHECKING = False  # as `typing` has it; importing `typing` takes longer than everything else here

if TYPE_CHECKING:
    from dhis2w_client.metadata.accounts import AccountService
    from dhis2w_client.metadata.bulk import BulkService
    from dhis2w_client.metadata.bundle import Bundle, Entry
    from dhis2w_client.metadata.bundle_check import check_bundle, refuse_invalid
    from dhis2w_client.metadata.bundle_diff import BundleDiff, ObjectChange, diff_bundles
    from dhis2w_client.metadata.category_combos import BuiltCombo, CategoryComboService, CategorySpec, OptionSpec
    from dhis2w_client.metadata.chart_specs import chart, dashboard, thematic_map
    from dhis2w_client.metadata.clean_bundle import clean
    from dhis2w_client.metadata.differences import Difference
    from dhis2w_client.metadata.errors import InvalidBundleError, NotABundleError, NotInVersionError
    from dhis2w_client.metadata.expressions import Description, ExpressionItem, ExpressionService, items_of
    from dhis2w_client.metadata.import_options import ImportOptions
    from dhis2w_client.metadata.merges import MergeService
    from dhis2w_client.metadata.option_sets import Choice, OptionSetService
    from dhis2w_client.metadata.org_units import OrgUnitService, UnitNode
    from dhis2w_client.metadata.plan import MetadataPlan
    from dhis2w_client.metadata.routes import RouteService
    from dhis2w_client.metadata.search import Found
    from dhis2w_client.metadata.service import MetadataService
    from dhis2w_client.metadata.sql_views import SqlRows, SqlViewService
    from dhis2w_client.metadata.uids import is_uid, new_uid, new_uids
    from dhis2w_client.metadata.usage import Usage

HOMES = {
    name: f"dhis2w_client.metadata.{module}"
    for module, names in {
        "accounts": ("AccountService",),
        "bulk": ("BulkService",),
        "bundle": ("Bundle", "Entry"),
        "bundle_check": ("check_bundle", "refuse_invalid"),
        "bundle_diff": ("BundleDiff", "ObjectChange", "diff_bundles"),
        "category_combos": ("BuiltCombo", "CategoryComboService", "CategorySpec", "OptionSpec"),
        "chart_specs": ("chart", "dashboard", "thematic_map"),
        "clean_bundle": ("clean",),
        "differences": ("Difference",),
        "errors": ("InvalidBundleError", "NotABundleError", "NotInVersionError"),
        "expressions": ("Description", "ExpressionItem", "ExpressionService", "items_of"),
        "import_options": ("ImportOptions",),
        "merges": ("MergeService",),
        "option_sets": ("Choice", "OptionSetService"),
        "org_units": ("OrgUnitService", "UnitNode"),
        "plan": ("MetadataPlan",),
        "routes": ("RouteService",),
        "search": ("Found",),
        "service": ("MetadataService",),
        "sql_views": ("SqlRows", "SqlViewService"),
        "uids": ("is_uid", "new_uid", "new_uids"),
        "usage": ("Usage",),
    }.items()
    for name in names
}
"""The module of each name."""

__all__ = [
    "AccountService",
    "BuiltCombo",
    "BulkService",
    "Bundle",
    "BundleDiff",
    "CategoryComboService",
    "CategorySpec",
    "Choice",
    "Description",
    "Difference",
    "Entry",
    "ExpressionItem",
    "ExpressionService",
    "Found",
    "ImportOptions",
    "InvalidBundleError",
    "MergeService",
    "MetadataPlan",
    "MetadataService",
    "NotABundleError",
    "NotInVersionError",
    "ObjectChange",
    "OptionSetService",
    "OptionSpec",
    "OrgUnitService",
    "RouteService",
    "SqlRows",
    "SqlViewService",
    "UnitNode",
    "Usage",
    "chart",
    "check_bundle",
    "clean",
    "dashboard",
    "diff_bundles",
    "is_uid",
    "items_of",
    "new_uid",
    "new_uids",
    "refuse_invalid",
    "thematic_map",
]

__getattr__, __dir__ = lazy_names(__name__, HOMES)
