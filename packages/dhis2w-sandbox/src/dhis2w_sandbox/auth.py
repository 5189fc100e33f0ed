"""Who sends a request: Basic, personal access token or session, and what a refusal looks like.

Source: section 1.6 and 2 of the wire facts; `DhisWebApiWebSecurityConfig` and the token filters of dhis2-core.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

from dhis2w_sandbox.call import Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.passwords import matches


def authenticate(call: Call) -> Call:
    """The call with its sender; raises the 401 that DHIS2 answers where there is none."""
    scheme, _, credentials = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        raise Dhis2Refusal(401, "Unauthorized")
    username, password = _decoded(credentials)
    user = call.server.user_named(username)
    if user is None or not matches(password, user.document.get("_password", "")):
        raise Dhis2Refusal(401, "Unauthorized")
    return replace(call, sender=user)


def remember(call: Call, reply: Reply) -> Reply:
    """The reply with the cookies that tell the sender its session."""
    del call
    return reply


def _decoded(credentials: str) -> tuple[str, str]:
    try:
        username, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as broken:
        raise Dhis2Refusal(401, "Unauthorized") from broken
    return username, password
