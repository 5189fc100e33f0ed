"""`/api/configuration/…`: what is set once for the whole server, and which other sites' browsers may come.

Source: `ConfigurationController` of dhis2-core; recordings `meta/anonymous`, `services/configuration`.
"""

from __future__ import annotations

import uuid
from typing import Any

from dhis2w_sandbox.bodies import json_body
from dhis2w_sandbox.call import RECORDED, SOURCE, Call, Reply
from dhis2w_sandbox.data.parameters import sent_list
from dhis2w_sandbox.errors import Dhis2Refusal, message, not_found
from dhis2w_sandbox.metadata.rendering import render
from dhis2w_sandbox.routing import ALL_VERSIONS, Endpoints
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.services import beans
from dhis2w_sandbox.services.catalogs import period_type_rows
from dhis2w_sandbox.services.settings import SystemSettings

Json = dict[str, Any]

endpoints = Endpoints()

_MAY_SET = ["F_SYSTEM_SETTING"]
_ONE_OBJECT = {
    "feedbackRecipients": "userGroup",
    "systemUpdateNotificationRecipients": "userGroup",
    "offlineOrganisationUnitLevel": "organisationUnitLevel",
    "infrastructuralIndicators": "indicatorGroup",
    "infrastructuralDataElements": "dataElementGroup",
    "selfRegistrationRole": "userRole",
    "selfRegistrationOrgUnit": "organisationUnit",
    "facilityOrgUnitGroupSet": "organisationUnitGroupSet",
    "facilityOrgUnitLevel": "organisationUnitLevel",
}
_REMOVABLE = {
    "feedbackRecipients",
    "systemUpdateNotificationRecipients",
    "offlineOrganisationUnitLevel",
    "selfRegistrationRole",
    "selfRegistrationOrgUnit",
}


@endpoints.add("GET", "/api/configuration", RECORDED)
def everything(call: Call) -> Reply:
    """Show all of it that is set."""
    server = call.server
    origins = server.configuration.read("corsAllowlist", [])
    found: Json = {"systemId": _system_id(server)}
    found |= {key: value for key in _ONE_OBJECT if (value := _object(call, key))}
    found |= {"infrastructuralPeriodType": server.configuration.read("infrastructuralPeriodType")}
    found |= {"corsWhitelist": origins, "corsAllowlist": origins}
    if "GET" in _output_periods_methods(server):
        found["dataOutputPeriodTypes"] = _chosen_period_types(server)
    return Reply.json({key: value for key, value in found.items() if value is not None})


@endpoints.add("GET", "/api/configuration/systemId", RECORDED)
def system_id(call: Call) -> Reply:
    """Show the identifier of the server."""
    return _text(_system_id(call.server))


@endpoints.add("POST", "/api/configuration/systemId", SOURCE, requires=["ALL"])
def set_system_id(call: Call) -> Reply:
    """Set the identifier of the server to the body, or to a fresh one."""
    call.server.configuration.write("systemId", call.body.decode() or _new_id(call.server))
    return Reply(204)


def chosen_object(call: Call) -> Reply:
    """Show the object that is chosen for a purpose; nothing where none is."""
    found = _object(call, _key(call))
    return Reply.json(found) if found else Reply()


def choose_object(call: Call) -> Reply:
    """Choose the object whose identifier the body is."""
    key, uid = _key(call), _bare(call)
    if call.server.store.get(_ONE_OBJECT[key], uid) is None:
        raise not_found(call.server.schemas.by_singular[_ONE_OBJECT[key]].short_klass, uid)
    call.server.configuration.write(key, uid)
    return Reply(204)


def choose_none(call: Call) -> Reply:
    """Choose no object for a purpose."""
    call.server.configuration.remove(_key(call))
    return Reply(204)


for _purpose in _ONE_OBJECT:
    _path = f"/api/configuration/{_purpose}"
    endpoints.add("GET", _path, RECORDED)(chosen_object)
    endpoints.add("POST", _path, RECORDED, requires=_MAY_SET)(choose_object)
    if _purpose in _REMOVABLE:
        endpoints.add("DELETE", _path, RECORDED, requires=_MAY_SET)(choose_none)


@endpoints.add("GET", "/api/configuration/infrastructuralPeriodType", RECORDED)
def period_type(call: Call) -> Reply:
    """Show the period type of the data on infrastructure."""
    name = call.server.configuration.read("infrastructuralPeriodType", "Yearly")
    return Reply.json(beans.bean(call.server, {"id": name, "code": name, "name": name}))


@endpoints.add("POST", "/api/configuration/infrastructuralPeriodType", RECORDED, requires=_MAY_SET)
def set_period_type(call: Call) -> Reply:
    """Set the period type of the data on infrastructure."""
    name = _bare(call)
    if name not in call.server.behaviour.period_types:
        raise Dhis2Refusal(404, f"Period type not found: {name}", "E1005")
    call.server.configuration.write("infrastructuralPeriodType", name)
    return Reply(204)


@endpoints.add("GET", "/api/configuration/corsWhitelist", RECORDED)
@endpoints.add("GET", "/api/configuration/corsAllowlist", RECORDED)
def cors_allowlist(call: Call) -> Reply:
    """List the origins that browsers may come from."""
    return Reply.json(call.server.configuration.read("corsAllowlist", []))


