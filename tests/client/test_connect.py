"""Connecting: one request, the server's own address, its version, and what is warned about."""

import asyncio
import warnings
from importlib import import_module

import httpx2
import pytest

from dhis2w_client import (
    AuthenticationError,
    BasicAuth,
    ClientStateError,
    Dhis2,
    EmptyAnswerError,
    InsecureTransportWarning,
    InvalidBaseUrlError,
    PatAuth,
    Profile,
    RedirectedError,
    RetryPolicy,
    SessionAuth,
    UnknownVersionWarning,
    UnsupportedVersionError,
    VersionMismatchWarning,
    open_client,
)
from dhis2w_client.clock import Clock
from tests.client.answers import BASE_URL, TOKEN, FakeTime, Script, client_of, info


def moved(location: str, status: int = 302) -> httpx2.Response:
    return httpx2.Response(status, headers={"Location": location})


def test_one_request_that_says_who_we_are() -> None:
    script = Script(info())

    async def connect() -> None:
        async with client_of(script) as client:
            assert (client.version, client.raw_version) == (Dhis2.V42, "2.42.6")
            assert client.dialect.version is Dhis2.V42
            assert (await client.system.info()).version == "2.42.6"

    asyncio.run(connect())
    assert script.asked == [f"GET {BASE_URL}/api/system/info"]
    headers = script.requests[0].headers
    assert headers["Authorization"] == f"ApiToken {TOKEN}"
    assert headers["X-Requested-With"] == "XMLHttpRequest"
    assert headers["Accept"] == "application/json"
    assert headers["Accept-Encoding"] == "gzip"
    assert headers["User-Agent"].startswith("dhis2w-client/")
    assert "Origin" not in headers


@pytest.mark.parametrize("suffix", ["", "/", "/api", "/api/", "/api/41", "/api/43/"])
@pytest.mark.parametrize("context", ["", "/dhis", "/a/b"])
def test_any_form_of_the_base_url(context: str, suffix: str) -> None:
    script = Script(info())

    async def connect() -> None:
        async with client_of(script, base_url=BASE_URL + context + suffix) as client:
            assert client.base_url == BASE_URL + context

    asyncio.run(connect())
    assert script.asked == [f"GET {BASE_URL}{context}/api/system/info"]


@pytest.mark.parametrize(
    ("base_url", "location", "found"),
    [
        ("http://localhost", "https://localhost/api/system/info", "https://localhost"),
        ("http://localhost", "https://localhost/dhis/api/system/info", "https://localhost/dhis"),
        (BASE_URL, "/dhis/api/system/info", f"{BASE_URL}/dhis"),
        (BASE_URL, "/dhis/", f"{BASE_URL}/dhis"),
        (BASE_URL, f"{BASE_URL}/dhis", f"{BASE_URL}/dhis"),
    ],
)
def test_the_canonical_address_is_found(base_url: str, location: str, found: str) -> None:
    script = Script(moved(location, 301), info())

    async def connect() -> None:
        async with client_of(script, base_url=base_url) as client:
            assert client.base_url == found
            await client.get("me")

    asyncio.run(connect())
    assert script.asked[1:] == [f"GET {found}/api/system/info", f"GET {found}/api/me"]


@pytest.mark.parametrize(
    "location",
    [
        "https://other.example.org/api/system/info",
        "http://127.0.0.1:9090/api/system/info",
        "//other.example.org/api/system/info",
        "https://user:pw@other.example.org/api/system/info",
        "http://127.0.0.1.example.org:8080/api/system/info",
    ],
)
def test_credentials_never_go_to_another_origin(location: str) -> None:
    script = Script(moved(location), info())

    async def connect() -> None:
        async with client_of(script):
            pass

    with pytest.raises(RedirectedError) as caught:
        asyncio.run(connect())
    assert len(script.requests) == 1
    assert "set the base URL to" in str(caught.value)
    assert "pw" not in str(caught.value)


def test_https_is_never_left() -> None:
    script = Script(moved("http://localhost/api/system/info"), info())

    async def connect() -> None:
        async with client_of(script, base_url="https://localhost"):
            pass

    with pytest.raises(RedirectedError):
        asyncio.run(connect())
    assert len(script.requests) == 1


def test_circles_end() -> None:
    script = Script(
        lambda request: moved("/a/" if request.url.path.startswith("/b/") else "/b/"),
    )

    async def connect() -> None:
        async with client_of(script):
            pass

    with pytest.raises(RedirectedError, match="in circles"):
        asyncio.run(connect())
    assert len(script.requests) == 4


