"""What goes over the wire for a call: path, query, body, headers."""

import asyncio
import gzip
import json
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel, ConfigDict, Field

from dhis2w_client import InvalidRequestError
from dhis2w_client.call import build_call
from tests.client.answers import BASE_URL, client_after_connect

OK = httpx2.Response(200, json={"ok": True})


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("dataElements", "/api/dataElements"),
        ("/dataElements", "/api/dataElements"),
        ("api/dataElements", "/api/dataElements"),
        ("/api/dataElements/", "/api/dataElements/"),
        ("/api/41/dataElements", "/api/41/dataElements"),
        ("/api", "/api"),
        ("apiToken", "/api/apiToken"),
        (f"{BASE_URL}/api/dataElements", "/api/dataElements"),
        ("dataStore/my space/ké", "/api/dataStore/my%20space/k%C3%A9"),
        ("dataStore/ns/a%2Fb", "/api/dataStore/ns/a%2Fb"),
        ("dataElements.json", "/api/dataElements.json"),
        ("", "/api/"),
    ],
)
def test_paths(path: str, sent: str) -> None:
    assert build_call("GET", path, base_url=BASE_URL).target == sent


@pytest.mark.parametrize(
    "path",
    [
        "https://other.example.org/api/me",
        f"{BASE_URL}.example.org/api/me",
        f"{BASE_URL}/oauth2/token",
        "../login",
        "dataElements/%2e%2e/x",
        "a#b",
        "a\nb",
        "\ud800",
    ],
)
def test_paths_that_are_not_sent(path: str) -> None:
    with pytest.raises(InvalidRequestError):
        build_call("GET", path, base_url=BASE_URL)


@pytest.mark.parametrize(
    ("path", "params", "query"),
    [
        ("x", {"fields": "id,name", "paging": False, "page": 2, "skip": None}, "fields=id,name&paging=false&page=2"),
        ("x", {"filter": ["name:like:a b", "code:in:[A,B]"]}, "filter=name:like:a%20b&filter=code:in:%5BA,B%5D"),
        ("x", [("filter", "a:eq:1"), ("filter", "b:eq:&=+")], "filter=a:eq:1&filter=b:eq:%26%3D%2B"),
        ("x?fields=id[name]&a=", {"b": 1.5}, "fields=id%5Bname%5D&a=&b=1.5"),
        ("x?u=https://a.b/c", None, "u=https:%2F%2Fa.b%2Fc"),
    ],
)
def test_queries(path: str, params: Any, query: str) -> None:
    assert build_call("GET", path, base_url=BASE_URL, params=params).query == query


def test_a_parameter_that_is_not_sent() -> None:
    with pytest.raises(InvalidRequestError, match="'date' is a object"):
        build_call("GET", "x", base_url=BASE_URL, params={"date": object()})  # pyright: ignore[reportArgumentType] # that is the point


class Element(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str
    value_type: str | None = Field(default=None, alias="valueType")
    code: str | None = None


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"a": [1, True, None, "é"]}, '{"a":[1,true,null,"é"]}'),
        (
            Element.model_validate({"name": "A", "valueType": "TEXT", "code": None, "more": 1}),
            '{"name":"A","valueType":"TEXT","code":null,"more":1}',
        ),
        ({"dataElements": [Element(name="A")]}, '{"dataElements":[{"name":"A"}]}'),
        ([Element(name="A")], '[{"name":"A"}]'),
        (b'{"as":"it is"}', '{"as":"it is"}'),
        ("text", '"text"'),
        (0, "0"),
    ],
)
def test_bodies(body: Any, sent: str) -> None:
    call = build_call("POST", "x", base_url=BASE_URL, body=body)
    assert call.body == sent.encode()
    assert call.headers["Content-Type"] == "application/json"