@endpoints.add("POST", "/api/configuration/corsWhitelist", RECORDED, requires=_MAY_SET)
@endpoints.add("POST", "/api/configuration/corsAllowlist", RECORDED, requires=_MAY_SET)
def set_cors_allowlist(call: Call) -> Reply:
    """Replace the origins that browsers may come from."""
    origins = json_body(call)
    if not isinstance(origins, list):
        kind = "Object value (token `JsonToken.START_OBJECT`)"
        text = f"Cannot deserialize value of type `java.util.HashSet<java.lang.Object>` from {kind}"
        source = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 1]"
        raise Dhis2Refusal(call.server.behaviour.mapping_error_status, f"{text}\n at {source}")
    call.server.configuration.write("corsAllowlist", origins)
    return Reply(204)


@endpoints.add("GET", "/api/configuration/dataOutputPeriodTypes", RECORDED, versions=["v43", "v44"])
def output_periods(call: Call) -> Reply:
    """List the period types that analytics offers."""
    return Reply.json(_chosen_period_types(call.server))


@endpoints.add("POST", "/api/configuration/dataOutputPeriodTypes", SOURCE, versions=["v43", "v44"], requires=_MAY_SET)
def set_output_periods(call: Call) -> Reply:
    """Set the period types that analytics offers: unknown ones are left out, Yearly is always among them."""
    names: list[str] = [str(row.get("name", "")) for row in sent_list(call, "object")]
    if any(name.strip().lower() == "twoyearly" for name in names):
        raise Dhis2Refusal(409, message(call.server.version, "E1101", "TwoYearly"), "E1101")
    kept = [name for name in dict.fromkeys([*names, "Yearly"]) if name in call.server.behaviour.period_types]
    call.server.configuration.write("dataOutputPeriodTypes", [{"name": name} for name in kept])
    return Reply(204)


@endpoints.add("GET", "/api/configuration/systemReadOnlyMode", RECORDED)
def read_only_mode(call: Call) -> Reply:
    """Say whether the server takes no changes: never."""
    del call
    return Reply.json(False)


@endpoints.add("GET", "/api/configuration/appHubUrl", RECORDED)
def app_hub(call: Call) -> Reply:
    """Say where apps come from."""
    del call
    return Reply.json({"baseUrl": "https://apps.dhis2.org", "apiUrl": "https://apps.dhis2.org/api"})


@endpoints.add("GET", "/api/configuration/remoteServerUrl", RECORDED)
def remote_url(call: Call) -> Reply:
    """Show the address of the server that metadata and data are sent to."""
    return _text(_setting(call.server, "keyRemoteInstanceUrl"))


@endpoints.add("GET", "/api/configuration/remoteServerUsername", SOURCE)
def remote_username(call: Call) -> Reply:
    """Show the user name on the server that metadata and data are sent to."""
    return _text(_setting(call.server, "keyRemoteInstanceUsername"))


@endpoints.add("GET", "/api/configuration/twoFactorMethods", RECORDED, versions=ALL_VERSIONS - {"v41"})
def two_factor_methods(call: Call) -> Reply:
    """Say which second factors there are."""
    del call
    return Reply.json({"totp2faEnabled": True, "email2faEnabled": False})


def _object(call: Call, key: str) -> Json | None:
    """The chosen object, as DHIS2 writes one that nobody asked fields of."""
    uid = call.server.configuration.read(key)
    schema = call.server.schemas.by_singular[_ONE_OBJECT[key]]
    document = call.server.store.get(schema.singular, uid) if uid else None
    if document is None:
        return None
    shown = render(call, schema, document, ":all")
    return {name: value for name, value in shown.items() if name not in {"href", "access"}}


def _chosen_period_types(server: Server) -> list[Json]:
    """The period types that analytics offers, in full."""
    chosen: list[Json] = server.configuration.read("dataOutputPeriodTypes", [])
    known = {row["name"]: row for row in period_type_rows(server)}
    return [known[row["name"]] for row in chosen]


def _key(call: Call) -> str:
    """The purpose that the path names."""
    return call.path.rpartition("/")[2]


def _text(value: str) -> Reply:
    return Reply(200, value.encode(), "application/json")


def _bare(call: Call) -> str:
    """The body as an identifier: text, or a JSON string."""
    return call.body.decode(errors="replace").replace('"', "")


def _setting(server: Server, key: str) -> str:
    settings = SystemSettings(server)
    return str(settings.value(settings.known[key]) or "")


def _system_id(server: Server) -> str:
    known = server.configuration.read("systemId")
    if known is None:
        known = _new_id(server)
        server.configuration.write("systemId", known)
    return known


def _new_id(server: Server) -> str:
    return str(uuid.UUID(int=server.random.getrandbits(128), version=4))


def _output_periods_methods(server: Server) -> set[str]:
    rows = (row for row in endpoints.rows if row.pattern == "/api/configuration/dataOutputPeriodTypes")
    return {row.method for row in rows if server.version in row.versions}
