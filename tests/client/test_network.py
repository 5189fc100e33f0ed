"""What a network does: refusals, names without address, TLS, silence, answers cut short, proxies."""

import asyncio
import gzip
import json
import socket
import ssl
from typing import Any

import httpx2
import pytest

from dhis2w_client import (
    AnswerTimeoutError,
    AuthenticationError,
    BasicAuth,
    ConnectionLostError,
    ConnectionRefusedByServerError,
    Dhis2Client,
    Dhis2Error,
    HostNotFoundError,
    MalformedAnswerError,
    PatAuth,
    Profile,
    ProxyError,
    RedirectedError,
    RetryPolicy,
    TlsError,
    open_client,
)
from tests.client.answers import TOKEN
from tests.client.loopback import INFO, TLS, http, listening

OK = http("200 OK", INFO)


async def connect(base_url: str, **options: Any) -> Dhis2Client:
    client = Dhis2Client(base_url, PatAuth(TOKEN), retry_policy=RetryPolicy.off(), **options)
    async with client:
        return client


def failure(base_url: str, **options: Any) -> Dhis2Error:
    """The error on connecting; no frame and no cause of the HTTP library comes with it."""
    with pytest.raises(Dhis2Error) as caught:
        asyncio.run(connect(base_url, **options))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


async def failure_at(*answers: bytes | None, certificate: str | None = None, **options: Any) -> tuple[Dhis2Error, str]:
    """The error on connecting to a tiny server, and that server's address."""
    async with listening(*answers, certificate=certificate) as server:
        base_url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.port}"
        with pytest.raises(Dhis2Error) as caught:
            await connect(base_url, **options)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        return caught.value, base_url


def test_refused() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        error = failure(base_url)
    assert type(error) is ConnectionRefusedByServerError
    assert str(error) == (
        f"GET /api/system/info got no answer: {base_url} refuses connections: nothing listens there.\n"
        "Check host and port of the base URL, and that the server runs."
    )


def test_no_such_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_address(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_address)
    error = failure("https://dhis2.example.org")
    assert type(error) is HostNotFoundError
    assert str(error) == (
        "GET /api/system/info got no answer: the host of https://dhis2.example.org has no address.\n"
        "Check the base URL, and the network (DNS, VPN)."
    )


@pytest.mark.parametrize("timeout", [0.05])
def test_silence(timeout: float) -> None:
    error, base_url = asyncio.run(failure_at(None, timeout=timeout))
    assert type(error) is AnswerTimeoutError
    assert isinstance(error, TimeoutError)
    assert str(error) == (
        f"GET /api/system/info got no answer: {base_url} did not answer in time.\n"
        "Ask for less at once, or give it more time: timeout = 300 (seconds) in the profile."
    )


@pytest.mark.parametrize(
    ("certificate", "what", "step"),
    [
        (
            "self_signed.pem",
            "is self-signed, or of an authority that is not trusted here",
            "Set ca_bundle= to the PEM file of that certificate or authority; verify=False only for a test server.",
        ),
        (
            "other_host.pem",
            "is self-signed, or of an authority that is not trusted here",
            "Set ca_bundle= to the PEM file of that certificate or authority; verify=False only for a test server.",
        ),
    ],
)
def test_a_certificate_nobody_knows(certificate: str, what: str, step: str) -> None:
    error, base_url = asyncio.run(failure_at(OK, certificate=certificate))
    assert type(error) is TlsError
    assert str(error) == f"GET /api/system/info got no answer: the certificate of {base_url} {what}.\n{step}"


@pytest.mark.parametrize(
    ("certificate", "what"),
    [("other_host.pem", "is for another host"), ("expired.pem", "has expired")],
)
def test_a_certificate_that_is_trusted_but_wrong(certificate: str, what: str) -> None:
    error, base_url = asyncio.run(failure_at(OK, certificate=certificate, ca_bundle=str(TLS / certificate)))
    assert type(error) is TlsError
    assert f"the certificate of {base_url} {what}.\n" in str(error)


@pytest.mark.parametrize("settings", [{"ca_bundle": str(TLS / "self_signed.pem")}, {"verify": False}])
def test_the_options_that_trust_it(settings: dict[str, Any]) -> None:
    async def use() -> str:
        async with listening(OK, certificate="self_signed.pem") as server:
            profile = Profile(base_url=f"https://localhost:{server.port}", auth="pat", token=TOKEN, **settings)
            async with open_client(profile) as client:
                return client.raw_version

    assert asyncio.run(use()) == "2.42.6"


def test_what_the_machine_trusts_is_read_once_and_anew_when_the_environment_names_another_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[ssl.SSLContext] = []
    create = httpx2.create_ssl_context

    def counted() -> ssl.SSLContext:
        read.append(create())
        return read[-1]

    async def answers() -> list[bool]:
        async with listening(OK, certificate="self_signed.pem") as server:
            return [await trusts(server.port, file) for file in ("", certificate, "", certificate)]

    async def trusts(port: int, file: str) -> bool:
        monkeypatch.setenv("SSL_CERT_FILE", file)
        try:
            await connect(f"https://localhost:{port}")
        except TlsError:
            return False
        return True

    certificate = str(TLS / "self_signed.pem")
    monkeypatch.setattr(httpx2, "create_ssl_context", counted)
    assert asyncio.run(answers()) == [False, True, False, True]
    assert len(read) == 2


