"""How a tracker import is to go, as parameters set it.

Source: `ImportRequestParams`, `TrackerImportParams` and `IdSchemeParamEditor` of dhis2-core; recordings
`tracker/modes-and-refusals`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dhis2w_sandbox.call import Call
from dhis2w_sandbox.data.identifiers import IdScheme, read_scheme
from dhis2w_sandbox.data.import_options import boolean
from dhis2w_sandbox.errors import Dhis2Refusal
from dhis2w_sandbox.tracker.payload_reader import Schemes

Json = dict[str, Any]

REPORT_MODES = ("FULL", "ERRORS", "WARNINGS")
_SCHEMES = (
    "dataElementIdScheme",
    "orgUnitIdScheme",
    "programIdScheme",
    "programStageIdScheme",
    "categoryOptionComboIdScheme",
    "categoryOptionIdScheme",
)


@dataclass(frozen=True)
class ImportOptions:
    """The parameters of `POST /api/tracker`."""

    schemes: Schemes
    strategy: str = "CREATE_AND_UPDATE"
    """CREATE, UPDATE, CREATE_AND_UPDATE or DELETE."""
    is_dry_run: bool = False
    """`importMode=VALIDATE`."""
    atomic_mode: str = "ALL"
    """ALL, or OBJECT: what is right is stored, whatever is wrong with the rest."""
    flush_mode: str = "AUTO"
    validation_mode: str = "FULL"
    """FULL, FAIL_FAST or SKIP (superusers)."""
    report_mode: str = "ERRORS"
    skips_rules: bool = False
    skips_side_effects: bool = False

    @property
    def deletes(self) -> bool:
        """Whether the objects are to go."""
        return self.strategy == "DELETE"

    def as_json(self) -> Json:
        """The parameters as the job's configuration shows them."""
        schemes = self.schemes
        named = {
            "idScheme": schemes.general,
            "dataElementIdScheme": schemes.data_element,
            "orgUnitIdScheme": schemes.unit,
            "programIdScheme": schemes.program,
            "programStageIdScheme": schemes.stage,
            "categoryOptionComboIdScheme": schemes.option_combo,
            "categoryOptionIdScheme": schemes.category_option,
        }
        return {
            "importMode": "VALIDATE" if self.is_dry_run else "COMMIT",
            "idSchemes": {
                key: {"idScheme": scheme.kind, "attributeUid": scheme.attribute} for key, scheme in named.items()
            },
            "importStrategy": self.strategy,
            "atomicMode": self.atomic_mode,
            "flushMode": self.flush_mode,
            "validationMode": self.validation_mode,
            "skipPatternValidation": False,
            "skipSideEffects": self.skips_side_effects,
            "skipRuleEngine": self.skips_rules,
            "filename": None,
            "reportMode": self.report_mode,
        }


def read_options(call: Call) -> ImportOptions:
    """The options in the parameters of a request; 400 where one cannot be read."""
    boolean(call, "skipPatternValidation", default=False)
    own = {name: scheme for name in _SCHEMES if (scheme := _scheme(call, name))}
    strategies = ("CREATE", "UPDATE", "CREATE_AND_UPDATE", "DELETE")
    return ImportOptions(
        schemes=Schemes(_scheme(call, "idScheme") or IdScheme(), own),
        strategy=one_of(call, "importStrategy", strategies, "CREATE_AND_UPDATE"),
        is_dry_run=one_of(call, "importMode", ("COMMIT", "VALIDATE"), "COMMIT") == "VALIDATE",
        atomic_mode=one_of(call, "atomicMode", ("ALL", "OBJECT"), "ALL"),
        flush_mode=one_of(call, "flushMode", ("OBJECT", "AUTO"), "AUTO"),
        validation_mode=one_of(call, "validationMode", ("FULL", "FAIL_FAST", "SKIP"), "FULL"),
        report_mode=one_of(call, "reportMode", REPORT_MODES, "ERRORS"),
        skips_rules=boolean(call, "skipRuleEngine", default=False),
        skips_side_effects=boolean(call, "skipSideEffects", default=False),
    )


def is_async(call: Call) -> bool:
    """Whether the import is to run as a job: unless it is said not to."""
    if call.server.behaviour.reads_async_literally:
        return call.param("async") != "false"
    return boolean(call, "async", default=True)


def one_of(call: Call, name: str, constants: tuple[str, ...], default: str) -> str:
    """A parameter that is one of some constants, in any case; 400 where it is another."""
    text = call.param(name)
    if not text:
        return default
    if text.upper() not in constants:
        raise Dhis2Refusal(
            400, f"Value '{text}' is not valid for parameter {name}. Valid values are: [{', '.join(constants)}]"
        )
    return text.upper()


def _scheme(call: Call, name: str) -> IdScheme | None:
    text = call.param(name)
    if not text:
        return None
    scheme = read_scheme(text) if text.partition(":")[0] in {"UID", "CODE", "NAME", "ATTRIBUTE"} else None
    if scheme is None:
        raise Dhis2Refusal(
            400,
            f"Value '{text}' is not valid for parameter {name}."
            " Valid values are: [UID, CODE, NAME, ATTRIBUTE:attributeUid]",
        )
    return scheme
