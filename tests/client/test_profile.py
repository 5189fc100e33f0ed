"""`Profile`, its sources and its names."""

import copy
import pickle

import pytest
from pydantic import ValidationError

from dhis2w_client import (
    BasicAuth,
    CredentialsError,
    Dhis2,
    InvalidProfileError,
    InvalidProfileNameError,
    PatAuth,
    Profile,
    SessionAuth,
    UnknownVersionNameWarning,
    build_auth_for_basic,
    profile_from_env_raw,
    validate_profile_name,
)
from dhis2w_client.auth import AuthProvider

URL = "https://dhis2.example.org/dhis"


def test_secrets_are_plain_text_for_who_asks() -> None:
    profile = Profile(base_url=URL, auth="pat", token="t")
    assert profile.token == "t"
    assert type(profile.token) is str
    assert profile.base_url == URL


@pytest.mark.parametrize("version", ["43", "v43", "V43", " 43 ", 43, Dhis2.V43])
def test_versions(version: object) -> None:
    profile = Profile.model_validate({"base_url": URL, "auth": "pat", "version": version})
    assert profile.version == "v43"
    assert profile.version is Dhis2.V43


@pytest.mark.parametrize("version", ["45", "2.43", "", True, 43.0, 4, "v", object()])
def test_versions_that_are_none(version: object) -> None:
    with pytest.raises(ValidationError, match="known: v41, v42, v43, v44"):
        Profile.model_validate({"base_url": URL, "auth": "pat", "version": version})


def test_a_profile_is_immutable_and_a_value() -> None:
    profile = Profile(base_url=URL, auth="basic", username="u", password="p")
    with pytest.raises(ValidationError):
        profile.username = "other"  # pyright: ignore[reportAttributeAccessIssue] # that is the point
    assert profile == Profile(base_url=URL + "/", auth="basic", username="u", password="p")
    assert copy.deepcopy(profile) == profile
    assert hash(profile) == hash(profile.model_copy())


def test_reveal_gives_everything() -> None:
    profile = Profile(base_url=URL, auth="basic", username="u", password="p", proxy="http://a:b@proxy:1", timeout=5)
    assert profile.reveal()["password"] == "p"
    assert profile.reveal()["proxy"] == "http://a:b@proxy:1"
    assert Profile(**profile.reveal()) == profile
    assert profile.model_dump()["proxy"] == "http://proxy:1"


def test_a_profile_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="reveal"):
        pickle.dumps(Profile(base_url=URL, auth="pat", token="t"))


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"base_url": "nonsense", "auth": "pat"}, "base_url"),
        ({"auth": "pat"}, "base_url"),
        ({"base_url": URL, "auth": "kerberos"}, "auth"),
        ({"base_url": URL, "auth": "pat", "tokn": "x"}, "tokn"),
        ({"base_url": URL, "auth": "pat", "timeout": 0}, "timeout"),
        ({"base_url": URL, "auth": "pat", "timeout": float("inf")}, "timeout"),
        ({"base_url": URL, "auth": "pat", "token": 5}, "token"),
    ],
)
def test_settings_that_make_no_profile(settings: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidProfileError, match=rf"The profile is not valid: {field}: ") as caught:
        Profile(**settings)  # pyright: ignore[reportArgumentType] # that is the point
    assert isinstance(caught.value, ValueError)
    assert [problem["loc"] for problem in caught.value.errors()] == [(field,)]


