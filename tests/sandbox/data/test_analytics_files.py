"""Analytics as CSV, XML and HTML.

Evidence: `GridUtils`, the template `grid-html`, `AnalyticsController`,
`AnalyticsOutlierDetectionController`, `OutlierDetectionController`, and `DataValueSet` with its Jackson annotations.
"""

import pytest
from entering import AVERAGE, COUNT, ROOT, UNIT, Clerk, value

from dhis2w_sandbox.data.analytics.grid_files import as_html, as_xml
from dhis2w_sandbox.data.analytics.layout import Json
from dhis2w_sandbox.versions import BEHAVIOURS

ASKED = f"dimension=dx:{COUNT}&dimension=pe:2024&dimension=ou:{UNIT}"
CACHED = "max-age=60, public"


@pytest.fixture
def analysed(clerk: Clerk) -> Clerk:
    """Somebody with two values in the tables."""
    if clerk.sandbox.server.behaviour.limits_output_periods:
        names = [{"name": "Monthly"}, {"name": "Yearly"}]
        assert clerk.send("POST", "/api/configuration/dataOutputPeriodTypes", names).status == 204
    rows = [value(AVERAGE, f"2024{month:02}", text) for month, text in enumerate(["1", "2", "3", "4", "10"], 1)]
    clerk.import_values(value(COUNT, "202401", "3"), value(COUNT, "202402", "4"), *rows)
    assert clerk.send("POST", "/api/resourceTables/analytics").status == 200
    return clerk


def test_a_grid_is_written_as_xml(analysed: Clerk) -> None:
    reply = analysed.send("GET", f"/api/analytics.xml?{ASKED}")
    assert (reply.media, reply.headers) == ("application/xml", {**reply.headers, "Cache-Control": CACHED})
    assert "Content-Disposition" not in reply.headers
    text = 'type="java.lang.String" hidden="false" meta="true"></header>'
    assert reply.body.decode() == (
        "<?xml version='1.0' encoding='UTF-8'?>"
        '<grid width="4" height="1"><headers>'
        f'<header name="dx" column="Data" {text}<header name="pe" column="Period" {text}'
        f'<header name="ou" column="Organisation unit" {text}'
        '<header name="value" column="Value" type="java.lang.Double" hidden="false" meta="false"></header>'
        f"</headers><rows><row><field>{COUNT}</field><field>2024</field><field>{UNIT}</field><field>7</field></row>"
        "</rows></grid>"
    )


def test_what_is_empty_in_xml_has_one_tag_and_what_is_odd_is_escaped() -> None:
    assert as_xml([], []).endswith('<grid width="0" height="0"><headers/><rows/></grid>')
    header: Json = {"name": 'a"<', "column": None, "type": "T", "hidden": True, "meta": False}
    text = as_xml([header, header], [["", "1 < 2 & ]]> 2 > 1"]], "A & B")
    assert '<grid title="A &amp; B" width="2" height="1">' in text
    assert '<header name="a&quot;&lt;" type="T" hidden="true" meta="false"></header>' in text
    assert "<row><field></field><field>1 &lt; 2 &amp; ]]&gt; 2 > 1</field></row>" in text


def test_a_grid_is_written_as_a_page(analysed: Clerk) -> None:
    reply = analysed.send("GET", f"/api/analytics.html?{ASKED}")
    assert (reply.media, reply.headers["Cache-Control"]) == ("text/html", CACHED)
    assert "Content-Disposition" not in reply.headers
    text = reply.body.decode()
    left = ' style="text-align:left"'
    cell = "" if analysed.sandbox.server.version == "v42" else left
    assert text == "\n".join(
        [
            '<div class="gridDiv">',
            "<h3></h3>",
            "<h4></h4>",
            '<table class="listTable gridTable">',
            "<thead>",
            "<tr>",
            f"<th{left}>Data</th>",
            f"<th{left}>Period</th>",
            f"<th{left}>Organisation unit</th>",
            "<th>Value</th>",
            "</tr>",
            "</thead>",
            "<tbody>",
            "<tr>",
            f"<td{cell}>{COUNT}</td>",
            f"<td{cell}>2024</td>",
            f"<td{cell}>{UNIT}</td>",
            "<td>7</td>",
            "</tr>",
            "</tbody>",
            "</table>",
            "</div>",
        ]
    )


