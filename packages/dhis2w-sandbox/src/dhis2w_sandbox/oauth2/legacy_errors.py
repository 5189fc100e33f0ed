"""Refusals of the authorization server of 2.41.

Source: `OAuth2Exception` and `DefaultWebResponseExceptionTranslator` of spring-security-oauth2.
"""

from __future__ import annotations

from html import escape

from dhis2w_sandbox.call import Reply


class LegacyError(Exception):
    """A refusal: JSON for a client, an error page or a redirect for a browser.

    Args:
        error: OAuth2's word.
        description: what is said to people.
        status: the HTTP status.
        more: further keys of the JSON.
    """

    def __init__(
        self,
        error: str,
        description: str,
        status: int = 400,
        *,
        more: dict[str, str] | None = None,
    ) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description
        self.status = status
        self.more = more or {}

    @property
    def summary(self) -> str:
        """The refusal in one line, as headers and pages show it."""
        pairs = {"error": self.error, "error_description": self.description, **self.more}
        return ", ".join(f'{key}="{value}"' for key, value in pairs.items())

    def reply(self, realm: str = "") -> Reply:
        """The answer to a client."""
        headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
        if self.status == 401:
            headers["WWW-Authenticate"] = f"Bearer {realm}{self.summary}"
        body = {"error": self.error, "error_description": self.description, **self.more}
        return Reply.json(body, self.status, headers)

    def page(self) -> Reply:
        """The answer to a browser."""
        text = (
            '<!doctype html><html lang="en"><head><title>OAuth2 Error</title></head><body>'
            f"<h4>Error: '{escape(self.summary)}'</h4></body></html>"
        )
        return Reply.text(text, "text/html", self.status)
