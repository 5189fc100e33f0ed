"""Outliers and tracked entities, which the sandbox does not answer: requests and answers of DHIS2's own tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from dhis2w_client import BasicAuth, Dhis2Client, InvalidRequestError
from dhis2w_client.analytics import Grid
from dhis2w_client.metadata import NotInVersionError
from tests.recorded_files import RecordedFile, recorded

pytestmark = pytest.mark.shared

T = TypeVar("T")
Params = list[tuple[str, str]]
LISTS = {"dx": "dx", "ds": "data_sets", "ou": "ou"}
PAGING = {"dimension", "headers", "page", "pageSize", "totalPages"}
TYPED: dict[str, tuple[str, Callable[[str], Any]]] = {
    "pe": ("pe", str),
    "startDate": ("start", date.fromisoformat),
    "endDate": ("end", date.fromisoformat),
    "algorithm": ("algorithm", str),
    "threshold": ("threshold", float),
    "maxResults": ("max_results", int),
}


class Answering:
    """A server that gives the same answer to everything but the request for its version."""

    def __init__(self, answers: list[Any], version: str = "2.42.5") -> None:
        self._answers = answers
        self._version = version
        self.asked: list[tuple[str, Params]] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/api/system/info":
            return httpx2.Response(200, json={"version": self._version})
        self.asked.append((request.url.path, parse_qsl(request.url.query.decode())))
        return httpx2.Response(200, json=self._answers[min(len(self.asked), len(self._answers)) - 1])


def run(server: Answering, use: Callable[[Dhis2Client], Awaitable[T]]) -> T:
    async def connect() -> T:
        transport = httpx2.MockTransport(server)
        async with Dhis2Client("https://dhis2.test", BasicAuth("a", "b"), transport=transport) as client:
            return await use(client)

    return asyncio.run(connect())


def requests(shared: Path, path: str) -> list[tuple[RecordedFile, Params]]:
    """The recorded grids of an endpoint, with the parameters that were asked."""
    found: list[tuple[RecordedFile, Params]] = []
    for file in recorded(shared, "analytics-grid"):
        if file.asked.startswith(path):
            path_with_query: str = json.loads(file.content)["path"]
            found.append((file, parse_qsl(urlsplit(path_with_query).query)))
    return found


def compared(params: Params) -> set[tuple[str, str]]:
    """Parameters, so that `3` and `3.0`, and lists in one text and in several, are the same."""
    pairs = [
        (name, text) for name, joined in params for text in (joined.split(",") if name == "dimension" else [joined])
    ]
    return {(name, f"{float(text):g}" if name == "threshold" else text) for name, text in pairs}


def test_every_recorded_search_for_outliers_can_be_asked(shared: Path) -> None:
    searches = requests(shared, "/api/analytics/outlierDetection")
    assert len(searches) == 14
    for file, asked in searches:
        check_outliers(file, asked)


def check_outliers(file: RecordedFile, asked: Params) -> None:
    """The same is asked in the client's words, and its answer has numbers."""
    options: dict[str, Any] = {LISTS[name]: text.split(",") for name, text in asked if name in LISTS}
    options |= {TYPED[name][0]: TYPED[name][1](text) for name, text in asked if name in TYPED}
    options["params"] = {name: text for name, text in asked if name not in LISTS | TYPED}
    server = Answering([file.json])
    grid = run(server, lambda client: client.analytics.outliers(**options))
    assert server.asked[0][0] == file.asked
    assert compared(server.asked[0][1]) == compared(asked), file.name
    assert len(grid) == len(file.json["rows"])
    for name in ("value", "zscore", "modifiedzscore", "mean", "stddev", "lowerbound", "upperbound"):
        if name in grid.names:
            assert all(isinstance(cell, float) or cell is None for cell in grid.column(name)), (file.name, name)


def test_a_recorded_list_of_tracked_entities_is_read_page_by_page(shared: Path) -> None:
    lists = requests(shared, "/api/analytics/trackedEntities/query/")
    pages = [(file, asked) for file, asked in lists if dict(asked).get("page") == "1"]
    assert (len(lists), len(pages)) == (16, 10)
    for file, asked in pages:
        check_pages(file, asked)


def check_pages(file: RecordedFile, asked: Params) -> None:
    """The same is asked in the client's words, page by page until the answer says that it is the last."""
    first, given = file.json, dict(asked)
    size = int(given["pageSize"])
    dimensions = [text for name, texts in asked if name == "dimension" for text in texts.split(",")]
    options: dict[str, Any] = {
        "ou": next(text.removeprefix("ou:").split(";") for text in dimensions if text.startswith("ou:")),
        "dimensions": [text for text in dimensions if not text.startswith("ou:")],
        "headers": given["headers"].split(","),
        "page_size": size,
        "params": {name: text for name, text in asked if name not in PAGING},
    }
    server = Answering([first, {**first, "rows": first["rows"][:1], "metaData": {"pager": {"isLastPage": True}}}])

    async def use(client: Dhis2Client) -> list[Grid]:
        of = file.asked.rpartition("/")[2]
        return [page async for page in client.analytics.tracked_entities.pages(of, **options)]

    grids = run(server, use)
    assert server.asked[0][0] == file.asked
    assert compared(server.asked[0][1]) == compared(asked), file.name
    assert [list(row) for row in grids[0].cells] == first["rows"], file.name
    assert len(grids) == len(server.asked) == (1 if _is_last(first, size) else 2), file.name


def _is_last(answer: dict[str, Any], size: int) -> bool:
    last = answer.get("metaData", {}).get("pager", {}).get("isLastPage")
    return last if last is not None else len(answer["rows"]) < size


def test_tracked_entities_are_counted_where_the_version_can() -> None:
    answer = {"headers": [{"name": "value", "valueType": "NUMBER", "type": "java.lang.Double"}], "rows": [["12"]]}

    async def use(client: Dhis2Client) -> Grid:
        return await client.analytics.tracked_entities.aggregate("nEenWmSyUEp", ou="ImspTQPwCqd", value="w75KJ2mc4zz")

    server = Answering([answer], version="2.44-SNAPSHOT")
    assert run(server, use).column("value") == [12.0]
    assert server.asked == [
        (
            "/api/analytics/trackedEntities/aggregate/nEenWmSyUEp",
            [("dimension", "ou:ImspTQPwCqd"), ("value", "w75KJ2mc4zz")],
        )
    ]
    for version in ("2.41.9", "2.42.5", "2.43.1"):
        with pytest.raises(NotInVersionError):
            run(Answering([answer], version), use)


def test_tracked_entities_of_everybody_are_not_asked_for() -> None:
    async def use(client: Dhis2Client) -> Grid:
        return await client.analytics.tracked_entities.query("nEenWmSyUEp")

    server = Answering([])
    with pytest.raises(InvalidRequestError, match="for which units"):
        run(server, use)
    assert server.asked == []
