"""Every answer of the table becomes its error: class, attributes, message."""

import asyncio
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel

from dhis2w_client import AuthenticationError, Dhis2Error, EmptyAnswerError, UnexpectedShapeError, errors
from tests.client.answers import client_after_connect
from tests.client.error_table import ROWS, Row


def response_of(row: Row) -> httpx2.Response:
    headers = dict(row.headers)
    if row.media:
        headers["Content-Type"] = row.media
    return httpx2.Response(row.status, headers=headers, content=row.body.encode())


async def ask(row: Row) -> None:
    _, client = client_after_connect([response_of(row)])
    async with client:
        await getattr(client, row.method.lower())(row.path)


def attribute(value: Any, path: str) -> Any:
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else getattr(value, part)
    return value


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_table(row: Row) -> None:
    with pytest.raises(Dhis2Error) as caught:
        asyncio.run(ask(row))

    error = caught.value
    assert type(error) is row.error
    assert str(error) == row.message
    assert {name: attribute(error, name) for name in row.attributes} == row.attributes
    assert (attribute(error, "method"), attribute(error, "path")) == (row.method, f"/api/{row.path}")


@pytest.mark.parametrize("row", [row for row in ROWS if row.error is not errors.NotJsonError], ids=lambda row: row.name)
def test_a_stream_refuses_alike(row: Row) -> None:
    async def stream() -> None:
        _, client = client_after_connect([response_of(row)])
        async with client, client.stream(row.path, method=row.method) as pieces:
            [_ async for _ in pieces]

    if issubclass(row.error, errors.MalformedAnswerError) or (row.error is errors.ConflictError and row.status == 200):
        asyncio.run(stream())  # a stream does not look into the body of a success
        return
    with pytest.raises(row.error) as caught:
        asyncio.run(stream())
    assert str(caught.value) == row.message


class Page(BaseModel):
    total: int


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (
            "",
            EmptyAnswerError,
            "GET /api/page got an empty answer where JSON is due (HTTP 200).\n"
            "A proxy may have dropped the answer; DHIS2 does so for a request with a foreign Origin header.",
        ),
        (
            '{"total": "many", "key": "S3CRET"}',
            UnexpectedShapeError,
            "GET /api/page got JSON that is not Page: total: Input should be a valid integer, unable to parse string "
            "as an integer.\nWithout `as_` the answer comes as plain JSON.",
        ),
        (
            "[]",
            UnexpectedShapeError,
            "GET /api/page got JSON that is not Page: answer: Input should be an object.\n"
            "Without `as_` the answer comes as plain JSON.",
        ),
    ],
)
def test_what_does_not_fit_the_model(body: str, error: type[Dhis2Error], message: str) -> None:
    async def read() -> None:
        answer = httpx2.Response(200, headers={"Content-Type": "application/json"}, content=body.encode())
        _, client = client_after_connect([answer])
        async with client:
            await client.get("page", as_=Page)

    with pytest.raises(error) as caught:
        asyncio.run(read())
    assert str(caught.value) == message


def test_bases_that_the_standard_library_or_the_public_surface_fixes() -> None:
    assert issubclass(errors.NoProfileError, RuntimeError)
    assert issubclass(errors.UnknownProfileError, LookupError)
    assert issubclass(errors.InvalidProfileNameError, ValueError)
    assert issubclass(errors.CredentialsError, ValueError)
    assert issubclass(errors.UnsupportedAuthError, NotImplementedError)
    assert issubclass(errors.NoAnswerError, ConnectionError)
    assert issubclass(errors.AnswerTimeoutError, TimeoutError)


def test_the_drawn_tree_is_the_tree() -> None:
    drawn = errors.__doc__ or ""
    classes = {
        name: value for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)
    }
    public = set(classes) - {"Dhis2Error", "Dhis2Warning", "RequestError"}
    assert {name for name in public if f"── {name} " not in drawn} == set()
    assert all(issubclass(value, (errors.Dhis2Error, errors.Dhis2Warning)) for value in classes.values())


def test_an_error_survives_pickling() -> None:
    import pickle

    error = AuthenticationError("no", method="GET", path="/api/me", status=401, next_step="log in")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 # our own error
    assert (str(copy), copy.status, copy.path) == (str(error), 401, "/api/me")


def test_a_page_that_is_wanted_is_streamed() -> None:
    """`/api/dataSets/…/form` is HTML by nature; only a login page is refused."""
    form = httpx2.Response(200, html="<form><input name='value'></form>")

    async def read() -> bytes:
        _, client = client_after_connect([form])
        async with client, client.stream("dataSets/abcdefghijk/form.html") as pieces:
            return b"".join([piece async for piece in pieces])

    assert asyncio.run(read()) == b"<form><input name='value'></form>"
