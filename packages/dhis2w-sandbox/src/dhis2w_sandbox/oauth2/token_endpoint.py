"""`/oauth2/token`: a client exchanges a code or a refresh token for an access token.

Source: `OAuth2TokenEndpointFilter`, `OAuth2AuthorizationCodeAuthenticationProvider`,
`OAuth2RefreshTokenAuthenticationProvider`, `JwtGenerator` of Spring Authorization Server 1.5;
`AuthorizationServerConfig.tokenCustomizer` of dhis2-core; recordings `meta/oauth2-flow`.
"""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import uuid4

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import HtmlRefusal
from dhis2w_sandbox.oauth2 import authorizations, client_login
from dhis2w_sandbox.oauth2.authority import random_value
from dhis2w_sandbox.oauth2.authorizations import Token
from dhis2w_sandbox.oauth2.clients import Client
from dhis2w_sandbox.oauth2.protocol import Form, OAuth2Error, endpoint, issuer, now_seconds, parameter_error
from dhis2w_sandbox.oauth2.signing import encoded
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

ID_TOKEN_SECONDS = 1800

# Grants that the server knows, and no client of the API may have.
_FOREIGN_GRANTS = frozenset(
    {
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    }
)


@endpoint(endpoints, "POST", "/oauth2/token", RECORDED)
@client_login.authenticated
def token(call: Call, client: Client, method: str) -> Reply:
    """Give an access token for a code or a refresh token."""
    form = Form(call)
    grants = form.all("grant_type")
    if len(grants) != 1:
        raise parameter_error("grant_type")
    if grants[0] == "authorization_code":
        return _for_code(call, client, method, form)
    if grants[0] == "refresh_token":
        return _for_refresh_token(call, client, form)
    if grants[0] in _FOREIGN_GRANTS:
        raise OAuth2Error("unauthorized_client")
    raise parameter_error("grant_type", "unsupported_grant_type")


def _for_code(call: Call, client: Client, method: str, form: Form) -> Reply:
    server, code = call.server, form.required("code")
    redirect_uri = form.single("redirect_uri")
    authorization = authorizations.by_token(server, code, Token.CODE)
    if authorization is None:
        raise OAuth2Error("invalid_grant")
    if authorization["registeredClientId"] != client.uid:
        authorizations.save(server, authorizations.invalidated(authorization, Token.CODE))
        raise OAuth2Error("invalid_grant")
    wanted = authorization["_request"].get("redirect_uri")
    if wanted and wanted != redirect_uri:
        raise OAuth2Error("invalid_grant")
    if not authorizations.is_active(server, authorization, Token.CODE):
        if authorizations.is_invalidated(authorization, Token.CODE):
            kind = Token.REFRESH if authorization.get("_refreshToken") else Token.ACCESS
            authorizations.save(server, authorizations.invalidated(authorization, kind))
        raise OAuth2Error("invalid_grant")
    scopes = _split(authorization["authorizedScopes"])
    issued = _with_access_token(call, client, authorization, scopes)
    if "refresh_token" in client.grants and method != client_login.NONE:
        issued = _with_refresh_token(call, client, issued)
    issued = authorizations.invalidated(_with_id_token(call, client, issued), Token.CODE)
    authorizations.save(server, issued)
    return _answer(issued, scopes)


def _for_refresh_token(call: Call, client: Client, form: Form) -> Reply:
    server, value = call.server, form.required("refresh_token")
    wanted = (form.single("scope") or "").split()
    authorization = authorizations.by_token(server, value, Token.REFRESH)
    if authorization is None or authorization["registeredClientId"] != client.uid:
        raise OAuth2Error("invalid_grant")
    if "refresh_token" not in client.grants:
        raise OAuth2Error("unauthorized_client")
    if not authorizations.is_active(server, authorization, Token.REFRESH):
        raise OAuth2Error("invalid_grant")
    granted = _split(authorization["authorizedScopes"])
    if not set(granted).issuperset(wanted):
        raise OAuth2Error("invalid_scope")
    scopes = wanted or granted
    issued = _with_access_token(call, client, authorization, scopes)
    if server.authority.rotates_refresh_tokens or not client.reuses_refresh_tokens:
        issued = _with_refresh_token(call, client, issued)
    issued = _with_id_token(call, client, issued)
    authorizations.save(server, issued)
    return _answer(issued, scopes)


