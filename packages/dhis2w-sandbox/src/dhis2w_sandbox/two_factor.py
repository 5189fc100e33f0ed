"""The second factor of a login: one-time codes of an authenticator app, and `/api/2fa`.

A user document holds `_two_factor`: `{"secret": base32, "enabled": bool}`; without `enabled` the user is enrolling.
Source: `TwoFactorController`, `TwoFactorAuthUtils` of dhis2-core (RFC 6238: SHA-1, six digits, 30 seconds); recordings
`meta/session`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from typing import Any

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, message
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.user import User

Json = dict[str, Any]

endpoints = Endpoints()

STEP = 30
_NEWER = ALL_VERSIONS - {"v41"}


def is_on(user: User) -> bool:
    """Whether a login of the user needs a code."""
    return bool(_factor(user).get("enabled"))


def code_fits(server: Server, user: User, code: str | None) -> bool:
    """Whether a code is the user's of this half minute or of one beside it."""
    secret = _factor(user).get("secret")
    if not secret or not code:
        return False
    now = int(server.clock().timestamp()) // STEP
    return any(hmac.compare_digest(one_time_code(secret, now + step).encode(), code.encode()) for step in (-1, 0, 1))


def _factor(user: User) -> Json:
    return user.document.get("_two_factor") or {}


def one_time_code(secret: str, counter: int) -> str:
    """The code of a base32 secret for one half minute."""
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


@endpoints.add("GET", "/api/2fa/enabled", RECORDED)
def enabled(call: Call) -> Reply:
    """Say whether the sender logs in with a code."""
    return Reply.json(is_on(call.user))


@endpoints.add("POST", "/api/2fa/enrollTOTP2FA", RECORDED, versions=_NEWER)
def enroll(call: Call) -> Reply:
    """Begin the enrolment: the sender gets a secret."""
    if is_on(call.user):
        raise _refusal(call, 409, "E3022")
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    _store(call, {"secret": secret})
    text = "The user has enrolled in TOTP 2FA, call the QR code endpoint to continue the process"
    return Reply.message(message=text)


@endpoints.add("GET", "/api/2fa/qrCodeJson", SOURCE, versions=_NEWER)
def qr_code(call: Call) -> Reply:
    """Show the secret of an enrolment; the picture of it is left empty."""
    pending = call.user.document.get("_two_factor")
    if pending is None or pending.get("enabled"):
        raise _refusal(call, 409, "E3029")
    return Reply.json({"base32Secret": pending["secret"], "base64QRImage": ""})


@endpoints.add("POST", "/api/2fa/enable", RECORDED, versions=_NEWER)
@endpoints.add("POST", "/api/2fa/enabled", SOURCE, versions=_NEWER)
def enable(call: Call) -> Reply:
    """End the enrolment with a first code."""
    code = json_object(call).get("code")
    pending = call.user.document.get("_two_factor")
    if pending is None:
        raise _refusal(call, 409, "E3029")
    if not code_fits(call.server, call.user, code):
        raise _refusal(call, 403, "E3023")
    _store(call, {**pending, "enabled": True})
    return Reply.message(message="2FA was enabled successfully")


@endpoints.add("POST", "/api/2fa/disable", SOURCE, versions=_NEWER)
@endpoints.add("POST", "/api/2fa/disabled", SOURCE, versions=_NEWER)
def disable(call: Call) -> Reply:
    """Give the second factor up, with a last code."""
    code = json_object(call).get("code")
    if not is_on(call.user):
        raise _refusal(call, 409, "E3031")
    if not code_fits(call.server, call.user, code):
        raise _refusal(call, 403, "E3023")
    switch_off(call.server, call.user)
    return Reply.message(message="2FA was disabled successfully")


def switch_off(server: Server, user: User) -> None:
    """Take the second factor from a user."""
    document = {key: value for key, value in user.document.items() if key != "_two_factor"}
    server.store.put("user", user.uid, document)


def _store(call: Call, factor: Json) -> None:
    call.server.store.put("user", call.user.uid, {**call.user.document, "_two_factor": factor})


def _refusal(call: Call, status: int, code: str) -> Dhis2Refusal:
    return Dhis2Refusal(status, message(call.server.version, code), code)
