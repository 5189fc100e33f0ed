"""Files go out and come back whole, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from dhis2w_client import (
    AnswerError,
    ConflictError,
    Dhis2Client,
    ForbiddenError,
    InvalidRequestError,
    NoAnswerError,
    ObjectNotFoundError,
    RedirectedError,
)
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / 'data "1" é.csv'
    path.write_bytes(CONTENT)
    return path


def test_a_file_comes_back_as_it_went(sandbox: Sandbox, source: Path, tmp_path: Path) -> None:
    sent: list[tuple[int, int | None]] = []
    come: list[tuple[int, int | None]] = []

    async def use(client: Dhis2Client) -> None:
        stored = await client.files.upload(
            source, id="fileRes0001", name="é.csv", progress=lambda done, total: sent.append((done, total))
        )
        assert (stored.id, stored.name, stored.contentLength) == ("fileRes0001", "é.csv", len(CONTENT))
        assert (await client.files.about("fileRes0001")).contentMd5 == hashlib.md5(CONTENT).hexdigest()  # noqa: S324 - DHIS2 says MD5
        target = tmp_path / "back"
        target.write_bytes(b"old")
        got = await client.files.download(
            "fileRes0001", target, progress=lambda done, total: come.append((done, total))
        )
        assert (got.size, got.content_type) == (len(CONTENT), "text/csv")
        assert target.read_bytes() == CONTENT

    run(sandbox, use)
    assert sent[-1] == come[-1] == (len(CONTENT), len(CONTENT))
    assert len(sent) > 1


def test_what_the_server_refuses_leaves_the_old_file(sandbox: Sandbox, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "back"
    target.write_bytes(b"old")

    async def use(client: Dhis2Client) -> None:
        with pytest.raises(ObjectNotFoundError, match="E1005"):
            await client.files.download("fileRes0009", target)
        value = await client.files.upload(source, domain="DATA_VALUE")
        with pytest.raises(ForbiddenError):
            await client.files.download(str(value.id), target)
        with pytest.raises(ConflictError, match="E6101"):
            await client.files.upload(source, name="x.exe", content_type="application/x-msdownload")

    run(sandbox, use)
    assert [path.name for path in tmp_path.iterdir() if path != source] == ["back"]
    assert target.read_bytes() == b"old"


def test_what_cannot_be_sent_is_refused_before(sandbox: Sandbox, source: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.touch()

    async def use(client: Dhis2Client) -> None:
        for path, id in ((empty, None), (tmp_path / "none", None), (tmp_path, None), (source, "tooShort")):
            with pytest.raises(InvalidRequestError):
                await client.files.upload(path, id=id)
        assert await client.file_resources.count() == 0

    run(sandbox, use)


@pytest.mark.parametrize("change", ["longer", "shorter"])
def test_a_file_that_changes_while_it_is_sent_is_not_used(sandbox: Sandbox, source: Path, change: str) -> None:
    def changed(done: int, total: int | None) -> None:
        del done, total
        source.write_bytes(CONTENT * 2 if change == "longer" else CONTENT[:70_000])

    async def use(client: Dhis2Client) -> None:
        with pytest.raises(InvalidRequestError, match="changed while it was sent"):
            await client.files.upload(source, progress=changed)
        assert await client.file_resources.count() == 0

    run(sandbox, use)


def test_documents_of_files_and_of_links(sandbox: Sandbox, source: Path, tmp_path: Path) -> None:
    async def use(client: Dhis2Client) -> None:
        made = await client.files.add_document(source, name="Guide")
        await client.files.download_document(str(made.id), tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == CONTENT
        link = await client.files.add_link("http://example.org/x", "Elsewhere")
        with pytest.raises(RedirectedError, match=r"example\.org"):
            await client.files.download_document(str(link.id), tmp_path / "link")
        assert not (tmp_path / "link").exists()

    run(sandbox, use)


class Broken(httpx2.AsyncBaseTransport):
    """A server that stores something else than was sent, and whose downloads break in the middle."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/system/info":
            return httpx2.Response(200, json={"version": "2.42.5"}, request=request)
        if request.method == "POST":
            await request.aread()
            kept = {"fileResource": {"id": "fileRes0001", "contentLength": 3, "contentMd5": "0"}}
            return httpx2.Response(202, json={"status": "OK", "response": kept}, request=request)

        async def pieces() -> AsyncIterator[bytes]:
            yield b"half"
            raise httpx2.RemoteProtocolError("gone")

        return httpx2.Response(200, content=pieces(), headers={"Content-Type": "text/plain"}, request=request)


def test_a_server_that_kept_something_else_is_found_out(sandbox: Sandbox, source: Path) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(AnswerError, match="3 bytes"):
            await client.files.upload(source)

    run(sandbox, use, transport=Broken())


def test_a_download_that_breaks_leaves_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    async def use(client: Dhis2Client) -> None:
        with pytest.raises(NoAnswerError):
            await client.files.download("fileRes0001", tmp_path / "back")

    run(sandbox, use, transport=Broken())
    assert list(tmp_path.iterdir()) == []
