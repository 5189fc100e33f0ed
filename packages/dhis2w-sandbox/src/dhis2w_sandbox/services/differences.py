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
    names_period_types: bool
    """Whether period types come by name, with the names that users see."""
    counted_tracker_types: tuple[str, ...]
    """The kinds of data of persons that are counted among the objects."""
    tags_locales: bool
    """Whether languages have a `languageTag`."""
    locale_needs_country: bool
    """Whether a new language for translations must have a country."""
    refused_region: tuple[int, str]
    """Status and pattern of the refusal of a country that there is not; language, country."""
    no_representation: str
    """The 406 of what comes as text only."""
    audits_need_entities: bool
    """Whether the audits of tracked entities fail where none are named."""
    hub_unreachable: str
    """Pattern of the 503 of the app hub; `{}` is the address."""
    codes_foreign_interpretation: bool
    """Whether the 403 for somebody else's interpretation has an error code."""
    route_not_found: str
    """Pattern of the 404 of a route that is not there or is switched off."""
    route_refused: tuple[int, str]
    """Status and pattern of what a route answers when nobody listens; method, address, host with port."""
    pages_proposals: bool
    """Whether lists of proposals name a next page and are not to be stored."""
    types_geo_report: bool
    """Whether the report of a GeoJSON import has a `responseType`."""
    too_many_results: tuple[str, str | None]
    """Pattern and error code of the refusal of more results of a validation analysis than may be; the limit."""
    undated_analysis: str | None
    """The refusal of a validation analysis without dates; None where it finds nothing."""
    default_exchange_strategy: str | None
    """What a data exchange says to be the strategy of its imports where nobody set one; None where it says nothing."""
    refuses_reversed_dates: bool
    """Whether predictors refuse a span of time that ends before it begins."""
    empty_cron: str
    """What is said of a cron expression without any text."""


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
    names_period_types=False,
    counted_tracker_types=("trackedEntity", "enrollment", "event"),
    tags_locales=True,
    locale_needs_country=False,
    refused_region=(409, "Invalid region code: {1}"),
    no_representation="No acceptable representation",
    audits_need_entities=True,
    hub_unreachable='I/O error on GET request for "{}": apps.dhis2.org',
    codes_foreign_interpretation=True,
    route_not_found="Route not found: '{}'",
    route_refused=(500, "finishConnect(..) failed with error(-111): Connection refused: /{2}"),
    pages_proposals=False,
    types_geo_report=True,
    too_many_results=("Max results must be between 1 and {}", "E1003"),
    undated_analysis=None,
    default_exchange_strategy=None,
    refuses_reversed_dates=False,
    empty_cron="Expression must not be empty",
)
_V41 = replace(
    _V42,
    data_store_signature=_ADD_ENTRY,
    codes_missing_logo=False,
    tells_sql_errors=False,
    counted_tracker_types=(
        *_V42.counted_tracker_types,
        "trackedEntityInstance",
        "programInstance",
        "programStageInstance",
    ),
    tags_locales=False,
    locale_needs_country=True,
    refused_region=(400, "Invalid locale format: {0}_{1}"),
    no_representation="Could not find acceptable representation",
    audits_need_entities=False,
    hub_unreachable=(
        'I/O error on GET request for "{}": apps.dhis2.org;'
        " nested exception is java.net.UnknownHostException: apps.dhis2.org"
    ),
    codes_foreign_interpretation=False,
    route_not_found="Route {} not found",
    route_refused=(
        503,
        'I/O error on {0} request for "{1}": Connect to {2} [/{3}] failed: Connection refused;'
        " nested exception is org.apache.http.conn.HttpHostConnectException:"
        " Connect to {2} [/{3}] failed: Connection refused",
    ),
    types_geo_report=False,
    empty_cron="Expression string must not be empty",
    too_many_results=("Max results must be greater than 0 and less than or equal to {}", None),
)
_V43 = replace(
    _V42,
    answers_maintenance=True,
    checks_file_uid=True,
    file_not_served="File resource not found or not accessible: {}",
    names_period_types=True,
    counted_tracker_types=("trackedEntity", "enrollment", "event", "trackerevent", "singleevent"),
    route_refused=(500, "io_uring connect(..) failed with error(-111): Connection refused"),
    pages_proposals=True,
    undated_analysis=(
        "ERROR: operator does not exist: date >= bytea\n  Hint: No operator matches the given name and argument types."
        " You might need to add explicit type casts.\n  Position: 42"
    ),
    default_exchange_strategy="CREATE_AND_UPDATE",
    refuses_reversed_dates=True,
)
_V44 = _V43

_ROWS = {"v41": _V41, "v42": _V42, "v43": _V43, "v44": _V44}


def differences(server: Server) -> Differences:
    """The row of a server's version."""
    return _ROWS[server.version]
