"""Values that are files: sent as forms, and given back."""

import json

import pytest
from entering import DATA_SET, UNIT, Clerk, Json

PHOTO = "ElemPhoto01"
PLACE = f"de={PHOTO}&pe=202401&ou={UNIT}"
FORM = "multipart/form-data; boundary=xyz"
HEAD = 'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png'
BODY = f"--xyz\r\n{HEAD}\r\n\r\nPNG\r\n--xyz--\r\n".encode()


@pytest.fixture
def photographer(clerk: Clerk) -> Clerk:
    """Somebody whose data set has an element for pictures."""
    store = clerk.sandbox.server.store
    count: Json = store.get("dataElement", "ElemCount01") or {}
    photo = {"id": PHOTO, "name": "Photo", "shortName": "Photo", "valueType": "IMAGE", "aggregationType": "NONE"}
    store.put("dataElement", PHOTO, {**count, **photo})
    data_set: Json = store.get("dataSet", DATA_SET) or {}
    row = {"dataElement": {"id": PHOTO}, "dataSet": {"id": DATA_SET}}
    store.put("dataSet", DATA_SET, {**data_set, "dataSetElements": [*data_set["dataSetElements"], row]})
    return clerk


def test_a_file_becomes_a_value_and_comes_back(photographer: Clerk) -> None:
    reply = photographer.send("POST", f"/api/dataValues/file?{PLACE}", BODY, FORM)
    file = json.loads(reply.body)["response"]["fileResource"]

    assert (reply.status, file["domain"], file["assigned"]) == (202, "DATA_VALUE", True)
    assert json.loads(photographer.send("GET", f"/api/dataValues?{PLACE}").body) == [file["id"]]
    sent = photographer.send("GET", f"/api/dataValues/files?{PLACE}")
    assert (sent.status, sent.media, sent.body) == (200, "image/png", b"PNG")


def test_a_refused_value_keeps_no_file(photographer: Clerk) -> None:
    place = PLACE.replace(UNIT, "NoSuchUnit1")

    assert photographer.send("POST", f"/api/dataValues/file?{place}", BODY, FORM).status == 409
    assert photographer.sandbox.server.store.all("fileResource") == []


def test_no_file_where_there_is_no_value_or_the_value_is_a_number(photographer: Clerk) -> None:
    photographer.import_values({"dataElement": "ElemAvrge01", "period": "202401", "orgUnit": UNIT, "value": "3"})

    assert photographer.send("GET", f"/api/dataValues/files?{PLACE}").status == 409
    assert photographer.send("GET", f"/api/dataValues/files?de=ElemAvrge01&pe=202401&ou={UNIT}").status == 409
