"""The state of one sandbox: version, types, store, clock and randomness. Endpoints reach everything through it."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from datetime import UTC, datetime
from threading import RLock
from typing import Any

from dhis2w_sandbox.documents import reference_finder
from dhis2w_sandbox.failed_logins import FailedLogins
from dhis2w_sandbox.named_values import NamedValues
from dhis2w_sandbox.oauth2.authority import Authority
from dhis2w_sandbox.oauth2.saved_requests import SavedRequests
from dhis2w_sandbox.schedule import Schedule
from dhis2w_sandbox.schemas import load_schemas
from dhis2w_sandbox.sessions import Sessions
from dhis2w_sandbox.store import Store
from dhis2w_sandbox.user import User
from dhis2w_sandbox.versions import BEHAVIOURS

Json = dict[str, Any]


def machine_clock() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


class Server:
    """What a sandbox holds between requests.

    Args:
        version: `"v41"` … `"v44"`.
        database: an SQLite file, or `":memory:"`.
        clock: tells the time; answers print it without a zone, as a DHIS2 server that runs in UTC.
        seed: makes generated identifiers repeatable; None for random ones.
        authority: the authorization server that belongs to it.
        job_delay: how many seconds a job waits before it runs.
    """

    def __init__(
        self,
        version: str,
        database: str = ":memory:",
        clock: Callable[[], datetime] = machine_clock,
        seed: int | None = None,
        authority: Authority | None = None,
        *,
        job_delay: float = 0,
    ) -> None:
        self.behaviour = BEHAVIOURS[version]
        self.schemas = load_schemas(version)
        self.store = Store(reference_finder(self.schemas), database)
        self.configuration = NamedValues(self.store.sql)
        self.clock = clock
        self.schedule = Schedule(clock, job_delay)
        self.lock = RLock()
        """Held by whoever answers a request or reaches into the store from another thread."""
        self.random = random.Random(seed) if seed is not None else random.SystemRandom()  # noqa: S311 - identifiers of a test server, no secrets
        self.sessions = Sessions(clock)
        self.saved_requests = SavedRequests()
        self.failed_logins = FailedLogins(clock)
        self.authority = authority or Authority()
        self.sender: str | None = None
        """The login name of who sent the request that is being answered."""
        self.used_tokens: dict[str, Json] = {}
        """Personal access tokens by the hash of their secret, as they were when first used: DHIS2 caches them."""
        self.kept: dict[str, tuple[datetime, Any]] = {}
        """What DHIS2 caches for a while, by a name for it, with when that was read."""

    @property
    def version(self) -> str:
        """`"v42"`."""
        return self.behaviour.name

    def setting(self, name: str, default: Any) -> Any:
        """A system setting, in the spelling of its newer name; the default where nobody set it."""
        return self.configuration.read(f"setting {name}", default)

    def now(self) -> str:
        """The time as DHIS2 writes it: `2026-01-31T12:00:00.000`, no zone."""
        return stamp(self.clock())

    def new_uid(self) -> str:
        """A fresh identifier: a letter, then ten letters or digits."""
        letters = string.ascii_letters
        return self.random.choice(letters) + "".join(self.random.choices(letters + string.digits, k=10))

    def user(self, uid: str) -> User | None:
        """A user by identifier."""
        document = self.store.get("user", uid)
        return User(self.store, document) if document else None

    def user_named(self, username: str) -> User | None:
        """A user by login name (compared with case)."""
        found = next((user for user in self.store.all("user") if user.get("username") == username), None)
        return User(self.store, found) if found else None


def stamp(time: datetime) -> str:
    """A time as DHIS2 writes it, in UTC without a zone."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}"
