"""Changing profiles: file, keyring and trust stay in step."""

import tomllib
import warnings
from typing import Any

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from dhis2w_core import (
    InvalidProfileError,
    InvalidProfileNameError,
    LeftoverSecretWarning,
    PlainSecretWarning,
    ProfileExistsError,
    ProfileFileError,
    ProfileSettingsError,
    SecretUnavailableError,
    UnknownProfileError,
    add_profile,
    choose_profile,
    remove_profile,
    rename_profile,
    resolve_profile,
    set_default_profile,
    update_profile,
)
from dhis2w_core.catalogue import project_location, user_location
from dhis2w_core.profiles import ProfileValue
from dhis2w_core.secret import EnvSecret, KeyringSecret, PlainSecret
from tests.core.conftest import Home
from tests.core.keyring_in_file import FileKeyring, TalkativeKeyring

PAT: dict[str, ProfileValue] = {"base_url": "https://a.example.org", "auth": "pat"}


def in_keyring(value: str) -> KeyringSecret:
    return KeyringSecret(PlainSecret(value))


def document(home: Home) -> dict[str, Any]:
    return tomllib.loads(home.user_file.read_text())


def test_the_first_profile_is_the_default_and_later_ones_are_not(home: Home) -> None:
    add_profile("one", {**PAT, "base_url": "HTTPS://A.example.org/api/"})
    add_profile("two", PAT)
    assert document(home) == {"default": "one", "profiles": {"one": PAT, "two": PAT}}
    add_profile("three", PAT, make_default=True)
    set_default_profile("two")
    assert document(home)["default"] == "two"
    with pytest.raises(UnknownProfileError):
        set_default_profile("four")


@pytest.mark.usefixtures("file_keyring")
def test_a_new_secret_goes_into_the_keyring_and_not_into_the_file(home: Home) -> None:
    add_profile("one", {**PAT, "secret": in_keyring("s3cr3t")})
    assert document(home)["profiles"]["one"] == {**PAT, "secret": "keyring"}
    assert "s3cr3t" not in home.user_file.read_text()
    assert resolve_profile("one").token == "s3cr3t"


def test_a_plain_secret_is_said_loudly() -> None:
    with pytest.warns(PlainSecretWarning, match="has the secret in clear"):
        add_profile("one", {**PAT, "secret": PlainSecret("s3cr3t")})
    assert resolve_profile("one").token == "s3cr3t"
    with pytest.warns(PlainSecretWarning, match="whoever gets this project's folder"):
        add_profile("two", {**PAT, "secret": PlainSecret("s3cr3t")}, location=project_location())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        update_profile("one", {"timeout": 5})


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"auth": "pat"}, "base_url is missing"),
        ({**PAT, "base_ulr": "x"}, "'base_ulr' is no setting"),
        ({**PAT, "secret": PlainSecret("keyring")}, 'the word "keyring"'),
        ({**PAT, "secret": PlainSecret(" ")}, "must not be blank"),
        ({**PAT, "base_url": "ftp://a"}, "must begin with http"),
        ({**PAT, "base_url": "https://u:S3CRET@a.example.org"}, "carries a user name or password"),
        ({**PAT, "timeout": -1}, "greater than 0"),
        ({**PAT, "version": "9"}, "not a DHIS2 version"),
        ({**PAT, "scope": "\ud800"}, "half a character"),
        ({**PAT, "secret": PlainSecret("\ud800")}, "cannot be edited without harm"),
    ],
)
def test_what_makes_no_profile_is_not_written(home: Home, values: dict[str, ProfileValue], problem: str) -> None:
    with pytest.raises((ProfileSettingsError, ProfileFileError), match=problem) as caught:
        add_profile("one", values)
    assert "S3CRET" not in str(caught.value)
    assert not home.user_file.exists()


@pytest.mark.parametrize("name", ["", "1st", "a-b", "a b", "a\n", "x" * 65, "é", "[x]"])
def test_a_name_must_be_one(name: str) -> None:
    with pytest.raises(InvalidProfileNameError):
        add_profile(name, PAT)
    add_profile("one", PAT)
    with pytest.raises(InvalidProfileNameError):
        rename_profile("one", name)


@pytest.mark.usefixtures("file_keyring")
def test_a_taken_name_is_refused_before_the_keyring_is_touched() -> None:
    add_profile("one", {**PAT, "secret": in_keyring("first")})
    with pytest.raises(ProfileExistsError, match="d2w profile update one"):
        add_profile("one", {**PAT, "secret": in_keyring("second")})
    assert resolve_profile("one").token == "first"


