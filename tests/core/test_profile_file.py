"""Files survive edits: what they mean, their comments, their order; a broken one survives everything."""

import contextlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dhis2w_core import ProfileFileError, UnknownProfileError
from dhis2w_core.errors import PrivateFileError, ProfileExistsError
from dhis2w_core.profile_file import ProfileFileDraft, edit_profile_file, parse_profile, read_profile_file
from dhis2w_core.secret import CommandSecret, EnvSecret, KeyringSecret, PlainSecret
from dhis2w_core.toml_text import TomlText
from tests.core.conftest import Home
from tests.core.profile_documents import NAMES, WORDS, Document, documents

VALUES = st.one_of(WORDS, st.booleans(), st.integers(0, 99))
SECRETS = st.one_of(
    st.just(KeyringSecret()),
    WORDS.filter(lambda word: word.strip()).map(PlainSecret),
    st.from_regex(r"[A-Z_]{1,9}", fullmatch=True).map(EnvSecret),
    st.lists(WORDS, min_size=1, max_size=3).map(lambda words: CommandSecret(tuple(words))),
)


def draft_of(document: Document) -> ProfileFileDraft:
    return ProfileFileDraft(Path("profiles.toml"), document.text.encode())


def meaning(text: str | bytes) -> dict[str, Any]:
    return tomllib.loads(text if isinstance(text, str) else text.decode())


def profiles_in(text: str | bytes) -> dict[str, Any]:
    return meaning(text).get("profiles", {})


def comments_of(text: str | bytes) -> list[str]:
    """Comments that stand on lines of their own; `# no comment` is made inside of texts."""
    lines = (text if isinstance(text, str) else text.decode()).split("\n")
    return [line.strip() for line in lines if line.strip().startswith("#") and line.strip() != "# no comment"]


@given(documents())
def test_pieces_put_together_are_the_file(document: Document) -> None:
    assert str(TomlText(document.text)) == document.text


@given(documents())
def test_a_draft_that_nobody_changes_is_the_file(document: Document) -> None:
    draft = draft_of(document)
    assert not draft.is_changed
    assert draft.result() == document.text.encode()
    assert list(draft.before.profiles) == list(profiles_in(document.text))


@given(documents(), NAMES, VALUES, SECRETS)
def test_adding_leaves_every_byte(
    document: Document, name: str, value: str | int, secret: KeyringSecret | EnvSecret
) -> None:
    assume(name not in document.names)
    draft = draft_of(document)
    draft.add(name, {"base_url": "https://b.example.org", "username": value, "secret": secret})
    after = draft.result()
    assert after.startswith(document.text.encode())
    assert list(profiles_in(after)) == [*profiles_in(document.text), name]
    assert parse_profile(name, profiles_in(after)[name]).secrets == {"secret": secret}


@given(documents(), st.data(), st.sampled_from(["username", "timeout", "secret", "ca_bundle"]))
def test_setting_a_key_changes_this_alone(document: Document, data: st.DataObject, key: str) -> None:
    assume(document.names)
    name = data.draw(st.sampled_from(document.names))
    value = data.draw(SECRETS if key == "secret" else VALUES)
    draft = draft_of(document)
    draft.update(name, {key: value})
    expected = meaning(document.text)
    after = draft.result()
    found = profiles_in(after)[name].pop(key)
    assert found == (profiles_in(after)[name][key])
    expected["profiles"][name][key] = found
    assert meaning(after) == expected
    assert comments_of(after) == comments_of(document.text)


@given(documents(), st.data())
def test_taking_a_key_out_changes_this_alone(document: Document, data: st.DataObject) -> None:
    assume(document.names)
    name = data.draw(st.sampled_from(document.names))
    key = data.draw(st.sampled_from(list(profiles_in(document.text)[name])))
    draft = draft_of(document)
    draft.update(name, {key: None})
    expected = meaning(document.text)
    del expected["profiles"][name][key]
    assert meaning(draft.result()) == expected
    assert comments_of(draft.result()) == comments_of(document.text)


