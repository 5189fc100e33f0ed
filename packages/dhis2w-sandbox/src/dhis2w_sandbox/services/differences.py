"""What the smaller services do differently in each version: one frozen row for each, as `dhis2w_sandbox.versions`.

Source of each fact: the recordings `services/*` of real servers; for 2.44 the source code of DHIS2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dhis2w_sandbox.server import Server


@dataclass(frozen=True)
class Differences:
    """How the services of one version behave."""

    data_store_signature: str
    """The Java method that refuses a new entry of the data store without a body."""
    answers_maintenance: bool
    """Whether a maintenance action is answered by 200 and a WebMessage; otherwise by 204."""
    checks_file_uid: bool
    """Whether the identifier for a new file must be of the usual form."""
    file_not_served: str
    """Pattern of the 403 for a file that its endpoint does not send; `{}` is the identifier."""
    codes_missing_logo: bool
    """Whether the 404 of a logo that there is not has an error code."""
    tells_sql_errors: bool
    """Whether a statement that fails is answered by the database's own words."""


_ADD_ENTRY = (
    "public org.hisp.dhis.dxf2.webmessage.WebMessage org.hisp.dhis.webapi.controller.DatastoreController.addEntry("
    "java.lang.String,java.lang.String,java.lang.String,boolean)"
    " throws org.hisp.dhis.feedback.ConflictException,org.hisp.dhis.feedback.BadRequestException"
)

_V42 = Differences(
    data_store_signature=f"{_ADD_ENTRY},org.hisp.dhis.feedback.ForbiddenException",
    answers_maintenance=False,
    checks_file_uid=False,
    file_not_served=(
        "You don't have access to fileResource '{}' or this fileResource is not available from this endpoint"
    ),
    codes_missing_logo=True,
    tells_sql_errors=True,
)
_V41 = replace(_V42, data_store_signature=_ADD_ENTRY, codes_missing_logo=False, tells_sql_errors=False)
_V43 = replace(
    _V42,
    answers_maintenance=True,
    checks_file_uid=True,
    file_not_served="File resource not found or not accessible: {}",
)
_V44 = _V43

_ROWS = {"v41": _V41, "v42": _V42, "v43": _V43, "v44": _V44}


def differences(server: Server) -> Differences:
    """The row of a server's version."""
    return _ROWS[server.version]
