"""Conversations, on every version."""

from __future__ import annotations

from pathlib import Path

import pytest

from dhis2w_client import ConflictError, Dhis2Client, InvalidRequestError, NotFoundError, ObjectNotFoundError
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run

ADMIN = "M5zQapPyTZI"


def test_a_conversation_is_begun_read_and_left(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        messages = client.messages
        uid = await messages.send("Stock", "Out.\nAll of it: é", users=[ADMIN])
        assert await messages.reply(uid, "Back.") == uid
        (listed,) = [row async for row in messages.list()]
        assert (listed.id, listed.subject) == (uid, "Stock")
        texts = {row["text"] for row in (await messages.get(uid)).to_dict()["messages"]}
        assert texts == {"Out.\nAll of it: é", "Back."}
        await messages.mark_read([uid], read=False)
        assert [row.id async for row in messages.list(unread=True, filters="subject:eq:Stock")] == [uid]
        await messages.get(uid, mark_read=True)
        assert [row async for row in messages.list(unread=True)] == []
        assert await messages.mark_follow_up([uid]) == [uid]
        assert await messages.mark_follow_up([uid], follow_up=False) == [uid]
        assert await messages.leave([uid]) == [uid]
        assert [row async for row in messages.list()] == []

    run(sandbox, use)


def test_a_file_is_attached_once(sandbox: Sandbox, tmp_path: Path) -> None:
    picture = tmp_path / "shelf.txt"
    picture.write_text("empty")

    async def use(client: Dhis2Client) -> None:
        stored = await client.files.upload(picture, domain="MESSAGE_ATTACHMENT")
        attached = [str(stored.id)]
        await client.messages.send("Shelf", "See file", users=[ADMIN], attachments=attached)
        with pytest.raises(ConflictError, match="already used"):
            await client.messages.send("Shelf", "Again", users=[ADMIN], attachments=attached)

    run(sandbox, use)


def test_a_ticket_is_handled(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        uid = await client.messages.send_feedback("Broken", "It is.")
        await client.messages.set_status(uid, "OPEN")
        await client.messages.set_priority(uid, "LOW")
        shown = (await client.messages.get(uid)).to_dict()
        assert (shown["status"], shown["priority"]) == ("OPEN", "LOW")
        with pytest.raises(NotFoundError):
            await client.messages.assign(uid, "nobodyHere1")
        await client.messages.assign(uid, None)

    run(sandbox, use)


def test_recipients_are_added(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        role = {"id": "userRole001", "name": "R"}
        await client.user_roles.create(role)
        account = client.metadata.accounts
        made = await account.create("ada_one", "Orange#Bicycle71", first_name="A", surname="B", roles=["userRole001"])
        uid = await client.messages.send("To me", "x", users=[ADMIN])
        await client.messages.add_recipients(uid, users=[str(made.id)])
        fields = "id,userMessages[user[id]]"
        links = (await client.messages.get(uid, fields=fields)).to_dict()["userMessages"]
        assert {link["user"]["id"] for link in links} == {ADMIN, made.id}

    run(sandbox, use)


def test_what_cannot_be_sent_is_refused_before(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        for subject in ("", "x" * 256):
            with pytest.raises(InvalidRequestError, match="subject"):
                await client.messages.send(subject, "x", users=[ADMIN])
        with pytest.raises(InvalidRequestError, match="Nobody"):
            await client.messages.send("x", "x")
        assert [row async for row in client.messages.list()] == []

    run(sandbox, use)


def test_a_conversation_that_is_not_there_is_not_found_though_the_status_is_200(sandbox: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(ObjectNotFoundError):
            await client.messages.get("aaaaaaaaaaa")
        with pytest.raises(NotFoundError):
            await client.messages.reply("aaaaaaaaaaa", "x")

    run(sandbox, use)