@given(documents(), NAMES, st.data())
def test_renaming_keeps_everything_but_the_name(document: Document, new_name: str, data: st.DataObject) -> None:
    assume(document.names and new_name not in document.names)
    name = data.draw(st.sampled_from(document.names))
    draft = draft_of(document)
    draft.rename(name, new_name)
    before, after = meaning(document.text), meaning(draft.result())
    assert [name if key == new_name else key for key in after["profiles"]] == list(before["profiles"])
    assert after["profiles"][new_name] == before["profiles"][name]
    assert after.get("default") == (new_name if before.get("default") == name else before.get("default"))
    assert comments_of(draft.result()) == comments_of(document.text)


@given(documents(), st.data())
def test_removing_leaves_the_others_and_what_is_said_about_them(document: Document, data: st.DataObject) -> None:
    assume(document.names)
    name = data.draw(st.sampled_from(document.names))
    draft = draft_of(document)
    draft.remove(name)
    expected = meaning(document.text)
    del expected["profiles"][name]
    if expected.get("default") == name:
        del expected["default"]
    after = meaning(draft.result())
    assert after.get("profiles", {}) == expected["profiles"]
    assert list(after.get("profiles", {})) == list(expected["profiles"])
    assert after.get("default") == expected.get("default")
    left = iter(comments_of(document.text))
    assert all(comment in left for comment in comments_of(draft.result()))  # in their order
    starts = [start_of(document, each) for each in document.names] + [len(document.text)]
    position = document.names.index(name)
    above, below = document.text[: starts[position]], document.text[starts[position + 1] :]
    found = comments_of(draft.result())
    assert found[: len(comments_of(above))] == comments_of(above)
    assert found[len(found) - len(comments_of(below)) :] == comments_of(below)


def start_of(document: Document, name: str) -> int:
    """Where the first line of a profile begins."""
    spelt = re.compile(rf"""^[ \t]*(?:\[profiles\.[ "]*{name}[ ".\]]|{name}[ .])""", re.MULTILINE)
    found = spelt.search(document.text)
    assert found
    return found.start()


@given(documents(), NAMES)
def test_setting_the_default_changes_this_alone(document: Document, name: str) -> None:
    draft = draft_of(document)
    draft.set_default(name)
    assert meaning(draft.result()) == {**meaning(document.text), "default": name}
    assert comments_of(draft.result()) == comments_of(document.text)
    draft.set_default(None)
    assert meaning(draft.result()) == {key: value for key, value in meaning(document.text).items() if key != "default"}


@pytest.mark.slow
@settings(max_examples=200)
@given(
    documents(), st.lists(st.tuples(st.sampled_from(["add", "remove", "rename", "default"]), NAMES, NAMES), max_size=6)
)
def test_many_edits_mean_what_they_say(document: Document, edits: list[tuple[str, str, str]]) -> None:
    text = document.text.encode()
    names = list(profiles_in(text))
    for edit, first, second in edits:
        draft = ProfileFileDraft(Path("profiles.toml"), text)
        name = names[len(first) % len(names)] if names else None
        if edit == "add" and first not in names:
            draft.add(first, {"base_url": "https://b.example.org", "auth": "pat"})
            names.append(first)
        elif edit == "remove" and name:
            draft.remove(name)
            names.remove(name)
        elif edit == "rename" and name and second not in names:
            draft.rename(name, second)
            names = [second if known == name else known for known in names]
        elif edit == "default" and name:
            draft.set_default(name)
        text = draft.result()
        assert sorted(profiles_in(text)) == sorted(names)


EDITED = """\
# Ours; ask Ana before you change it.

default = "prod" # since May

# The national server.
[profiles.prod] # do not write
base_url = "https://dhis2.example.org" # behind the proxy
# The token expires in June.
auth = "pat"

# For training.
[profiles.training]
base_url = "https://training.example.org"
auth = "basic"

[profiles.training.secret]
command = ["pass", "show", "dhis2"] # on the laptop

# The last word.
"""


