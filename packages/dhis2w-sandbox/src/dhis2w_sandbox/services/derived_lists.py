"""Lists of what is no object of its own: layers of maps, data elements of programs; and one that does not exist.

Source: `MapViewController`, `ProgramDataElementController`, `ExternalFileResourceController` of dhis2-core;
recordings `objects/00-empty-lists-a`, `services/00-fresh-server`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from dhis2w_sandbox.call import RECORDED, Call, Reply
from dhis2w_sandbox.errors import HtmlRefusal, NotInSandbox
from dhis2w_sandbox.metadata.querying import int_param
from dhis2w_sandbox.metadata.reading import PRIVATE, fields_of
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints
from dhis2w_sandbox.selection import selected

Json = dict[str, Any]

endpoints = Endpoints()


@endpoints.add("GET", "/api/mapViews", RECORDED, versions=["v41", "v42"])
def map_layers(call: Call) -> Reply:
    """List the layers of all maps; filters may ask for the identifier only."""
    layers = [layer for map in call.server.store.all("map") for layer in map.get("mapViews") or ()]
    for text in call.params("filter"):
        key, _, wanted = text.partition(":eq:")
        if key != "id":
            raise NotInSandbox(f"the filter {text} of map layers")
        layers = [layer for layer in layers if layer.get("id") == wanted]
    return _page(call, "mapViews", layers, headers=dict(PRIVATE))


@endpoints.add("GET", "/api/programDataElements", RECORDED, versions=["v41"])
def elements_of_any_program(call: Call) -> Reply:
    """List the data elements of a program; of none, nothing."""
    return _page(call, "programDataElements", list(_elements(call, call.param("program"))))


@endpoints.add("GET", "/api/programDataElements", RECORDED, versions=ALL_VERSIONS - {"v41"})
def elements_of_program(call: Call) -> Reply:
    """List the data elements of a program, which must be named."""
    return _page(call, "programDataElements", list(_elements(call, call.required("program"))))


@endpoints.add("GET", "/api/externalFileResources", RECORDED, versions=["v42"])
def external_files(call: Call) -> Reply:
    """Say that there is no such list, though 2.42 names it among its types."""
    del call
    raise HtmlRefusal(404)


def _elements(call: Call, uid: str | None) -> Iterator[Json]:
    store = call.server.store
    program = store.get("program", uid or "")
    if program is None:
        return
    stages = [store.get("programStage", row["id"]) or {} for row in program.get("programStages") or ()]
    rows = (row for stage in stages for row in stage.get("programStageDataElements") or ())
    for element_uid in dict.fromkeys(row["dataElement"]["id"] for row in rows):
        element = store.get("dataElement", element_uid) or {}
        name = f"{program['name']} {element.get('name')}"
        item = f"{uid}.{element_uid}"
        yield {
            "id": item,
            "name": name,
            "displayName": name,
            "dimensionItem": item,
            "dimensionItemType": "PROGRAM_DATA_ELEMENT",
            "program": {"id": uid},
            "dataElement": {"id": element_uid},
        }


def _page(call: Call, key: str, rows: list[Json], headers: dict[str, str] | None = None) -> Reply:
    page, size = int_param(call, "page", 1), int_param(call, "pageSize", 50)
    pager = {"page": page, "pageCount": math.ceil(len(rows) / size), "total": len(rows), "pageSize": size}
    fields = fields_of(call, "id,displayName")
    shown = [selected(call.server, row, fields) for row in rows[(page - 1) * size : page * size]]
    return Reply.json({"pager": pager, key: shown}, headers=headers)
