"""Logging in with OAuth2, and out again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from dhis2w_client.base_url import origin
from dhis2w_core.catalogue import read_catalogue
from dhis2w_core.errors import OperationError
from dhis2w_core.operation import Face, ProfileName, operation
from dhis2w_core.profiles import ProfileValue, add_profile, choose_profile, profile_of, update_profile
from dhis2w_core.secret import KeyringSecret, PlainSecret

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_client.profile import Profile
    from dhis2w_core.catalogue import CatalogueEntry
    from dhis2w_core.oauth2.registration import RegisteredClient
    from dhis2w_core.plan import Action


@operation("login", effect="read")
async def log_in(
    face: Face, *, profile: ProfileName | None = None, no_browser: bool = False, seconds: int = 300
) -> dict[str, Any]:
    """Log in with the browser, for a profile with `auth = "oauth2"`.

    The login is kept, encrypted, and refreshed by every command that uses it, until DHIS2 ends it.

    Args:
        profile: The profile to use.
        no_browser: Open no browser here: show the address to open on any machine, and ask for the one it ends on.
        seconds: How long to wait for the browser.
    """
    from dhis2w_core.entry_client import open_entry
    from dhis2w_core.oauth2.login import login

    entry = choose_profile(profile).entry
    made = await login(
        _oauth2_profile(entry),
        scope=entry.scope,
        profile_name=entry.name,
        no_browser=no_browser,
        seconds=seconds,
        tell=face.say,
        paste=lambda: face.ask("The address that the browser ended on"),
        typed=face.typed_line if face.is_interactive else None,
    )
    async with open_entry(entry) as client:
        me = await client.system.me()
    return {"profile": entry.name, "server": made.base_url, "user": me.username, "login": made.told}


@operation("logout", effect="read")
async def log_out(face: Face, *, profile: ProfileName | None = None) -> dict[str, Any]:
    """Forget a login, and have the server forget it too where it can (2.42 and newer).

    Args:
        profile: The profile to use.
    """
    from dhis2w_core.oauth2.login import logout

    entry = choose_profile(profile).entry
    done = await logout(_oauth2_profile(entry), scope=entry.scope, profile_name=entry.name)
    if done.existed:
        face.say("An access token that was given before may open the API until it expires, after a few minutes.")
    return {"profile": entry.name, "logged_out": done.existed, "revoked": done.revoked}


def _oauth2_profile(entry: CatalogueEntry) -> Profile:
    profile = profile_of(entry)
    if profile.auth != "oauth2":
        name = f"Profile {entry.name}" if entry.name else "The environment"
        raise OperationError(
            f"{name} has auth = {profile.auth!r}, which needs no login.",
            next_step="d2w profile add NAME URL --auth oauth2 --client-id ID makes one that does.",
        )
    return profile


@operation("profile oauth2 client register", effect="write")
async def register(
    client: Dhis2Client,
    client_id: str,
    *,
    name: str | None = None,
    public: bool = False,
    redirect_uri: Sequence[str] = (),
    scope: Sequence[str] = (),
    into: ProfileName | None = None,
    keep: Literal["keyring", "file"] = "keyring",
) -> Action:
    """Register an OAuth2 client on the server, which people log in with; needs `F_OAUTH2_CLIENT_MANAGE`.

    Its secret is random, and shown this one time, or kept in a profile. A client that exists is never changed. Source:
    `OAuth2ClientController`, `POST /api/oAuth2Clients`.

    Args:
        client_id: The id to register.
        name: A name for people; without it, the id.
        public: Without a secret (42 and newer): each login lasts for one access token, 5 minutes.
        redirect_uri: Where browsers may be sent back to; without it `http://127.0.0.1:8765/callback`.
        scope: What may be asked for (42 and newer); without it `openid` and `username`.
        into: A profile that logs in with it from now on, made where there is none; then the secret is not shown.
        keep: Where that profile keeps the secret: in the `keyring`, or in the `file`, in clear.
    """
    from dhis2w_core.oauth2.registration import DEFAULT_REDIRECT_URIS, DEFAULT_SCOPES, register_client
    from dhis2w_core.plan import Action

    redirects = tuple(redirect_uri) or DEFAULT_REDIRECT_URIS
    scopes = tuple(scope) or DEFAULT_SCOPES
    if into:
        _check_same_server(into, client.base_url)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        made = await register_client(
            client, client_id, public=public, redirect_uris=redirects, scopes=scopes, name=name
        )
        shown = {"id": made.uid, "client_id": made.client_id, "redirect_uris": list(redirects)}
        if into is None:
            return shown | {"client_secret": made.client_secret}
        try:
            _keep(into, client.base_url, made, in_file=keep == "file")
        except BaseException:
            await client.delete(f"oAuth2Clients/{made.uid}")  # nobody knows its secret
            raise
        return shown | {"profile": into}

    facts: dict[str, object] = {"redirect_uris": list(redirects), "public": public, "name": name, "profile": into}
    title = f"Register the OAuth2 client {client_id} on {client.base_url}"
    return Action(title, perform, {key: value for key, value in facts.items() if value})


def _check_same_server(profile: str, base_url: str) -> None:
    entry = _named(profile)
    stored = entry.stored.base_url if entry and entry.stored else None
    if stored and origin(stored) != origin(base_url):
        raise OperationError(
            f"Profile {profile} is for {stored}, and the client would be registered on {base_url}.",
            next_step=f"Name another profile; -p {profile} registers it there.",
        )


def _keep(profile: str, base_url: str, made: RegisteredClient, *, in_file: bool) -> None:
    """Have a profile log in with a client."""
    kept = PlainSecret(made.client_secret) if made.client_secret else None
    values: dict[str, ProfileValue | None] = {
        "auth": "oauth2",
        "client_id": made.client_id,
        "redirect_uri": made.redirect_uris[0],
        "secret": KeyringSecret(kept) if kept and not in_file else kept,
    }
    entry = _named(profile)
    if entry:
        update_profile(profile, {**values, "username": None}, location=entry.location)
    else:
        given = {key: value for key, value in values.items() if value is not None}
        add_profile(profile, {"base_url": base_url, **given})


def _named(profile: str) -> CatalogueEntry | None:
    return next((entry for entry in read_catalogue().entries if entry.name == profile), None)
