"""The file of tokens: private, encrypted, each step on one revision only."""

import sqlite3
import sys
from pathlib import Path

import keyring
import pytest

from dhis2w_core.errors import SecretUnavailableError
from dhis2w_core.oauth2.errors import KeyFileWarning, LoginRequiredError, TokenStoreError
from dhis2w_core.oauth2.token_cipher import TokenCipher
from dhis2w_core.oauth2.token_store import StoredLogin, TokenKey, TokenStore
from dhis2w_core.oauth2.tokens import Tokens
from tests.core.conftest import Home
from tests.core.keyring_in_file import FileKeyring, SilentKeyring

KEY = TokenKey("user", "prod", "https://dhis2.example.org", "d2w")
OTHER = TokenKey("project /p", "prod", "https://dhis2.example.org", "d2w")


def tokens(name: str = "planted-access", *, rotates: bool | None = True) -> Tokens:
    return Tokens(name, 10.0, "planted-refresh", "https://dhis2.example.org/token", is_legacy=False, rotates=rotates)


def saved(store: TokenStore, made: Tokens | None = None) -> StoredLogin:
    store.save(KEY, made or tokens())
    stored = store.read(KEY)
    assert stored
    return stored


def test_what_was_saved_is_read(store: TokenStore) -> None:
    assert store.read(KEY) is None
    assert not store.path.exists()
    assert saved(store).tokens == tokens()
    assert store.read(OTHER) is None
    store.delete(KEY)
    assert store.read(KEY) is None


def test_nothing_of_a_token_is_in_any_file(store: TokenStore, home: Home) -> None:
    saved(store)
    files = [file for file in home.folder.rglob("*") if file.is_file()]
    assert store.path in files
    for file in files:
        assert b"planted" not in file.read_bytes()
    assert "planted" not in repr(store) + repr(store.read(KEY)) + repr(tokens())


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_files_are_private(home: Home) -> None:
    del home
    store = TokenStore()
    with pytest.warns(KeyFileWarning, match="missing on this machine"):
        saved(store)
    for file in (store.path, store.path.with_suffix(".key")):
        assert file.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700


def test_the_key_is_in_the_keyring_where_one_answers(file_keyring: FileKeyring) -> None:
    store = TokenStore()
    saved(store)
    assert len(file_keyring.entries()) == 1
    assert not store.path.with_suffix(".key").exists()
    assert TokenStore().read(KEY) == store.read(KEY)


def test_a_keyring_that_does_not_answer_is_given_up_on(tmp_path: Path) -> None:
    keyring.set_keyring(SilentKeyring())
    path = tmp_path / "tokens.sqlite"
    store = TokenStore(path, cipher=TokenCipher(path, keyring_seconds=0.05))
    with pytest.warns(KeyFileWarning, match="did not answer"):
        saved(store)
    assert TokenStore(path).read(KEY) == store.read(KEY)


def test_a_keyring_that_is_locked_later_says_so_and_loses_nothing(file_keyring: FileKeyring) -> None:
    saved(TokenStore())
    keyring.set_keyring(SilentKeyring())
    path = TokenStore().path
    with pytest.raises(SecretUnavailableError, match="did not answer"):
        TokenStore(path, cipher=TokenCipher(path, keyring_seconds=0.05)).read(KEY)
    keyring.set_keyring(file_keyring)
    assert TokenStore().read(KEY)


def test_a_key_that_is_gone_says_to_log_in_again(file_keyring: FileKeyring) -> None:
    saved(TokenStore())
    for account in file_keyring.entries():
        file_keyring.delete_password(*account.split(": ", 1))
    with pytest.raises(LoginRequiredError, match="d2w login"):
        TokenStore().read(KEY)


def test_tokens_of_one_login_do_not_open_as_those_of_another(store: TokenStore) -> None:
    saved(store)
    with sqlite3.connect(store.path) as database:
        database.execute("UPDATE login SET scope = ?", (OTHER.scope,))
    database.close()
    with pytest.raises(LoginRequiredError):
        store.read(OTHER)


def test_one_of_two_gets_the_lease(store: TokenStore) -> None:
    stored = saved(store, tokens(rotates=False))
    assert store.claim(KEY, stored, owner="one", now=100, lease=45)
    assert not store.claim(KEY, stored, owner="two", now=99.9, lease=45)
    assert not store.claim(KEY, stored, owner="two", now=144.9, lease=45)
    assert store.claim(KEY, stored, owner="two", now=145, lease=45)


@pytest.mark.parametrize("rotates", [True, None])
def test_a_refresh_token_that_may_rotate_is_claimed_once(store: TokenStore, rotates: bool | None) -> None:
    stored = saved(store, tokens(rotates=rotates))
    assert store.claim(KEY, stored, owner="one", now=100, lease=45)
    assert not store.claim(KEY, stored, owner="two", now=1000, lease=45)
    store.release(KEY, stored, owner="one", spent=True)
    assert not store.claim(KEY, stored, owner="two", now=1000, lease=45)
    store.release(KEY, stored, owner="one", spent=False)
    assert not store.claim(KEY, stored, owner="two", now=1000, lease=45), "only the owner of a lease gives it back"


def test_what_was_not_sent_may_be_claimed_again(store: TokenStore) -> None:
    stored = saved(store)
    assert store.claim(KEY, stored, owner="one", now=100, lease=45)
    store.release(KEY, stored, owner="one", spent=False)
    assert store.claim(KEY, stored, owner="two", now=101, lease=45)


def test_a_result_that_comes_late_is_kept_unless_there_is_a_newer_one(store: TokenStore) -> None:
    stored = saved(store)
    store.claim(KEY, stored, owner="one", now=100, lease=45)
    store.end(KEY, stored, "The login is over.")
    ended = store.read(KEY)
    assert ended
    assert (ended.tokens, ended.over) == (None, "The login is over.")
    assert store.complete(KEY, stored, tokens("new"))
    assert not store.complete(KEY, stored, tokens("older"))
    store.end(KEY, stored, "Decided on what is no longer there.")
    found = store.read(KEY)
    assert found
    assert found.tokens == tokens("new")


def test_a_new_login_is_not_overwritten_by_a_refresh_of_the_former(store: TokenStore) -> None:
    former = saved(store)
    store.claim(KEY, former, owner="one", now=100, lease=45)
    store.save(KEY, tokens("new"))
    assert not store.complete(KEY, former, tokens("former"))


def test_a_broken_file_is_said_to_be_one(store: TokenStore) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(b"this is no database " * 100)
    for use in (lambda: store.read(KEY), lambda: store.save(KEY, tokens()), lambda: store.delete(KEY)):
        with pytest.raises(TokenStoreError, match="delete it and log in again"):
            use()
