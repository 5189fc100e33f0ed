"""Shapes of organisation units as GML: each feature names a unit, and gives it a geometry.

Source: `DefaultGmlImportService`, `GmlConversionUtils` and `gml2dxf2.xsl` of dhis2-core.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from dhis2w_sandbox.errors import ErrorReport
from dhis2w_sandbox.metadata.reports import ImportReport, ObjectReport, TypeReport
from dhis2w_sandbox.server import Server

Json = dict[str, Any]

_SERVICE = "org.hisp.dhis.dxf2.gml.DefaultGmlImportService"
_GML = "{http://www.opengis.net/gml}"
_UNIT = "organisationUnit"
_POINT_DECIMALS, _POLYGON_DECIMALS = 6, 4

# How a feature may name its unit, the first that is there counts: property, and the elements that hold it.
_NAMES = (("id", ("uid", "UID", "Uid")), ("code", ("code", "CODE", "Code")), ("name", ("name", "NAME", "Name")))


def read_bundle(server: Server, body: bytes) -> Json:
    """The stored units that the features name, with the geometries of the features, as a payload of an import.

    Features that name no stored unit stay what they are; an update refuses them.

    Raises:
        ET.ParseError: the body is no XML.
    """
    root = ET.fromstring(body)  # noqa: S314 - a server for tests, on loopback
    return {"organisationUnits": [_unit(server, feature) for feature in root.iter(f"{_GML}featureMember")]}


def failure(error: ET.ParseError) -> ImportReport:
    """The report of a body that is no XML (E7010); the parser's words are the sandbox's own."""
    line, column = error.position
    text = f"GML import failed: {error.msg} On line {line} column {column}."
    found = ObjectReport(_SERVICE, 0, None, None, [ErrorReport("E7010", (text,), _SERVICE)])
    return ImportReport("ERROR", {_SERVICE: TypeReport(_SERVICE, objects={0: found})})


def _unit(server: Server, feature: ET.Element) -> Json:
    named = _name(feature)
    geometry = _geometry(feature)
    stored = next((unit for unit in server.store.all(_UNIT) if named.items() <= unit.items()), None) if named else None
    if stored is None or geometry is None:
        return {**named, **({"geometry": geometry} if geometry else {})}
    return {**stored, "geometry": geometry}


def _name(feature: ET.Element) -> Json:
    texts = {element.tag.rpartition("}")[2]: (element.text or "").strip() for element in reversed(list(feature.iter()))}
    for key, tags in _NAMES:
        found = next((texts[tag] for tag in tags if texts.get(tag)), None)
        if found:
            return {key: found}
    return {}


def _geometry(feature: ET.Element) -> Json | None:
    for holder in (inner for outer in feature for inner in outer):
        for shape in holder:
            match shape.tag.removeprefix(_GML):
                case "Point":
                    return {"type": "Point", "coordinates": _positions(shape, _POINT_DECIMALS)[0]}
                case "Polygon":
                    return {"type": "Polygon", "coordinates": _rings(shape)}
                case "MultiPolygon":
                    members = [_rings(member) for member in shape.iter(f"{_GML}polygonMember")]
                    return {"type": "MultiPolygon", "coordinates": members}
                case _:
                    continue
    return None


def _rings(shape: ET.Element) -> list[list[list[float]]]:
    kinds = ("coordinates", "posList")
    return [_pairs(ring, _POLYGON_DECIMALS) for kind in kinds for ring in shape.iter(_GML + kind)]


def _positions(shape: ET.Element, decimals: int) -> list[list[float]]:
    elements = [element for kind in ("coordinates", "pos") for element in shape.iter(_GML + kind)]
    return [pair for element in elements for pair in _pairs(element, decimals)]


def _pairs(element: ET.Element, decimals: int) -> list[list[float]]:
    """Pairs of numbers: `1,2 3,4` in coordinates, `1 2 3 4` in positions."""
    numbers = [round(float(text), decimals) for text in (element.text or "").replace(",", " ").split()]
    return [numbers[index : index + 2] for index in range(0, len(numbers) - 1, 2)]
