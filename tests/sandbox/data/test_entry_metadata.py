"""What an app needs to draw forms: of the data sets that the user may enter data of, without links."""

import json
from typing import Any

from entering import COLOUR, COUNT, DATA_SET, OTHER, SECOND_SET, UNIT, Clerk

Json = dict[str, Any]
PATH = "/api/dataEntry/metadata"


def metadata(clerk: Clerk) -> Json:
    reply = clerk.send("GET", PATH)
    assert reply.status == 200
    return json.loads(reply.body)


def test_everything_that_the_sets_are_made_of(clerk: Clerk) -> None:
    shown = metadata(clerk)
    assert [row["id"] for row in shown["dataSets"]] == [DATA_SET, SECOND_SET]
    assert shown["dataSets"][1]["dataSetElements"] == [{"dataElement": {"id": COUNT}}]
    elements = {row["id"]: row for row in shown["dataElements"]}
    assert elements[COLOUR]["optionSet"] == {"id": "OptnSetAaa1"}
    assert [row["options"] for row in shown["optionSets"]] == [
        [{"id": "OptionRed01", "code": "RED", "displayName": "Red"}]
    ]
    (combo,) = shown["categoryCombos"]
    assert [row["categoryOptions"] for row in combo["categoryOptionCombos"]] == [["xYerKDKCefk"]]
    assert not any("href" in row for rows in shown.values() for row in rows)


def test_units_are_those_of_the_user(clerk: Clerk) -> None:
    store = clerk.sandbox.server.store
    user = store.get("user", "M5zQapPyTZI") or {}
    store.put("user", "M5zQapPyTZI", {**user, "organisationUnits": [{"id": UNIT}]})
    assert metadata(clerk)["dataSets"][0]["organisationUnits"] == [UNIT]
    assert OTHER not in str(metadata(clerk)["dataSets"])


def test_what_has_not_changed_is_not_sent_again(clerk: Clerk) -> None:
    app, reply = clerk.sandbox.app, clerk.send("GET", PATH)
    headers = [("Host", "sandbox"), ("Authorization", "Basic YWRtaW46ZGlzdHJpY3Q=")]
    again = app.answer("GET", PATH, "", [*headers, ("If-None-Match", reply.headers["ETag"])], b"")
    assert (again.status, again.body) == (304, b"")
