"""Shapes of organisation units that come as GML."""

from __future__ import annotations

import json

import pytest
from writer import Json, Writer

UNIT = {"shortName": "x", "openingDate": "2020-01-01"}


def feature(name: str, shape: str) -> str:
    return f"<gml:featureMember><f><g>{shape}</g>{name}</f></gml:featureMember>"


def imported(writer: Writer, *features: str) -> tuple[int, Json]:
    text = f'<c xmlns:gml="http://www.opengis.net/gml">{"".join(features)}</c>'
    reply = writer.send("POST", "/api/metadata/gml", text.encode(), "application/xml")
    return reply.status, json.loads(reply.body)


@pytest.fixture
def units(admin_of_each: Writer) -> Writer:
    """Three units, one with a parent."""
    rows: list[Json] = [
        {"id": "gmlOrgUnit1", "name": "One", "code": "ONE", **UNIT},
        {"id": "gmlOrgUnit2", "name": "Two", "code": "TWO", **UNIT, "parent": {"id": "gmlOrgUnit1"}},
        {"id": "gmlOrgUnit3", "name": "Three", **UNIT},
    ]
    admin_of_each.write("POST", "/api/metadata", {"organisationUnits": rows})
    return admin_of_each


POINT = "<gml:Point><gml:pos>1.12345678 2</gml:pos></gml:Point>"
RING = "<gml:LinearRing><gml:coordinates>0,0 0,1.00009 1,1 0,0</gml:coordinates></gml:LinearRing>"
POLYGON = f"<gml:Polygon>{RING}</gml:Polygon>"
MULTI = (
    "<gml:MultiPolygon><gml:polygonMember><gml:Polygon><gml:posList>0 0 0 1 1 1 0 0</gml:posList></gml:Polygon>"
    "</gml:polygonMember></gml:MultiPolygon>"
)


def test_units_are_found_by_identifier_code_or_name(units: Writer) -> None:
    status, answer = imported(
        units,
        feature("<uid>gmlOrgUnit1</uid>", POINT),
        feature("<code>TWO</code>", POLYGON),
        feature("<name>Three</name>", MULTI),
    )
    assert (status, answer["response"]["stats"]["updated"]) == (200, 3)
    rows = units.get("/api/organisationUnits?fields=id,name,parent,geometry&order=id")["organisationUnits"]
    assert [row["geometry"]["type"] for row in rows] == ["Point", "Polygon", "MultiPolygon"]
    assert rows[0]["geometry"]["coordinates"] == [1.123457, 2.0]
    assert rows[1]["geometry"]["coordinates"] == [[[0.0, 0.0], [0.0, 1.0001], [1.0, 1.0], [0.0, 0.0]]]
    assert (rows[1]["name"], rows[1]["parent"]) == ("Two", {"id": "gmlOrgUnit1"})


def test_units_are_only_updated(units: Writer) -> None:
    status, answer = imported(units, feature("<uid>nowhere0001</uid>", POINT))
    assert status == 409
    (report,) = answer["response"]["typeReports"][0]["objectReports"]
    assert report["errorReports"][0]["errorCode"] == "E5001"
    assert len(units.server.store.all("organisationUnit")) == 3


def test_what_is_no_xml(units: Writer) -> None:
    reply = units.send("POST", "/api/metadata/gml", b"<c>", "application/xml")
    error = json.loads(reply.body)["response"]["typeReports"][0]["objectReports"][0]["errorReports"][0]
    assert (reply.status, error["errorCode"]) == (409, "E7010")
