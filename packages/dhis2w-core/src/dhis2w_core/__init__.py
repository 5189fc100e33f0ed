"""The runtime behind `d2w`: profiles with their files, secrets and trust.

Names are imported on first use, so that `import dhis2w_core` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dhis2w_client._lazy import lazy_names

if TYPE_CHECKING:
    from dhis2w_client import (
        InvalidProfileError,
        InvalidProfileNameError,
        NoProfileError,
        Profile,
        UnknownProfileError,
    )
    from dhis2w_core.catalogue import (
        Catalogue,
        CatalogueEntry,
        Choice,
        Layer,
        LayerFile,
        ProfileLocation,
        project_location,
        read_catalogue,
        user_location,
    )
    from dhis2w_core.client_context import open_client
    from dhis2w_core.errors import (
        FileBusyError,
        LeftoverSecretWarning,
        PlainSecretWarning,
        PrivateFileError,
        ProfileExistsError,
        ProfileFileError,
        ProfileSettingsError,
        SecretUnavailableError,
        UntrustedProfileError,
    )
    from dhis2w_core.oauth2.errors import LoginFailedError, LoginRequiredError, OAuth2Error
    from dhis2w_core.oauth2.login import Login, Logout, login, logout
    from dhis2w_core.oauth2.registration import RegisteredClient, register_client
    from dhis2w_core.oauth2.token_store import TokenStore
    from dhis2w_core.plugin_view import choose_plugin_view
    from dhis2w_core.profiles import (
        add_profile,
        choose_profile,
        profile_from_env,
        profile_of,
        remove_profile,
        rename_profile,
        resolve_profile,
        review_project,
        set_default_profile,
        update_profile,
    )
    from dhis2w_core.secret import CommandSecret, EnvSecret, KeyringSecret, PlainSecret
    from dhis2w_core.trust import TrustReview, trust_file, withdraw_trust
    from dhis2w_core.version_cache import VersionCache

HOMES = {
    "InvalidProfileError": "dhis2w_client",
    "InvalidProfileNameError": "dhis2w_client",
    "NoProfileError": "dhis2w_client",
    "Profile": "dhis2w_client",
    "UnknownProfileError": "dhis2w_client",
    "Catalogue": "dhis2w_core.catalogue",
    "CatalogueEntry": "dhis2w_core.catalogue",
    "Choice": "dhis2w_core.catalogue",
    "Layer": "dhis2w_core.catalogue",
    "LayerFile": "dhis2w_core.catalogue",
    "ProfileLocation": "dhis2w_core.catalogue",
    "project_location": "dhis2w_core.catalogue",
    "read_catalogue": "dhis2w_core.catalogue",
    "user_location": "dhis2w_core.catalogue",
    "FileBusyError": "dhis2w_core.errors",
    "LeftoverSecretWarning": "dhis2w_core.errors",
    "PlainSecretWarning": "dhis2w_core.errors",
    "PrivateFileError": "dhis2w_core.errors",
    "ProfileExistsError": "dhis2w_core.errors",
    "ProfileFileError": "dhis2w_core.errors",
    "ProfileSettingsError": "dhis2w_core.errors",
    "SecretUnavailableError": "dhis2w_core.errors",
    "UntrustedProfileError": "dhis2w_core.errors",
    "Login": "dhis2w_core.oauth2.login",
    "Logout": "dhis2w_core.oauth2.login",
    "login": "dhis2w_core.oauth2.login",
    "logout": "dhis2w_core.oauth2.login",
    "RegisteredClient": "dhis2w_core.oauth2.registration",
    "register_client": "dhis2w_core.oauth2.registration",
    "open_client": "dhis2w_core.client_context",
    "TokenStore": "dhis2w_core.oauth2.token_store",
    "OAuth2Error": "dhis2w_core.oauth2.errors",
    "LoginRequiredError": "dhis2w_core.oauth2.errors",
    "LoginFailedError": "dhis2w_core.oauth2.errors",
    "choose_plugin_view": "dhis2w_core.plugin_view",
    "add_profile": "dhis2w_core.profiles",
    "choose_profile": "dhis2w_core.profiles",
    "profile_from_env": "dhis2w_core.profiles",
    "profile_of": "dhis2w_core.profiles",
    "remove_profile": "dhis2w_core.profiles",
    "rename_profile": "dhis2w_core.profiles",
    "resolve_profile": "dhis2w_core.profiles",
    "review_project": "dhis2w_core.profiles",
    "set_default_profile": "dhis2w_core.profiles",
    "update_profile": "dhis2w_core.profiles",
    "CommandSecret": "dhis2w_core.secret",
    "EnvSecret": "dhis2w_core.secret",
    "KeyringSecret": "dhis2w_core.secret",
    "PlainSecret": "dhis2w_core.secret",
    "TrustReview": "dhis2w_core.trust",
    "trust_file": "dhis2w_core.trust",
    "withdraw_trust": "dhis2w_core.trust",
    "VersionCache": "dhis2w_core.version_cache",
}
"""The module that defines each name."""

__all__ = [
    "Catalogue",
    "CatalogueEntry",
    "Choice",
    "CommandSecret",
    "EnvSecret",
    "FileBusyError",
    "InvalidProfileError",
    "InvalidProfileNameError",
    "KeyringSecret",
    "Layer",
    "LayerFile",
    "LeftoverSecretWarning",
    "Login",
    "LoginFailedError",
    "LoginRequiredError",
    "Logout",
    "NoProfileError",
    "OAuth2Error",
    "PlainSecret",
    "PlainSecretWarning",
    "PrivateFileError",
    "Profile",
    "ProfileExistsError",
    "ProfileFileError",
    "ProfileLocation",
    "ProfileSettingsError",
    "RegisteredClient",
    "SecretUnavailableError",
    "TokenStore",
    "TrustReview",
    "UnknownProfileError",
    "UntrustedProfileError",
    "VersionCache",
    "add_profile",
    "choose_plugin_view",
    "choose_profile",
    "login",
    "logout",
    "open_client",
    "profile_from_env",
    "profile_of",
    "project_location",
    "read_catalogue",
    "register_client",
    "remove_profile",
    "rename_profile",
    "resolve_profile",
    "review_project",
    "set_default_profile",
    "trust_file",
    "update_profile",
    "user_location",
    "withdraw_trust",
]


__getattr__, __dir__ = lazy_names(__name__, HOMES)
