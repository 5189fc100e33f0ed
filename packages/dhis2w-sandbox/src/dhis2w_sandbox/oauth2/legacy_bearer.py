"""`Authorization: Bearer …` in 2.41: the opaque access tokens of its authorization server open the API.

Source: `OAuth2AuthenticationProcessingFilter`, `OAuth2AuthenticationManager`, `BearerTokenExtractor` of
spring-security-oauth2.
"""

from __future__ import annotations

from dhis2w_sandbox.call import Call, Refused
from dhis2w_sandbox.oauth2.legacy_clients import legacy_client
from dhis2w_sandbox.oauth2.legacy_errors import LegacyError
from dhis2w_sandbox.oauth2.legacy_grants import LegacyGrants
from dhis2w_sandbox.user import User


def sender(call: Call, header: str) -> User:
    """Whose access token the header holds.

    Raises:
        Refused: 401 in OAuth2's words.
    """
    value, grants = header[len("bearer") :].strip().partition(",")[0], LegacyGrants(call.server)
    access = grants.find("access", value)
    if access is None:
        raise _refused(f"Invalid access token: {value}")
    if grants.is_expired(access):
        grants.take("access", value)
        raise _refused(f"Access token expired: {value}")
    if legacy_client(call.server, access["client"]) is None:
        raise _refused("Invalid token contains invalid client id")
    user = call.server.user_named(access["username"])
    if user is None:
        raise _refused(f"Invalid access token: {value}")
    return user


def _refused(description: str) -> Refused:
    return Refused(LegacyError("invalid_token", description, 401).reply('realm="oauth", '))
