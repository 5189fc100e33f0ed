"""What the demo country shows: charts, tables, a map, a line list, and the dashboards that they stand on."""

from __future__ import annotations

from typing import Any, NamedTuple

from dhis2w_sandbox.country.geometry import CENTRE
from dhis2w_sandbox.country.objects import Bundle, Json, made, ref, refs, uid
from dhis2w_sandbox.country.places import COUNTRY
from dhis2w_sandbox.country.programs import NOTIFICATION


class Visualization(NamedTuple):
    """One row of the table below."""

    code: str
    name: str
    fr: str
    type: str
    indicators: tuple[str, ...]
    rows: list[str]
    """Dimensions of the rows, beside `dx` for the columns."""
    filters: list[str]
    period: str
    """A relative period."""


VISUALIZATIONS = (
    Visualization(
        "ANC_TREND",
        "Antenatal coverage, last 12 months",
        "Couverture prénatale, 12 derniers mois",
        "LINE",
        ("ANC_COVERAGE", "DEL_COVERAGE"),
        ["pe"],
        ["ou"],
        "LAST_12_MONTHS",
    ),
    Visualization(
        "ANC_REGIONS",
        "Antenatal coverage by region",
        "Couverture prénatale par région",
        "COLUMN",
        ("ANC_COVERAGE",),
        ["ou"],
        ["pe"],
        "THIS_YEAR",
    ),
    Visualization(
        "IMM_TABLE",
        "Immunization by region, last 4 quarters",
        "Vaccination par région, 4 derniers trimestres",
        "PIVOT_TABLE",
        ("PENTA3_COVERAGE", "MEASLES_COVERAGE"),
        ["ou"],
        ["pe"],
        "LAST_4_QUARTERS",
    ),
    Visualization(
        "MAL_TREND",
        "Malaria incidence, last 12 months",
        "Incidence du paludisme, 12 derniers mois",
        "STACKED_COLUMN",
        ("MAL_INCIDENCE",),
        ["pe"],
        ["ou"],
        "LAST_12_MONTHS",
    ),
    Visualization(
        "MAL_POSITIVITY",
        "Malaria test positivity this year",
        "Positivité des tests cette année",
        "SINGLE_VALUE",
        ("MAL_POSITIVITY",),
        [],
        ["pe", "ou"],
        "THIS_YEAR",
    ),
)
MAP = "MAL_MAP"
LINE_LIST = "MAL_CASES"
# Code, name, French name, and what stands on it: type and code.
DASHBOARDS = (
    (
        "MOTHERS_CHILDREN",
        "Mothers and children",
        "Mères et enfants",
        (("visualization", "ANC_TREND"), ("visualization", "ANC_REGIONS"), ("visualization", "IMM_TABLE")),
    ),
    (
        "MALARIA",
        "Malaria",
        "Paludisme",
        (
            ("map", MAP),
            ("visualization", "MAL_POSITIVITY"),
            ("visualization", "MAL_TREND"),
            ("eventVisualization", LINE_LIST),
        ),
    ),
)


def dashboard_metadata() -> Bundle:
    """Visualizations, map, line list, dashboards."""
    return {
        "visualizations": [_visualization(row) for row in VISUALIZATIONS],
        "eventVisualizations": [_line_list()],
        "maps": [_map()],
        "dashboards": [
            made("dashboard", code, name, fr=fr, dashboardItems=[_item(code, *row) for row in enumerate(items)])
            for code, name, fr, items in DASHBOARDS
        ],
    }


def _visualization(row: Visualization) -> Json:
    return made(
        "visualization",
        row.code,
        row.name,
        fr=row.fr,
        type=row.type,
        columnDimensions=["dx"],
        rowDimensions=row.rows,
        filterDimensions=row.filters,
        **_where_and_when(level=2 if "ou" in row.rows else 1, period=row.period),
        dataDimensionItems=[_data_item(indicator) for indicator in row.indicators],
        showData=True,
    )


def _line_list() -> Json:
    elements = ("CASE_AGE", "CASE_SEX", "CASE_TEST", "CASE_OUTCOME")
    return made(
        "eventVisualization",
        LINE_LIST,
        "Malaria cases of the last 3 months",
        fr="Cas de paludisme des 3 derniers mois",
        type="LINE_LIST",
        dataType="EVENTS",
        outputType="EVENT",
        program=ref("program", NOTIFICATION),
        programStage=ref("programStage", "CASE"),
        columnDimensions=["ou", "pe", *(uid("dataElement", code) for code in elements)],
        rowDimensions=[],
        filterDimensions=[],
        dataElementDimensions=[
            {"dataElement": ref("dataElement", code), "programStage": ref("programStage", "CASE")} for code in elements
        ],
        **_where_and_when(level=1, period="LAST_3_MONTHS"),
    )


def _map() -> Json:
    return made(
        "map",
        MAP,
        "Malaria incidence by district",
        fr="Incidence du paludisme par district",
        longitude=CENTRE[0],
        latitude=CENTRE[1],
        zoom=7,
        basemap="osmLight",
        mapViews=[
            {
                "id": uid("mapView", MAP),
                "name": "Malaria incidence by district",
                "layer": "thematic",
                "renderingStrategy": "SINGLE",
                "thematicMapType": "CHOROPLETH",
                "opacity": 0.9,
                "hidden": False,
                "columnDimensions": ["dx"],
                "filterDimensions": ["ou", "pe"],
                "legendSet": ref("legendSet", "INCIDENCE"),
                "dataDimensionItems": [_data_item("MAL_INCIDENCE")],
                **_where_and_when(level=3, period="THIS_YEAR"),
            }
        ],
    )


def _where_and_when(*, level: int, period: str) -> dict[str, Any]:
    return {
        "organisationUnits": refs("organisationUnit", COUNTRY),
        "organisationUnitLevels": [level] if level > 1 else [],
        "rawPeriods": [period],
    }


def _data_item(indicator: str) -> Json:
    return {"dataDimensionItemType": "INDICATOR", "indicator": ref("indicator", indicator)}


def _item(dashboard: str, number: int, content: tuple[str, str]) -> Json:
    """An item, in two columns from the top; the width of a dashboard is 60."""
    type, code = content
    return {
        "id": uid("dashboardItem", f"{dashboard}.{code}"),
        type: ref(type, code),
        "x": 30 * (number % 2),
        "y": 20 * (number // 2),
        "width": 30,
        "height": 20,
    }
