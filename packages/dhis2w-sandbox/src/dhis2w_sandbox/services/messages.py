"""`/api/messageConversations`: what users write to each other, and feedback to those who get it.

A conversation is a document that holds its messages and, for each user in it, whether they have read it.
Nothing is sent by e-mail or SMS. Source: `MessageConversationController`, `DefaultMessageService`,
`MessageConversation` of dhis2-core and its controller test.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dhis2w_sandbox.bodies import json_object
from dhis2w_sandbox.call import SOURCE, Call, Reply
from dhis2w_sandbox.data.parameters import sent_list
from dhis2w_sandbox.errors import Dhis2Refusal, conflict, forbidden, not_found
from dhis2w_sandbox.metadata.querying import list_params, parsed_filters
from dhis2w_sandbox.metadata.reading import fields_of, list_reply, shown
from dhis2w_sandbox.metadata.rendering import renderer
from dhis2w_sandbox.metadata.writing import delete_object
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.schemas import Schema
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services import files
from dhis2w_sandbox.user import User

Json = dict[str, Any]

endpoints = Endpoints()

TYPE = "messageConversation"
PATH = "/api/messageConversations"
_NONE_FOUND = "No MessageConversations found for the given UIDs"


def unread_count(server: Server, user: User) -> int:
    """How many conversations of a user hold something that they have not read."""
    seats = (_seat(document, user.uid) for document in server.store.all(TYPE))
    return sum(seat is not None and not seat["read"] for seat in seats)


@endpoints.add("GET", PATH, SOURCE)
def conversations(call: Call) -> Reply:
    """List the conversations of the sender, the latest first; `queryString` searches subjects, texts and names."""
    schema = _schema(call)
    own = [_seen(call, document) for document in _latest_first(call.server) if _seat(document, call.user.uid)]
    return list_reply(call, schema, _searched(call, schema, own), list_params(call))


def _latest_first(server: Server) -> list[Json]:
    return sorted(server.store.all(TYPE), key=lambda document: document["lastMessage"], reverse=True)


def _searched(call: Call, schema: Schema, documents: list[Json]) -> list[Json]:
    query, operator = call.param("queryString"), call.param("queryOperator") or "token"
    if query is None:
        return documents
    condition = parsed_filters(call, schema, [f"subject:{operator}:{query}"])[0]
    return [document for document in documents if any(condition.test(text) for text in _texts(document))]


def _texts(document: Json) -> list[str]:
    """What of a conversation is searched."""
    messages = document["messages"]
    return [document["subject"], *(row["text"] for row in messages), *(row["sender"]["name"] for row in messages)]


@endpoints.add("GET", PATH + "/{uid:uid}", SOURCE)
def conversation(call: Call) -> Reply:
    """Show a conversation with its messages; where there is none, 200 and a sentence."""
    stored, uid = call.server.store.get(TYPE, call.parts["uid"]), call.parts["uid"]
    if stored is None:
        return Reply.json({"message": f"No MessageConversation found with UID: {uid}"})
    if not _takes_part(call.user, stored):
        raise forbidden("Not authorized to access this conversation.")
    if call.param("markRead") == "true":
        stored = _with_seat(stored, call.user.uid, read=True)
        call.server.store.put(TYPE, uid, stored)
    document = _seen(call, stored)
    return shown(lambda: renderer(call, _schema(call), fields_of(call, "*"), single=True)(document))


@endpoints.add("POST", PATH, SOURCE)
def send(call: Call) -> Reply:
    """Begin a conversation with users, the members of groups and the users of organisation units."""
    body = json_object(call)
    to = _recipients(call, body)
    if not to:
        raise conflict("No recipients selected.")
    attached = [_attachment(call, uid) for uid in _linked(body, "attachments")]
    stored = _begun(call, body.get("subject"), body.get("text"), to, attached, kind="PRIVATE", status="NONE")
    return _made(call, stored, "Message conversation created")


@endpoints.add("POST", PATH + "/feedback", SOURCE)
def send_feedback(call: Call) -> Reply:
    """Send a ticket to the members of the group that gets feedback."""
    subject = call.required("subject")
    to = _members(call.server, _feedback_group(call.server))
    stored = _begun(call, subject, _text(call), to, [], kind="TICKET", status="OPEN")
    return _made(call, stored, "Feedback created")


@endpoints.add("POST", PATH + "/{uid}", SOURCE)
def reply(call: Call) -> Reply:
    """Add a message to a conversation; for the others in it there is something unread again."""
    stored, internal = _existing(call), call.flag("internal")
    if internal and not _handles_feedback(call.server, call.user):
        raise forbidden("Not authorized to send internal messages")
    _must_have_access(call, stored, "Not authorized to send messages to this conversation.")
    names = [name for value in call.params("attachments") for name in value.split(",") if name]
    message = _message(call, _text(call), [_attachment(call, name) for name in names], internal=internal)
    seats = [_told(call.server, seat, call.user, internal=internal) for seat in stored["userMessages"]]
    changed: Json = {
        **stored,
        "userMessages": seats,
        "messages": [*stored["messages"], message],
        "messageCount": stored["messageCount"] + (not internal),
        "lastSender": {"id": call.user.uid},
        "lastMessage": call.server.now(),
    }
    _put(call, changed)
    return _made(call, changed, "Message conversation created")


def _told(server: Server, seat: Json, sender: User, *, internal: bool) -> Json:
    """The seat of a user after somebody wrote a message, which may be for those only who handle tickets."""
    user = server.user(seat["user"]["id"])
    reaches = user is not None and user.uid != sender.uid and (not internal or user.has_any(["F_MANAGE_TICKETS"]))
    return {**seat, "read": False} if reaches else seat


@endpoints.add("POST", PATH + "/{uid}/recipients", SOURCE)
def add_recipients(call: Call) -> Reply:
    """Bring more users into a conversation."""
    stored = _existing(call)
    _must_have_access(call, stored, "Not authorized to change recipients in this conversation.")
    new = [uid for uid in _recipients(call, json_object(call)) if _seat(stored, uid) is None]
    _put(call, {**stored, "userMessages": [*stored["userMessages"], *(_new_seat(uid) for uid in new)]})
    return Reply(204)


@endpoints.add("POST", PATH + "/{uid}/priority", SOURCE)
def set_priority(call: Call) -> Reply:
    """Set how urgent a conversation is."""
    return _set(call, "priority", "messageConversationPriority", "Not authorized to change priority in this")


@endpoints.add("POST", PATH + "/{uid}/status", SOURCE)
def set_status(call: Call) -> Reply:
    """Set how far the work on a conversation is."""
    return _set(call, "status", "messageConversationStatus", "Not authorized to change status in this")


def _set(call: Call, key: str, parameter: str, refusal: str) -> Reply:
    value, names = call.required(parameter, parameter.capitalize()), _schema(call).properties[key].constants or []
    if value not in names:
        valid = f"Valid values are: [{', '.join(names)}]"
        raise Dhis2Refusal(400, f"Value '{value}' is not valid for parameter {parameter}. {valid}")
    stored = call.server.store.get(TYPE, call.parts["uid"])
    if stored is None:
        return _told_missing("No MessageConversation found for the given ID.")
    _must_have_access(call, stored, f"{refusal} conversation.")
    _put(call, {**stored, key: value})
    return Reply.json({value: [stored["id"]]})


@endpoints.add("POST", PATH + "/{uid}/assign", SOURCE)
def assign(call: Call) -> Reply:
    """Give a conversation to a user; a ticket only to one who gets feedback."""
    stored = call.server.store.get(TYPE, call.parts["uid"])
    if stored is None:
        return _told_missing("No MessageConversation found for the given ID.")
    _must_have_access(call, stored, "Not authorized to assign a user to this conversation.")
    user = call.server.user(call.param("userId") or "")
    if user is None:
        return _told_missing("Could not find user to assign")
    if stored["messageType"] == "TICKET" and user.uid not in _members(call.server, _feedback_group(call.server)):
        text = "User provided is not a member of the system's feedback recipient group"
        return Reply.json({"message": text}, 409)
    _put(call, {**stored, "assignee": {"id": user.uid}})
    return Reply.json({"message": f"User {_name(user.document)} was assigned successfully"})


@endpoints.add("DELETE", PATH + "/{uid}/assign", SOURCE)
def unassign(call: Call) -> Reply:
    """Take a conversation from its assignee."""
    stored = call.server.store.get(TYPE, call.parts["uid"])
    if stored is None:
        return _told_missing("No MessageConversation found for the given ID.")
    _must_have_access(call, stored, "Not authorized to remove the assigned user to this conversation.")
    _put(call, {key: value for key, value in stored.items() if key != "assignee"})
    return Reply.json({"message": "Message is no longer assigned to user"})


@endpoints.add("POST", PATH + "/{uid}/read", SOURCE)
def mark_one_read(call: Call) -> Reply:
    """Note that a user has read a conversation."""
    return _marked(call, [call.parts["uid"]], "markedRead", "userUid", read=True)


@endpoints.add("POST", PATH + "/{uid}/unread", SOURCE)
def mark_one_unread(call: Call) -> Reply:
    """Note that a user has something to read in a conversation."""
    return _marked(call, [call.parts["uid"]], "markedUnread", "userUid", read=False)


@endpoints.add("POST", PATH + "/read", SOURCE)
def mark_read(call: Call) -> Reply:
    """Note that a user has read conversations."""
    return _marked(call, _uids(call), "markedRead", "user", read=True)


@endpoints.add("POST", PATH + "/unread", SOURCE)
def mark_unread(call: Call) -> Reply:
    """Note that a user has something to read in conversations."""
    return _marked(call, _uids(call), "markedUnread", "user", read=False)


@endpoints.add("POST", PATH + "/followup", SOURCE)
def follow_up(call: Call) -> Reply:
    """Mark conversations for follow-up."""
    return _marked(call, _uids(call), "markedFollowup", "user", followUp=True)


@endpoints.add("POST", PATH + "/unfollowup", SOURCE)
def do_not_follow_up(call: Call) -> Reply:
    """Take the mark for follow-up from conversations."""
    return _marked(call, _uids(call), "unmarkedFollowup", "user", followUp=False)


def _marked(call: Call, uids: list[str], key: str, parameter: str, **mark: bool) -> Reply:
    """Set a mark of a user in conversations; of reading, only those are told where it was another."""
    user = _user_asked(call, parameter)
    if user is None:
        return _told_missing(f"No user with uid: {call.param(parameter)}")
    found = _of_user(call.server, user, uids)
    if not found:
        return _told_missing(_NONE_FOUND if "followUp" in mark else "No MessageConversations found for the given IDs.")
    words = {"markedFollowup": "followups in", "unmarkedFollowup": "unfollowups in"}.get(key, "read property of")
    for stored in found:
        _must_have_access(call, stored, f"Not authorized to change {words} this conversation.")
    told = [
        stored["id"] for stored in found if "followUp" in mark or not mark.items() <= _own_seat(stored, user).items()
    ]
    for stored in found:
        _put(call, _with_seat(stored, user.uid, **mark))
    return Reply.json({key: told})


@endpoints.add("DELETE", PATH + "/{uid:uid}", SOURCE, requires=["F_METADATA_IMPORT"])
def remove(call: Call) -> Reply:
    """Answer 200 and keep the conversation: the importer that should delete it passes over what is no metadata."""
    stored = _existing(call)
    _must_have_access(call, stored, "Not authorized to delete this conversation.")
    return delete_object(call.with_parts(type="messageConversations"))


@endpoints.add("DELETE", PATH + "/{uid}/{user}", SOURCE)
def leave_one(call: Call) -> Reply:
    """Take a user out of a conversation."""
    user = call.server.user(call.parts["user"])
    if user is None:
        return _told_missing(f"No user with uid: {call.parts['user']}")
    stored = call.server.store.get(TYPE, call.parts["uid"])
    if stored is None:
        return _told_missing(f"No messageConversation with uid: {call.parts['uid']}")
    return _left(call, user, [stored])


@endpoints.add("DELETE", PATH, SOURCE)
def leave(call: Call) -> Reply:
    """Take a user, by default the sender, out of conversations."""
    call.required("mc", "List")
    user = _user_asked(call, "user")
    if user is None:
        return _told_missing(f"User does not exist: {call.param('user')}")
    found = _of_user(call.server, user, [uid for value in call.params("mc") for uid in value.split(",")])
    return _left(call, user, found) if found else _told_missing(f"{_NONE_FOUND}.")


def _left(call: Call, user: User, found: list[Json]) -> Reply:
    for stored in found:
        _must_have_access(call, stored, "Not authorized to remove assigned users to this conversation.")
    removed = [stored for stored in found if _seat(stored, user.uid)]
    for stored in removed:
        kept = [seat for seat in stored["userMessages"] if seat["user"]["id"] != user.uid]
        _put(call, {**stored, "userMessages": kept})
    return Reply.json({"removed": [stored["id"] for stored in removed]})


@endpoints.add("GET", PATH + "/{uid}/{message}/attachments/{file}", SOURCE, suffixes="*")
def attachment(call: Call) -> Reply:
    """Send a file that is attached to a message."""
    uid, message_uid, file_uid = call.parts["uid"], call.parts["message"], call.parts["file"]
    stored = call.server.store.get(TYPE, uid)
    if stored is None:
        raise Dhis2Refusal(404, f"No message conversation with uid '{uid}'")
    if not _takes_part(call.user, stored):
        raise forbidden("Not authorized to access this conversation.")
    message = next((row for row in stored["messages"] if row["id"] == message_uid), None)
    if message is None:
        raise Dhis2Refusal(404, f"No message with uid '{message_uid}' in messageConversation '{uid}")
    if message["internal"] and call.user.uid not in _members(call.server, _feedback_group(call.server)):
        raise conflict("Not authorized to access this message")
    file = call.server.store.get(files.TYPE, file_uid)
    if file is None or {"id": file_uid} not in message["attachments"]:
        raise Dhis2Refusal(404, f"No messageattachment found with id '{file_uid}'")
    return files.sent(call.server, file)


# What a conversation is


def _begun(
    call: Call, subject: str | None, text: str | None, to: list[str], attached: list[Json], *, kind: str, status: str
) -> Json:
    """A new conversation, stored: its sender has a part in it, and has read it."""
    now, me = call.server.now(), {"id": call.user.uid}
    others = [uid for uid in to if uid != call.user.uid]
    stored: Json = {
        "id": call.server.new_uid(),
        "created": now,
        "lastUpdated": now,
        "createdBy": me,
        "name": subject,
        "subject": subject,
        "messageType": kind,
        "priority": "NONE",
        "status": status,
        "lastSender": me,
        "lastMessage": now,
        "messageCount": 1,
        "messages": [_message(call, text, attached, internal=False)],
        "userMessages": [*(_new_seat(uid) for uid in others), {**_new_seat(call.user.uid), "read": True}],
    }
    call.server.store.put(TYPE, stored["id"], stored)
    return stored


def _message(call: Call, text: str | None, attached: list[Json], *, internal: bool) -> Json:
    now = call.server.now()
    return {
        "id": call.server.new_uid(),
        "created": now,
        "lastUpdated": now,
        "text": text,
        "metaData": f"User agent: {call.headers.get('user-agent', 'null')}",
        "sender": {"id": call.user.uid},
        "internal": internal,
        "attachments": attached,
    }


def _new_seat(uid: str) -> Json:
    return {"user": {"id": uid}, "read": False, "followUp": False}


def _seat(document: Json, uid: str) -> Json | None:
    """What a conversation holds of a user; None where they have no part in it."""
    return next((seat for seat in document["userMessages"] if seat["user"]["id"] == uid), None)


def _own_seat(document: Json, user: User) -> Json:
    return _seat(document, user.uid) or {}


def _with_seat(document: Json, uid: str, **mark: bool) -> Json:
    seats = [{**seat, **mark} if seat["user"]["id"] == uid else seat for seat in document["userMessages"]]
    return {**document, "userMessages": seats}


def _seen(call: Call, document: Json) -> Json:
    """A conversation as the sender sees it: what they have read, who wrote, and nothing that is not for them."""
    seat = _seat(document, call.user.uid) or {"read": False, "followUp": False}
    everything = _handles_feedback(call.server, call.user)
    messages = [
        {**row, "sender": _person(call.server, row["sender"]["id"])}
        for row in document["messages"]
        if everything or not row["internal"]
    ]
    seats = [{**row, "user": _person(call.server, row["user"]["id"])} for row in document["userMessages"]]
    writers: Json = {}
    for key, uid in (("user", document["createdBy"]["id"]), ("lastSender", document["lastSender"]["id"])):
        writer: Json = call.server.store.get("user", uid) or {}
        writers |= {f"{key}Firstname": writer.get("firstName"), f"{key}Surname": writer.get("surname")}
    marks: Json = {"read": seat["read"], "followUp": seat["followUp"]}
    return {**document, **marks, **writers, "messages": messages, "userMessages": seats}


def _person(server: Server, uid: str) -> Json:
    """A user with the names by which others know them."""
    document: Json = server.store.get("user", uid) or {"id": uid}
    name = _name(document)
    return {"id": uid, "username": document.get("username"), "name": name, "displayName": name}


def _name(document: Json) -> str:
    return f"{document.get('firstName')} {document.get('surname')}"


# Who may do what


def _takes_part(user: User, document: Json) -> bool:
    return user.is_super or _seat(document, user.uid) is not None


def _must_have_access(call: Call, document: Json, refusal: str) -> None:
    ticket = document["messageType"] == "TICKET" and _handles_feedback(call.server, call.user)
    if not ticket and not _takes_part(call.user, document):
        raise forbidden(refusal)


def _handles_feedback(server: Server, user: User) -> bool:
    return user.is_super or user.uid in _members(server, _feedback_group(server))


def _feedback_group(server: Server) -> str | None:
    return server.configuration.read("feedbackRecipients", None)


# What a request names


def _existing(call: Call) -> Json:
    stored = call.server.store.get(TYPE, call.parts["uid"])
    if stored is None:
        raise Dhis2Refusal(404, f"Message conversation does not exist: {call.parts['uid']}")
    return stored


def _of_user(server: Server, user: User, uids: Iterable[str]) -> list[Json]:
    found = (server.store.get(TYPE, uid) for uid in dict.fromkeys(uids))
    return [stored for stored in found if stored is not None and _seat(stored, user.uid)]


def _user_asked(call: Call, parameter: str) -> User | None:
    uid = call.param(parameter)
    return call.user if uid is None else call.server.user(uid)


def _recipients(call: Call, body: Json) -> list[str]:
    """Whom a body names: identifiers of users, each once."""
    store, found = call.server.store, list[str]()
    for uid in _linked(body, "organisationUnits"):
        if store.get("organisationUnit", uid) is None:
            raise conflict(f"Organisation Unit does not exist: {uid}")
        links = store.referrers("organisationUnit", uid)
        found += [link.uid for link in links if (link.type, link.path) == ("user", "organisationUnits")]
    for uid in _linked(body, "users"):
        if store.get("user", uid) is None:
            raise conflict(f"User does not exist: {uid}")
        found.append(uid)
    for uid in _linked(body, "userGroups"):
        if store.get("userGroup", uid) is None:
            raise not_found("UserGroup", uid)
        found += _members(call.server, uid)
    return list(dict.fromkeys(found))


def _linked(document: Json, key: str) -> list[str]:
    """The identifiers of the objects that a document links to."""
    rows: list[Json] = document.get(key) or []
    return [row["id"] for row in rows]


def _members(server: Server, group: str | None) -> list[str]:
    document: Json = (server.store.get("userGroup", group) if group else None) or {}
    return _linked(document, "users")


def _attachment(call: Call, uid: str) -> Json:
    """The link to a file that becomes part of a message."""
    file = call.server.store.get(files.TYPE, uid)
    if file is None:
        raise conflict(f"Attachment '{uid}' not found.")
    if file["domain"] != "MESSAGE_ATTACHMENT" or file["assigned"]:
        raise conflict(f"Attachment '{uid}' is already used or not a valid attachment.")
    files.assign(call.server, uid, assigned=True)
    return {"id": uid}


def _text(call: Call) -> str:
    return call.body.decode(errors="replace")


def _uids(call: Call) -> list[str]:
    return sent_list(call, "text")


def _schema(call: Call) -> Schema:
    return call.server.schemas.by_singular[TYPE]


def _put(call: Call, document: Json) -> None:
    call.server.store.put(TYPE, document["id"], {**document, "lastUpdated": call.server.now()})


def _made(call: Call, document: Json, text: str) -> Reply:
    return Reply.message(201, text, headers={"Location": f"{call.base_url}{PATH}/{document['id']}"})


def _told_missing(text: str) -> Reply:
    return Reply.json({"message": text}, 404)