def edited(home: Home, *edits: tuple[str, Any]) -> str:
    home.write_user(EDITED)
    for method, arguments in edits:
        with edit_profile_file(home.user_file) as draft:
            getattr(draft, method)(*arguments)
    return home.user_file.read_text()


def test_a_new_key_stands_with_its_table(home: Home) -> None:
    after = edited(home, ("update", ("prod", {"timeout": 90})))
    assert after == EDITED.replace('auth = "pat"\n', 'auth = "pat"\ntimeout = 90\n')


def test_a_changed_value_keeps_its_comment(home: Home) -> None:
    after = edited(home, ("update", ("prod", {"base_url": "https://new.example.org"})))
    assert after == EDITED.replace("dhis2.example.org", "new.example.org")


def test_a_table_becomes_a_value(home: Home) -> None:
    after = edited(home, ("update", ("training", {"secret": KeyringSecret()})))
    table = '\n[profiles.training.secret]\ncommand = ["pass", "show", "dhis2"] # on the laptop\n'
    assert after == EDITED.replace(table, 'secret = "keyring"\n')


def test_a_removed_profile_leaves_the_comments_around_it(home: Home) -> None:
    after = edited(home, ("remove", ("training",)))
    assert after == EDITED[: EDITED.index("[profiles.training]")] + "\n# The last word.\n"


def test_comments_inside_a_removed_profile_go_with_it(home: Home) -> None:
    after = edited(home, ("remove", ("prod",)))
    start = EDITED.index("# The national server.\n") + len("# The national server.\n")
    assert after == (EDITED[:start] + EDITED[EDITED.index("\n# For training.") :]).replace(
        'default = "prod" # since May\n\n', ""
    )


def test_a_new_default_stands_above_the_first_table_and_its_comment(home: Home) -> None:
    after = edited(home, ("set_default", (None,)), ("set_default", ("training",)))
    assert after == EDITED.replace('default = "prod" # since May\n', 'default = "training"\n')


def test_a_renamed_profile_stays_where_it_is(home: Home) -> None:
    after = edited(home, ("rename", ("prod", "national")))
    assert after == EDITED.replace("[profiles.prod]", "[profiles.national]").replace('"prod"', '"national"')


def test_an_unchanged_file_is_not_written(home: Home) -> None:
    home.write_user(EDITED)
    before = home.user_file.stat().st_ino
    with edit_profile_file(home.user_file) as draft:
        draft.set_default("prod")
    assert home.user_file.stat().st_ino == before  # a written file is another one


def test_a_mark_of_windows_editors_is_no_error(home: Home) -> None:
    home.write_user("\ufeff" + EDITED)
    assert list(read_profile_file(home.user_file).profiles) == ["prod", "training"]


BROKEN = [
    ('default = "prod\n', 1, 16),
    ("# fine\n[profiles.a\n", 2, 12),
    ("[profiles.a]\nsecret = s3cr3t\n", 2, 10),
    ("[profiles.a]\n\n[profiles.a]\n", 3, 12),
    ("profiles = 3\n", 1, 1),
    ("# x\n\ndefault = 3\n", 3, 1),
    ("# x\n[profile.a]\n", 2, 1),
    ("[[profiles]]\n", 1, 1),
    ("x = [" * 5000, None, None),
    ("[profiles.a]\nscope = [1,", 2, 12),
]


@pytest.mark.parametrize(("text", "line", "column"), BROKEN)
def test_a_broken_file_is_reported_with_its_place_and_never_overwritten(
    home: Home, text: str, line: int | None, column: int | None
) -> None:
    home.write_user(text)
    with pytest.raises(ProfileFileError) as caught:
        read_profile_file(home.user_file)
    error = caught.value
    if line is not None:
        assert (error.line, error.column) == (line, column)
        assert f"{home.user_file}, line {line}, column {column}: " in str(error)
    assert "s3cr3t" not in str(error)
    with pytest.raises(ProfileFileError), edit_profile_file(home.user_file) as draft:
        draft.add("new", {})
    assert home.user_file.read_text() == text