def test_nothing_is_written_when_the_keyring_fails(home: Home) -> None:
    for backend in (keyring.get_keyring(), TalkativeKeyring()):
        keyring.set_keyring(backend)
        with pytest.raises(SecretUnavailableError):
            add_profile("one", {**PAT, "secret": in_keyring("s3cr3t")})
        assert not home.user_file.exists()


def test_a_rename_takes_the_secret_along(home: Home, file_keyring: FileKeyring) -> None:
    add_profile("one", {**PAT, "secret": in_keyring("s3cr3t")})
    rename_profile("one", "two")
    assert resolve_profile("two").token == "s3cr3t"
    assert document(home)["default"] == "two"
    assert list(file_keyring.entries()) == ["dhis2w: two.secret at https://a.example.org:443 (user)"]


def test_removing_a_profile_removes_its_secret(home: Home, file_keyring: FileKeyring) -> None:
    add_profile("one", {**PAT, "secret": in_keyring("s3cr3t")})
    remove_profile("one")
    assert file_keyring.entries() == {}
    assert document(home) == {}
    with pytest.raises(UnknownProfileError):
        remove_profile("one")


@pytest.mark.usefixtures("file_keyring")
def test_a_secret_that_stays_behind_is_told(home: Home) -> None:
    add_profile("one", {**PAT, "secret": in_keyring("s3cr3t")})
    keyring.set_keyring(NoKeyring())
    with pytest.warns(LeftoverSecretWarning, match=r"one\.secret at https://a\.example\.org:443"):
        remove_profile("one")
    assert document(home) == {}


def test_another_place_for_a_secret_clears_the_old_one(
    file_keyring: FileKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_profile("one", {**PAT, "secret": in_keyring("s3cr3t")})
    update_profile("one", {"secret": EnvSecret("X")})
    assert file_keyring.entries() == {}
    monkeypatch.setenv("X", "other")
    assert resolve_profile("one").token == "other"


def test_a_secret_in_the_keyring_does_not_go_to_another_server(home: Home, file_keyring: FileKeyring) -> None:
    add_profile("one", {**PAT, "secret": in_keyring("s3cr3t")})
    before = home.user_file.read_bytes()
    with pytest.raises(ProfileSettingsError, match=r"was given for https://a\.example\.org:443"):
        update_profile("one", {"base_url": "https://b.example.org"})
    assert home.user_file.read_bytes() == before
    update_profile("one", {"base_url": "https://a.example.org/dhis"})
    assert resolve_profile("one").token == "s3cr3t"
    update_profile("one", {"base_url": "https://b.example.org", "secret": in_keyring("new")})
    assert resolve_profile("one").token == "new"
    assert list(file_keyring.entries()) == ["dhis2w: one.secret at https://b.example.org:443 (user)"]


def test_a_token_does_not_become_a_password(home: Home) -> None:
    home.write_user('[profiles.one]\nbase_url = "https://a.example.org"\nauth = "pat"\nsecret = "t"\n')
    with pytest.raises(ProfileSettingsError, match="Give the password anew"):
        update_profile("one", {"auth": "basic", "username": "ana"})


def test_an_edit_goes_to_the_file_that_has_the_profile(home: Home) -> None:
    add_profile("both", PAT)
    add_profile("mine", PAT)
    add_profile("both", PAT, location=project_location(home.project_file.parents[1]))
    assert update_profile("both", {"timeout": 5}).path == home.project_file
    assert update_profile("mine", {"timeout": 6}).path == home.user_file
    assert update_profile("both", {"timeout": 7}, location=user_location()).path == home.user_file
    assert document(home)["profiles"]["both"]["timeout"] == 7
    assert resolve_profile("both").timeout == 5
    remove_profile("both")
    assert choose_profile("both").entry.location == user_location()


def test_values_may_be_what_the_file_would_say(home: Home) -> None:
    add_profile("one", {**PAT, "secret": {"command": ["pass", "show", "x"]}})
    assert document(home)["profiles"]["one"]["secret"] == {"command": ["pass", "show", "x"]}


def test_invalid_profile_errors_of_the_client_do_not_pass_without_the_file(home: Home) -> None:
    home.write_user('[profiles.one]\nbase_url = "https://a.example.org"\nauth = "pat"\ntimeout = -1\n')
    with pytest.raises(ProfileFileError, match=f"{home.user_file}: profile 'one' cannot be used"):
        resolve_profile("one")
    assert not issubclass(ProfileFileError, InvalidProfileError)
