"""`/api/deletedObjects`: metadata that is no more.

Source: `DeletedObjectController`, `DeletedObjectPostDeleteEventListener` of dhis2-core; recordings
`services/statistics`.
"""

from __future__ import annotations

from math import ceil
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.data.parameters import day, listed
from dhis2w_sandbox.metadata.deletions import Deletion, Deletions
from dhis2w_sandbox.metadata.querying import bool_param, int_param
from dhis2w_sandbox.routing import Endpoints
from dhis2w_sandbox.server import stamp

Json = dict[str, Any]

endpoints = Endpoints()

_KEYS = ("klass", "uid", "code", "deletedAt", "deletedBy")


@endpoints.add("GET", "/api/deletedObjects", RECORDED, requires=["ALL"])
def deleted_objects(call: Call) -> Reply:
    """List what was deleted and not made again, by class, identifier, code and the time since when."""
    found = [row for row in Deletions(call.server).all() if _wanted(call, row)]
    page, size = max(1, int_param(call, "page", 1)), max(1, int_param(call, "pageSize", 50))
    paging = bool_param(call, "paging", True) and not bool_param(call, "skipPaging", False)
    shown = found[(page - 1) * size : page * size] if paging else found
    counts = {"page": page, "pageCount": ceil(len(found) / size), "total": len(found), "pageSize": size}
    body: Json = {"pager": counts} if paging else {}
    return Reply.json({**body, "deletedObjects": [_shown(call, row) for row in shown]})


def _wanted(call: Call, row: Deletion) -> bool:
    since = day(call, "deletedAt")
    conditions = (("klass", row.klass), ("uid", row.uid), ("code", row.code))
    fits = all(not listed(call, name) or value in listed(call, name) for name, value in conditions)
    return fits and (since is None or row.at >= stamp(since))


def _shown(call: Call, row: Deletion) -> Json:
    whole: Json = dict(zip(_KEYS, row, strict=True))
    fields = listed(call, "fields")
    everything = not fields or any(name.startswith((":", "*")) for name in fields)
    return {key: value for key, value in whole.items() if value is not None and (everything or key in fields)}
