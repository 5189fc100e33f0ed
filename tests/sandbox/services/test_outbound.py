"""Mail and SMS: a server that is not set up for them refuses, one that is says that it sends nothing."""

from sender import Sender


def test_a_server_without_a_mail_server_refuses(admin_of_each: Sender) -> None:
    for target in ("/api/email/test", "/api/email/notification?recipients=a@example.org&message=Hello"):
        reply = admin_of_each("POST", target)
        assert (reply.status, reply.parsed()["message"]) == (409, "SMTP server not configured"), target


def test_a_server_that_is_set_up_says_that_it_sends_nothing(admin: Sender) -> None:
    for key in ("keyEmailHostName", "keyEmailUsername"):
        admin("POST", f"/api/systemSettings/{key}?value=mail")

    assert admin("POST", "/api/email/notification?recipients=a@example.org&message=Hello").status == 501


def test_mail_needs_an_authority_and_its_parameters(admin: Sender) -> None:
    assert admin("POST", "/api/email/notification?message=Hello").status == 400
    low = admin.somebody()
    assert low("POST", "/api/email/notification?recipients=a@example.org&message=Hello").status == 403


def test_without_a_gateway_an_sms_is_an_error_of_the_server(admin: Sender) -> None:
    sent = admin("POST", "/api/sms/outbound", {"message": "Hello", "recipients": ["+4711"]})

    assert (sent.status, sent.parsed()["message"]) == (500, "No default gateway configured")
    assert admin("POST", "/api/sms/outbound?recipient=&message=Hello").status == 409
