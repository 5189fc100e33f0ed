"""The logins of profiles in the token store: what there is, and what becomes of it with its profile."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from dhis2w_client.base_url import parse_base_url
from dhis2w_core.oauth2.errors import LoginRequiredError
from dhis2w_core.oauth2.login import told_end
from dhis2w_core.oauth2.token_store import TokenKey, TokenStore

if TYPE_CHECKING:
    from dhis2w_core.catalogue import ProfileLocation
    from dhis2w_core.profile_file import StoredProfile


def login_key(location: ProfileLocation, profile: StoredProfile) -> TokenKey | None:
    """The name of a profile's login in the store; `None` where it can have none."""
    client_id = profile.settings.get("client_id")
    if profile.problem or profile.settings.get("auth") != "oauth2" or not client_id:
        return None
    return TokenKey(location.key, profile.name, parse_base_url(profile.base_url or ""), str(client_id))


def login_told(key: TokenKey | None, store: TokenStore | None = None) -> str:
    """What there is of a login, as a sentence."""
    step = f"Log in: d2w login --profile {key.profile}" if key else "Set client_id first."
    try:
        login = (store or TokenStore()).read(key) if key else None
    except LoginRequiredError as error:
        return f"{error.message} {step}"
    if login is None:
        return f"There is no login. {step}"
    if login.tokens is None:
        return f"{login.over} {step}"
    ends = login.tokens.login_ends
    if ends is not None and ends <= time.time():
        return f"The login is over. {step}"
    return told_end(ends, has_refresh_token=login.tokens.refresh_token is not None)


def rename_login(old: TokenKey, new: TokenKey | None) -> None:
    """Keep a login under another name, or forget it; tokens are encrypted for one name, so they are written anew."""
    store = TokenStore()
    if new:
        with contextlib.suppress(LoginRequiredError):  # it cannot be decrypted any more
            login = store.read(old)
            if login and login.tokens:
                store.save(new, login.tokens)
    store.delete(old)
