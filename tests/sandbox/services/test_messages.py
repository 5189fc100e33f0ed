"""Messages: who gets them, who has read them, who may do what with them."""

from typing import Any

from sender import Sender
from test_files import FORM, form

CONVERSATIONS = "/api/messageConversations"


def _sent(sender: Sender, *to: str, subject: str = "Cold chain", **more: Any) -> str:
    """The identifier of a new conversation with these users."""
    body = {"subject": subject, "text": "The fridge is broken", "users": [{"id": uid} for uid in to], **more}
    reply = sender("POST", CONVERSATIONS, body)
    assert (reply.status, reply.parsed()["message"]) == (201, "Message conversation created"), reply.body
    return reply.headers["Location"].rpartition("/")[2]


def _listed(sender: Sender, query: str = "fields=id,read") -> list[Any]:
    return sender.read(f"{CONVERSATIONS}?{query}")["messageConversations"]


def test_a_message_is_unread_for_its_receiver_until_it_is_read(admin_of_each: Sender) -> None:
    low = admin_of_each.somebody()
    uid = _sent(admin_of_each, "servcesUser")

    assert _listed(admin_of_each) == [{"id": uid, "read": True}]
    assert _listed(low, "filter=read:eq:false&fields=id") == [{"id": uid}]
    assert low.read("/api/me/dashboard")["unreadMessageConversations"] == 1
    assert low("POST", f"{CONVERSATIONS}/read", [uid]).parsed() == {"markedRead": [uid]}
    assert low("POST", f"{CONVERSATIONS}/read", [uid]).parsed() == {"markedRead": []}
    assert _listed(low, "filter=read:eq:false") == []
    assert low("POST", f"{CONVERSATIONS}/{uid}/unread").parsed() == {"markedUnread": [uid]}
    assert low.read(f"{CONVERSATIONS}/{uid}?fields=read") == {"read": False}


def test_a_reply_is_unread_for_the_others(admin_of_each: Sender) -> None:
    low = admin_of_each.somebody()
    uid = _sent(admin_of_each, "servcesUser")

    assert low("POST", f"{CONVERSATIONS}/{uid}", "Bought a new one", media="text/plain").status == 201

    shown = admin_of_each.read(f"{CONVERSATIONS}/{uid}?fields=read,messageCount,messages[text,sender[id]]")
    assert [(row["text"], row["sender"]["id"]) for row in shown["messages"]] == [
        ("The fridge is broken", "M5zQapPyTZI"),
        ("Bought a new one", "servcesUser"),
    ]
    assert (shown["read"], shown["messageCount"]) == (False, 2)


def test_messages_reach_groups_and_the_users_of_units_once(admin: Sender) -> None:
    admin.somebody()
    admin("POST", "/api/organisationUnits", {**_named("messageUnit"), "openingDate": "2000-01-01"})
    admin("POST", "/api/userGroups", {"id": "messageGrup", "name": "Group", "users": [{"id": "servcesUser"}]})
    place = [{"op": "add", "path": "/organisationUnits", "value": [{"id": "messageUnit"}]}]
    admin("PATCH", "/api/users/servcesUser", place, media="application/json-patch+json")

    uid = _sent(admin, userGroups=[{"id": "messageGrup"}], organisationUnits=[{"id": "messageUnit"}])

    seats = admin.read(f"{CONVERSATIONS}/{uid}?fields=userMessages")["userMessages"]
    assert [seat["user"]["id"] for seat in seats] == ["servcesUser", "M5zQapPyTZI"]


def _named(uid: str) -> dict[str, str]:
    return {"id": uid, "name": uid, "shortName": uid}


def test_nobody_unknown_gets_a_message(admin: Sender) -> None:
    nobody = admin("POST", CONVERSATIONS, {"subject": "Subject", "text": "Text", "users": []})
    unknown = admin("POST", CONVERSATIONS, {"subject": "Subject", "text": "Text", "users": [{"id": "nobodyAtAll"}]})
    group = admin("POST", CONVERSATIONS, {"subject": "Subject", "text": "x", "userGroups": [{"id": "noSuchGroup"}]})

    assert (nobody.status, nobody.parsed()["message"]) == (409, "No recipients selected.")
    assert (unknown.status, unknown.parsed()["message"]) == (409, "User does not exist: nobodyAtAll")
    assert group.status == 404


def test_others_neither_read_nor_write_in_it(admin: Sender) -> None:
    low = admin.somebody()
    uid = _sent(admin, "M5zQapPyTZI")

    assert low("GET", f"{CONVERSATIONS}/{uid}").status == 403
    assert low("POST", f"{CONVERSATIONS}/{uid}", "x", media="text/plain").status == 403
    assert low("POST", f"{CONVERSATIONS}/{uid}/status?messageConversationStatus=OPEN").status == 403
    assert low("POST", f"{CONVERSATIONS}/read", [uid]).status == 404
    assert _listed(low) == []


