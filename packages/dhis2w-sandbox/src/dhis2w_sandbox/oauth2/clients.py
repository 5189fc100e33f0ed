"""OAuth2 clients: what makes one valid, what DHIS2 fills in, and who may see them (`/api/oAuth2Clients`).

From 2.42 on `clientSecret` is stored and shown as it was sent, but compared by BCrypt. 2.41 has another type of the
same name: `cid`, `secret` (36 characters), lists of redirect addresses and grant types.

Source: `OAuth2ClientController`, `Dhis2OAuth2ClientServiceImpl`, `Dhis2OAuth2ClientObjectBundleHook`,
`OAuth2RuntimeStateCheck` of dhis2-core; recordings `meta/oauth2-clients`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import uuid4

from dhis2w_sandbox.call import Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, ErrorReport, conflict, message
from dhis2w_sandbox.metadata import endpoint_rules
from dhis2w_sandbox.metadata.endpoint_rules import EndpointRule
from dhis2w_sandbox.metadata.hooks import Hook, register
from dhis2w_sandbox.oauth2.authorizations import AUTHORIZATION, CONSENT
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoint
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]

CLIENT = "oAuth2Client"
REGISTRAR = "system-dcr-registrar-client"
"""The client that belongs to the server itself: nobody may make or change one of this name."""

NAME_LENGTH = 230
GRANTS = ("authorization_code", "refresh_token")
SCOPES = ("email", "openid", "profile", "username")
PROOF_KEY = "settings.client.require-proof-key"
CONSENT_NEEDED = "settings.client.require-authorization-consent"

_KLASS = "org.hisp.dhis.security.oauth2.client.Dhis2OAuth2Client"
_NEWER = ALL_VERSIONS - {"v41"}
_MAP = '"@class":"java.util.Collections$UnmodifiableMap"'
_CLIENT_SETTINGS = f'{{{_MAP},"{PROOF_KEY}":%s,"{CONSENT_NEEDED}":true}}'
_TOKEN_SETTINGS = (
    f'{{{_MAP},"settings.token.reuse-refresh-tokens":true,'
    '"settings.token.x509-certificate-bound-access-tokens":false,"settings.token.id-token-signature-algorithm":'
    '["org.springframework.security.oauth2.jose.jws.SignatureAlgorithm","RS256"],'
    '"settings.token.access-token-time-to-live":["java.time.Duration",300.000000000],'
    '"settings.token.access-token-format":{"@class":'
    '"org.springframework.security.oauth2.server.authorization.settings.OAuth2TokenFormat","value":"self-contained"},'
    '"settings.token.refresh-token-time-to-live":["java.time.Duration",3600.000000000],'
    '"settings.token.authorization-code-time-to-live":["java.time.Duration",300.000000000],'
    '"settings.token.device-code-time-to-live":["java.time.Duration",300.000000000]}'
)


# --- what an administrator may write (validateCreate, validateUpdate) ---


def problems(server: Server, client: Json, old: Json | None) -> list[str]:
    """What is wrong with a client that somebody sends, in the words that DHIS2 puts into an E4000."""
    found: list[str] = []
    if client.get("clientId") == REGISTRAR and (old is None or old.get("clientId") != REGISTRAR):
        doing = "create a client with" if old is None else "rename a client to"
        found.append(f"Cannot {doing} the reserved DCR system-registrar clientId ({REGISTRAR}).")
    found += [
        f"Invalid authorization grant type: {grant}. Only authorization_code and refresh_token are allowed."
        for grant in _listed(client, "authorizationGrantTypes")
        if grant not in GRANTS
    ]
    strict = server.behaviour.checks_client_settings
    if strict:
        found += [problem for scope in _listed(client, "scopes") if (problem := _scope_problem(scope))]
    found += [problem for uri in _listed(client, "redirectUris") if (problem := _redirect_problem(server, uri))]
    return found + (_settings_problems(client) if strict else [])


def _listed(client: Json, key: str) -> list[str]:
    text = client.get(key)
    return [item.strip() for item in text.split(",") if item.strip()] if isinstance(text, str) else []


def _scope_problem(scope: str) -> str | None:
    if scope.startswith("client."):
        return f"Scope '{scope}' is reserved for the system DCR registrar and cannot be assigned to clients."
    return None if scope in SCOPES else f"Invalid scope: '{scope}'. Allowed scopes are: {', '.join(SCOPES)}."


def _redirect_problem(server: Server, uri: str) -> str | None:
    scheme = urlsplit(uri).scheme
    if not scheme or re.search(r"\s", uri):
        return f"Invalid redirect URI: {uri}"
    allowed = str(server.setting("deviceEnrollmentRedirectAllowlist", "")).split(",")
    if scheme in ("http", "https") or uri in (entry.strip() for entry in allowed):
        return None
    return f"Redirect URI not in deviceEnrollmentRedirectAllowlist: {uri}"


def _settings_problems(client: Json) -> list[str]:
    found: list[str] = []
    sent = {key: client[key] for key in ("clientSettings", "tokenSettings") if str(client.get(key) or "").strip()}
    read = {key: settings for key, text in sent.items() if (settings := _json_object(text)) is not None}
    found += [f"Invalid {key} JSON: not an object" for key in sent if key not in read]
    settings = read.get("clientSettings")
    if settings is None:
        return found
    found += [
        f"Invalid clientSettings: setting '{key}' must be present and a boolean."
        for key in (PROOF_KEY, CONSENT_NEEDED)
        if not isinstance(settings.get(key), bool)
    ]
    if settings.get(PROOF_KEY) is False and "authorization_code" in _listed(client, "authorizationGrantTypes"):
        found.append(f"PKCE cannot be disabled: {PROOF_KEY} must be true.")
    return found


def _json_object(text: str) -> Json | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return cast(Json, value) if isinstance(value, dict) else None


# --- the endpoint, and the import of metadata ---


def _refuse_first(server: Server, body: Json, old: Json | None) -> None:
    if server.behaviour.old_oauth2:
        return
    if old is not None and old.get("clientId") == REGISTRAR:
        raise conflict(f"Cannot update the system-managed DCR registrar client ({REGISTRAR}).")
    found = problems(server, body, old)
    if found:
        raise conflict(message(server.version, "E4000", found[0]))


def _keep_registrar(server: Server, old: Json) -> None:
    del server
    if old.get("clientId") == REGISTRAR:
        raise conflict(f"Cannot delete the system-managed DCR registrar client ({REGISTRAR}).")


def _complete(new: Json) -> None:
    """A client has a name, that of its `clientId` if need be, and of the older kind a secret."""
    new.setdefault("secret", str(uuid4()))
    if not new.get("name") and new.get("clientId"):
        new["name"] = new["clientId"][:NAME_LENGTH]
        new["_unnamed"] = True


def _check(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
    del user
    if server.behaviour.old_oauth2:
        return []
    return [ErrorReport("E4000", (problem,), _KLASS) for problem in problems(server, new, old)]


def _prepare(server: Server, user: User, new: Json, old: Json | None) -> None:
    """A new client gets settings; one that is changed without a name keeps the one it had."""
    del user
    if new.pop("_unnamed", False) and old is not None and old.get("name"):
        new["name"] = old["name"]
    if old is None and not server.behaviour.old_oauth2:
        proof_key = "true" if server.behaviour.checks_client_settings else "false"
        for key, settings in (("clientSettings", _CLIENT_SETTINGS % proof_key), ("tokenSettings", _TOKEN_SETTINGS)):
            if not str(new.get(key) or "").strip():
                new[key] = settings


def _refuse_runtime_state(klass: str) -> Hook:
    def check(server: Server, user: User, new: Json, old: Json | None) -> list[ErrorReport]:
        del server, user, new, old
        return [ErrorReport("E6023", (klass.rsplit(".", 1)[-1],), klass)]

    return Hook(check=check)


register(CLIENT, Hook(complete=_complete, check=_check, prepare=_prepare))
register(AUTHORIZATION, _refuse_runtime_state("org.hisp.dhis.security.oauth2.authorization.Dhis2OAuth2Authorization"))
register(CONSENT, _refuse_runtime_state("org.hisp.dhis.security.oauth2.consent.Dhis2OAuth2AuthorizationConsent"))
endpoint_rules.RULES[CLIENT] = EndpointRule(before=_refuse_first, before_delete=_keep_registrar)


def guarded(rows: list[Endpoint]) -> list[Endpoint]:
    """The endpoints of every type again for clients, behind their authority, and for the lists that are only read."""
    return [
        row
        for endpoint in rows
        if endpoint.pattern.startswith("/api/{type}")
        for row in (
            _for_type(endpoint, "oAuth2Clients", "F_OAUTH2_CLIENT_MANAGE"),
            _read_only(_for_type(endpoint, "oAuth2Authorizations", "ALL")),
            _read_only(_for_type(endpoint, "oAuth2AuthorizationConsents", "ALL")),
        )
    ]


def _for_type(endpoint: Endpoint, plural: str, authority: str) -> Endpoint:
    """An endpoint of any type as that of one type."""

    def named(call: Call) -> Call:
        return replace(call, parts={**call.parts, "type": plural})

    @wraps(endpoint.handler)
    def handler(call: Call) -> Reply:
        return endpoint.handler(named(call))

    def accepts(call: Call) -> bool:
        return endpoint.accepts is None or endpoint.accepts(named(call))

    return replace(
        endpoint,
        pattern=endpoint.pattern.replace("{type}", plural, 1),
        handler=handler,
        versions=endpoint.versions & _NEWER,
        accepts=accepts,
        requires=(authority,),
    )


def _read_only(endpoint: Endpoint) -> Endpoint:
    def refuse(call: Call) -> Reply:
        """Refuse: these objects come and go with logins."""
        text = call.server.behaviour.method_not_allowed.format(call.method)
        raise Dhis2Refusal(405, text, headers={"Allow": "GET,HEAD,OPTIONS"})

    return endpoint if endpoint.method == "GET" else replace(endpoint, handler=refuse, requires=())


# --- a client as the authorization server sees it ---


class BrokenClientError(Exception):
    """A stored client that the authorization server cannot read: every request with it ends in a failure (500)."""


@dataclass(frozen=True)
class Client:
    """A registered client (Spring's `RegisteredClient`)."""

    uid: str
    client_id: str
    secret: str | None
    secret_expires: str | None
    methods: frozenset[str]
    grants: frozenset[str]
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    settings: Json
    """Settings of client and tokens together."""

    @property
    def requires_proof_key(self) -> bool:
        """Whether it must use PKCE."""
        return self._setting(PROOF_KEY)

    @property
    def requires_consent(self) -> bool:
        """Whether users are asked."""
        return self._setting(CONSENT_NEEDED)

    @property
    def reuses_refresh_tokens(self) -> bool:
        """Whether a refresh token stays good after it was used."""
        return self._setting("settings.token.reuse-refresh-tokens")

    def seconds(self, kind: str) -> float:
        """How long an `access-token`, `refresh-token` or `authorization-code` of it lives."""
        value = self._setting(f"settings.token.{kind}-time-to-live")
        return float(value[1] if isinstance(value, list) else value)  # pyright: ignore[reportUnknownArgumentType] - JSON

    def _setting(self, name: str) -> Any:
        if name not in self.settings:
            raise BrokenClientError(f"the setting {name} of client {self.client_id} is null")
        return self.settings[name]


def client_of(server: Server, client_id: str) -> Client | None:
    """The client with this `clientId`; None where there is none.

    Raises:
        BrokenClientError: the server cannot read what is stored of it.
    """
    found = next((row for row in server.store.all(CLIENT) if row.get("clientId") == client_id), None)
    return _read(found) if found else None


def client_with_uid(server: Server, uid: str) -> Client | None:
    """The client whose object has this identifier, as `client_of`."""
    found = server.store.get(CLIENT, uid)
    return _read(found) if found else None


def _read(document: Json) -> Client:
    grants, uris, scopes = (_split(document, key) for key in ("authorizationGrantTypes", "redirectUris", "scopes"))
    settings: Json = {}
    for key in ("clientSettings", "tokenSettings"):
        settings |= _settings(document.get(key))
    if not grants:
        raise BrokenClientError("authorizationGrantTypes cannot be empty")
    if "authorization_code" in grants and not uris:
        raise BrokenClientError("redirectUris cannot be empty")
    for scope in scopes:
        if not re.fullmatch(r"[\x21\x23-\x5b\x5d-\x7e]+", scope):
            raise BrokenClientError(f'scope "{scope}" contains invalid characters')
    return Client(
        uid=document["id"],
        client_id=document["clientId"],
        secret=document.get("clientSecret"),
        secret_expires=document.get("clientSecretExpiresAt"),
        methods=frozenset(_split(document, "clientAuthenticationMethods") or ("client_secret_basic",)),
        grants=frozenset(grants),
        redirect_uris=uris,
        scopes=scopes,
        settings=settings,
    )


def _split(document: Json, key: str) -> tuple[str, ...]:
    text = document.get(key) or ""
    return tuple(dict.fromkeys(text.split(","))) if text else ()


def _settings(text: str | None) -> Json:
    if not text or not text.strip():
        raise BrokenClientError("settings cannot be empty")
    read = _json_object(text)
    if read is None:
        raise BrokenClientError(f"Failed to parse JSON data: {text}")
    settings = {key: value for key, value in read.items() if key != "@class"}
    if not settings:
        raise BrokenClientError("settings cannot be empty")
    return settings
