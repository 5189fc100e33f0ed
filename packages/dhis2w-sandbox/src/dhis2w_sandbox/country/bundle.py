"""The demo country as one metadata payload, and its way into a server."""

from __future__ import annotations

from typing import Any, cast

from dhis2w_sandbox.boot import ADMIN
from dhis2w_sandbox.country.attributes import attribute_metadata
from dhis2w_sandbox.country.categories import category_metadata
from dhis2w_sandbox.country.checks import check_metadata
from dhis2w_sandbox.country.dashboards import dashboard_metadata
from dhis2w_sandbox.country.data_sets import data_set_metadata
from dhis2w_sandbox.country.health import health_metadata
from dhis2w_sandbox.country.indicators import indicator_metadata
from dhis2w_sandbox.country.legend_sets import legend_set_metadata
from dhis2w_sandbox.country.objects import Bundle, Json, refs
from dhis2w_sandbox.country.option_sets import option_set_metadata
from dhis2w_sandbox.country.people import people_metadata, sharing
from dhis2w_sandbox.country.persons import person_metadata
from dhis2w_sandbox.country.places import COUNTRY, make_places, place_metadata
from dhis2w_sandbox.country.program_indicators import program_indicator_metadata
from dhis2w_sandbox.country.program_rules import program_rule_metadata
from dhis2w_sandbox.country.programs import program_metadata
from dhis2w_sandbox.country.registrations import registrations
from dhis2w_sandbox.data.identifiers import IdScheme
from dhis2w_sandbox.metadata.importing import ImportOptions, import_bundle
from dhis2w_sandbox.schemas import Schema, Schemas
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.import_options import ImportOptions as TrackerOptions
from dhis2w_sandbox.tracker.importer import Import
from dhis2w_sandbox.tracker.payload_reader import PayloadReader, Schemes
from dhis2w_sandbox.user import User

SEED = 1962
"""The country that a sandbox has unless told otherwise."""
UNITS_OF_A_USER = ("organisationUnits", "dataViewOrganisationUnits", "teiSearchOrganisationUnits")


def demo_country(schemas: Schemas, seed: int = SEED) -> Bundle:
    """The metadata of the country, as the version of the schemas takes it.

    Args:
        schemas: of the version; what its types do not have is left out.
        seed: another seed gives another landscape, other villages and dates; identifiers and codes stay.
    """
    places = make_places(seed)
    bundle: Bundle = {}
    for part in (
        attribute_metadata(),
        option_set_metadata(),
        legend_set_metadata(),
        place_metadata(places),
        category_metadata(),
        health_metadata(),
        data_set_metadata(places),
        indicator_metadata(),
        check_metadata(),
        person_metadata(),
        program_metadata(places),
        program_rule_metadata(),
        program_indicator_metadata(),
        dashboard_metadata(),
        people_metadata(),
    ):
        for plural, objects in part.items():
            bundle[plural] = [*bundle.get(plural, ()), *objects]
    types = ((schemas.by_plural[plural], objects) for plural, objects in bundle.items())
    return {schema.plural: [_shared(schema, _known(schemas, schema, row)) for row in rows] for schema, rows in types}


def load(server: Server, seed: int = SEED) -> None:
    """Import the country into a server that has had its first boot, and let its admin work in all of it.

    Raises:
        RuntimeError: the import refuses an object; nothing is written then.
    """
    report = import_bundle(server, _admin(server), demo_country(server.schemas, seed), ImportOptions())
    if report.has_errors:
        refused = [found.as_json(server.version) for type in report.types.values() for found in type.objects.values()]
        raise RuntimeError(f"the demo country is not valid in {server.version}: {refused}")
    whole = refs("organisationUnit", COUNTRY)
    server.store.put("user", ADMIN, {**_admin(server).document, **dict.fromkeys(UNITS_OF_A_USER, whole)})
    _register(server, seed)


def _register(server: Server, seed: int) -> None:
    """Import the persons and cases of the country."""
    options = TrackerOptions(Schemes(IdScheme(), {}))
    payload = PayloadReader(server, options.schemes).read(registrations(make_places(seed), seed))
    report = Import(server, _admin(server), options).run(payload)
    if report["status"] != "OK":
        raise RuntimeError(f"the persons of the demo country are not valid in {server.version}: {report}")


def _admin(server: Server) -> User:
    return User(server.store, server.store.get("user", ADMIN) or {})


def _known(schemas: Schemas, schema: Schema, row: Json) -> Json:
    """The properties of a row that its type owns in the version; of what is embedded in it, all that the type has."""
    return {
        key: _known_value(schemas, prop.value_klass, value)
        for key, value in row.items()
        if (prop := schema.properties.get(key)) and (prop.owner or not schema.metadata)
    }


def _known_value(schemas: Schemas, klass: str, value: Any) -> Any:
    schema = schemas.by_klass.get(klass)
    if schema is None:
        return value
    if isinstance(value, list):
        return [_known_value(schemas, klass, item) for item in cast("list[Any]", value)]
    return _known(schemas, schema, cast("Json", value)) if isinstance(value, dict) else value


def _shared(schema: Schema, row: Json) -> Json:
    return {**row, "sharing": sharing(schema)} if schema.shareable else row
