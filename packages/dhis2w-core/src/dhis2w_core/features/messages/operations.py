"""Messages between users, and tickets to those who run the instance."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from dhis2w_client.messages import Priority, Status
from dhis2w_core.operation import operation
from dhis2w_core.plan import Action
from dhis2w_core.planned_changes import found_id, found_ids

if TYPE_CHECKING:
    from dhis2w_client.client import Dhis2Client
    from dhis2w_core.object_home import Row


@operation("messages list", effect="read")
async def list_conversations(
    client: Dhis2Client, *, unread: bool = False, filter: Sequence[str] = (), limit: int = 50
) -> list[Row]:
    """List your conversations, the latest first.

    Source: "Messaging" in DHIS2's developer guide; `MessageConversationController`.

    Args:
        unread: Only those with something unread.
        filter: A condition as DHIS2 writes it: `status:eq:OPEN`; all must hold.
        limit: At most so many; 0 lists all.
    """
    found: list[Row] = []
    fields = "id,subject,messageType,status,priority,read,lastMessage"
    async for row in client.messages.list(unread=unread, filters=list(filter), fields=fields):
        found.append(row.to_dict())
        if len(found) == limit:
            break
    return found


@operation("messages get", effect="read")
async def get_conversation(client: Dhis2Client, id: str) -> Row:
    """Show a conversation with its messages; it stays unread.

    Args:
        id: Its UID.
    """
    return (await client.messages.get(id)).to_dict()


@operation("messages send", effect="write")
async def send(
    client: Dhis2Client,
    subject: str,
    text: str,
    *,
    user: Sequence[str] = (),
    group: Sequence[str] = (),
    unit: Sequence[str] = (),
    attachment: Sequence[str] = (),
) -> Action:
    """Send a message; it cannot be called back.

    Args:
        subject: Its subject.
        text: The message.
        user: A user who gets it, by user name, code or UID.
        group: A user group whose members get it, by name, code or UID.
        unit: An organisation unit whose users get it, by name, code or UID.
        attachment: UID of a file that was stored for `MESSAGE_ATTACHMENT`.
    """
    users = await found_ids(client, "users", user)
    groups = await found_ids(client, "userGroups", group)
    units = await found_ids(client, "organisationUnits", unit)

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        uid = await client.messages.send(subject, text, users=users, groups=groups, units=units, attachments=attachment)
        return {"sent": subject, "id": uid}

    to = {"users": list(user), "groups": list(group), "units": list(unit), "attachments": list(attachment)}
    facts: dict[str, object] = {"text": text, **{name: value for name, value in to.items() if value}}
    return Action(f"Send {subject!r}", perform, facts)


@operation("messages reply", effect="write")
async def reply(id: str, text: str, *, internal: bool = False) -> Action:
    """Add a message to a conversation; it cannot be called back.

    Args:
        id: UID of the conversation.
        text: The message.
        internal: Show it only to those who handle tickets.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        return {"replied": await client.messages.reply(id, text, internal=internal)}

    return Action(f"Reply in conversation {id}", perform, {"text": text} | ({"internal": True} if internal else {}))


@operation("messages feedback", effect="write")
async def feedback(subject: str, text: str) -> Action:
    """Send a ticket to those who run the instance; it cannot be called back.

    Args:
        subject: Its subject.
        text: What it is about.
    """

    async def perform(client: Dhis2Client) -> dict[str, Any]:
        return {"sent": subject, "id": await client.messages.send_feedback(subject, text)}

    return Action(f"Send the ticket {subject!r}", perform, {"text": text})


@operation("messages read", effect="write")
async def mark_read(id: Sequence[str]) -> Action:
    """Mark conversations as read; `messages unread` takes that back.

    Args:
        id: Their UIDs.
    """
    return _mark(id, read=True)


@operation("messages unread", effect="write")
async def mark_unread(id: Sequence[str]) -> Action:
    """Mark conversations as unread; `messages read` takes that back.

    Args:
        id: Their UIDs.
    """
    return _mark(id, read=False)


def _mark(ids: Sequence[str], *, read: bool) -> Action:
    async def perform(client: Dhis2Client) -> list[dict[str, Any]]:
        return [{"id": uid, "read": read} for uid in await client.messages.mark_read(ids, read=read)]

    return Action(f"Mark as {'read' if read else 'unread'}", perform, {"conversations": list(ids)})


@operation("messages status", effect="write")
async def set_status(id: str, status: Status) -> Action:
    """Say how far a ticket is.

    Args:
        id: UID of the conversation.
        status: How far.
    """
    return _ticket(id, "status", status, lambda client: client.messages.set_status(id, status))


@operation("messages priority", effect="write")
async def set_priority(id: str, priority: Priority) -> Action:
    """Say how urgent a ticket is.

    Args:
        id: UID of the conversation.
        priority: How urgent.
    """
    return _ticket(id, "priority", priority, lambda client: client.messages.set_priority(id, priority))


@operation("messages assign", effect="write")
async def assign(client: Dhis2Client, id: str, user: str | None = None) -> Action:
    """Give a ticket to a user to handle; without a user, to nobody.

    Args:
        id: UID of the conversation.
        user: The user name, code or UID.
    """
    uid = await found_id(client, "users", user) if user else None
    return _ticket(id, "assigned to", user or "nobody", lambda client: client.messages.assign(id, uid))


def _ticket(id: str, what: str, value: str, change: Callable[[Dhis2Client], Awaitable[None]]) -> Action:
    async def perform(client: Dhis2Client) -> dict[str, Any]:
        await change(client)
        return {"id": id, what: value}

    return Action(f"Change ticket {id}", perform, {what: value})