def test_pages_leave_out_hidden_columns_and_print_numbers_as_java_does() -> None:
    base: Json = {"name": "n", "column": "Größe", "meta": False}
    number, text = "java.lang.Double", "java.lang.String"
    headers = [{**base, "type": number, "hidden": False}, {**base, "type": text, "hidden": True}]
    page = as_html(BEHAVIOURS["v43"], headers, [["12345678.5", "secret"], ["7", ""], ["9999999.5", ""]], "A > B")
    assert "<h3>A &gt; B</h3>" in page
    assert page.count("<th>Gr&ouml;&szlig;e</th>") == 1
    assert "secret" not in page
    assert [f"<td>{shown}</td>" in page for shown in ("1.23456785E7", "7", "9999999.5")] == [True] * 3
    assert "<td>1.0E7</td>" in as_html(BEHAVIOURS["v43"], headers[:1], [["10000000.0"]])


def test_a_table_layout_is_called_after_its_filters(analysed: Clerk) -> None:
    asked = f"dimension=dx:{COUNT}&dimension=pe:2024&columns=dx&rows=pe&tableLayout=true"
    answer = analysed.send("GET", f"/api/analytics?{asked}&filter=ou:{UNIT};{ROOT}").parsed()
    assert answer["title"] == "Here, Root"
    assert "title" not in analysed.send("GET", f"/api/analytics?{ASKED}&columns=dx&rows=pe&tableLayout=true").parsed()
    page = analysed.send("GET", f"/api/analytics.html?{asked}&filter=ou:{UNIT}").body.decode()
    assert "<h3>Here</h3>" in page


def test_errors_are_texts_and_have_a_name_of_their_own(analysed: Clerk) -> None:
    for suffix in ("xml", "html", "html+css"):
        reply = analysed.send("GET", f"/api/analytics.{suffix}?dimension=dx:{COUNT}&dimension=ou:{UNIT}")
        assert reply.status == 200
        assert reply.body.startswith(b"E7146: ")
        assert reply.headers["Content-Disposition"] == 'inline; filename="error.html"'


@pytest.mark.parametrize("suffix", ["xls", "html+css"])
def test_workbooks_and_style_sheets_are_not_here(analysed: Clerk, suffix: str) -> None:
    assert analysed.send("GET", f"/api/analytics.{suffix}?{ASKED}").status == 501


def test_a_set_of_values_is_written_as_xml(analysed: Clerk) -> None:
    reply = analysed.send("GET", f"/api/analytics/dataValueSet.xml?{ASKED}")
    today = analysed.sandbox.server.now()[:10]
    assert (reply.media, reply.headers["Cache-Control"]) == ("application/xml", CACHED)
    assert reply.body.decode() == (
        '<dataValueSet xmlns="http://dhis2.org/schema/dxf/2.0">'
        f'<dataValue dataElement="{COUNT}" period="2024" orgUnit="{UNIT}" value="7" created="{today}"'
        f' lastUpdated="{today}" comment="[aggregated]" followup="false"/></dataValueSet>'
    )
    nothing = analysed.send("GET", f"/api/analytics/dataValueSet.xml?{ASKED}".replace("2024", "2023"))
    assert nothing.body.decode() == '<dataValueSet xmlns="http://dhis2.org/schema/dxf/2.0"/>'


TIME = "startDate=2024-01-01&endDate=2024-12-31"


def test_outliers_are_files_too(analysed: Clerk) -> None:
    asked = f"dx={AVERAGE}&ou={ROOT}&{TIME}&algorithm=MODIFIED_Z_SCORE"
    for suffix, media in (("xml", "application/xml"), ("html", "text/html")):
        reply = analysed.send("GET", f"/api/analytics/outlierDetection.{suffix}?{asked}")
        assert (reply.status, reply.media, reply.headers["Cache-Control"]) == (200, media, "no-cache, private")
        assert "Content-Disposition" not in reply.headers
        assert b"202405" in reply.body


def test_stored_outliers_are_rows_of_every_column(analysed: Clerk) -> None:
    asked = f"dx={AVERAGE}&ou={ROOT}&{TIME}&algorithm=MOD_Z_SCORE"
    reply = analysed.send("GET", f"/api/outlierDetection.csv?{asked}")
    assert (reply.media, reply.headers["Cache-Control"]) == ("application/csv", "no-cache, private")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="outlierdata.csv"'
    head, row = reply.body.decode().splitlines()
    assert head == (
        "de,deName,pe,ou,ouName,coc,cocName,aoc,lastUpdated,value,mean,stdDev,absDev,zScore,lowerBound,upperBound,"
        "aocName,rawValue,median,followup"
    )
    cells = dict(zip(head.split(","), row.split(","), strict=True))
    assert (cells["de"], cells["pe"], cells["value"], cells["mean"]) == (AVERAGE, "202405", "10.0", "")
    assert (cells["median"], cells["followup"], cells["aocName"]) == ("3.0", "false", "default")