@pytest.mark.parametrize(
    ("environment", "auth", "credential"),
    [
        ({"DHIS2_PAT": " d2p_x\n"}, "pat", "d2p_x"),
        ({"DHIS2_USERNAME": "admin", "DHIS2_PASSWORD": " pass word "}, "basic", " pass word "),
        ({"DHIS2_PAT": "d2p_x", "DHIS2_USERNAME": "admin", "DHIS2_PASSWORD": "p"}, "pat", "d2p_x"),
        ({"DHIS2_PAT": " ", "DHIS2_USERNAME": "admin", "DHIS2_PASSWORD": "p"}, "basic", "p"),
    ],
)
def test_a_profile_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], auth: str, credential: str
) -> None:
    for name, value in {"DHIS2_URL": f" {URL}/ ", **environment}.items():
        monkeypatch.setenv(name, value)
    profile = profile_from_env_raw()
    assert profile is not None
    assert (profile.base_url, profile.auth, profile.version) == (URL, auth, None)
    assert credential in (profile.token, profile.password)


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"DHIS2_URL": URL},
        {"DHIS2_URL": " ", "DHIS2_PAT": "t"},
        {"DHIS2_PAT": "t"},
        {"DHIS2_URL": URL, "DHIS2_PAT": ""},
        {"DHIS2_URL": URL, "DHIS2_USERNAME": "u"},
        {"DHIS2_URL": URL, "DHIS2_USERNAME": "u", "DHIS2_PASSWORD": " "},
        {"DHIS2_URL": URL, "DHIS2_PASSWORD": "p"},
    ],
)
def test_no_profile_in_the_environment(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert profile_from_env_raw() is None


def test_the_version_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DHIS2_URL", URL)
    monkeypatch.setenv("DHIS2_PAT", "t")
    for text, version in {"41": Dhis2.V41, "v44": Dhis2.V44, "": None, " ": None}.items():
        monkeypatch.setenv("DHIS2_VERSION", text)
        profile = profile_from_env_raw()
        assert profile is not None
        assert profile.version is version
    monkeypatch.setenv("DHIS2_VERSION", "2.43")
    with pytest.warns(UnknownVersionNameWarning, match=r"DHIS2_VERSION='2\.43' names no DHIS2 version"):
        profile = profile_from_env_raw()
    assert profile is not None
    assert profile.version is None


@pytest.mark.parametrize("name", ["a", "Local", "play_42", "x" * 64])
def test_profile_names(name: str) -> None:
    assert validate_profile_name(name) == name


@pytest.mark.parametrize("name", ["", "1a", "_a", "a-b", "a b", "a\n", "é", "aé", "x" * 65, "a\x00", "a.b"])
def test_names_no_profile_has(name: str) -> None:
    with pytest.raises(InvalidProfileNameError, match="is no profile name"):
        validate_profile_name(name)


def test_a_name_that_is_no_text() -> None:
    with pytest.raises(InvalidProfileNameError):
        validate_profile_name(None)  # pyright: ignore[reportArgumentType] # that is the point


@pytest.mark.parametrize(
    ("profile", "kind"),
    [
        (Profile(base_url=URL, auth="pat", token="t"), PatAuth),
        (Profile(base_url=URL, auth="basic", username="u", password="p"), BasicAuth),
        (Profile(base_url=URL, auth="session", cookie="c"), SessionAuth),
    ],
)
def test_providers_of_profiles(profile: Profile, kind: type) -> None:
    provider = build_auth_for_basic(profile)
    assert type(provider) is kind
    assert isinstance(provider, AuthProvider)


@pytest.mark.parametrize(
    ("profile", "missing"),
    [
        (Profile(base_url=URL, auth="pat"), "no token"),
        (Profile(base_url=URL, auth="pat", token=" "), "no token"),
        (Profile(base_url=URL, auth="basic"), "no username and no password"),
        (Profile(base_url=URL, auth="basic", username="u"), "no password"),
        (Profile(base_url=URL, auth="session"), "no cookie"),
    ],
)
def test_profiles_without_credentials(profile: Profile, missing: str) -> None:
    with pytest.raises(ValueError, match=missing):
        build_auth_for_basic(profile)


def test_oauth2_needs_the_core() -> None:
    with pytest.raises(NotImplementedError, match=r"dhis2w_core\.open_client"):
        build_auth_for_basic(Profile(base_url=URL, auth="oauth2", client_id="c", client_secret="s"))


@pytest.mark.parametrize(
    "make",
    [
        lambda: PatAuth(""),
        lambda: PatAuth("a b"),
        lambda: PatAuth("a\nX-Evil: 1"),
        lambda: PatAuth("d2p_…"),
        lambda: BasicAuth("", "p"),
        lambda: BasicAuth("u", " "),
        lambda: BasicAuth("a:b", "p"),
        lambda: BasicAuth("u", "p\r\n"),
        lambda: BasicAuth("u", "\ud800"),
        lambda: SessionAuth(" "),
        lambda: SessionAuth("a\nb"),
        lambda: SessionAuth("a", "\x00"),
    ],
)
def test_credentials_that_cannot_be_sent(make: object) -> None:
    assert callable(make)
    with pytest.raises(CredentialsError):
        make()


def test_headers_of_the_providers() -> None:
    import asyncio

    async def headers(provider: AuthProvider) -> dict[str, str]:
        return dict(await provider.headers())

    assert asyncio.run(headers(PatAuth(" d2p_x "))) == {"Authorization": "ApiToken d2p_x"}
    assert asyncio.run(headers(BasicAuth("admin", "ä:b"))) == {"Authorization": "Basic YWRtaW46w6Q6Yg=="}
    assert asyncio.run(headers(SessionAuth("1A2B"))) == {"Cookie": "JSESSIONID=1A2B"}
    assert asyncio.run(headers(SessionAuth("JSESSIONID=1A2B; x=y"))) == {"Cookie": "JSESSIONID=1A2B; x=y"}