def test_a_failed_connect_leaves_nothing_open() -> None:
    script = Script(httpx2.Response(401, json={"httpStatusCode": 401, "message": "Unauthorized"}))

    async def connect() -> None:
        client = client_of(script)
        with pytest.raises(AuthenticationError):
            await client.connect()
        with pytest.raises(ClientStateError):
            await client.get("me")

    asyncio.run(connect())


def test_no_json_is_no_dhis2() -> None:
    async def connect() -> None:
        async with client_of(Script(httpx2.Response(200))):
            pass

    with pytest.raises(EmptyAnswerError):
        asyncio.run(connect())


@pytest.mark.parametrize(
    ("raw", "version", "warning"),
    [
        ("2.41.9.1", Dhis2.V41, None),
        ("2.43-SNAPSHOT", Dhis2.V43, None),
        ("2.44-rc1", Dhis2.V44, None),
        ("2.45.0", Dhis2.V44, "is newer than all versions"),
        ("2.39.2", Dhis2.V41, "is older than all versions"),
        ("test", Dhis2.V44, "names no DHIS2 version"),
    ],
)
def test_versions(raw: str, version: Dhis2, warning: str | None) -> None:
    async def connect(*, allowed: bool = True) -> Dhis2:
        async with client_of(Script(info(raw)), allow_version_fallback=allowed) as client:
            assert client.raw_version == raw
            return client.version

    if warning is None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert asyncio.run(connect(allowed=False)) is version
        return
    with pytest.warns(UnknownVersionWarning, match=warning):
        assert asyncio.run(connect()) is version
    with pytest.raises(UnsupportedVersionError) as caught:
        asyncio.run(connect(allowed=False))
    assert caught.value.raw_version == raw


@pytest.mark.parametrize("number", [41, 42, 43, 44])
def test_a_face_expects_its_version_and_speaks_the_servers(number: int) -> None:
    profile = Profile(base_url=BASE_URL, auth="pat", token=TOKEN)
    face = import_module(f"dhis2w_client.v{number}")

    async def connect(server: str) -> Dhis2:
        async with face.open_client(profile, transport=Script(info(server)).transport) as client:
            assert isinstance(client, face.Dhis2Client)
            return client.version

    assert asyncio.run(connect(f"2.{number}.1")).number == number
    other = 41 if number == 44 else number + 1
    with pytest.warns(VersionMismatchWarning, match=rf"expects DHIS2 2\.{number}; the server is 2\.{other}\.1"):
        assert asyncio.run(connect(f"2.{other}.1")).number == other


def test_plain_http_to_another_machine_warns_before_anything_is_sent() -> None:
    script = Script(info())

    async def connect() -> None:
        async with client_of(script, base_url="http://dhis2.example.org"):
            pass

    with pytest.warns(InsecureTransportWarning, match=r"http://dhis2\.example\.org over plain HTTP"):
        asyncio.run(connect())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(InsecureTransportWarning):
            asyncio.run(connect())
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "base_url", ["http://localhost:1", "http://127.0.0.2", "http://[::1]:80", "https://x.example.org"]
)
def test_loopback_and_tls_do_not_warn(base_url: str) -> None:
    async def connect() -> None:
        async with client_of(Script(info()), base_url=base_url):
            pass

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(connect())


def test_system_info_is_remembered_for_its_time() -> None:
    time = FakeTime()
    script = Script(info())

    async def use(ttl: float | None) -> int:
        script.requests.clear()
        async with client_of(script, clock=time.clock, system_cache_ttl=ttl) as client:
            await client.system.info()
            time.now += 299
            await client.system.info()
            time.now += 2
            await client.system.info()
            await client.system.info()
        return len(script.requests)

    assert asyncio.run(use(300.0)) == 2
    assert asyncio.run(use(0)) == 5
    assert asyncio.run(use(None)) == 5


def test_me_keeps_what_it_does_not_know() -> None:
    answer = httpx2.Response(
        200, json={"id": "M5zQapPyTZI", "username": "admin", "shoeSize": 43, "userRoles": [{"id": "x"}]}
    )

    async def me() -> None:
        script = Script(info(), answer)
        async with client_of(script) as client:
            user = await client.system.me()
            assert (user.username, user.userRoles[0].id) == ("admin", "x")
            assert user.model_dump(exclude_unset=True)["shoeSize"] == 43
            assert script.requests[1].url.params["fields"].startswith("id,username,")

    asyncio.run(me())