def _split(scopes: str) -> list[str]:
    return [scope for scope in scopes.split(",") if scope]


def _with_access_token(call: Call, client: Client, authorization: Json, scopes: list[str]) -> Json:
    now, seconds = now_seconds(call.server), client.seconds("access-token")
    claims = {
        "sub": authorization["principalName"],
        "aud": client.client_id,
        "nbf": now,
        **({"scope": scopes} if scopes else {}),
        "iss": issuer(call),
        "exp": now + int(seconds),
        "iat": now,
        "jti": str(uuid4()),
        **_claims_of_scopes(call, authorization["principalName"], scopes),
    }
    value = _signed(call, claims)
    issued = authorizations.with_token(call.server, authorization, Token.ACCESS, value, seconds)
    more: Json = {"accessTokenType": "Bearer", "accessTokenScopes": ",".join(scopes), "_accessTokenClaims": claims}
    return {**issued, **more}


def _with_refresh_token(call: Call, client: Client, authorization: Json) -> Json:
    seconds = client.seconds("refresh-token")
    return authorizations.with_token(call.server, authorization, Token.REFRESH, random_value(), seconds)


def _with_id_token(call: Call, client: Client, authorization: Json) -> Json:
    """The authorization with an ID token, where it has the scope `openid`."""
    scopes = _split(authorization["authorizedScopes"])
    if "openid" not in scopes:
        return authorization
    now, nonce = now_seconds(call.server), authorization["_request"].get("nonce")
    claims = {
        "sub": authorization["principalName"],
        "aud": client.client_id,
        "azp": client.client_id,
        "auth_time": authorization["_authTime"],
        "iss": issuer(call),
        "exp": now + ID_TOKEN_SECONDS,
        "iat": now,
        "jti": str(uuid4()),
        "sid": encoded(hashlib.sha256(authorization["id"].encode()).digest()),
        **({"nonce": nonce} if nonce else {}),
        **_claims_of_scopes(call, authorization["principalName"], scopes),
    }
    value = _signed(call, claims)
    issued = authorizations.with_token(call.server, authorization, Token.ID, value, ID_TOKEN_SECONDS)
    return {**issued, "_oidcIdTokenClaims": claims}


def _claims_of_scopes(call: Call, username: str, scopes: list[str]) -> Json:
    claims: Json = {}
    if "email" in scopes:
        user = call.server.user_named(username)
        email = user.document.get("email") if user else None
        if not email:
            raise HtmlRefusal(500, "User has no email address, cannot include 'email' claim")
        claims["email"] = email
    if "username" in scopes:
        claims["username"] = username
    return claims


def _signed(call: Call, claims: Json) -> str:
    call.server.authority.issuers.add(claims["iss"])
    return call.server.authority.key.sign(claims)


def _answer(authorization: Json, scopes: list[str]) -> Reply:
    seconds = authorizations.seconds_of(authorization["accessTokenExpiresAt"]) - authorizations.seconds_of(
        authorization["accessTokenIssuedAt"]
    )
    row = {
        "access_token": authorization["_accessToken"],
        "refresh_token": authorization.get("_refreshToken"),
        "scope": " ".join(scopes) or None,
        "id_token": authorization.get("_oidcIdToken"),
        "token_type": "Bearer",
        # A moment passes between issuing and answering: Spring rounds what is left down.
        "expires_in": seconds - 1,
    }
    return Reply.json({key: value for key, value in row.items() if value is not None})
