"""`TokenStore`: the file in which logins are kept, for any number of processes at once.

Every step is one SQL statement, so no lock of the database outlives it. A refresh is made by whoever holds the *lease*
of a login, a row's column with an expiry; that the refresh token is about to be spent is written down together with it,
before anything is sent. A *revision* names one state of the tokens: a step that was decided on one does nothing to
another.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from dhis2w_core.errors import PrivateFileError
from dhis2w_core.oauth2.errors import TokenStoreError
from dhis2w_core.oauth2.token_cipher import KeyPlace, Sealed, TokenCipher
from dhis2w_core.oauth2.tokens import Tokens
from dhis2w_core.places import state_folder
from dhis2w_core.private_file import make_private_folder

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from sqlalchemy import Connection, Engine, Table
    from sqlalchemy.sql import ColumnElement, Executable

LEASE_SECONDS = 45.0
"""How long one process may take for a refresh; longer than the request may."""
BUSY_SECONDS = 30.0
"""How long a statement waits for those of other processes, which take milliseconds."""


@dataclass(frozen=True, slots=True)
class TokenKey:
    """Whose login it is."""

    scope: str
    """The file that the profile is in: `ProfileLocation.key`, `user` or `project` with a path."""
    profile: str
    """The profile's name; empty where it has none."""
    base_url: str
    client_id: str

    @property
    def context(self) -> bytes:
        """What the encryption binds the tokens to."""
        return json.dumps(astuple(self)).encode()


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """A login as it is in the file."""

    revision: str
    """Names this state of the tokens."""
    tokens: Tokens | None
    """`None` once the login is over."""
    place: KeyPlace
    lease_until: float | None = None
    """Until when somebody refreshes it, in seconds since 1970."""
    spent: bool = False
    """Whether the refresh token was sent, or was about to be, without a result that is known."""
    over: str | None = None
    """Why the login is over, as a sentence."""


