"""`client.messages`: conversations between users, and tickets to those who run the instance.

Source: "Messaging" in DHIS2's developer guide, `MessageConversationController`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from dhis2w_client.errors import InvalidRequestError, ObjectNotFoundError
from dhis2w_client.json_value import as_array, as_object
from dhis2w_client.replies import value_of
from dhis2w_client.write_report import write_report

if TYPE_CHECKING:
    from dhis2w_client.call import Body, Params
    from dhis2w_client.filters import Filters
    from dhis2w_client.items import Items
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.models import MessageConversation

Status = Literal["NONE", "OPEN", "PENDING", "INVALID", "SOLVED"]
"""How far a ticket is."""
Priority = Literal["NONE", "LOW", "MEDIUM", "HIGH"]
"""How urgent a ticket is."""

PATH = "messageConversations"
FIELDS = "id,subject,messageType,status,priority,read,followUp,lastMessage,messageCount,userSurname,userFirstname"
"""What a list shows of a conversation."""
FIELDS_OF_ONE = f"{FIELDS},assignee[id,displayName],messages[id,text,internal,created,sender[id,displayName]]"
"""What is shown of one conversation."""


class MessageService:
    """Conversations of the connected user: `client.messages`.

    Messages, replies and feedback cannot be taken back.
    """

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    def list(
        self, *, unread: bool = False, filters: Filters = None, fields: str = FIELDS, page_size: int = 50
    ) -> Items[MessageConversation]:
        """The conversations that the user takes part in, one by one, the latest first.

        Args:
            unread: Only those with something unread.
            filters: Conditions: `status:eq:OPEN`, `messageType:eq:TICKET`.
            fields: Which properties.
            page_size: Conversations of one request.
        """
        given = [filters] if isinstance(filters, str) or not isinstance(filters, Sequence) else list(filters)
        conditions = [each for each in (*given, "read:eq:false" if unread else None) if each is not None]
        collection = self._api.collection(PATH)
        return collection.iterate(
            fields=fields, filters=conditions or None, order="lastMessage:desc", page_size=page_size
        )

    async def get(self, id: str, *, mark_read: bool = False, fields: str = FIELDS_OF_ONE) -> MessageConversation:
        """One conversation with its messages.

        Args:
            id: UID of the conversation.
            mark_read: Also mark it as read.
            fields: Which properties.

        Raises:
            ObjectNotFoundError: There is no such conversation; DHIS2 says so with status 200.
            ForbiddenError: The user has no part in it.
        """
        from dhis2w_client.models import MessageConversation

        params = {"fields": fields, "markRead": mark_read or None}
        answer = await self._api.read(_path(id), params)
        if "id" not in answer and "message" in answer:
            raise ObjectNotFoundError(str(answer["message"]), method="GET", path=f"/api/{_path(id)}", status=200)
        return MessageConversation.model_validate(answer)

    async def send(
        self,
        subject: str,
        text: str,
        *,
        users: Iterable[str] = (),
        groups: Iterable[str] = (),
        units: Iterable[str] = (),
        attachments: Iterable[str] = (),
    ) -> str:
        """Begin a conversation.

        Args:
            subject: Its subject: 255 characters at most.
            text: The first message.
            users: UIDs of users who get it.
            groups: UIDs of user groups whose members get it.
            units: UIDs of organisation units whose users get it.
            attachments: UIDs of files of the domain `MESSAGE_ATTACHMENT` that are part of no other message.

        Returns:
            UID of the conversation.

        Raises:
            InvalidRequestError: Nobody would get it, or the subject is empty or too long; nothing was sent.
            ConflictError: A user or unit does not exist, nobody is in a group, or a file cannot be attached.
            NotFoundError: There is no such group.
        """
        to = {"users": list(users), "userGroups": list(groups), "organisationUnits": list(units)}
        if not any(to.values()):
            raise InvalidRequestError("Nobody would get the message.", next_step="Name users, groups or units.")
        if not 0 < len(subject) <= 255:
            raise InvalidRequestError("A subject has 1 to 255 characters.")
        body = {"subject": subject, "text": text, "attachments": _links(attachments)}
        links = {name: _links(ids) for name, ids in to.items()}
        return await self._made("POST", PATH, body=body | links)

    async def reply(self, id: str, text: str, *, internal: bool = False, attachments: Iterable[str] = ()) -> str:
        """Add a message to a conversation.

        Args:
            id: UID of the conversation.
            text: The message.
            internal: Show it only to those who handle tickets.
            attachments: UIDs of files of the domain `MESSAGE_ATTACHMENT`.

        Returns:
            UID of the conversation.

        Raises:
            NotFoundError: There is no such conversation.
            ForbiddenError: The user has no part in it, or may not write internal messages.
        """
        params = {"internal": internal or None, "attachments": ",".join(attachments) or None}
        return await self._made("POST", _path(id), params=params, body=text, content_type="text/plain")

    async def send_feedback(self, subject: str, text: str) -> str:
        """Send a ticket to those who are set up to get feedback.

        Args:
            subject: Its subject.
            text: What it is about.

        Returns:
            UID of the conversation.
        """
        params = {"subject": subject}
        return await self._made("POST", f"{PATH}/feedback", params=params, body=text, content_type="text/plain")

    async def mark_read(self, ids: Iterable[str], *, read: bool = True) -> list[str]:
        """Mark conversations as read, or as unread again.

        Args:
            ids: UIDs of conversations.
            read: Whether they are read.

        Returns:
            Those that were not so already.

        Raises:
            NotFoundError: There is none of them.
        """
        return await self._marked("read" if read else "unread", list(ids))

    async def mark_follow_up(self, ids: Iterable[str], *, follow_up: bool = True) -> list[str]:
        """Mark conversations to come back to, or take the mark off.

        Args:
            ids: UIDs of conversations.
            follow_up: Whether they are to be marked.

        Returns:
            Those that were not so already.

        Raises:
            NotFoundError: There is none of them.
        """
        return await self._marked("followup" if follow_up else "unfollowup", list(ids))

    async def set_status(self, id: str, status: Status) -> None:
        """Say how far a ticket is.

        Args:
            id: UID of the conversation.
            status: How far.

        Raises:
            NotFoundError: There is no such conversation.
            ForbiddenError: The user may not handle it.
        """
        await self._done("POST", _path(id, "status"), {"messageConversationStatus": status})

    async def set_priority(self, id: str, priority: Priority) -> None:
        """Say how urgent a ticket is.

        Args:
            id: UID of the conversation.
            priority: How urgent.

        Raises:
            NotFoundError: There is no such conversation.
            ForbiddenError: The user may not handle it.
        """
        await self._done("POST", _path(id, "priority"), {"messageConversationPriority": priority})

    async def assign(self, id: str, user: str | None) -> None:
        """Give a ticket to a user to handle, or to nobody.

        Args:
            id: UID of the conversation.
            user: UID of the user; None takes it from whoever has it.

        Raises:
            NotFoundError: There is no such conversation or user.
            ConflictError: The user is not in the group that gets feedback.
        """
        if user is None:
            await self._done("DELETE", _path(id, "assign"))
        else:
            await self._done("POST", _path(id, "assign"), {"userId": user})

    async def add_recipients(self, id: str, *, users: Iterable[str] = (), groups: Iterable[str] = ()) -> None:
        """Let more users take part in a conversation.

        Args:
            id: UID of the conversation.
            users: UIDs of users.
            groups: UIDs of user groups.

        Raises:
            NotFoundError: There is no such conversation or group.
        """
        body = {"users": _links(users), "userGroups": _links(groups), "organisationUnits": []}
        await self._done("POST", _path(id, "recipients"), body=body)

    async def leave(self, ids: Iterable[str]) -> list[str]:
        """Take the connected user out of conversations; for the others they stay.

        Args:
            ids: UIDs of conversations.

        Returns:
            Those that the user was in.

        Raises:
            NotFoundError: There is none of them.
        """
        answer = await self._ask("DELETE", PATH, [("mc", id) for id in ids])
        return [str(uid) for uid in as_array(as_object(answer).get("removed"))]

    async def _made(self, method: str, path: str, **options: object) -> str:
        report = write_report(await self._api.ask(method, path, **options))  # pyright: ignore[reportArgumentType] # ask checks them
        return report.id or ""

    async def _marked(self, mark: str, ids: list[str]) -> list[str]:
        answer = as_object(await self._ask("POST", f"{PATH}/{mark}", body=ids))
        return [str(uid) for value in answer.values() for uid in as_array(value)]

    async def _done(self, method: str, path: str, params: Params | None = None, body: Body = None) -> None:
        await self._ask(method, path, params, body)

    async def _ask(self, method: str, path: str, params: Params | None = None, body: Body = None) -> object:
        return value_of(await self._api.ask(method, path, params=params, body=body))


def _path(id: str, *more: str) -> str:
    return "/".join((PATH, quote(id, safe=""), *more))


def _links(ids: Iterable[str]) -> list[dict[str, str]]:
    return [{"id": uid} for uid in ids]
