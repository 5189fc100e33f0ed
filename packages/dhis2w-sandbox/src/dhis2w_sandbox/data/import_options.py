"""The options of an import of data values, as parameters set them and as its report shows them.

Source: `ImportOptions` and `ImportStrategy` of dhis2-api; recordings `data/import-strategies`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.identifiers import IdScheme, read_scheme
from dhis2w_sandbox.errors import Dhis2Refusal

Json = dict[str, Any]

STRATEGIES = ("CREATE", "UPDATE", "CREATE_AND_UPDATE", "DELETE", "SYNC", "NEW_AND_UPDATES", "NEW", "UPDATES", "DELETES")
_ALIASES = {"NEW_AND_UPDATES": "CREATE_AND_UPDATE", "NEW": "CREATE", "UPDATES": "UPDATE", "DELETES": "DELETE"}

TRUE = frozenset({"true", "on", "yes", "1"})
FALSE = frozenset({"false", "off", "no", "0"})

# Flags in the order of the report, with their defaults.
_FLAGS = {
    "skipExistingCheck": False,
    "sharing": False,
    "skipNotifications": False,
    "skipAudit": False,
    "datasetAllowsPeriods": False,
    "strictPeriods": False,
    "strictDataElements": False,
    "strictCategoryOptionCombos": False,
    "strictAttributeOptionCombos": False,
    "strictOrganisationUnits": False,
    "strictDataSetApproval": False,
    "strictDataSetLocking": False,
    "strictDataSetInputPeriods": False,
    "requireCategoryOptionCombo": False,
    "requireAttributeOptionCombo": False,
    "skipPatternValidation": False,
    "ignoreEmptyCollection": False,
    "force": False,
    "firstRowIsHeader": True,
    "skipLastUpdated": False,
    "mergeDataValues": False,
    "skipCache": False,
}

SCHEMES = (
    "idScheme",
    "dataElementIdScheme",
    "orgUnitIdScheme",
    "categoryOptionComboIdScheme",
    "attributeOptionComboIdScheme",
    "categoryOptionIdScheme",
    "categoryIdScheme",
    "dataSetIdScheme",
)


@dataclass(frozen=True)
class ImportOptions:
    """How to import."""

    strategy: str = "CREATE_AND_UPDATE"
    """In the spelling in which it was sent, in capitals."""
    dry_run: bool = False
    is_async: bool = False
    atomic: bool = False
    preheats: bool | None = None
    """`preheatCache`, which changes nothing here."""
    data_set: str | None = None
    """The data set of a CSV body."""
    flags: dict[str, bool] = field(default_factory=lambda: dict(_FLAGS))
    schemes: dict[str, IdScheme] = field(default_factory=dict[str, IdScheme])

    @property
    def kind(self) -> str:
        """The strategy without its old names: CREATE, UPDATE, CREATE_AND_UPDATE, DELETE or SYNC."""
        return _ALIASES.get(self.strategy, self.strategy)

    def flag(self, name: str) -> bool:
        """A switch by the name of its parameter."""
        return self.flags[name]

    def with_schemes(self, schemes: dict[str, IdScheme]) -> ImportOptions:
        """The options with the schemes of a payload over their own."""
        return replace(self, schemes={**self.schemes, **schemes})

    def scheme(self, name: str) -> IdScheme:
        """The scheme of a type; the general one where the type has none, by default the uid."""
        return self.schemes.get(name) or self.schemes.get("idScheme") or IdScheme()

    def as_json(self, *, has_atomic: bool) -> Json:
        """The options as reports show them."""
        row: Json = {"idSchemes": {name: scheme.as_json() for name, scheme in self.schemes.items()}}
        if has_atomic:
            row["atomic"] = self.atomic
        row |= {
            "dryRun": self.dry_run,
            "async": self.is_async,
            "importStrategy": self.strategy,
            "mergeMode": "REPLACE",
            "reportMode": "FULL",
        }
        row |= self.flags
        if self.preheats is not None:
            row["preheatCache"] = self.preheats
        if self.data_set is not None:
            row["dataSet"] = self.data_set
        return row


def read_options(call: Call) -> ImportOptions:
    """The options in the parameters of a request; 400 where one cannot be read."""
    strategy = (call.param("importStrategy") or "CREATE_AND_UPDATE").upper()
    if strategy not in STRATEGIES:
        raise Dhis2Refusal(
            400,
            f"Value '{call.param('importStrategy')}' is not valid for parameter importStrategy."
            f" Valid values are: [{', '.join(STRATEGIES)}]",
        )
    return ImportOptions(
        strategy=strategy,
        dry_run=boolean(call, "dryRun", default=False),
        is_async=boolean(call, "async", default=False),
        atomic=boolean(call, "atomic", default=False),
        preheats=boolean(call, "preheatCache", default=False) if call.param("preheatCache") else None,
        data_set=call.param("dataSet"),
        flags={name: boolean(call, name, default=default) for name, default in _FLAGS.items()},
        schemes={name: _scheme(call, name) for name in SCHEMES if call.param(name)},
    )


def boolean(call: Call, name: str, *, default: bool) -> bool:
    """A parameter as Spring reads a boolean; 400 where it is none."""
    text = call.param(name)
    if not text:
        return default
    if text.lower() not in TRUE | FALSE:
        raise Dhis2Refusal(400, f"Value '{text}' is not valid for parameter {name}. It should be of type boolean")
    return text.lower() in TRUE


def _scheme(call: Call, name: str) -> IdScheme:
    text = call.param(name) or ""
    scheme = read_scheme(text)
    if scheme is None:
        raise Dhis2Refusal(400, f"Value '{text}' is not valid for parameter {name}.")
    return scheme
