"""Visualizations, maps and dashboards from a few words: JSON objects to import as a bundle.

```python
cases = chart("Cases", "LINE", [("indicators", "a7sb9nE7yUP")], periods=["LAST_12_MONTHS"], units=["USER_ORGUNIT"])
board = dashboard("Malaria", [("visualizations", cases["id"])])
await client.metadata.import_bundle(Bundle({"visualizations": [cases], "dashboards": [board]}))
```

They are in the form of `/api/metadata`. `POST /api/visualizations` wants another one (`columns` with items), and clears
this one. Source: "Visualizations", "Maps" and "Dashboard" in DHIS2's developer guide, `VisualizationController`;
recording `meta/package`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.metadata.uids import new_uid

if TYPE_CHECKING:
    from dhis2w_client.pages import Row

Item: TypeAlias = tuple[str, str]
"""What is shown: a plural and a UID, such as `("indicators", "a7sb9nE7yUP")`."""

_DATA = {
    "dataElements": ("DATA_ELEMENT", "dataElement"),
    "indicators": ("INDICATOR", "indicator"),
    "programIndicators": ("PROGRAM_INDICATOR", "programIndicator"),
}
_DASHBOARD = {
    "visualizations": ("VISUALIZATION", "visualization"),
    "eventVisualizations": ("EVENT_VISUALIZATION", "eventVisualization"),
    "maps": ("MAP", "map"),
}
_USER_UNITS = {
    "USER_ORGUNIT": "userOrganisationUnit",
    "USER_ORGUNIT_CHILDREN": "userOrganisationUnitChildren",
    "USER_ORGUNIT_GRANDCHILDREN": "userOrganisationUnitGrandChildren",
}
_LEVEL = re.compile(r"LEVEL-(\d+)")
_PERIOD = re.compile(r"\d{4}\w*")
GRID = 60
"""Columns of a dashboard."""


def chart(
    name: str,
    type: str,
    data: Iterable[Item],
    *,
    periods: Iterable[str],
    units: Iterable[str],
    series: Sequence[str] = ("dx",),
    category: Sequence[str] = ("pe",),
    **more: Any,
) -> Row:
    """A visualization.

    Args:
        name: Its name.
        type: DHIS2's type: `COLUMN`, `LINE`, `PIVOT_TABLE`, `SINGLE_VALUE` …
        data: What it shows.
        periods: Fixed (`202401`) or relative ones (`LAST_12_MONTHS`).
        units: UIDs of organisation units, `USER_ORGUNIT` and its children, or `LEVEL-2`.
        series: Dimensions of the series, the columns of a table: of `dx`, `pe` and `ou`.
        category: Dimensions of the categories, the rows of a table. Those that are in neither filter.
        more: Further properties, by DHIS2's names.

    Raises:
        InvalidRequestError: Something that cannot be shown, or no dimension.
    """
    columns, rows = list(series), list(category)
    unknown = {*columns, *rows} - {"dx", "pe", "ou"}
    if unknown or len({*columns, *rows}) < len(columns) + len(rows):
        raise InvalidRequestError("Series and categories are of dx, pe and ou, each once.")
    return {
        "id": new_uid(),
        "name": name,
        "type": type,
        "columnDimensions": columns,
        "rowDimensions": rows,
        "filterDimensions": [dimension for dimension in ("dx", "pe", "ou") if dimension not in (*columns, *rows)],
        **_selection(data, periods, units),
        **more,
    }


def thematic_map(
    name: str,
    data: Item,
    *,
    period: str,
    units: Iterable[str],
    legend_set: str | None = None,
    basemap: str = "osmLight",
) -> Row:
    """A map of one thematic layer.

    Args:
        name: Its name.
        data: What it shows.
        period: A fixed (`2024`) or relative period (`THIS_YEAR`).
        units: Organisation units, as for `chart`: `LEVEL-2` for all of a level.
        legend_set: UID of the legend set. Default: five classes of equal size.
        basemap: DHIS2's name of the map behind it.

    Raises:
        InvalidRequestError: Something that cannot be shown.
    """
    layer = {
        "layer": "thematic",
        "thematicMapType": "CHOROPLETH",
        "renderingStrategy": "SINGLE",
        "columnDimensions": ["dx"],
        "rowDimensions": ["ou"],
        "filterDimensions": ["pe"],
        **_selection([data], [period], units),
        **({"legendSet": {"id": legend_set}} if legend_set else {"classes": 5, "method": 2}),
    }
    return {"id": new_uid(), "name": name, "basemap": basemap, "mapViews": [layer]}


def dashboard(name: str, items: Iterable[Item], *, columns: int = 2, height: int = 20) -> Row:
    """A dashboard with its items side by side, row by row.

    Args:
        name: Its name.
        items: What is on it: visualizations, event visualizations and maps.
        columns: How many are side by side, from 1.
        height: How high each is, in rows of DHIS2's grid.

    Raises:
        InvalidRequestError: Something that cannot be on a dashboard.
    """
    width = GRID // columns
    rows: list[Row] = []
    for position, (plural, id) in enumerate(items):
        kind, key = _known(_DASHBOARD, plural)
        place = {"x": position % columns * width, "y": position // columns * height, "width": width, "height": height}
        rows.append({"id": new_uid(), "type": kind, key: {"id": id}, **place})
    return {"id": new_uid(), "name": name, "dashboardItems": rows}


def _selection(data: Iterable[Item], periods: Iterable[str], units: Iterable[str]) -> Row:
    """What is shown, when and where."""
    items: list[Row] = []
    for plural, id in data:
        kind, key = _known(_DATA, plural)
        items.append({"dataDimensionItemType": kind, key: {"id": id}})
    return {"dataDimensionItems": items, **_periods(periods), **_units(units)}


def _known(kinds: dict[str, tuple[str, str]], plural: str) -> tuple[str, str]:
    if plural not in kinds:
        raise InvalidRequestError(f"{plural!r} cannot be shown there; {', '.join(kinds)} can.")
    return kinds[plural]


def _periods(periods: Iterable[str]) -> Row:
    asked = list(periods)
    fixed = [period for period in asked if _PERIOD.fullmatch(period)]
    relative = [period for period in asked if period not in fixed]
    return {
        "periods": [{"id": period} for period in fixed],
        "relativePeriods": {_relative_period(period): True for period in relative},
    }


def _relative_period(name: str) -> str:
    """The property of `RelativePeriods` for a constant such as `LAST_12_MONTHS`."""
    from dhis2w_client.models import RelativePeriods

    wanted = name.replace("_", "").casefold()
    for key in RelativePeriods.model_fields:
        if key.casefold() == wanted:
            return key
    raise InvalidRequestError(f"{name!r} is no period; 202401 and LAST_12_MONTHS are.")


def _units(units: Iterable[str]) -> Row:
    chosen: Row = {"organisationUnits": [], "organisationUnitLevels": []}
    for unit in units:
        if unit in _USER_UNITS:
            chosen[_USER_UNITS[unit]] = True
        elif level := _LEVEL.fullmatch(unit):
            chosen["organisationUnitLevels"].append(int(level[1]))
        else:
            chosen["organisationUnits"].append({"id": unit})
    return chosen
