"""`/api/email` and `POST /api/sms/outbound`: what a server sends out. This one sends nothing.

A server without mail server or gateway, as a fresh one is, refuses in DHIS2's words; one that is set up answers 501.
Source: `EmailController`, `SmsOutboundController`, `SmsMessageSender` of dhis2-core.
"""

from __future__ import annotations

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.errors import Dhis2Refusal, NotInSandbox, conflict
from dhis2w_sandbox.routing import Endpoints

endpoints = Endpoints()


@endpoints.add("POST", "/api/email/test", SOURCE)
def send_test_mail(call: Call) -> Reply:
    """Send a mail to oneself: refused where no mail server or no address is set."""
    _check_mail_server(call)
    if not call.user.document.get("email"):
        raise conflict("Could not send test email, no email configured for current user")
    raise NotInSandbox("sending e-mail")


@endpoints.add("POST", "/api/email/notification", SOURCE)
def send_mail(call: Call) -> Reply:
    """Send a mail to addresses, or as JSON to those who get notifications: refused where no mail server is set."""
    if "json" not in call.headers.get("content-type", ""):
        if not call.user.has_any(["F_SEND_EMAIL"]):
            raise Dhis2Refusal(403, "Access is denied")
        call.required("recipients", "Set")
        call.required("message")
    _check_mail_server(call)
    raise NotInSandbox("sending e-mail")


def _check_mail_server(call: Call) -> None:
    if not all(call.server.setting(name, "") for name in ("emailHostName", "emailUsername")):
        raise conflict("SMTP server not configured")


@endpoints.add("POST", "/api/sms/outbound", SOURCE, requires=["F_MOBILE_SENDSMS"])
def send_sms(call: Call) -> Reply:
    """Send an SMS, by parameters or as JSON: there is no gateway, which DHIS2 calls an error of the server."""
    if "json" in call.headers.get("content-type", ""):
        json_object(call)
    else:
        for name in ("recipient", "message"):
            if not call.required(name):
                raise conflict(f"{name.capitalize()} must be specified")
    raise Dhis2Refusal(500, "No default gateway configured")