@pytest.mark.parametrize("bundle", ["/nonexistent/ca.pem", __file__])
def test_a_ca_bundle_that_is_none(bundle: str) -> None:
    error = failure("https://127.0.0.1:1", ca_bundle=bundle)
    assert type(error) is TlsError
    assert f"The CA bundle {bundle} cannot be read" in str(error)


def test_tls_to_a_port_without_it() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(http("400 Bad Request"))
        writer.close()

    async def use() -> Dhis2Error:
        async with await asyncio.start_server(refuse, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            with pytest.raises(TlsError) as caught:
                await connect(f"https://127.0.0.1:{port}")
            return caught.value

    assert "does not speak TLS.\nIf the server has no HTTPS there, the base URL begins with http://." in str(
        asyncio.run(use())
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
        b"garbage\r\n\r\n",
        http("200 OK", b"not gzip", content_encoding="gzip"),
    ],
)
def test_broken_off(answer: bytes) -> None:
    error, _ = asyncio.run(failure_at(answer))
    assert type(error) is ConnectionLostError


def test_json_cut_short() -> None:
    error, _ = asyncio.run(failure_at(http("200 OK", b'{"version": "2.42')))
    assert type(error) is MalformedAnswerError


def test_a_login_page() -> None:
    page = b"<html><body><form><input type='password' name='j_password'></form></body></html>"
    error, _ = asyncio.run(failure_at(http("200 OK", page, content_type="text/html")))
    assert type(error) is AuthenticationError


def test_a_redirect() -> None:
    async def use() -> tuple[Dhis2Error, int]:
        async with listening(OK) as elsewhere:
            location = f"http://127.0.0.1:{elsewhere.port}/api/system/info"
            error, _ = await failure_at(http("302 Found", location=location))
            return error, len(elsewhere.requests)

    error, requests_elsewhere = asyncio.run(use())
    assert type(error) is RedirectedError
    assert requests_elsewhere == 0


def test_compressed_answers_are_read() -> None:
    async def use() -> str:
        async with listening(http("200 OK", gzip.compress(INFO), content_encoding="gzip")) as server:
            return (await connect(f"http://127.0.0.1:{server.port}")).raw_version

    assert asyncio.run(use()) == "2.42.6"


def test_what_a_stream_loses_on_the_way() -> None:
    cut = b"HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\ncontent-length: 100\r\n\r\na,b\n"

    async def use() -> list[bytes]:
        read: list[bytes] = []
        async with listening(OK, cut) as server:
            client = Dhis2Client(f"http://127.0.0.1:{server.port}", PatAuth(TOKEN))
            async with client, client.stream("x.csv") as pieces:
                read.append(await anext(pieces))
                with pytest.raises(ConnectionLostError) as caught:
                    await anext(pieces)
                assert caught.value.__context__ is None
        return read

    assert asyncio.run(use()) == [b"a,b\n"]


@pytest.mark.parametrize("source", ["profile", "environment"])
def test_a_proxy(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    """An HTTP proxy gets the whole URL, and its own credentials."""

    async def use() -> bytes:
        async with listening(OK) as proxy:
            url = f"http://proxyuser:proxypass@127.0.0.1:{proxy.port}"
            if source == "environment":
                monkeypatch.setenv("HTTP_PROXY", url)
            options = {"proxy": url} if source == "profile" else {}
            with pytest.warns(UserWarning, match="plain HTTP"):
                await connect("http://dhis2.example.org", **options)
            return proxy.requests[0]

    request = asyncio.run(use())
    assert request.startswith(b"GET http://dhis2.example.org/api/system/info HTTP/1.1\r\n")
    assert b"proxy-authorization: basic " in request.lower()


def test_a_proxy_that_refuses() -> None:
    async def use() -> Dhis2Error:
        async with listening(http("407 Proxy Authentication Required")) as proxy:
            with pytest.raises(ProxyError) as caught:
                await connect("https://dhis2.example.org", proxy=f"http://u:S3CRET@127.0.0.1:{proxy.port}")
            return caught.value

    error = asyncio.run(use())
    assert "the proxy refused: 407 Proxy Authentication Required" in str(error)
    assert "S3CRET" not in str(error)


@pytest.mark.parametrize("proxy", ["nonsense", "ftp://proxy", "socks5://proxy:1", "http://[::1"])
def test_a_proxy_that_is_none(proxy: str) -> None:
    assert type(failure("https://127.0.0.1:1", proxy=proxy)) is ProxyError


def test_the_connection_is_used_again() -> None:
    """Keep-alive: many requests, one connection."""

    async def use() -> int:
        connections = 0
        hung_up = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal connections
            connections += 1
            try:
                while True:
                    await reader.readuntil(b"\r\n\r\n")
                    writer.write(http("200 OK", INFO, connection="keep-alive"))
            except asyncio.IncompleteReadError:
                writer.close()
                await writer.wait_closed()
                hung_up.set()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as listener:
            port = listener.sockets[0].getsockname()[1]
            async with Dhis2Client(f"http://127.0.0.1:{port}", BasicAuth("a", "bcd")) as client:
                for _ in range(5):
                    await client.get("me")
            await hung_up.wait()
        return connections

    assert asyncio.run(use()) == 1


def test_a_large_body_arrives_whole() -> None:
    rows = [{"n": number} for number in range(20_000)]

    async def use() -> object:
        async with (
            listening(OK, http("200 OK", json.dumps(rows).encode())) as server,
            Dhis2Client(f"http://127.0.0.1:{server.port}", PatAuth(TOKEN)) as client,
        ):
            return await client.get("x")

    assert asyncio.run(use()) == rows
