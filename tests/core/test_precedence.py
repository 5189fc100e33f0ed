"""Which profile is used, and why."""

import pytest

import dhis2w_client
import dhis2w_core
from dhis2w_core import (
    NoProfileError,
    Profile,
    ProfileFileError,
    UnknownProfileError,
    choose_profile,
    profile_from_env,
    read_catalogue,
    resolve_profile,
)
from dhis2w_core.catalogue import Layer
from tests.core.conftest import Home


def file_with(*names: str, default: str | None = None, host: str = "user") -> str:
    head = f'default = "{default}"\n' if default else ""
    return head + "".join(
        f'[profiles.{name}]\nbase_url = "https://{name}.{host}.example.org"\nauth = "pat"\nsecret = "t-{name}"\n'
        for name in names
    )


def use_raw_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DHIS2_URL", "https://raw.example.org")
    monkeypatch.setenv("DHIS2_PAT", "t-raw")


def test_profile_is_the_clients() -> None:
    assert dhis2w_core.Profile is dhis2w_client.Profile
    assert dhis2w_core.NoProfileError is dhis2w_client.NoProfileError


def test_each_layer_wins_over_those_below(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_user(file_with("one", "two", "three", default="one"))
    assert profile_from_env().base_url == "https://one.user.example.org"
    home.write_project(file_with("four", "five", default="four", host="project"))
    assert profile_from_env().base_url == "https://four.project.example.org"
    use_raw_environment(monkeypatch)
    assert profile_from_env() == Profile(base_url="https://raw.example.org", auth="pat", token="t-raw")
    monkeypatch.setenv("DHIS2_PROFILE", "two")
    assert profile_from_env().base_url == "https://two.user.example.org"
    assert resolve_profile("three").token == "t-three"
    assert resolve_profile("five").base_url == "https://five.project.example.org"


def test_the_choice_says_why(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    user = home.write_user(file_with("one", default="one"))
    assert choose_profile().why == f"default of {user}"
    use_raw_environment(monkeypatch)
    assert choose_profile().why == "DHIS2_URL and credentials are set"
    monkeypatch.setenv("DHIS2_PROFILE", "one")
    assert choose_profile().why == "named by DHIS2_PROFILE"
    assert choose_profile("one").why == "named by the caller"


def test_project_wins_for_the_same_name_and_the_catalogue_tells(home: Home) -> None:
    user = home.write_user(file_with("prod", "spare", default="prod"))
    project = home.write_project(file_with("prod"))
    entries = read_catalogue().entries
    assert [(entry.layer, entry.name, entry.hides, entry.hidden_by) for entry in entries] == [
        (Layer.PROJECT, "prod", user, None),
        (Layer.USER, "prod", None, project),
        (Layer.USER, "spare", None, None),
    ]
    assert choose_profile("prod").entry == entries[0]
    assert choose_profile().entry == entries[0]
    assert choose_profile().why == f"default of {user}"


def test_the_nearest_project_file_counts(home: Home) -> None:
    home.write_project(file_with("far", default="far"))
    nearer = home.project_file.parents[1] / "src/.dhis2/profiles.toml"
    nearer.parent.mkdir()
    nearer.write_text(file_with("near", default="near"))
    assert choose_profile().entry.name == "near"
    with pytest.raises(UnknownProfileError):
        choose_profile("far")


@pytest.mark.parametrize("by", ["argument", "DHIS2_PROFILE"])
def test_an_unknown_name_is_an_error_even_where_raw_environment_would_do(
    home: Home, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    home.write_user(file_with("production", "training", default="training"))
    use_raw_environment(monkeypatch)
    if by == "DHIS2_PROFILE":
        monkeypatch.setenv("DHIS2_PROFILE", "prodution")
    with pytest.raises(UnknownProfileError) as caught:
        resolve_profile("prodution" if by == "argument" else None)
    assert "'prodution'" in str(caught.value)
    assert "Did you mean production?" in str(caught.value)
    assert "d2w profile list" in str(caught.value)


@pytest.mark.parametrize("name", ["", "no-such", "a b", "x" * 10_000, "ÿ\n"])
def test_a_name_that_no_profile_can_have_is_unknown(home: Home, name: str) -> None:
    home.write_user(file_with("one", default="one"))
    with pytest.raises(UnknownProfileError) as caught:
        resolve_profile(name)
    assert len(str(caught.value)) < 400


def test_a_blank_variable_is_not_set(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_user(file_with("one", default="one"))
    monkeypatch.setenv("DHIS2_PROFILE", "  ")
    monkeypatch.setenv("DHIS2_URL", " ")
    assert choose_profile().entry.name == "one"


def test_a_default_that_is_gone_is_unknown(home: Home) -> None:
    user = home.write_user(file_with("one", default="two"))
    with pytest.raises(UnknownProfileError, match=f"default of {user}"):
        profile_from_env()


def test_nothing_anywhere_says_what_to_run_next(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoProfileError) as caught:
        profile_from_env()
    assert "d2w profile add" in str(caught.value)
    assert str(home.user_file) in str(caught.value)
    monkeypatch.setenv("DHIS2_URL", "https://raw.example.org")
    with pytest.raises(NoProfileError, match="DHIS2_URL is set, but without"):
        profile_from_env()


def test_profiles_without_a_default_are_named(home: Home) -> None:
    home.write_user(file_with("one", "two"))
    with pytest.raises(NoProfileError, match="d2w profile default one"):
        profile_from_env()


def test_a_project_without_default_leaves_the_users(home: Home) -> None:
    home.write_user(file_with("one", default="one"))
    home.write_project(file_with("two", host="project"))
    assert choose_profile().entry.name == "one"


def test_raw_environment_needs_no_file(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.write_user("broken")
    use_raw_environment(monkeypatch)
    assert profile_from_env().token == "t-raw"
    with pytest.raises(ProfileFileError):
        resolve_profile("one")


def test_a_broken_url_in_the_environment_is_told_when_it_would_be_used(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.write_user(file_with("one", default="one"))
    use_raw_environment(monkeypatch)
    monkeypatch.setenv("DHIS2_URL", "ftp://raw.example.org")
    assert resolve_profile("one").token == "t-one"
    assert read_catalogue().raw_error is not None
    with pytest.raises(dhis2w_client.InvalidProfileError, match="must begin with http"):
        profile_from_env()


def test_a_deleted_working_directory_has_no_project(home: Home) -> None:
    home.write_user(file_with("one", default="one"))
    deep = home.project_file.parents[1] / "src/deep"
    deep.rmdir()
    assert choose_profile().entry.name == "one"


def test_all_settings_of_a_profile_arrive(home: Home) -> None:
    home.write_user(
        """
        default = "all"
        [profiles.all]
        base_url = "https://dhis2.example.org/dhis/api/"
        auth = "oauth2"
        client_id = "d2w"
        client_secret = "cs"
        scope = "ALL"
        redirect_uri = "http://127.0.0.1:9999/"
        version = 43
        ca_bundle = "moh.pem"
        verify = false
        proxy = "http://proxy.example.org:3128"
        timeout = 90
        """
    )
    assert profile_from_env() == Profile(
        base_url="https://dhis2.example.org/dhis",
        auth="oauth2",
        client_id="d2w",
        client_secret="cs",
        scope="ALL",
        redirect_uri="http://127.0.0.1:9999/",
        version=dhis2w_client.Dhis2.V43,
        ca_bundle=str(home.user_file.parent / "moh.pem"),
        verify=False,
        proxy="http://proxy.example.org:3128",
        timeout=90,
    )


@pytest.mark.parametrize(
    ("auth", "field"), [("pat", "token"), ("basic", "password"), ("oauth2", "client_secret"), ("session", "cookie")]
)
def test_secret_is_that_of_the_way_to_log_in(home: Home, auth: str, field: str) -> None:
    home.write_user(f'[profiles.one]\nbase_url = "https://a.example.org"\nauth = "{auth}"\nsecret = "s3"\n')
    revealed = resolve_profile("one").reveal()
    assert [key for key, value in revealed.items() if value == "s3"] == [field]
