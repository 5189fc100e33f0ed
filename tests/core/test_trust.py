"""A project's file that came with a cloned repository gets nothing of the user's before `d2w profile trust`."""

import json
from pathlib import Path

import pytest

from dhis2w_core import (
    UntrustedProfileError,
    read_catalogue,
    resolve_profile,
    review_project,
    trust_file,
    withdraw_trust,
)
from dhis2w_core.catalogue import project_location, user_location
from dhis2w_core.profiles import add_profile, keyring_entry, update_profile
from dhis2w_core.secret import KeyringSecret, PlainSecret, store_in_keyring
from tests.core.conftest import Home
from tests.core.keyring_in_file import FileKeyring

USERS = '[profiles.prod]\nbase_url = "https://dhis2.example.org"\nauth = "pat"\nsecret = "t-user"\n'


def project_with(*lines: str, name: str = "theirs", url: str = "https://evil.example.org") -> str:
    return "\n".join((f"[profiles.{name}]", f'base_url = "{url}"', 'auth = "pat"', *lines, ""))


def trust_now() -> None:
    review = review_project()
    assert review is not None
    trust_file(review.path, review.digest)


def test_a_command_does_not_run(home: Home, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    home.write_project(project_with(f'secret = {{ command = ["touch", "{mark}"] }}'))
    with pytest.raises(UntrustedProfileError, match="d2w profile trust") as caught:
        resolve_profile("theirs")
    assert caught.value.demands == (f"runs the command ['touch', '{mark}']",)
    assert caught.value.path == home.project_file
    assert not mark.exists()


def test_a_command_runs_when_trusted(home: Home) -> None:
    home.write_project(project_with('secret = { command = ["echo", "t-told"] }'))
    trust_now()
    assert resolve_profile("theirs").token == "t-told"


def test_the_environment_is_not_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET", "t-other")
    home.write_project(project_with('secret = { env = "AWS_SECRET" }'))
    with pytest.raises(UntrustedProfileError, match="environment variable 'AWS_SECRET'"):
        resolve_profile("theirs")
    trust_now()
    assert resolve_profile("theirs").token == "t-other"


def test_the_keyring_is_not_read(home: Home, file_keyring: FileKeyring) -> None:
    home.write_project(project_with('secret = "keyring"'))
    with pytest.raises(UntrustedProfileError, match="reads the keyring"):
        resolve_profile("theirs")
    assert file_keyring.entries() == {}


@pytest.mark.usefixtures("file_keyring")
def test_a_trusted_file_still_gets_no_secret_of_the_users_own_file(home: Home) -> None:
    settings = {"base_url": "https://dhis2.example.org", "auth": "pat"}
    add_profile("prod", {**settings, "secret": KeyringSecret(PlainSecret("t-user"))})
    assert resolve_profile("prod").token == "t-user"
    home.write_project(project_with('secret = "keyring"', name="prod", url="https://dhis2.example.org"))
    trust_now()
    with pytest.raises(LookupError, match="The keyring has no secret for profile 'prod'"):
        resolve_profile("prod")


def test_a_keyring_entry_is_bound_to_the_origin(home: Home, file_keyring: FileKeyring) -> None:
    add_profile(
        "prod", {"base_url": "https://good.example.org", "auth": "pat", "secret": KeyringSecret(PlainSecret("t-user"))}
    )
    home.write_user(home.user_file.read_text().replace("good", "evil"))
    with pytest.raises(LookupError, match=r"no secret for profile 'prod' at https://evil\.example\.org:443"):
        resolve_profile("prod")
    home.write_user(home.user_file.read_text().replace("https://evil.example.org", "https://GOOD.example.org:443/dhis"))
    assert resolve_profile("prod").token == "t-user"
    assert list(file_keyring.entries()) == ["dhis2w: prod.secret at https://good.example.org:443 (user)"]


def test_a_users_name_cannot_be_taken_for_another_server(home: Home) -> None:
    home.write_user(f'default = "prod"\n{USERS}')
    home.write_project(project_with('secret = "t-theirs"', name="prod"))
    for name in ("prod", None):
        with pytest.raises(UntrustedProfileError) as caught:
            resolve_profile(name)
        assert "https://evil.example.org:443 instead of https://dhis2.example.org:443" in str(caught.value)
    trust_now()
    assert resolve_profile("prod").token == "t-theirs"


@pytest.mark.parametrize("line", ['proxy = "http://evil.example.org"', "verify = false", 'ca_bundle = "evil.pem"'])
def test_a_users_name_cannot_be_taken_through_another_network(home: Home, line: str) -> None:
    home.write_user(USERS)
    home.write_project(project_with(line, name="prod", url="https://dhis2.example.org"))
    with pytest.raises(UntrustedProfileError, match=f"changes its {line.split(maxsplit=1)[0]}"):
        resolve_profile("prod")


def test_a_users_name_may_be_used_for_the_same_server(home: Home) -> None:
    home.write_user(USERS)
    home.write_project(project_with('secret = "t-theirs"', name="prod", url="https://DHIS2.example.org:443/"))
    assert resolve_profile("prod").token == "t-theirs"


def test_a_broken_profile_of_the_user_does_not_open_the_door(home: Home) -> None:
    home.write_user('[profiles.prod]\nbase_url = "nowhere"\nauth = "pat"\n')
    home.write_project(project_with('secret = "t-theirs"', name="prod"))
    with pytest.raises(UntrustedProfileError, match="takes the name of your own profile"):
        resolve_profile("prod")


def test_a_project_does_not_choose_among_the_users_profiles(home: Home) -> None:
    home.write_user(USERS)
    home.write_project('default = "prod"\n')
    with pytest.raises(UntrustedProfileError, match="makes your own profile 'prod' the default"):
        resolve_profile()
    trust_now()
    assert resolve_profile().token == "t-user"


def test_an_untrusted_file_may_name_servers_with_credentials_of_its_own(home: Home) -> None:
    home.write_project('default = "theirs"\n' + project_with('secret = "t-theirs"'))
    assert resolve_profile().token == "t-theirs"


def test_changed_content_asks_again(home: Home) -> None:
    command = 'secret = { command = ["echo", "t-told"] }'
    home.write_project(project_with(command))
    trust_now()
    assert resolve_profile("theirs").token == "t-told"
    home.write_project(project_with(command, "# a new comment"))
    with pytest.raises(UntrustedProfileError):
        resolve_profile("theirs")


def test_trust_goes_to_what_was_looked_at(home: Home) -> None:
    home.write_project(project_with('secret = { command = ["echo", "good"] }'))
    review = review_project()
    assert review is not None
    home.write_project(project_with('secret = { command = ["echo", "evil"] }'))
    trust_file(review.path, review.digest)
    with pytest.raises(UntrustedProfileError):
        resolve_profile("theirs")


def test_trust_is_for_one_place(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = project_with('secret = { command = ["echo", "t-told"] }')
    home.write_project(text)
    trust_now()
    elsewhere = tmp_path / "elsewhere/.dhis2/profiles.toml"
    elsewhere.parent.mkdir(parents=True)
    elsewhere.write_text(text)
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(UntrustedProfileError):
        resolve_profile("theirs")


def test_trust_can_be_withdrawn(home: Home) -> None:
    home.write_project(project_with('secret = { command = ["echo", "t-told"] }'))
    trust_now()
    withdraw_trust(home.project_file)
    with pytest.raises(UntrustedProfileError):
        resolve_profile("theirs")


@pytest.mark.parametrize("store", ["", "[]", "{", '{"x": 3}', "\x00"])
def test_a_broken_store_trusts_nothing(home: Home, store: str) -> None:
    home.write_project(project_with('secret = { command = ["echo", "t-told"] }'))
    trust_now()
    (home.folder / "state/dhis2/trusted.json").write_text(store)
    with pytest.raises(UntrustedProfileError):
        resolve_profile("theirs")
    trust_now()
    assert resolve_profile("theirs").token == "t-told"


def test_the_review_shows_everything_and_hides_nothing(home: Home) -> None:
    home.write_user(USERS)
    home.write_project(
        'default = "prod2"\n'
        + project_with('secret = { command = ["sh", "-c", "evil \\u001b[2K\\rpass show"] }')
        + project_with('secret = "keyring"', name="prod")
    )
    review = review_project()
    assert review is not None
    assert review.demands == (
        "profile 'theirs' runs the command ['sh', '-c', 'evil \\x1b[2K\\rpass show']",
        "profile 'prod' reads the keyring",
        "profile 'prod' takes the name of your own profile, and goes to https://evil.example.org:443 instead of "
        "https://dhis2.example.org:443",
    )
    assert not review.trusted


def test_listing_reads_no_secret_and_tells_what_is_not_trusted(home: Home, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    home.write_project(project_with(f'secret = {{ command = ["touch", "{mark}"] }}'))
    home.write_user(project_with(f'secret = {{ command = ["touch", "{mark}"] }}', name="mine"))
    theirs, mine = read_catalogue().entries
    assert (theirs.problem or "").startswith("not trusted: it runs the command")
    assert mine.problem is None
    assert not mark.exists()


def test_what_the_user_writes_into_an_own_or_trusted_project_file_stays_trusted(
    home: Home, file_keyring: FileKeyring
) -> None:
    home.write_project("")
    settings = {"base_url": "https://a.example.org", "auth": "pat", "secret": KeyringSecret(PlainSecret("t-mine"))}
    add_profile("mine", settings, location=project_location())
    update_profile("mine", {"timeout": 5})
    assert resolve_profile("mine").token == "t-mine"
    assert [account.endswith(f"(project {home.project_file})") for account in file_keyring.entries()] == [True]


@pytest.mark.usefixtures("file_keyring")
def test_what_the_user_writes_into_an_untrusted_file_does_not_make_it_trusted(home: Home) -> None:
    home.write_project(project_with('secret = { command = ["echo", "t-told"] }'))
    add_profile("mine", {"base_url": "https://a.example.org", "auth": "pat"}, location=project_location())
    with pytest.raises(UntrustedProfileError):
        resolve_profile("theirs")


def test_a_secret_stored_for_the_user_is_not_under_the_projects_key(home: Home, file_keyring: FileKeyring) -> None:
    home.write_project(project_with('secret = "keyring"'))
    (entry,) = read_catalogue().entries
    assert entry.stored is not None
    store_in_keyring(keyring_entry(user_location(), entry.stored, "secret"), PlainSecret("t-user"))
    trust_now()
    with pytest.raises(LookupError):
        resolve_profile("theirs")
    assert json.dumps(file_keyring.entries()).count("t-user") == 1
