"""Errors and warnings of OAuth2.

```
Dhis2Error
└── OAuth2Error
    ├── LoginRequiredError          there is no login, or it has ended (also a PermissionError)
    ├── LoginFailedError            a login did not come to its end
    │   ├── LoginDeniedError        the user, or the server, said no
    │   ├── PasswordRefusedError    DHIS2's login page did not take user name and password
    │   ├── ForgedStateError        somebody else answered in the browser's place
    │   ├── BrowserClosedError      the browser was closed before the login had ended
    │   └── LoginTimeoutError       nobody came back from the browser (also a TimeoutError)
    ├── NoAuthorizationServerError  the server offers no OAuth2
    ├── ClientRefusedError          the server does not accept client id and secret
    ├── ClientExistsError           a client of that id is registered already (also a ValueError)
    ├── TokenAnswerError            the token endpoint answered what no token endpoint answers
    └── TokenStoreError             the file of tokens cannot be used

Dhis2Warning
├── PublicClientWarning             a client without a secret: its login is short
└── KeyFileWarning                  the key of the tokens lies in a file
```
"""

from __future__ import annotations

from dhis2w_client.errors import Dhis2Error, Dhis2Warning


class OAuth2Error(Dhis2Error):
    """Anything that goes wrong with OAuth2."""


class LoginRequiredError(OAuth2Error, PermissionError):
    """There is no login for the profile, or it has ended; only a person can make a new one."""


class LoginFailedError(OAuth2Error):
    """A login did not come to its end; nothing was stored."""


class LoginDeniedError(LoginFailedError):
    """The consent was denied, or the server refused the authorization."""


class PasswordRefusedError(LoginFailedError):
    """The browser is still on DHIS2's login page, which did not take user name or password."""


class ForgedStateError(LoginFailedError):
    """What came back belongs to another login: its `state` is not the one that was sent."""


class BrowserClosedError(LoginFailedError):
    """The browser was closed before the login had ended."""


class LoginTimeoutError(LoginFailedError, TimeoutError):
    """Nobody came back from the browser in time."""


class NoAuthorizationServerError(OAuth2Error):
    """The server offers no OAuth2, or at an address that credentials must not go to."""


class ClientRefusedError(OAuth2Error):
    """The server does not accept the client: its id, its secret, or what it asks for."""


class ClientExistsError(OAuth2Error, ValueError):
    """A client of that id is registered already; it was left as it is."""


class TokenAnswerError(OAuth2Error):
    """The token endpoint answered what no token endpoint answers."""


class TokenStoreError(OAuth2Error):
    """The file in which tokens are kept cannot be used."""


class PublicClientWarning(Dhis2Warning):
    """A client without a secret gets no refresh token from DHIS2: its login ends with the first access token."""


class KeyFileWarning(Dhis2Warning):
    """The key that encrypts tokens lies in a file of mode 0600, because no keyring answered."""
