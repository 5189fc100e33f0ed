"""What may be asked about a token, and its end: `/oauth2/introspect`, `/oauth2/revoke`, `/userinfo`.

Source: `OAuth2TokenIntrospectionAuthenticationProvider`, `OAuth2TokenRevocationAuthenticationProvider`,
`OidcUserInfoAuthenticationProvider` of Spring Authorization Server 1.5; recordings `meta/oauth2-flow`.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox import auth
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.oauth2 import authorizations, bearer, client_login
from dhis2w_sandbox.oauth2.authorizations import Token
from dhis2w_sandbox.oauth2.clients import Client, client_with_uid
from dhis2w_sandbox.oauth2.protocol import Form, OAuth2Error, endpoint
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

INTROSPECTION_URI = "https://datatracker.ietf.org/doc/html/rfc7662#section-2.1"
REVOCATION_URI = "https://datatracker.ietf.org/doc/html/rfc7009#section-2.1"

# What each scope shows of a user; DHIS2 puts no more than these into an ID token.
_USER_CLAIMS = {"openid": "sub", "email": "email"}


@endpoint(endpoints, "POST", "/oauth2/introspect", RECORDED)
@client_login.authenticated
def introspect(call: Call, client: Client, method: str) -> Reply:
    """Say whether a token is good, and what it says."""
    del client, method
    value = _token(call, "Token Introspection", INTROSPECTION_URI)
    authorization = authorizations.by_token(call.server, value)
    kind = _kind(authorization, value)
    if authorization is None or not authorizations.is_active(call.server, authorization, kind):
        return Reply.json({"active": False})
    holder = client_with_uid(call.server, authorization["registeredClientId"])
    claims: Json = authorization.get(f"_{kind.value}Claims") or {}
    row = {
        "active": True,
        **claims,
        **({"scope": " ".join(claims["scope"])} if "scope" in claims else {}),
        **({"aud": [claims["aud"]]} if "aud" in claims else {}),
        "client_id": holder.client_id if holder else None,
        "iat": authorizations.seconds_of(authorization[f"{kind.value}IssuedAt"]),
        "exp": authorizations.seconds_of(authorization[f"{kind.value}ExpiresAt"]),
        **({"token_type": "Bearer"} if kind is Token.ACCESS else {}),
    }
    return Reply.json(row)


@endpoint(endpoints, "POST", "/oauth2/revoke", RECORDED)
@client_login.authenticated
def revoke(call: Call, client: Client, method: str) -> Reply:
    """End a token; with a refresh token its access token. Nothing is said of a token that nobody has."""
    del method
    value = _token(call, "Token Revocation", REVOCATION_URI)
    authorization = authorizations.by_token(call.server, value)
    if authorization is None:
        return Reply()
    if authorization["registeredClientId"] != client.uid:
        raise OAuth2Error("invalid_client")
    authorizations.save(call.server, authorizations.invalidated(authorization, _kind(authorization, value)))
    return Reply()


def _token(call: Call, doing: str, uri: str) -> str:
    values = Form(call).all("token")
    if len(values) != 1 or not values[0].strip():
        raise OAuth2Error("invalid_request", f"OAuth 2.0 {doing} Parameter: token", uri)
    return values[0]


def _kind(authorization: Json | None, value: str) -> Token:
    return next((kind for kind in Token if (authorization or {}).get(f"_{kind.value}") == value), Token.ACCESS)


@endpoint(endpoints, "POST", "/userinfo", SOURCE)
@endpoint(endpoints, "GET", "/userinfo", RECORDED)
def user_info(call: Call) -> Reply:
    """Tell an OpenID client who its token's user is."""
    header = call.headers.get("authorization", "")
    if not header.lower().startswith("bearer"):
        raise bearer.challenge() if _wants_json(call) else auth.to_login_page(call)
    value = bearer.token_of(header)
    bearer.checked_claims(call.server, value)
    authorization = authorizations.by_token(call.server, value, Token.ACCESS)
    if authorization is None or not authorizations.is_active(call.server, authorization, Token.ACCESS):
        raise OAuth2Error("invalid_token", status=401)
    scopes = str(authorization.get("accessTokenScopes") or "").split(",")
    if "openid" not in scopes:
        raise OAuth2Error("insufficient_scope", status=403)
    claims: Json = authorization["_oidcIdTokenClaims"]
    names = [_USER_CLAIMS[scope] for scope in scopes if scope in _USER_CLAIMS]
    return Reply.json({name: claims[name] for name in names if name in claims})


def _wants_json(call: Call) -> bool:
    accept = call.headers.get("accept", "*/*")
    return "text/html" not in accept and "*/*" not in accept
