"""Charts, maps and dashboards from a few words."""

from __future__ import annotations

import pytest

from dhis2w_client import Dhis2Client, InvalidRequestError
from dhis2w_client.metadata import Bundle
from dhis2w_client.metadata.chart_specs import chart, dashboard, thematic_map
from dhis2w_sandbox import Sandbox
from tests.client_metadata.connecting import run


def test_they_can_be_created(country: Sandbox) -> None:
    async def use(client: Dhis2Client) -> None:
        indicator = str((await client.indicators.list())[0].id)
        line = chart(
            "Trend", "LINE", [("indicators", indicator)], periods=["LAST_12_MONTHS", "202401"], units=["USER_ORGUNIT"]
        )
        layer = thematic_map("Where", ("indicators", indicator), period="THIS_YEAR", units=["LEVEL-2"])
        board = dashboard("Board", [("visualizations", line["id"]), ("maps", layer["id"]), ("maps", layer["id"])])
        bundle = Bundle({"visualizations": [line], "maps": [layer], "dashboards": [board]})
        assert (await client.metadata.import_bundle(bundle, check=True)).counts.created == 3
        read = (await client.visualizations.get(line["id"], fields="*,columns[dimension,items[id]]")).to_dict()
        assert read["columns"] == [{"dimension": "dx", "items": [{"id": indicator}]}]
        assert read["relativePeriods"]["last12Months"] is True
        assert read["userOrganisationUnit"] is True
        items = (await client.dashboards.get(board["id"], fields="dashboardItems[x,y,width,type]")).to_dict()
        places = [(item["x"], item["y"], item["width"], item["type"]) for item in items["dashboardItems"]]
        assert places == [(0, 0, 30, "VISUALIZATION"), (30, 0, 30, "MAP"), (0, 20, 30, "MAP")]

    run(country, use)


def test_dimensions_units_and_periods() -> None:
    made = chart(
        "x",
        "PIVOT_TABLE",
        [("dataElements", "dataElemen1"), ("programIndicators", "programInd1")],
        periods=["202401", "2024Q1", "LAST_6_BIMONTHS"],
        units=["unit0000001", "LEVEL-3", "USER_ORGUNIT_GRANDCHILDREN"],
        series=["pe"],
        category=["ou", "dx"],
        regressionType="LINEAR",
    )
    assert (made["columnDimensions"], made["rowDimensions"], made["filterDimensions"]) == (["pe"], ["ou", "dx"], [])
    assert made["dataDimensionItems"][1] == {
        "dataDimensionItemType": "PROGRAM_INDICATOR",
        "programIndicator": {"id": "programInd1"},
    }
    assert made["periods"] == [{"id": "202401"}, {"id": "2024Q1"}]
    assert list(made["relativePeriods"]) == ["last6BiMonths"]
    assert made["organisationUnits"] == [{"id": "unit0000001"}]
    assert made["organisationUnitLevels"] == [3]
    assert made["userOrganisationUnitGrandChildren"] is True
    assert made["regressionType"] == "LINEAR"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"series": ["dx", "xx"]}, "dx, pe and ou"),
        ({"series": ["dx"], "category": ["dx"]}, "each once"),
        ({"periods": ["SOMETIME"]}, "SOMETIME"),
        ({"data": [("dataSets", "dataSet0001")]}, "dataSets"),
    ],
)
def test_what_cannot_be_shown(changed: dict[str, list[str]], message: str) -> None:
    asked = {"data": [], "periods": [], "units": [], **changed}
    with pytest.raises(InvalidRequestError, match=message):
        chart("x", "LINE", asked.pop("data"), periods=asked.pop("periods"), units=asked.pop("units"), **asked)  # pyright: ignore[reportArgumentType] - wrong on purpose


def test_legends_of_a_map() -> None:
    (layer,) = thematic_map("x", ("indicators", "a"), period="2024", units=[], legend_set="legendSet01")["mapViews"]
    assert layer["legendSet"] == {"id": "legendSet01"}
    assert "classes" not in layer