class TokenStore:
    """Logins in an SQLite file of mode 0600, encrypted.

    Args:
        path: The file. Default: `tokens.sqlite` in the user's state folder.
        cipher: What encrypts. Default: a key in the keyring, or beside the file.

    Raises:
        TokenStoreError: From every method: the file cannot be used.
        SecretUnavailableError: From those that take or give tokens: the keyring does not give the key.
    """

    def __init__(self, path: Path | None = None, *, cipher: TokenCipher | None = None) -> None:
        self.path = path or state_folder() / "tokens.sqlite"
        self._cipher = cipher or TokenCipher(self.path)

    def __repr__(self) -> str:
        return f"TokenStore({str(self.path)!r})"

    def read(self, key: TokenKey) -> StoredLogin | None:
        """The login, or `None` where there is none.

        Raises:
            LoginRequiredError: It cannot be decrypted any more.
        """
        if not self.path.exists():
            return None
        from sqlalchemy import select

        with self._connection() as connection:
            row = connection.execute(select(self._table).where(*self._is(key))).mappings().one_or_none()
        if row is None:
            return None
        place = KeyPlace(row["key_place"])
        tokens = None if row["over"] else Tokens.from_json(self._cipher.open(Sealed(row["sealed"], place), key.context))
        return StoredLogin(row["revision"], tokens, place, row["lease_until"], bool(row["spent"]), row["over"])

    def save(self, key: TokenKey, tokens: Tokens) -> None:
        """Keep a new login, in place of what there is.

        Warns:
            KeyFileWarning: The key lies in a file, because no keyring answered.
        """
        from sqlalchemy.dialects.sqlite import insert

        sealed = self._cipher.seal(tokens.to_json(), key.context)
        row = _fresh_row(sealed)
        names = ("scope", "profile", "base_url", "client_id")
        statement = insert(self._table).values(**dict(zip(names, astuple(key), strict=True)), **row)
        self._changed(statement.on_conflict_do_update(index_elements=names, set_=row))

    def claim(self, key: TokenKey, login: StoredLogin, *, owner: str, now: float, lease: float) -> bool:
        """Take the lease, and write down that the refresh token is about to be spent; false when another was faster.

        A token that rotates, or may, is claimed only where no earlier claim of it is without a known result.
        """
        from sqlalchemy import or_

        columns = self._table.c
        # a lease that ends much later than one taken now would is of a clock that was wrong
        free = or_(columns.lease_until.is_(None), columns.lease_until <= now, columns.lease_until > now + 2 * lease)
        reusable = login.tokens is not None and login.tokens.rotates is False
        unspent = [] if reusable else [columns.spent.is_(False)]
        return self._update(
            key, login, free, columns.over.is_(None), *unspent, lease_owner=owner, lease_until=now + lease, spent=True
        )

    def complete(self, key: TokenKey, login: StoredLogin, tokens: Tokens) -> bool:
        """Keep what a refresh gave; false when a newer login or refresh is there already.

        The lease may be over: what the server gave is true all the same.
        """
        return self._update(
            key, login, **_fresh_row(self._cipher.seal(tokens.to_json(), key.context, place=login.place))
        )

    def release(self, key: TokenKey, login: StoredLogin, *, owner: str, spent: bool) -> None:
        """Give the lease back without a result.

        Args:
            key: Whose login it is.
            login: The login that was claimed.
            owner: Who claimed it.
            spent: Whether the refresh token may have reached the server.
        """
        is_mine = self._table.c.lease_owner == owner
        self._update(key, login, is_mine, lease_owner=None, lease_until=None, spent=spent)

    def end(self, key: TokenKey, login: StoredLogin, why: str) -> None:
        """Write down that a login is over; a result of a refresh under way that still comes revives it."""
        self._update(key, login, over=why, lease_owner=None, lease_until=None)

    def delete(self, key: TokenKey) -> None:
        """Forget a login."""
        if self.path.exists():
            self._changed(self._table.delete().where(*self._is(key)))

    def _is(self, key: TokenKey) -> list[ColumnElement[bool]]:
        columns = self._table.c
        return [
            columns.scope == key.scope,
            columns.profile == key.profile,
            columns.base_url == key.base_url,
            columns.client_id == key.client_id,
        ]

    def _update(self, key: TokenKey, login: StoredLogin, *conditions: ColumnElement[bool], **values: Any) -> bool:
        same = self._table.c.revision == login.revision
        return self._changed(self._table.update().where(*self._is(key), same, *conditions).values(**values))

    def _changed(self, statement: Executable) -> bool:
        with self._connection() as connection:
            return connection.execute(statement).rowcount > 0

    @contextlib.contextmanager
    def _connection(self) -> Generator[Connection]:
        from sqlalchemy.exc import DBAPIError

        try:
            with self._engine.connect() as connection:
                yield connection
            return
        except DBAPIError as error:
            reason = type(error.orig).__name__ + ": " + str(error.orig)
        raise TokenStoreError(
            f"The file of tokens, {self.path}, cannot be used ({reason}).",
            next_step="Free the disk or correct its permissions; if it is broken, delete it and log in again.",
        )

    @cached_property
    def _table(self) -> Table:
        from sqlalchemy import Boolean, Column, Float, LargeBinary, MetaData, String, Table

        return Table(
            "login",
            MetaData(),
            *(Column(name, String, primary_key=True) for name in ("scope", "profile", "base_url", "client_id")),
            Column("revision", String, nullable=False),
            Column("sealed", LargeBinary, nullable=False),
            Column("key_place", String, nullable=False),
            Column("lease_owner", String),
            Column("lease_until", Float),
            Column("spent", Boolean, nullable=False),
            Column("over", String),
        )

    @cached_property
    def _engine(self) -> Engine:
        """An engine without a pool: each statement has its own connection, and a fork shares none."""
        from sqlalchemy import URL, NullPool, create_engine
        from sqlalchemy.schema import CreateTable

        self._make_file()
        engine = create_engine(
            URL.create("sqlite", database=str(self.path)),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={"timeout": BUSY_SECONDS},
        )
        with engine.connect() as connection:
            connection.execute(CreateTable(self._table, if_not_exists=True))
        return engine

    def _make_file(self) -> None:
        """Make the file private before SQLite opens it; its journal gets the same mode."""
        try:
            make_private_folder(self.path.parent)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise PrivateFileError(f"{self.path} cannot be made: {error.strerror}.") from None


def _fresh_row(sealed: Sealed) -> dict[str, Any]:
    """The columns of tokens that nobody has begun to refresh."""
    return {
        "revision": uuid4().hex,
        "sealed": sealed.data,
        "key_place": sealed.place.value,
        "lease_owner": None,
        "lease_until": None,
        "spent": False,
        "over": None,
    }
