"""The page on which a user consents to what a client asks for; the names of its fields are those of DHIS2's."""

from __future__ import annotations

from html import escape


def consent_page(*, action: str, client_id: str, username: str, state: str, scopes: dict[str, bool]) -> str:
    """The page.

    Args:
        action: where the form goes.
        client_id: who asks.
        username: who is asked.
        state: names the request that waits for the answer.
        scopes: what is asked for, and whether it was granted before.
    """
    boxes = "".join(_box(scope, granted=granted) for scope, granted in scopes.items())
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Consent required</title></head><body>'
        f"<h1>Consent required</h1><p><b>{escape(client_id)}</b> wants to use DHIS2 as <b>{escape(username)}</b>.</p>"
        f'<form name="consent_form" method="post" action="{escape(action)}">'
        f'<input type="hidden" name="client_id" value="{escape(client_id)}">'
        f'<input type="hidden" name="state" value="{escape(state)}">{boxes}'
        '<p><button type="submit" id="submit-consent">Submit Consent</button></p></form>'
        f'<form name="cancel_form" method="post" action="{escape(action)}">'
        f'<input type="hidden" name="client_id" value="{escape(client_id)}">'
        f'<input type="hidden" name="state" value="{escape(state)}">'
        '<p><button type="submit" id="cancel-consent">Cancel</button></p></form></body></html>'
    )


def _box(scope: str, *, granted: bool) -> str:
    name = escape(scope)
    field = f'<input type="checkbox" name="scope" value="{name}" id="{name}"'
    state = " checked disabled" if granted else ""
    return f'<p>{field}{state}> <label for="{name}">{name}</label></p>'