def test_bytes_that_are_no_text_are_reported_with_their_place(home: Home) -> None:
    home.write_user("")
    home.user_file.write_bytes("# é\nscope = '".encode() + b"\xff'\n")
    with pytest.raises(ProfileFileError, match=r"line 2, column 10: a byte that is not UTF-8 \(0xff\)"):
        read_profile_file(home.user_file)


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_understood_or_reported(content: bytes) -> None:
    with contextlib.suppress(ProfileFileError):
        draft = ProfileFileDraft(Path("profiles.toml"), content)
        assert draft.result() == content.decode("utf-8-sig").encode()


def test_what_an_edit_cannot_express_is_refused(home: Home) -> None:
    home.write_user('profiles = { a = { base_url = "https://a.example.org", auth = "pat" } }\n')
    before = home.user_file.read_text()
    with pytest.raises(ProfileFileError, match="cannot be edited without harm"), edit_profile_file(home.user_file) as d:
        d.add("b", {"auth": "pat"})
    with pytest.raises(ProfileFileError, match="cannot be edited without harm"), edit_profile_file(home.user_file) as d:
        d.update("a", {"auth": "basic"})
    assert home.user_file.read_text() == before


def test_edits_of_what_is_not_there_or_taken(home: Home) -> None:
    home.write_user(EDITED)
    with edit_profile_file(home.user_file) as draft:
        for edit in (lambda: draft.update("prodd", {}), lambda: draft.remove("x"), lambda: draft.rename("x", "y")):
            with pytest.raises(UnknownProfileError):
                edit()
        with pytest.raises(ProfileExistsError):
            draft.add("prod", {})
        with pytest.raises(ProfileExistsError):
            draft.rename("prod", "training")
    assert home.user_file.read_text() == EDITED


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        (3, "it is not a table"),
        ({"auth": "pat"}, "base_url is missing"),
        ({"base_url": 3, "auth": "pat"}, "base_url must be a text"),
        ({"base_url": "u", "auth": "token"}, "auth must be one of pat, basic, oauth2, session"),
        ({"base_url": "u", "auth": "pat", "bas_url": "u"}, "'bas_url' is no setting (did you mean base_url?)"),
        ({"base_url": "u", "auth": "pat", "verify": "no"}, "verify must be true or false"),
        ({"base_url": "u", "auth": "pat", "timeout": True}, "timeout must be a number"),
        (
            {"base_url": "u", "auth": "pat", "secret": "a", "token": "b"},
            "it has both secret and token, which are the same",
        ),
        ({"base_url": "u", "auth": "pat", "secret": ""}, 'secret must be "keyring", '),
        ({"base_url": "u", "auth": "pat", "secret": {"command": "pass show"}}, 'secret must be "keyring", '),
        ({"base_url": "u", "auth": "pat", "secret": {"command": []}}, 'secret must be "keyring", '),
        ({"base_url": "u", "auth": "pat", "secret": {"env": "X", "command": ["a"]}}, 'secret must be "keyring", '),
    ],
)
def test_a_profile_that_cannot_be_used_says_why(table: object, problem: str) -> None:
    assert (parse_profile("one", table).problem or "").startswith(problem)


def test_what_is_no_file_of_ours_is_not_read(home: Home, tmp_path: Path) -> None:
    home.user_file.mkdir(parents=True)
    with pytest.raises(PrivateFileError):
        read_profile_file(home.user_file)
    home.user_file.rmdir()
    home.user_file.symlink_to("/dev/zero")
    with pytest.raises(PrivateFileError, match="not a regular file"):
        read_profile_file(home.user_file)
    home.user_file.unlink()
    (tmp_path / "large").write_bytes(b"#" * 2_000_000)
    home.user_file.symlink_to(tmp_path / "large")
    with pytest.raises(PrivateFileError, match="more than"):
        read_profile_file(home.user_file)
