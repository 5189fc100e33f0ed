"""`Authorization: Bearer …`: the access tokens of the authorization server open the API.

From 2.42 on they are JSON Web Tokens, checked by their signature alone: one that was replaced or revoked opens the API
until it expires. In 2.41 they are opaque, and looked up.

Source: `Dhis2JwtAuthenticationManagerResolver`, `DhisBearerJwtTokenAuthenticationEntryPoint` of dhis2-core; Nimbus'
`JWTParser` and Spring Security's `NimbusJwtDecoder` (the words); recordings `meta/oauth2-flow`.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any, cast

from dhis2w_sandbox.call import Call, Refused, Reply
from dhis2w_sandbox.errors import web_message
from dhis2w_sandbox.oauth2.clients import BrokenClientError, client_of
from dhis2w_sandbox.oauth2.signing import decoded
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]

SKEW = 60
"""Seconds that clocks may differ: a token opens the API for so long after it expired (Spring's default)."""

_ERROR_URI = "https://tools.ietf.org/html/rfc6750#section-3.1"
_HEADER = re.compile(r"bearer (?P<token>[a-zA-Z0-9\-._~+/]+=*)", re.IGNORECASE)


def sender(call: Call, header: str) -> User:
    """Whose token the header holds.

    Raises:
        Refused: 401 with a `WWW-Authenticate` that says what is wrong with the token.
    """
    server = call.server
    claims = checked_claims(server, token_of(header))
    audience = claims.get("aud")
    audiences = cast("list[Any]", audience) if isinstance(audience, list) else [audience]
    if not all(_is_client(server, each) for each in audiences):
        raise refusal("Invalid audience")
    username = claims.get("username")
    user = server.user_named(username) if isinstance(username, str) else None
    if user is None:
        value = "null" if username is None else username
        raise refusal(f"Found no matching DHIS2 user for the mapping claim: 'username' with the value: '{value}'")
    return user


def token_of(header: str) -> str:
    """The token of a header; refused where the header is malformed."""
    found = _HEADER.fullmatch(header)
    if found is None:
        raise refusal("Bearer token is malformed")
    return found["token"]


def checked_claims(server: Server, token: str) -> Json:
    """The claims of a token that this server issued, and that has not expired; refused where it is another."""
    algorithm, claims = _parsed(token)
    issuer = claims.get("iss")
    if issuer is None:
        raise refusal("Missing issuer")
    if issuer not in server.authority.issuers:
        raise refusal("Invalid issuer")
    failed = "An error occurred while attempting to decode the Jwt: "
    if algorithm == "none":
        raise refusal("Unsupported algorithm of none")
    if algorithm != "RS256":
        raise refusal(f"{failed}Signed JWT rejected: Another algorithm expected, or no matching key(s) found")
    if not server.authority.key.signed(token):
        raise refusal(f"{failed}Signed JWT rejected: Invalid signature")
    expires, now = claims.get("exp", 0), server.clock().timestamp()
    if now - SKEW > expires:
        moment = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        raise refusal(f"{failed}Jwt expired at {moment}")
    return claims


def _parsed(token: str) -> tuple[str, Json]:
    """Algorithm and claims of a token, whoever signed it."""
    header, dot, rest = token.partition(".")
    if not dot:
        raise refusal("Invalid JWT serialization: Missing dot delimiter(s)")
    head = _json_part(header)
    if head is None:
        raise refusal("Invalid unsecured/JWS/JWE header: Invalid JSON object")
    if not isinstance(head.get("alg"), str):
        raise refusal('Missing "alg" in header JSON object')
    if rest.count(".") == 0:
        raise refusal("Invalid serialized unsecured/JWS/JWE object: Missing second delimiter")
    if rest.count(".") > 1:
        raise refusal("Unexpected number of Base64URL parts, must be three")
    claims = _json_part(rest.partition(".")[0])
    if claims is None:
        kind = "unsecured JOSE" if head["alg"] == "none" else "JWS"
        raise refusal(f"Payload of {kind} object is not a valid JSON object")
    return head["alg"], claims


def _json_part(text: str) -> Json | None:
    try:
        value = json.loads(decoded(text))
    except ValueError:
        return None
    return cast(Json, value) if isinstance(value, dict) else None


def _is_client(server: Server, client_id: Any) -> bool:
    try:
        return isinstance(client_id, str) and client_of(server, client_id) is not None
    except BrokenClientError:
        return False


def refusal(description: str) -> Refused:
    """401 of a token, in the header and as a WebMessage."""
    words = f'error="invalid_token", error_description="{description}", error_uri="{_ERROR_URI}"'
    message = web_message(401, "invalid_token", word="ERROR", dev_message=description)
    headers = {"WWW-Authenticate": f"Bearer {words}", "Cache-Control": "no-cache, private"}
    return Refused(Reply.json(message, 401, headers))


def challenge() -> Refused:
    """401 where a token is needed and none was sent."""
    return Refused(Reply(401, headers={"WWW-Authenticate": "Bearer"}))
