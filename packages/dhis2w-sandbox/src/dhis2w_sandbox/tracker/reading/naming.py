"""How answers name metadata: by identifier, code, name, or an attribute's value, as the request asks.

Source: `TrackerIdSchemeParams`, `MetadataMapper` and `MappingErrors` of dhis2-core.
"""

from __future__ import annotations

from typing import Any

from dhis2w_sandbox.data.identifiers import UID, IdScheme, name_in, read_scheme
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.server import Server
from dhis2w_sandbox.tracker.reading.parameters import Parameters, not_valid

Json = dict[str, Any]

_PARAMETERS = {
    "dataElement": "dataElementIdScheme",
    "organisationUnit": "orgUnitIdScheme",
    "program": "programIdScheme",
    "programStage": "programStageIdScheme",
    "categoryOptionCombo": "categoryOptionComboIdScheme",
    "categoryOption": "categoryOptionIdScheme",
}


class Naming:
    """Names metadata objects, and remembers those that have no name in the scheme.

    Args:
        server: where the objects are.
        general: the scheme of types that have none of their own.
        own: schemes by type (singular name).
    """

    def __init__(self, server: Server, general: IdScheme = UID, own: dict[str, IdScheme] | None = None) -> None:
        self._server = server
        self._general = general
        self._own = own or {}
        self._missing: dict[tuple[str, str], dict[str, None]] = {}

    @classmethod
    def read(cls, parameters: Parameters) -> Naming:
        """As a request asks for it; where the version takes no schemes: by identifiers."""
        if not parameters.server.behaviour.takes_tracker_id_schemes:
            return cls(parameters.server)
        own = {type: scheme for type, name in _PARAMETERS.items() if (scheme := _scheme(parameters, name))}
        return cls(parameters.server, _scheme(parameters, "idScheme") or UID, own)

    def __call__(self, type: str, uid: str | None) -> str | None:
        """The name of an object."""
        scheme = self._own.get(type, self._general)
        if uid is None or scheme == UID:
            return uid
        document = self._server.store.get(type, uid) or {}
        name = name_in(scheme, document)
        if name is None and type != "dataElement":
            kind = f"{type[0].upper()}{type[1:]}"
            default = "(default)" if document.get("name") == "default" else ""
            self._missing.setdefault((kind, _spelled(scheme)), {})[f"{uid}{default}"] = None
        return name

    def check(self) -> None:
        """422 where something that was named has no name in its scheme."""
        if not self._missing:
            return
        rows = [f"{kind}[{scheme}]={','.join(uids)}" for (kind, scheme), uids in self._missing.items()]
        hint = (
            "\n\nData linked to default category option (combo)s cannot be exported using idScheme=ATTRIBUTE as they"
            " cannot have any attribute values."
            if any("(default)" in row for row in rows)
            else ""
        )
        raise Dhis2Refusal(
            422,
            "Not all metadata has an identifier for the requested idScheme. Either change the requested idScheme or"
            " add the missing identifiers to the metadata.",
            dev_message="Following metadata listed using their UIDs is missing identifiers for the requested"
            " idScheme:\n\n" + "\n".join(rows) + hint,
        )


def _scheme(parameters: Parameters, name: str) -> IdScheme | None:
    text = parameters.text(name)
    scheme = read_scheme(text) if text else None
    if text and (scheme is None or scheme.kind in {"ID", "UUID"}):
        raise not_valid(name, text, "Valid values are: [UID, CODE, NAME, ATTRIBUTE:attributeUid]")
    return scheme


def _spelled(scheme: IdScheme) -> str:
    return f"{scheme.kind}:{scheme.attribute}" if scheme.attribute else scheme.kind
