"""The sandbox as its users hold it: an object to call in-process, or to serve on a loopback port."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager
from datetime import datetime
from typing import Self

from dhis2w_sandbox import (
    authorities,
    login,
    me,
    pages,
    schema_endpoints,
    system,
    tasks,
    tokens,
    two_factor,
    user_lists,
    users,
)
from dhis2w_sandbox.app import App
from dhis2w_sandbox.boot import first_boot
from dhis2w_sandbox.country.bundle import load
from dhis2w_sandbox.country.prepared import prepared
from dhis2w_sandbox.data import (
    analysis,
    approvals,
    attached,
    data_set_reports,
    entry,
    entry_metadata,
    file_values,
    forms,
    lock_exceptions,
    min_max,
    period_types,
    registration_import,
    registrations,
    single_values,
    value_sets,
)
from dhis2w_sandbox.data import export as data_export
from dhis2w_sandbox.data.analytics import (
    dimension_endpoints,
    entity_endpoints,
    event_endpoints,
    event_sums,
    outliers,
    unit_counts,
    value_outliers,
)
from dhis2w_sandbox.data.analytics import endpoints as analytics
from dhis2w_sandbox.data.analytics import tables as analytics_tables
from dhis2w_sandbox.faults import Fault, Faults
from dhis2w_sandbox.metadata import export, gist, gist_bridge, merging, reading, unit_lists, writing
from dhis2w_sandbox.oauth2 import (
    authorize,
    clients,
    discovery,
    enrolment,
    inspection,
    legacy_authorize,
    legacy_token,
    login_form,
    token_endpoint,
)
from dhis2w_sandbox.oauth2.authority import Authority
from dhis2w_sandbox.routing import Endpoint
from dhis2w_sandbox.server import Server, machine_clock
from dhis2w_sandbox.services import (
    apps,
    catalogs,
    configuration,
    data_exchange,
    data_store,
    deleted_objects,
    derived_lists,
    files,
    geometries,
    icons,
    integrity,
    interpretations,
    job_queues,
    job_types,
    jobs,
    legacy_system_settings,
    locales,
    maintenance,
    messages,
    metadata_versions,
    outbound,
    predictors,
    program_indicators,
    program_notifications,
    programs,
    proposals,
    routes,
    scheduling,
    sql_views,
    static_content,
    statistics,
    system_settings,
    tracker_audits,
    user_data_store,
    validation,
)
from dhis2w_sandbox.tracker import deletion_vetoes, tidying
from dhis2w_sandbox.tracker import deprecated as deprecated_tracker
from dhis2w_sandbox.tracker import endpoints as tracker_import
from dhis2w_sandbox.tracker.reading import (
    change_logs,
    duplicates,
    generated_values,
    tracked_entities,
    transfers,
    value_files,
)
from dhis2w_sandbox.tracker.reading import enrollments as tracker_enrollments
from dhis2w_sandbox.tracker.reading import events as tracker_events
from dhis2w_sandbox.tracker.reading import relationships as tracker_relationships
from dhis2w_sandbox.tracker.rules import descriptions as rule_descriptions
from dhis2w_sandbox.versions import BEHAVIOURS

MODULES = (
    system,
    login,
    me,
    schema_endpoints,
    authorities,
    pages,
    tokens,
    two_factor,
    user_lists,
    users,
    gist_bridge,
    reading,
    unit_lists,
    export,
    gist,
    tasks,
    merging,
    writing,
    value_sets,
    data_export,
    single_values,
    file_values,
    registration_import,
    registrations,
    period_types,
    forms,
    data_set_reports,
    approvals,
    lock_exceptions,
    analysis,
    min_max,
    entry,
    entry_metadata,
    analytics,
    analytics_tables,
    dimension_endpoints,
    entity_endpoints,
    event_endpoints,
    event_sums,
    outliers,
    unit_counts,
    value_outliers,
    discovery,
    enrolment,
    login_form,
    authorize,
    token_endpoint,
    inspection,
    legacy_authorize,
    legacy_token,
    data_store,
    user_data_store,
    system_settings,
    legacy_system_settings,
    configuration,
    maintenance,
    messages,
    outbound,
    validation,
    predictors,
    programs,
    program_indicators,
    program_notifications,
    data_exchange,
    deleted_objects,
    icons,
    files,
    static_content,
    sql_views,
    catalogs,
    locales,
    statistics,
    tracker_audits,
    apps,
    metadata_versions,
    interpretations,
    geometries,
    routes,
    proposals,
    integrity,
    derived_lists,
    job_queues,
    job_types,
    jobs,
    scheduling,
    tracker_import,
    deprecated_tracker,
    rule_descriptions,
    tracked_entities,
    tracker_enrollments,
    tracker_events,
    tracker_relationships,
    transfers,
    generated_values,
    value_files,
    change_logs,
    duplicates,
)
"""The modules of endpoints; each has its rows in `endpoints`."""


class Sandbox:
    """A server that behaves like DHIS2 of one version.

    Args:
        version: 41, 42, 43 or 44 (also `"42"`, `"v42"`).
        empty: start as DHIS2 is after its first boot, without the demo country.
        database: an SQLite file to keep everything in; by default nothing outlives the object.
        clock: tells the time; by default the machine's.
        seed: makes the identifiers that the server generates repeatable.
        context_path: where the server is mounted below its address, such as `/dhis`.
        faults: how it misbehaves: see `dhis2w_sandbox.faults`.
        sleep: waits for the seconds of a fault's delay.
        job_delay: how many seconds a job waits before it runs, by the clock; by default it runs at once. More in
            `dhis2w_sandbox.schedule`.
        oauth2: whether it has an authorization server.
        rotate_refresh_tokens: whether that gives a new refresh token at every refresh, whatever its clients' settings
            say; otherwise they decide, and by default a refresh token stays good.

    A context manager: it closes the database at the end.

    Raises:
        ValueError: there is no such version, or the file holds a sandbox of another one.
    """

    def __init__(
        self,
        version: int | str = 42,
        *,
        empty: bool = False,
        database: str = ":memory:",
        clock: Callable[[], datetime] = machine_clock,
        seed: int | None = None,
        context_path: str = "",
        faults: Iterable[Fault] = (),
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        job_delay: float = 0,
        oauth2: bool = True,
        rotate_refresh_tokens: bool = False,
    ) -> None:
        name = f"v{str(version).removeprefix('v')}"
        if name not in BEHAVIOURS:
            known = ", ".join(known.removeprefix("v") for known in BEHAVIOURS)
            raise ValueError(f"there is no DHIS2 {version!r} in the sandbox; it knows {known}")
        authority = Authority(enabled=oauth2, rotates_refresh_tokens=rotate_refresh_tokens)
        self.server = Server(name, database, clock, seed, authority, job_delay=job_delay)
        held = self.server.configuration.read("version", name)
        if held != name:
            self.server.store.close()
            raise ValueError(f"{database} holds a sandbox of DHIS2 {held.removeprefix('v')}, not of {version}")
        self.server.configuration.write("version", name)
        self.faults = Faults(faults, sleep)
        """How the server misbehaves; more can be added at any time."""
        if first_boot(self.server) and not empty:
            if database == ":memory:" and clock is machine_clock and seed is None:
                self.server.store.copy(prepared(name))
            else:
                load(self.server)
        self.app = App(self.server, all_endpoints(), context_path, self.faults, jobs.run_due)
        """The ASGI application: give it to a test client or to an ASGI server."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def pat(self, username: str = "admin") -> str:
        """Make a personal access token of a user, for 30 days, and return its secret.

        Raises:
            LookupError: there is no such user.
        """
        user = self.server.user_named(username)
        if user is None:
            raise LookupError(f"there is no user {username!r} in this sandbox")
        with self.server.lock:
            _, secret = tokens.issue(self.server, user, [], None, None)
        return secret

    def close(self) -> None:
        """Close the database."""
        self.server.store.close()

    @contextmanager
    def serve(self, port: int = 0) -> Generator[str]:
        """Serve on 127.0.0.1 in a background thread, and yield the base URL; port 0 takes a free one.

        Raises:
            OSError: the port is in use.
        """
        from dhis2w_sandbox.listening import listen

        with listen(self.app, port) as url:
            yield url + self.app.context_path


attached.connect()
tidying.connect()
deletion_vetoes.connect()


def all_endpoints() -> list[Endpoint]:
    """Every endpoint of every version: `dhis2w_sandbox.evidence` makes a table of them."""
    rows = [row for module in MODULES for row in module.endpoints.rows]
    return rows + clients.guarded(rows)
