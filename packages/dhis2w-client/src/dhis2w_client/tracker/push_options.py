"""How tracker is to import; the parameters of `POST /api/tracker`.

Source: `ImportRequestParams`, `TrackerIdSchemeParams`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dhis2w_client.id_scheme import check_schemes

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PushOptions:
    """How to import.

    Raises:
        InvalidRequestError: A scheme that DHIS2 does not have; it would refuse whatever is sent.
    """

    strategy: Literal["CREATE_AND_UPDATE", "CREATE", "UPDATE", "DELETE"] = "CREATE_AND_UPDATE"
    """What to do with the objects. An update sets back what it leaves out of an object, but for attributes, data
    values, notes and what is nested, which are merged; `patch` of a list keeps them."""
    partial: bool = False
    """Save what is valid, where some is not (`atomicMode=OBJECT`). Otherwise all or nothing."""
    dry_run: bool = False
    """Check only (`importMode=VALIDATE`). All counts are 0; the rows tell."""
    validation: Literal["FULL", "FAIL_FAST", "SKIP"] = "FULL"
    """How thoroughly to check; `SKIP` needs a superuser."""
    skip_side_effects: bool = False
    """Send no notifications."""
    skip_rule_engine: bool = False
    """Run no program rules."""
    flush_each: bool = False
    """Write each object on its own: slower, and an error names the object."""
    id_scheme: str | None = None
    """How the payload names metadata: `UID` (DHIS2's default), `CODE`, `NAME`, `ATTRIBUTE:uid`."""
    org_unit_id_scheme: str | None = None
    """The same for organisation units alone."""
    data_element_id_scheme: str | None = None
    """The same for data elements alone."""
    program_id_scheme: str | None = None
    """The same for programs alone."""
    program_stage_id_scheme: str | None = None
    """The same for program stages alone."""
    category_option_id_scheme: str | None = None
    """The same for category options alone."""
    category_option_combo_id_scheme: str | None = None
    """The same for category option combos alone."""

    def __post_init__(self) -> None:
        params = self.params(background=False)
        check_schemes({name: scheme for name, scheme in params.items() if name.endswith("dScheme")})

    def params(self, *, background: bool) -> dict[str, ParamValue]:
        """The query parameters. Warnings are always asked for: by default DHIS2 hides them.

        Args:
            background: As a job. 2.41 takes only the very text `false` for no.
        """
        return {
            "async": background,
            "reportMode": "FULL",
            "importStrategy": self.strategy,
            "atomicMode": "OBJECT" if self.partial else "ALL",
            "importMode": "VALIDATE" if self.dry_run else None,
            "validationMode": None if self.validation == "FULL" else self.validation,
            "skipSideEffects": self.skip_side_effects or None,
            "skipRuleEngine": self.skip_rule_engine or None,
            "flushMode": "OBJECT" if self.flush_each else None,
            "idScheme": self.id_scheme,
            "orgUnitIdScheme": self.org_unit_id_scheme,
            "dataElementIdScheme": self.data_element_id_scheme,
            "programIdScheme": self.program_id_scheme,
            "programStageIdScheme": self.program_stage_id_scheme,
            "categoryOptionIdScheme": self.category_option_id_scheme,
            "categoryOptionComboIdScheme": self.category_option_combo_id_scheme,
        }
