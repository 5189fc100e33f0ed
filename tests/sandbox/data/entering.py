"""A clerk of one unit, a data set of three elements, and short ways to enter and read its values."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox import Sandbox
from dhis2w_sandbox.call import Reply

Json = dict[str, Any]

COMBO = {"id": "bjDvmb4bfuf"}
ROOT, UNIT, OTHER = "UnitRoot001", "UnitAaaa001", "UnitBbbb001"
COUNT, AVERAGE, COLOUR = "ElemCount01", "ElemAvrge01", "ElemColor01"
DATA_SET, SECOND_SET = "DataSetAaa1", "DataSetBbb1"


@dataclass
class Clerk:
    """One user of one sandbox."""

    sandbox: Sandbox

    @classmethod
    def of(cls, sandbox: Sandbox) -> Clerk:
        """The administrator, with the root unit as their own."""
        clerk = cls(sandbox)
        assert clerk.send("POST", "/api/metadata", _metadata()).status == 200
        user = sandbox.server.store.get("user", "M5zQapPyTZI")
        assert user is not None
        sandbox.server.store.put("user", user["id"], {**user, "organisationUnits": [{"id": ROOT}]})
        return clerk

    def send(self, method: str, target: str, body: Any = None, media: str = "application/json") -> Reply:
        """The answer to a request."""
        path, _, query = target.partition("?")
        secret = base64.b64encode(b"admin:district").decode()
        headers = [("Host", "sandbox"), ("Authorization", f"Basic {secret}")]
        if body is not None:
            headers.append(("Content-Type", media))
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.sandbox.app.answer(method, path, query, headers, raw)

    def import_values(self, *values: Json, query: str = "", **head: Any) -> tuple[int, Json]:
        """Status and summary of an import into the data set."""
        reply = self.send(
            "POST", f"/api/dataValueSets?{query}", {"dataSet": DATA_SET, **head, "dataValues": list(values)}
        )
        return reply.status, json.loads(reply.body)["response"]

    def stored(self, query: str = "") -> list[tuple[str, str, str | None]]:
        """Element, period and value of what is stored for the unit, in no promised order."""
        dates = "startDate=2000-01-01&endDate=2030-12-31"
        both = f"dataSet={DATA_SET}&dataSet={SECOND_SET}"
        reply = self.send("GET", f"/api/dataValueSets?{both}&orgUnit={ROOT}&children=true&{dates}&{query}")
        rows = json.loads(reply.body)["dataValues"]
        return sorted((row["dataElement"], row["period"], row.get("value")) for row in rows)


def value(element: str = COUNT, period: str = "202401", text: Any = "1", unit: str = UNIT, **more: Any) -> Json:
    """One value as JSON."""
    return {"dataElement": element, "period": period, "orgUnit": unit, "value": text, **more}


def _metadata() -> Json:
    def element(uid: str, name: str, type: str, aggregation: str, **more: Any) -> Json:
        kinds = {"valueType": type, "aggregationType": aggregation, "domainType": "AGGREGATE", "categoryCombo": COMBO}
        return {"id": uid, "name": name, "shortName": name, **kinds, **more}

    def data_set(uid: str, name: str, *elements: str) -> Json:
        return {
            "id": uid,
            "name": name,
            "shortName": name,
            "periodType": "Monthly",
            "categoryCombo": COMBO,
            "organisationUnits": [{"id": ROOT}, {"id": UNIT}, {"id": OTHER}],
            "dataSetElements": [{"dataElement": {"id": uid}} for uid in elements],
        }

    def unit(uid: str, name: str, **more: Any) -> Json:
        return {"id": uid, "name": name, "shortName": name, "openingDate": "2000-01-01", **more}

    return {
        "organisationUnits": [
            unit(ROOT, "Root"),
            unit(UNIT, "Here", parent={"id": ROOT}),
            unit(OTHER, "There", parent={"id": ROOT}),
        ],
        "optionSets": [
            {"id": "OptnSetAaa1", "name": "Colours", "valueType": "TEXT", "options": [{"id": "OptionRed01"}]}
        ],
        "options": [{"id": "OptionRed01", "name": "Red", "code": "RED", "optionSet": {"id": "OptnSetAaa1"}}],
        "dataElements": [
            element(COUNT, "Count", "INTEGER", "SUM"),
            element(AVERAGE, "Average", "NUMBER", "AVERAGE"),
            element(COLOUR, "Colour", "TEXT", "NONE", optionSet={"id": "OptnSetAaa1"}),
        ],
        "dataSets": [
            data_set(DATA_SET, "First", COUNT, AVERAGE, COLOUR),
            data_set(SECOND_SET, "Second", COUNT),
        ],
    }


def adx(*values: str, period: str = "2024-01-01/P1M", **group: str) -> bytes:
    """An ADX body of one group of the first data set, in which objects are named by uid."""
    head = {"dataSet": DATA_SET, "orgUnit": UNIT, "period": period} | group
    attributes = " ".join(f'{name}="{text}"' for name, text in head.items())
    return f'<adx xmlns="urn:ihe:qrph:adx:2015"><group {attributes}>{"".join(values)}</group></adx>'.encode()
