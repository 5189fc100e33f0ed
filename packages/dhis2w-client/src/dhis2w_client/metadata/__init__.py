"""Work on metadata as a whole: bundles of objects of many types, and what DHIS2 has special endpoints for.

`client.metadata` is the `MetadataService`. A `Bundle` needs no server: it is read from a file, checked (`check_bundle`)
and compared (`diff_bundles`) offline.
"""

from __future__ import annotations

from dhis2w_client._lazy import lazy_names

TYPE_CHECKING = False  # as `typing` has it; importing `typing` takes longer than everything else here

if TYPE_CHECKING:
    from dhis2w_client.metadata.bundle import Bundle
    from dhis2w_client.metadata.errors import InvalidBundleError, JobTimeoutError, NotABundleError, NotInVersionError

_PACKAGE = "dhis2w_client.metadata"
_HOMES = {
    "Bundle": f"{_PACKAGE}.bundle",
    "InvalidBundleError": f"{_PACKAGE}.errors",
    "JobTimeoutError": f"{_PACKAGE}.errors",
    "NotABundleError": f"{_PACKAGE}.errors",
    "NotInVersionError": f"{_PACKAGE}.errors",
}

__all__ = ["Bundle", "InvalidBundleError", "JobTimeoutError", "NotABundleError", "NotInVersionError"]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