def test_a_client_is_used_only_while_it_is_open() -> None:
    async def use() -> None:
        client = client_of(Script(info()))
        with pytest.raises(ClientStateError, match="not connected"):
            _ = client.version
        with pytest.raises(ClientStateError, match="not open"):
            await client.get("me")
        async with client:
            with pytest.raises(ClientStateError, match="open already"):
                await client.connect()
        with pytest.raises(ClientStateError, match="not open"):
            await client.get("me")
        await client.close()

    asyncio.run(use())


@pytest.mark.parametrize("base_url", ["", "dhis2.example.org", "ftp://x", "https://u:p@x", "https://x?y=1"])
def test_a_base_url_is_checked_at_once(base_url: str) -> None:
    with pytest.raises(InvalidBaseUrlError):
        client_of(Script(info()), base_url=base_url)


def test_open_client_checks_the_profile_at_the_call() -> None:
    with pytest.raises(NotImplementedError, match=r"dhis2w_core\.open_client"):
        open_client(Profile(base_url=BASE_URL, auth="oauth2"))
    with pytest.raises(ValueError, match="no token"):
        open_client(Profile(base_url=BASE_URL, auth="pat"))


def test_a_dead_session_cookie_does_not_shut_good_credentials_out() -> None:
    """Basic makes a session; when somebody ends it, DHIS2 redirects to the logout page until the cookie is gone."""
    logout = moved("/dhis-web-commons-security/logout.action")
    first = httpx2.Response(
        200, json={"version": "2.42.6"}, headers={"Set-Cookie": "JSESSIONID=1234; Path=/; HttpOnly"}
    )
    script = Script(first, logout, httpx2.Response(200, json={"done": True}))

    async def use() -> object:
        async with client_of(script, auth=BasicAuth("admin", "district")) as client:
            return await client.post("x", {})

    assert asyncio.run(use()) == {"done": True}
    cookies = [request.headers.get("Cookie") for request in script.requests]
    assert cookies == [None, "JSESSIONID=1234", None]


def test_a_session_of_ones_own_is_sent_as_it_is() -> None:
    first = httpx2.Response(200, json={"version": "2.42.6"}, headers={"Set-Cookie": "JSESSIONID=other; Path=/"})
    script = Script(first, httpx2.Response(200, json={}))

    async def use() -> None:
        async with client_of(script, auth=SessionAuth("mine", "x5rf")) as client:
            await client.get("me")

    asyncio.run(use())
    assert [request.headers["Cookie"] for request in script.requests] == ["JSESSIONID=mine; XSRF-TOKEN=x5rf"] * 2
    assert script.requests[1].headers["X-XSRF-TOKEN"] == "x5rf"


def test_headers_of_the_provider_are_asked_for_each_request() -> None:
    class Refreshing:
        def __init__(self) -> None:
            self.count = 0

        async def headers(self) -> dict[str, str]:
            self.count += 1
            return {"Authorization": f"Bearer {self.count}"}

    script = Script(info())

    async def use() -> None:
        async with client_of(script, auth=Refreshing()) as client:
            await client.get("me")

    asyncio.run(use())
    assert [request.headers["Authorization"] for request in script.requests] == ["Bearer 1", "Bearer 2"]


def test_so_many_requests_at_once_as_the_limit_says() -> None:
    under_way = most = 0

    async def handle(_: httpx2.Request) -> httpx2.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        for _turn in range(5):
            await asyncio.sleep(0)
        under_way -= 1
        return httpx2.Response(200, json={"version": "2.42.6"})

    async def use(limits: httpx2.Limits | None) -> int:
        nonlocal most
        most = 0
        profile = Profile(base_url=BASE_URL, auth="pat", token=TOKEN)
        async with open_client(profile, http_limits=limits, transport=httpx2.MockTransport(handle)) as client:
            await asyncio.gather(*(client.get("me") for _ in range(40)))
        return most

    assert asyncio.run(use(None)) == 10
    assert asyncio.run(use(httpx2.Limits(max_connections=3))) == 3


def test_a_clock_and_a_policy_are_values() -> None:
    assert Clock() == Clock()
    assert RetryPolicy() == RetryPolicy(attempts=4, budget=60.0, base_delay=0.5, max_delay=20.0)
    assert repr(PatAuth(TOKEN)) == "PatAuth()"