def test_what_is_not_there_is_told_in_three_ways(admin: Sender) -> None:
    shown = admin("GET", f"{CONVERSATIONS}/noSuchConve")
    replied = admin("POST", f"{CONVERSATIONS}/noSuchConve", "x", media="text/plain")
    set_status = admin("POST", f"{CONVERSATIONS}/noSuchConve/status?messageConversationStatus=OPEN")

    assert (shown.status, shown.parsed()) == (200, {"message": "No MessageConversation found with UID: noSuchConve"})
    assert (replied.status, replied.parsed()["message"]) == (404, "Message conversation does not exist: noSuchConve")
    assert (set_status.status, set_status.parsed()) == (
        404,
        {"message": "No MessageConversation found for the given ID."},
    )


def test_a_ticket_belongs_to_those_who_get_feedback(admin_of_each: Sender) -> None:
    low = admin_of_each.somebody()
    admin_of_each("POST", "/api/userGroups", {"id": "feedbckGrup", "name": "Desk", "users": [{"id": "M5zQapPyTZI"}]})
    admin_of_each("POST", "/api/configuration/feedbackRecipients", "feedbckGrup", media="text/plain")

    reply = low("POST", f"{CONVERSATIONS}/feedback?subject=Login", "It fails", media="text/plain")
    uid = reply.headers["Location"].rpartition("/")[2]
    outsider = admin_of_each("POST", f"{CONVERSATIONS}/{uid}/assign?userId=servcesUser")
    assigned = admin_of_each("POST", f"{CONVERSATIONS}/{uid}/assign?userId=M5zQapPyTZI")
    urgent = admin_of_each("POST", f"{CONVERSATIONS}/{uid}/priority?messageConversationPriority=HIGH")
    note = admin_of_each("POST", f"{CONVERSATIONS}/{uid}?internal=true", "Not urgent", media="text/plain")

    assert (reply.status, outsider.status, assigned.status, note.status) == (201, 409, 200, 201)
    assert urgent.parsed() == {"HIGH": [uid]}
    fields = "messageType,status,priority,assignee,messages[text]"
    assert admin_of_each.read(f"{CONVERSATIONS}/{uid}?fields={fields}") == {
        "messageType": "TICKET",
        "status": "OPEN",
        "priority": "HIGH",
        "assignee": {"id": "M5zQapPyTZI"},
        "messages": [{"text": "It fails"}, {"text": "Not urgent"}],
    }
    assert low.read(f"{CONVERSATIONS}/{uid}?fields=messages[text]") == {"messages": [{"text": "It fails"}]}


def test_an_attachment_is_sent_once_and_read_by_those_in_the_conversation(admin: Sender) -> None:
    low = admin.somebody()
    admin("POST", "/api/fileResources?domain=MESSAGE_ATTACHMENT&uid=attachedFil", form(b"photo"), media=FORM)
    attached = [{"id": "attachedFil"}]

    uid = _sent(admin, "servcesUser", attachments=attached)
    message = admin.read(f"{CONVERSATIONS}/{uid}?fields=messages[id]")["messages"][0]["id"]
    again = admin(
        "POST",
        CONVERSATIONS,
        {"subject": "Subject", "text": "x", "users": [{"id": "servcesUser"}], "attachments": attached},
    )

    assert low("GET", f"{CONVERSATIONS}/{uid}/{message}/attachments/attachedFil").body == b"photo"
    assert again.status == 409


def test_who_leaves_a_conversation_does_not_see_it_again(admin: Sender) -> None:
    low = admin.somebody()
    uid = _sent(admin, "servcesUser")

    assert low("DELETE", f"{CONVERSATIONS}?mc={uid}").parsed() == {"removed": [uid]}
    assert _listed(low) == []
    assert admin("DELETE", f"{CONVERSATIONS}/{uid}/servcesUser").parsed() == {"removed": []}
    assert admin("POST", f"{CONVERSATIONS}/{uid}/recipients", {"users": [{"id": "servcesUser"}]}).status == 204
    assert _listed(low, "fields=id") == [{"id": uid}]


def test_deleting_a_conversation_is_answered_but_not_done(admin: Sender) -> None:
    low = admin.somebody()
    uid = _sent(admin, "servcesUser")

    assert low("DELETE", f"{CONVERSATIONS}/{uid}").status == 403
    assert admin("DELETE", f"{CONVERSATIONS}/{uid}").status == 200
    assert _listed(low, "fields=id") == [{"id": uid}]


def test_conversations_are_searched_and_marked_for_follow_up(admin: Sender) -> None:
    cold, late = _sent(admin, "M5zQapPyTZI"), _sent(admin, "M5zQapPyTZI", subject="Reports are late")

    assert _listed(admin, "queryString=late&fields=id") == [{"id": late}]
    assert admin("POST", f"{CONVERSATIONS}/followup", [cold]).parsed() == {"markedFollowup": [cold]}
    assert _listed(admin, "filter=followUp:eq:true&fields=id") == [{"id": cold}]
    assert admin("POST", f"{CONVERSATIONS}/unfollowup", [cold]).parsed() == {"unmarkedFollowup": [cold]}
