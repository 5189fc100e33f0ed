"""Icons, and the list of what was deleted."""

from sender import Sender
from test_files import FORM, form


def _icon_file(admin: Sender) -> None:
    body = form(b"\x89PNG", "bus.png", "image/png")
    assert admin("POST", "/api/fileResources?domain=ICON&uid=iconFileUi1", body, media=FORM).status == 202


def test_an_icon_is_added_changed_and_removed(admin_of_each: Sender) -> None:
    _icon_file(admin_of_each)
    new = {"key": "bus-1", "description": "Bus", "keywords": ["road"], "fileResourceId": "iconFileUi1"}

    assert admin_of_each("POST", "/api/icons", new).parsed()["message"] == "Icon created with key bus-1"
    assert admin_of_each("POST", "/api/icons", new).status == 400
    assert admin_of_each("GET", "/api/icons/bus-1/icon").body == b"\x89PNG"
    assert (
        admin_of_each("PUT", "/api/icons/bus-1", {"description": "Coach", "keywords": ["road", "tour"]}).status == 200
    )
    listed = admin_of_each.read("/api/icons?type=CUSTOM&keywords=tour&fields=key,description")
    assert listed["icons"] == [{"key": "bus-1", "description": "Coach"}]
    assert admin_of_each("DELETE", "/api/icons/bus-1").parsed()["message"] == "Icon with key bus-1 deleted"
    assert admin_of_each("GET", "/api/icons/bus-1").status == 404
    assert admin_of_each.read("/api/fileResources/iconFileUi1")["assigned"] is False


def test_the_icons_of_dhis2_are_there_and_cannot_be_changed(admin: Sender) -> None:
    assert admin.read("/api/icons?search=ambulance&fields=key&pageSize=2")["icons"] == [
        {"key": "ambulance_negative"},
        {"key": "ambulance_outline"},
    ]
    refused = admin("DELETE", "/api/icons/ambulance_outline")
    assert (refused.status, refused.parsed()["message"]) == (400, "Not allowed to delete default icon")
    assert admin("GET", "/api/icons/ambulance_outline/icon").status == 501


def test_an_icon_needs_a_good_key_and_a_file(admin: Sender) -> None:
    assert admin("POST", "/api/icons", {"key": "a b", "fileResourceId": "x"}).status == 400
    assert admin("POST", "/api/icons", {"key": "ab", "fileResourceId": "noSuchFile1"}).status == 404


def test_what_was_deleted_is_listed_until_it_is_made_again(admin_of_each: Sender) -> None:
    constant = {"id": "deletedCon1", "code": "PI", "name": "Pi", "shortName": "Pi", "value": 3}
    admin_of_each("POST", "/api/constants", constant)
    admin_of_each("DELETE", "/api/constants/deletedCon1")

    found = admin_of_each.read("/api/deletedObjects?klass=Constant&fields=uid,code,deletedBy")
    other = admin_of_each.read("/api/deletedObjects?klass=DataElement")
    admin_of_each("POST", "/api/constants", constant)

    assert found["deletedObjects"] == [{"uid": "deletedCon1", "code": "PI", "deletedBy": "admin"}]
    assert other["deletedObjects"] == []
    assert admin_of_each.read("/api/deletedObjects")["pager"]["total"] == 0


def test_only_administrators_see_what_was_deleted(admin: Sender) -> None:
    assert admin.somebody()("GET", "/api/deletedObjects").status == 403
