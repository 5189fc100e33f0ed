"""Profiles: which server, as whom, and where the secret is kept."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from dhis2w_core.catalogue import CatalogueEntry, ProfileLocation, project_location, read_catalogue, user_location
from dhis2w_core.errors import OperationError
from dhis2w_core.operation import Face, ProfileName, Variables, operation
from dhis2w_core.profiles import (
    ProfileValue,
    add_profile,
    choose_profile,
    remove_profile,
    rename_profile,
    review_project,
    set_default_profile,
    update_profile,
)
from dhis2w_core.secret import CommandSecret, EnvSecret, KeyringSecret, PlainSecret, SecretSource
from dhis2w_core.trust import trust_file, withdraw_trust

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.plan import Action

Auth = Literal["pat", "basic", "oauth2", "session"]
NAME_OF_SECRET = {"pat": "personal access token", "basic": "password", "oauth2": "client secret", "session": "cookie"}


@operation("profile list", effect="local")
async def list_profiles() -> list[dict[str, Any]]:
    """List all profiles of every file, and say which one is used.

    A profile of the project's file wins over one of the same name in yours.
    """
    catalogue = read_catalogue()
    used = _used_name()
    return [
        {
            "used": "*" if (entry.layer, entry.name) == used else "",
            "profile": entry.name or "(environment)",
            "server": _base_url(entry),
            "auth": _auth(entry),
            "from": str(entry.layer),
            "remarks": "; ".join(remarks(entry)),
        }
        for entry in catalogue.entries
    ]


@operation("profile show", effect="local")
async def show(name: ProfileName | None = None) -> dict[str, Any]:
    """Show a profile, and why it is the one that is used; its secrets are not shown.

    Args:
        name: The profile; without it, the one that is used.
    """
    choice = choose_profile(name)
    entry = choice.entry
    shown: dict[str, Any] = {"profile": entry.name or "(environment)", "why": choice.why}
    if entry.location:
        shown["file"] = str(entry.location.path)
    if entry.raw:
        shown |= entry.raw.profile().model_dump(mode="json", exclude_none=True)
    if entry.stored:
        shown |= entry.stored.settings
        shown |= {key: place_of(source) for key, source in entry.stored.secrets.items()}
    shown |= _login(entry)
    return shown | {"remarks": "; ".join([*remarks(entry), *read_catalogue().notes])}


@operation("profile add", effect="local")
async def add(
    face: Face,
    name: str,
    url: str,
    *,
    auth: Auth = "pat",
    username: str | None = None,
    client_id: str | None = None,
    redirect_uri: str | None = None,
    secret: str = "keyring",
    secret_from: str = "prompt",
    ca_bundle: str | None = None,
    proxy: str | None = None,
    version: str | None = None,
    project: bool = False,
    default: bool = False,
) -> dict[str, Any]:
    """Add a profile; its secret is asked for, or read from the environment or standard input, never an argument.

    Args:
        name: The new name: a letter, then letters, digits and underscores.
        url: Address of the server: `https://dhis2.example.org`.
        auth: How to log in.
        username: User name, for `basic`.
        client_id: Client id, for `oauth2`; `d2w profile oauth2 client register` registers one.
        redirect_uri: Where the browser is sent back to, for `oauth2`, as it is registered for the client.
        secret: Where it is kept: `keyring`, `file` (in clear), `env:NAME`, or `command:PROGRAM ARGUMENTS`; `none` for
            an OAuth2 client without a secret.
        secret_from: Where a new secret comes from: `prompt`, `stdin` or `env:NAME`.
        ca_bundle: PEM file of the authorities to trust.
        proxy: URL of the proxy.
        version: Version whose plugins are listed: `43`.
        project: Write it into the project's file, not into yours.
        default: Make it the file's default, which the first profile of a file is anyway.
    """
    settings: dict[str, ProfileValue | None] = {
        "base_url": url,
        "auth": auth,
        "username": username,
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "ca_bundle": ca_bundle,
        "proxy": proxy,
        "version": version,
    }
    values = {key: value for key, value in settings.items() if value is not None}
    kept = _secret(face, secret, secret_from, NAME_OF_SECRET[auth]) if auth != "oauth2" or client_id else None
    if kept is not None:
        values["secret"] = kept
    location = add_profile(name, values, location=_location(project), make_default=default or None)
    return {"added": name, "file": str(location.path)}


@operation("profile update", effect="local")
async def update(
    face: Face,
    name: ProfileName,
    *,
    url: str | None = None,
    username: str | None = None,
    secret: str | None = None,
    secret_from: str = "prompt",
    ca_bundle: str | None = None,
    proxy: str | None = None,
    version: str | None = None,
) -> dict[str, Any]:
    """Change settings or the secret of a profile.

    Args:
        name: The profile.
        url: Another address; a secret in the keyring has to be given anew for it.
        username: Another user name.
        secret: Where the secret is kept from now on: `keyring`, `file`, `env:NAME`, or `command:PROGRAM ARGUMENTS`.
        secret_from: Where a new secret comes from: `prompt`, `stdin` or `env:NAME`.
        ca_bundle: PEM file of the authorities to trust; `-` takes it out.
        proxy: URL of the proxy; `-` takes it out.
        version: Version whose plugins are listed; `-` takes it out.
    """
    given = {"base_url": url, "username": username, "ca_bundle": ca_bundle, "proxy": proxy, "version": version}
    changes: dict[str, ProfileValue | None] = {
        key: None if value == "-" else value for key, value in given.items() if value is not None
    }
    if secret is not None:
        entry = choose_profile(name).entry
        changes["secret"] = _secret(face, secret, secret_from, NAME_OF_SECRET.get(_auth(entry), "secret"))
    if not changes:
        raise OperationError("Nothing to change was given.", next_step="For example --url or --secret.")
    return {"updated": name, "file": str(update_profile(name, changes).path)}


@operation("profile verify", effect="read")
async def verify(name: ProfileName | None = None) -> dict[str, Any]:
    """Connect with a profile, and say who the server takes you for.

    Args:
        name: The profile; without it, the one that is used.
    """
    from dhis2w_core.entry_client import open_entry

    entry = choose_profile(name).entry
    async with open_entry(entry) as client:
        me = await client.system.me()
        return {
            "profile": entry.name or "(environment)",
            "server": client.base_url,
            "version": client.raw_version,
            "user": me.username,
            **_login(entry),
        }


@operation("profile default", effect="local")
async def default(name: ProfileName) -> dict[str, Any]:
    """Make a profile the default of its file.

    Args:
        name: The profile.
    """
    return {"default": name, "file": str(set_default_profile(name).path)}


@operation("profile rename", effect="local")
async def rename(name: ProfileName, new_name: str) -> dict[str, Any]:
    """Give a profile another name; its secret in the keyring and its login go with it.

    Args:
        name: The profile.
        new_name: Its new name.
    """
    return {"renamed": name, "to": new_name, "file": str(rename_profile(name, new_name).path)}


@operation("profile remove", effect="local")
async def remove(face: Face, name: ProfileName) -> dict[str, Any]:
    """Take a profile out of its file, and its secret out of the keyring.

    Args:
        name: The profile.
    """
    if not face.confirm(f"Remove profile {name}, and its secret?"):
        return {}
    return {"removed": name, "file": str(remove_profile(name).path)}


@operation("profile env", effect="local")
async def env(name: ProfileName | None = None) -> Variables:
    """Show which environment variables would say the same as a profile, without its secret.

    Args:
        name: The profile; without it, the one that is used.
    """
    entry = choose_profile(name).entry
    variables = {"DHIS2_URL": _base_url(entry)}
    auth = _auth(entry)
    if auth == "pat":
        variables["DHIS2_PAT"] = "(the token)"
    elif auth == "basic":
        stored = entry.stored.settings.get("username") if entry.stored else None
        username = entry.raw.username if entry.raw else stored
        variables |= {"DHIS2_USERNAME": str(username or ""), "DHIS2_PASSWORD": "(the password)"}
    else:
        raise OperationError(f"auth = {auth!r} cannot be said by environment variables; set DHIS2_PROFILE={name}.")
    return Variables(variables)


@operation("profile trust", effect="local")
async def trust(face: Face, *, withdraw: bool = False) -> dict[str, Any]:
    """Look at what this project's profiles ask for, and allow it for as long as the file stays as it is.

    Args:
        withdraw: Forget that it was trusted.
    """
    review = review_project()
    if review is None:
        raise OperationError("There is no .dhis2/profiles.toml here or in a folder above.")
    if withdraw:
        withdraw_trust(review.path)
        return {"file": str(review.path), "trusted": False}
    if review.trusted:
        return {"file": str(review.path), "trusted": True}
    face.say(f"{review.path} came with this folder. It asks for this:")
    for demand in review.demands or ("nothing that needs trust",):
        face.say(f"  - {demand}")
    if not face.confirm("Allow it?"):
        return {"file": str(review.path), "trusted": False}
    trust_file(review.path, review.digest)
    return {"file": str(review.path), "trusted": True}


@operation("profile bootstrap", effect="read")
async def bootstrap(face: Face) -> dict[str, Any]:
    """Make a first profile by questions and answers, and connect with it."""
    name = face.ask("Name of the profile, such as demo")
    url = face.ask("Address of the server, such as https://dhis2.example.org")
    username = face.ask("User name (leave it empty to use a personal access token)").strip()
    kind: Auth = "basic" if username else "pat"
    secret = "keyring" if face.confirm("Keep the secret in the keyring? (otherwise in the file, in clear)") else "file"
    await add(face, name, url, auth=kind, username=username or None, secret=secret)
    return await verify(name)


@operation("profile pat list", effect="read")
async def pat_list(client: Dhis2Client) -> list[dict[str, Any]]:
    """List your personal access tokens; their secrets are shown by nobody.

    Source: `ApiTokenController`, `GET /api/apiToken`.
    """
    fields = "id,code,created,expire,type"
    return [{**row, "expire": _moment(row.get("expire"))} async for row in client.api_token.rows(fields=fields)]


@operation("profile pat create", effect="write")
async def pat_create(
    *,
    days: int = 30,
    code: str | None = None,
    method: Sequence[str] = (),
    address: Sequence[str] = (),
    into: ProfileName | None = None,
) -> Action:
    """Make a personal access token; DHIS2 shows its secret this one time.

    Source: `ApiTokenController`, `POST /api/apiToken`.

    Args:
        days: Days until it expires.
        code: A code to know it by.
        method: An HTTP method that it is good for; all of them when none is given.
        address: An IP address that it is good from; all of them when none is given.
        into: A profile whose secret it becomes, in the keyring; then it is not shown.
    """
    from dhis2w_core.plan import Action

    expire = int((time.time() + days * 86_400) * 1000)
    lists = (("MethodAllowedList", "allowedMethods", method), ("IpAllowedList", "allowedIps", address))
    attributes = [{"type": type, key: list(values)} for type, key, values in lists if values]
    token: dict[str, Any] = {"type": "PERSONAL_ACCESS_TOKEN_V2", "expire": expire, "attributes": attributes}

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        report = await client.api_token.create(token | ({"code": code} if code else {}))
        secret = PlainSecret(str(report.response.get("key", "")))
        if into is None:
            return {"id": report.id, "token": secret.value, "expires": _moment(expire)}
        update_profile(into, {"auth": "pat", "username": None, "secret": KeyringSecret(secret)})
        return {"id": report.id, "profile": into, "expires": _moment(expire)}

    facts = {"expires": _moment(expire), "code": code, "methods": list(method), "addresses": list(address)}
    return Action("Make a personal access token", perform, {key: value for key, value in facts.items() if value})


@operation("profile pat revoke", effect="destroy")
async def pat_revoke(id: str) -> Action:
    """Delete a personal access token: whoever uses it is locked out.

    Args:
        id: Its UID, as `d2w profile pat list` shows it.
    """
    from dhis2w_core.plan import Action

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        return {"revoked": (await client.api_token.delete(id)).id}

    return Action(f"Delete the personal access token {id}", perform, effect="destroy")


def _moment(milliseconds: object) -> str:
    """A time in milliseconds since 1970, in UTC."""
    if not isinstance(milliseconds, int):
        return ""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(milliseconds / 1000))


def remarks(entry: CatalogueEntry) -> list[str]:
    """What a user should know about a profile."""
    said = [entry.problem] if entry.problem else []
    if entry.plain_secrets:
        said.append(f"{' and '.join(entry.plain_secrets)} in clear in the file")
    if entry.exposed:
        said.append("OTHERS ON THIS MACHINE CAN READ THE FILE: chmod 600 it")
    if entry.hidden_by:
        said.append(f"hidden by {entry.hidden_by}")
    if entry.hides:
        said.append(f"hides that of {entry.hides}")
    return said


def place_of(source: SecretSource) -> str:
    """Where a secret is kept, in words."""
    match source:
        case KeyringSecret():
            return "in the keyring"
        case CommandSecret(command):
            return f"printed by {command[0]}"
        case EnvSecret(variable):
            return f"in the environment variable {variable}"
        case _:
            return "in the file, in clear"


def _secret(face: Face, place: str, source: str, what: str) -> SecretSource | None:
    """Where a secret is to be kept, with the new secret where we keep it; `None` where there is none."""
    kind, _, rest = place.partition(":")
    match kind:
        case "keyring":
            return KeyringSecret(face.ask_secret(what, source))
        case "file":
            return face.ask_secret(what, source)
        case "none" if what == NAME_OF_SECRET["oauth2"]:
            return None
        case "env" if rest:
            return EnvSecret(rest)
        case "command" if rest:
            import shlex

            return CommandSecret(tuple(shlex.split(rest, posix=os.name == "posix")))
        case _:
            raise OperationError(f"A secret is kept in keyring, file, env:NAME or command:PROGRAM, not in {kind!r}.")


def _login(entry: CatalogueEntry) -> dict[str, str]:
    """What there is of the login of a profile that has one."""
    if _auth(entry) != "oauth2" or entry.location is None or entry.stored is None:
        return {}
    from dhis2w_core.stored_login import login_key, login_told

    return {"login": login_told(login_key(entry.location, entry.stored))}


def _location(project: bool) -> ProfileLocation:
    return project_location() if project else user_location()


def _used_name() -> tuple[object, str | None] | None:
    from dhis2w_client.errors import Dhis2Error

    try:
        entry = choose_profile().entry
    except Dhis2Error:
        return None
    return entry.layer, entry.name


def _base_url(entry: CatalogueEntry) -> str:
    return (entry.raw.base_url if entry.raw else entry.stored.base_url if entry.stored else "") or ""


def _auth(entry: CatalogueEntry) -> str:
    return entry.raw.auth if entry.raw else str(entry.stored.settings.get("auth", "")) if entry.stored else ""
