"""Base URLs: their canonical form, origins, and where a server moves us."""

import pytest

from dhis2w_client import InvalidBaseUrlError
from dhis2w_client.base_url import canonical_base_url, is_login_page, is_loopback, may_follow, origin, parse_base_url


@pytest.mark.parametrize(
    ("text", "base_url"),
    [
        ("https://dhis2.example.org", "https://dhis2.example.org"),
        (" https://DHIS2.Example.org/ ", "https://dhis2.example.org"),
        ("HTTPS://x.org//", "https://x.org"),
        ("https://x.org/api", "https://x.org"),
        ("https://x.org/dhis/api/41/", "https://x.org/dhis"),
        ("https://x.org/Dhis", "https://x.org/Dhis"),
        ("https://x.org/apiary", "https://x.org/apiary"),
        ("https://x.org/api/dhis", "https://x.org/api/dhis"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/dhis", "http://[::1]:8080/dhis"),
        ("http://[::1]", "http://[::1]"),
        ("http://localhost:8080/api/", "http://localhost:8080"),
        ("https://gesundheit-ä.example", "https://gesundheit-ä.example"),
    ],
)
def test_the_canonical_form(text: str, base_url: str) -> None:
    assert parse_base_url(text) == base_url
    assert parse_base_url(base_url) == base_url


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "must begin with"),
        ("dhis2.example.org", "must begin with"),
        ("ftp://x.org", "must begin with"),
        ("file:///etc/passwd", "must begin with"),
        ("https://", "broken or missing host"),
        ("https:///path", "broken or missing host"),
        ("https://x.org:99999", "broken host or port"),
        ("https://x.org:port", "broken host or port"),
        ("https://x.org:0", "broken or missing host"),
        ("https://x.org:", "broken or missing host"),
        ("https://[::1", "broken host or port"),
        ("https://a..b", "broken or missing host"),
        ("https://x.org?a=b", "query or a fragment"),
        ("https://x.org/#/login", "query or a fragment"),
        ("https://x y.org", "space, a backslash"),
        ("https://x.org\\@evil.org", "space, a backslash"),
        ("https://x.org/\x00", "space, a backslash"),
        ("https://user:S3CRET@x.org", "carries a user name or password"),
        ("https://user@x.org", "carries a user name or password"),
    ],
)
def test_what_is_no_base_url(text: str, problem: str) -> None:
    with pytest.raises(InvalidBaseUrlError, match=problem) as caught:
        parse_base_url(text)
    assert "S3CRET" not in str(caught.value)


def test_origins() -> None:
    assert origin("https://X.org/a") == ("https", "x.org", 443)
    assert origin("http://x.org") == ("http", "x.org", 80)
    assert origin("http://[::1]:8080") == ("http", "::1", 8080)


@pytest.mark.parametrize(
    ("url", "loopback"),
    [
        ("http://localhost", True),
        ("http://dhis2.localhost:8080", True),
        ("http://127.1.2.3", True),
        ("http://[::1]", True),
        ("http://localhost.example.org", False),
        ("http://10.0.0.1", False),
        ("http://dhis2", False),
    ],
)
def test_loopback(url: str, loopback: bool) -> None:
    assert is_loopback(url) is loopback


@pytest.mark.parametrize(
    ("base_url", "location", "allowed"),
    [
        ("http://x.org", "http://x.org/dhis", True),
        ("http://x.org", "http://x.org:80/dhis", True),
        ("http://x.org", "https://x.org/", True),
        ("http://x.org:8080", "https://x.org/", True),
        ("https://x.org", "http://x.org/", False),
        ("https://x.org", "https://x.org:8443/", False),
        ("http://x.org", "http://x.org:8080/", False),
        ("http://x.org", "https://y.org/", False),
        ("http://x.org", "https://x.org.evil.org/", False),
    ],
)
def test_where_credentials_may_go(base_url: str, location: str, allowed: bool) -> None:
    assert may_follow(base_url, location) is allowed


@pytest.mark.parametrize(
    ("location", "login"),
    [
        ("http://x.org/dhis-web-login", True),
        ("http://x.org/dhis/dhis-web-login/", True),
        ("http://x.org/login/", True),
        ("http://x.org/login.html", True),
        ("/dhis-web-commons-security/logout.action", True),
        ("/dhis-web-commons/security/login.action", True),
        ("http://login.example.org/dhis/", False),
        ("http://x.org/dhis/?next=/login/", False),
        ("http://x.org/blogin", False),
        ("http://x.org/api/loginConfig", False),
    ],
)
def test_login_pages(location: str, login: bool) -> None:
    assert is_login_page(location) is login


@pytest.mark.parametrize(
    ("location", "base_url"),
    [
        ("https://x.org/dhis/api/system/info", "https://x.org/dhis"),
        ("https://x.org/dhis/", "https://x.org/dhis"),
        ("https://x.org", "https://x.org"),
        ("mailto:a@b", None),
        ("https://", None),
    ],
)
def test_the_address_in_a_redirect(location: str, base_url: str | None) -> None:
    assert canonical_base_url(location, "/api/system/info") == base_url
