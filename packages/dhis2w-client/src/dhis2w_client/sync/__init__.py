"""The blocking twin of the client: the same names without `await`, usable where an event loop runs (Jupyter).

```python
from dhis2w_client.sync import open_client

with open_client(profile) as client:
    print(client.system.me().username)
```

It is derived from the async classes and runs them in a thread of its own. A client may be shared by threads; Ctrl-C
cancels the call that is waited for; a client does not survive a fork, and says so.
"""

from __future__ import annotations

import functools
from collections.abc import Coroutine, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self, TypeVar

from dhis2w_client import (
    apps,
    client,
    client_context,
    collection,
    data_store,
    files,
    integrity,
    items,
    maintenance,
    members,
    messages,
    system,
)
from dhis2w_client.analytics import line_list
from dhis2w_client.analytics import service as analytics_service
from dhis2w_client.data_values import approvals, audits, completions, lock_exceptions, min_max
from dhis2w_client.data_values import service as data_values_service
from dhis2w_client.errors import ClientStateError
from dhis2w_client.jobs import service as jobs_service
from dhis2w_client.metadata import (
    accounts,
    bulk,
    category_combos,
    expressions,
    merges,
    option_sets,
    org_units,
    routes,
    sql_views,
)
from dhis2w_client.metadata import service as metadata_service
from dhis2w_client.sync.portal import Portal
from dhis2w_client.sync.twin import Twin
from dhis2w_client.tracker import duplicates, tracker_list
from dhis2w_client.tracker import service as tracker_service

T = TypeVar("T")

__all__ = [
    "AccountService",
    "AnalyticsService",
    "AppService",
    "ApprovalService",
    "AuditService",
    "BulkService",
    "CategoryComboService",
    "Collection",
    "CompletionService",
    "DataStoreService",
    "DataValueService",
    "Dhis2Client",
    "DuplicateService",
    "ExpressionService",
    "FileService",
    "IntegrityService",
    "Items",
    "JobService",
    "LineListService",
    "LockExceptionService",
    "MaintenanceService",
    "Members",
    "MergeService",
    "MessageService",
    "MetadataService",
    "MinMaxService",
    "OptionSetService",
    "OrgUnitService",
    "RouteService",
    "SqlViewService",
    "SystemService",
    "TrackerList",
    "TrackerService",
    "open_client",
]


class SystemService(Twin, source=system.SystemService):
    """The server and the user; blocking."""


class Items(Twin, source=items.Items):
    """The objects of a list; blocking."""

    def __iter__(self) -> Iterator[Any]:
        """The objects one by one; the thread is changed once for each page."""
        for page in self.pages():
            yield from page


class Members(Twin, source=members.Members):
    """The members of one object's collection; blocking."""


class Collection(Twin, source=collection.Collection):
    """The objects of one type; blocking."""


class BulkService(Twin, source=bulk.BulkService):
    """The same change of many objects; blocking."""


class MergeService(Twin, source=merges.MergeService):
    """Merges and splits; blocking."""


class OrgUnitService(Twin, source=org_units.OrgUnitService):
    """The tree of organisation units; blocking."""


class CategoryComboService(Twin, source=category_combos.CategoryComboService):
    """Building category combinations; blocking."""


class OptionSetService(Twin, source=option_sets.OptionSetService):
    """Bringing option sets to a list; blocking."""


class AccountService(Twin, source=accounts.AccountService):
    """Users with their roles and groups; blocking."""


class ExpressionService(Twin, source=expressions.ExpressionService):
    """Expressions; blocking."""


class SqlViewService(Twin, source=sql_views.SqlViewService):
    """SQL views; blocking."""


class RouteService(Twin, source=routes.RouteService):
    """Requests by routes; blocking."""


class MetadataService(Twin, source=metadata_service.MetadataService):
    """Bundles of objects of many types; blocking."""


class LineListService(Twin, source=line_list.LineListService):
    """Line lists; blocking."""


class AnalyticsService(Twin, source=analytics_service.AnalyticsService):
    """Analytics; blocking."""


class TrackerList(Twin, source=tracker_list.TrackerList):
    """The objects of one kind of tracker; blocking."""


class DuplicateService(Twin, source=duplicates.DuplicateService):
    """Pairs of entities that may be one; blocking."""


class TrackerService(Twin, source=tracker_service.TrackerService):
    """Tracker; blocking."""


class DataStoreService(Twin, source=data_store.DataStoreService):
    """JSON values by namespace and key; blocking."""


class FileService(Twin, source=files.FileService):
    """Files, documents and icons; blocking."""


class MessageService(Twin, source=messages.MessageService):
    """Conversations; blocking."""


class AppService(Twin, source=apps.AppService):
    """Web apps; blocking."""


class IntegrityService(Twin, source=integrity.IntegrityService):
    """Checks of the integrity; blocking."""


class CompletionService(Twin, source=completions.CompletionService):
    """Complete data sets; blocking."""


class ApprovalService(Twin, source=approvals.ApprovalService):
    """Data approval; blocking."""


class MinMaxService(Twin, source=min_max.MinMaxService):
    """Limits of values; blocking."""


class AuditService(Twin, source=audits.AuditService):
    """Audits of data values; blocking."""


class LockExceptionService(Twin, source=lock_exceptions.LockExceptionService):
    """Exceptions from the locking of data sets; blocking."""


class DataValueService(Twin, source=data_values_service.DataValueService):
    """Aggregate data values; blocking."""


class JobService(Twin, source=jobs_service.JobService):
    """Jobs; blocking."""


class MaintenanceService(Twin, source=maintenance.MaintenanceService):
    """Maintenance; blocking."""


class Dhis2Client(Twin, source=client.Dhis2Client):
    """A blocking client; takes what the async one takes."""

    @functools.wraps(client.Dhis2Client.__init__)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._begin(client.Dhis2Client(*args, **kwargs))

    @classmethod
    def of(cls, target: object) -> Self:
        """The blocking twin of an async client that is not open yet."""
        twin = cls.__new__(cls)
        twin._begin(target)
        return twin

    def _begin(self, target: object) -> None:
        self._portal: Portal | None = None
        super().__init__(target, self._run)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._portal is None:
            coroutine.close()
            raise ClientStateError("The client is not open.", next_step="Use it inside of `with open_client(…)`.")
        return self._portal.run(coroutine)

    def connect(self, *, known_version: str | None = None) -> None:
        """Start the client's thread, and connect; raises what the async client raises."""
        self._portal = self._portal or Portal()
        try:
            self._portal.run(self.twin_of.connect(known_version=known_version))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close all connections, and end the thread."""
        portal, self._portal = self._portal, None
        if portal is not None:
            portal.close(self.twin_of.close)

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


@functools.wraps(client_context.open_client)
def open_client(*args: Any, **kwargs: Any) -> AbstractContextManager[Dhis2Client]:
    """A connected blocking client for a profile."""
    return Dhis2Client.of(client_context.open_client(*args, **kwargs))
