"""What a DHIS2 version does differently on the wire: one frozen row for each version, read by everything else.

Code asks `behaviour.plain_ping_is_open`, never which version it is.
Source of each fact: section 8.3 of the wire facts, and the recordings of real servers.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Behaviour:
    """How the server of one version behaves."""

    name: str
    """`"v42"`: names the tables of the version."""
    release: str
    """What `system/info` says: the release whose answers were recorded."""
    revision: str
    """Short commit hash of that release."""
    api_versions: range
    """Which `/api/NN/` prefixes the server takes."""
    login_page: str
    """Where a request without credentials is sent."""
    plain_ping_is_open: bool
    """Whether `/api/system/ping` needs no credentials."""
    tells_session_timeout: bool
    """Whether `system/info` has `sessionTimeout` and `capability`, and answers set a `SESSION_EXPIRE` cookie."""
    has_not_empty_filter: bool
    """Whether the filter operator `!empty` exists."""
    joins_filters: bool
    """Whether repeated `filter` parameters are joined by commas and split again by a pattern."""
    path_takes_any_id: bool
    """Whether `GET /{plural}/{id}` takes any text as id (404); otherwise only eleven letters and digits match (405)."""
    checks_path_uid: bool
    """Whether a malformed uid in a path is a 400 rather than a 404."""
    mapping_error_status: int
    """The status when a body is JSON but not of the right shape."""
    locale_needs_translate: bool
    """Whether `locale` counts only beside `translate=true`."""
    strict_fields: bool
    """Whether a malformed `fields` is an error."""
    emits_external_sharing: bool
    """Whether `sharing.external` and `access.externalize` are sent."""
    has_user_credentials: bool
    """Whether users carry the old `userCredentials` beside the flat properties."""
    unknown_order_is_error: bool
    """Whether ordering by an unknown property is a 400."""
    takes_metadata_xml: bool
    """Whether objects may be sent as XML."""
    method_not_allowed: str
    """Pattern of the 405 message; `{}` is the method."""


_V41 = Behaviour(
    name="v41",
    release="2.41.9.1",
    revision="7a50918",
    api_versions=range(28, 43),
    login_page="/dhis-web-login",
    plain_ping_is_open=False,
    tells_session_timeout=False,
    has_not_empty_filter=False,
    joins_filters=False,
    path_takes_any_id=True,
    checks_path_uid=False,
    mapping_error_status=500,
    locale_needs_translate=False,
    strict_fields=False,
    emits_external_sharing=True,
    has_user_credentials=True,
    unknown_order_is_error=False,
    takes_metadata_xml=True,
    method_not_allowed="Request method '{}' not supported",
)
_V42 = Behaviour(
    name="v42",
    release="2.42.5.2",
    revision="91f1f41",
    api_versions=range(28, 43),
    login_page="/dhis-web-login/",
    plain_ping_is_open=False,
    tells_session_timeout=False,
    has_not_empty_filter=True,
    joins_filters=True,
    path_takes_any_id=False,
    checks_path_uid=False,
    mapping_error_status=500,
    locale_needs_translate=True,
    strict_fields=False,
    emits_external_sharing=True,
    has_user_credentials=False,
    unknown_order_is_error=False,
    takes_metadata_xml=False,
    method_not_allowed="Request method '{}' is not supported",
)
_V43 = Behaviour(
    name="v43",
    release="2.43.1",
    revision="9cbfbf3",
    api_versions=range(28, 44),
    login_page="/login/",
    plain_ping_is_open=False,
    tells_session_timeout=True,
    has_not_empty_filter=True,
    joins_filters=True,
    path_takes_any_id=False,
    checks_path_uid=True,
    mapping_error_status=409,
    locale_needs_translate=True,
    strict_fields=False,
    emits_external_sharing=False,
    has_user_credentials=False,
    unknown_order_is_error=True,
    takes_metadata_xml=False,
    method_not_allowed="Request method '{}' is not supported",
)
_V44 = Behaviour(
    name="v44",
    release="2.44-SNAPSHOT",
    revision="3f8c14a",
    api_versions=range(28, 45),
    login_page="/login/",
    plain_ping_is_open=True,
    tells_session_timeout=True,
    has_not_empty_filter=True,
    joins_filters=True,
    path_takes_any_id=False,
    checks_path_uid=True,
    mapping_error_status=409,
    locale_needs_translate=True,
    strict_fields=True,
    emits_external_sharing=False,
    has_user_credentials=False,
    unknown_order_is_error=True,
    takes_metadata_xml=False,
    method_not_allowed="Request method '{}' is not supported",
)

BEHAVIOURS: dict[str, Behaviour] = {row.name: row for row in (_V41, _V42, _V43, _V44)}
