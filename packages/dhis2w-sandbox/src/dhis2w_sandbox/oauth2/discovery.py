"""The documents by which a client finds the authorization server, and its public key.

Source: recordings `meta/oauth2-clients`.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import NotInSandbox
from dhis2w_sandbox.oauth2.protocol import endpoint, issuer
from dhis2w_sandbox.routing import Endpoints

Json = dict[str, Any]

endpoints = Endpoints()

_CLIENT_METHODS = [
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
]
_GRANTS = [
    "authorization_code",
    "client_credentials",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
]
_PROOF_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]


@endpoint(endpoints, "GET", "/.well-known/oauth-authorization-server", RECORDED)
def server_metadata(call: Call) -> Reply:
    """Describe the authorization server (RFC 8414)."""
    return Reply.json(_metadata(call))


@endpoint(endpoints, "GET", "/.well-known/openid-configuration", RECORDED)
def openid_configuration(call: Call) -> Reply:
    """Describe the authorization server as an OpenID provider."""
    return Reply.json(
        {
            **_metadata(call),
            "userinfo_endpoint": f"{call.base_url}/userinfo",
            "end_session_endpoint": f"{call.base_url}/connect/logout",
            "registration_endpoint": f"{call.base_url}/connect/register",
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid"],
        }
    )


def _metadata(call: Call) -> Json:
    base = f"{call.base_url}/oauth2"
    pushed = {"pushed_authorization_request_endpoint": f"{base}/par"}
    return {
        "issuer": issuer(call),
        "authorization_endpoint": f"{base}/authorize",
        "device_authorization_endpoint": f"{base}/device_authorization",
        **(pushed if call.server.behaviour.names_pushed_requests else {}),
        "token_endpoint": f"{base}/token",
        "token_endpoint_auth_methods_supported": _CLIENT_METHODS,
        "jwks_uri": f"{base}/jwks",
        "response_types_supported": ["code"],
        "grant_types_supported": _GRANTS,
        "revocation_endpoint": f"{base}/revoke",
        "revocation_endpoint_auth_methods_supported": _CLIENT_METHODS,
        "introspection_endpoint": f"{base}/introspect",
        "introspection_endpoint_auth_methods_supported": _CLIENT_METHODS,
        "code_challenge_methods_supported": ["S256"],
        "tls_client_certificate_bound_access_tokens": True,
        "dpop_signing_alg_values_supported": _PROOF_ALGORITHMS,
    }


@endpoint(endpoints, "GET", "/oauth2/jwks", RECORDED)
def keys(call: Call) -> Reply:
    """Show the public key that checks tokens."""
    return Reply.json({"keys": [call.server.authority.key.jwk()]})


@endpoint(endpoints, "POST", "/oauth2/device_authorization", RECORDED)
@endpoint(endpoints, "POST", "/oauth2/par", RECORDED)
@endpoint(endpoints, "POST", "/connect/register", RECORDED)
@endpoint(endpoints, "GET", "/connect/logout", RECORDED)
def missing(call: Call) -> Reply:
    """Say that the sandbox has no devices, no pushed requests, no registration of clients by themselves."""
    raise NotInSandbox(f"{call.method} {call.path}")