def test_other_media() -> None:
    call = build_call("POST", "x", base_url=BASE_URL, body="a,b\n1,é\n", content_type="application/csv")
    assert (call.body, call.headers["Content-Type"]) == ("a,b\n1,é\n".encode(), "application/csv")
    patch = build_call("PATCH", "x", base_url=BASE_URL, body=[{"op": "remove", "path": "/code"}])
    assert patch.headers["Content-Type"] == "application/json-patch+json"
    assert build_call("DELETE", "x", base_url=BASE_URL).body is None


def test_compressed_bodies() -> None:
    call = build_call("POST", "metadata", base_url=BASE_URL, body={"a": 1}, compress=True)
    assert call.headers["Content-Encoding"] == "gzip"
    assert isinstance(call.body, bytes)
    assert json.loads(gzip.decompress(call.body)) == {"a": 1}


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": object()}, {"a": b"x"}, {("a", 1): 1}, {"a": "\ud800"}])
def test_bodies_that_are_not_sent(body: Any) -> None:
    with pytest.raises(InvalidRequestError, match="cannot become application/json"):
        build_call("POST", "x", base_url=BASE_URL, body=body)


def test_a_cycle_is_not_sent() -> None:
    cycle: dict[str, object] = {}
    cycle["again"] = cycle
    with pytest.raises(InvalidRequestError):
        build_call("POST", "x", base_url=BASE_URL, body=cycle)


def test_header_injection_is_not_sent() -> None:
    with pytest.raises(InvalidRequestError):
        build_call("POST", "x", base_url=BASE_URL, body="a", content_type="text/plain\r\nX-Evil: 1")


def test_the_verbs() -> None:
    script, client = client_after_connect([OK])

    async def use() -> None:
        async with client:
            await client.get("a", params={"b": 1})
            await client.post("a", {"b": 1}, params={"c": 1})
            await client.put("a", {"b": 1})
            await client.patch("a", [])
            await client.delete("a", body={"b": 1})

    asyncio.run(use())
    sent = [(request.method, str(request.url), request.content.decode()) for request in script.requests[1:]]
    assert sent == [
        ("GET", f"{BASE_URL}/api/a?b=1", ""),
        ("POST", f"{BASE_URL}/api/a?c=1", '{"b":1}'),
        ("PUT", f"{BASE_URL}/api/a", '{"b":1}'),
        ("PATCH", f"{BASE_URL}/api/a", "[]"),
        ("DELETE", f"{BASE_URL}/api/a", '{"b":1}'),
    ]


@pytest.mark.parametrize(
    ("media", "body", "value"),
    [
        ("application/json", '{"a":[1.5,null]}', {"a": [1.5, None]}),
        ("application/json;charset=UTF-8", "false", False),
        ("application/vnd.geo+json", "{}", {}),
        ("application/json", "pong", "pong"),
        ("application/json", "", None),
        ("", "", None),
        ("", "uid\nN4O2WEs6i6i\n", "uid\nN4O2WEs6i6i\n"),
        ("text/plain", "hello", "hello"),
        ("application/csv", "a,b\n", "a,b\n"),
        ("application/adx+xml", "<adx/>", "<adx/>"),
    ],
)
def test_values_of_answers(media: str, body: str, value: object) -> None:
    headers = {"Content-Type": media} if media else {}
    _, client = client_after_connect([httpx2.Response(200, headers=headers, content=body.encode())])

    async def use() -> object:
        async with client:
            return await client.get("x")

    assert asyncio.run(use()) == value


def test_typed_answers() -> None:
    answers = [
        httpx2.Response(200, json={"name": "A", "new": 1}),
        httpx2.Response(200, json=[{"name": "A"}, {"name": "B"}]),
    ]
    _, client = client_after_connect(answers)

    async def use() -> None:
        async with client:
            one = await client.get("x", as_=Element)
            assert (one.name, one.model_extra) == ("A", {"new": 1})
            many = await client.post("x", as_=list[Element])
            assert [element.name for element in many] == ["A", "B"]

    asyncio.run(use())
