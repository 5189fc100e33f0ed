"""How data values are imported: the parameters of `POST /api/dataValueSets`, typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.id_scheme import check_schemes

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue

Strategy: TypeAlias = Literal["CREATE_AND_UPDATE", "CREATE", "UPDATE", "DELETE"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
PROPERTIES = {None: "id", "UID": "id", "CODE": "code", "NAME": "name"}
"""The property that an identifier is, by scheme; those by an attribute are none."""


@dataclass(frozen=True, slots=True)
class IdSchemes:
    """What identifiers are: `UID`, `CODE`, `NAME` or `ATTRIBUTE:` and the UID of an attribute; None is DHIS2's UID.

    Raises:
        InvalidRequestError: A scheme that DHIS2 does not have.
    """

    all: str | None = None
    """For whatever the others do not say."""
    data_element: str | None = None
    org_unit: str | None = None
    category_option_combo: str | None = None
    attribute_option_combo: str | None = None
    """Up to 2.42 DHIS2 reads these by the scheme of category option combos; another one is refused there."""
    data_set: str | None = None

    def __post_init__(self) -> None:
        check_schemes({**self.params(), **self.head()})

    def params(self) -> dict[str, ParamValue]:
        """The query parameters."""
        return {
            "idScheme": self.all,
            "dataElementIdScheme": self.data_element,
            "orgUnitIdScheme": self.org_unit,
            "categoryOptionComboIdScheme": self.category_option_combo,
            "dataSetIdScheme": self.data_set,
        }

    def head(self) -> dict[str, str]:
        """What has to stand in the content: 2.43 does not read it as a query parameter."""
        given = self.attribute_option_combo
        return {"attributeOptionComboIdScheme": given} if given else {}


@dataclass(frozen=True, slots=True)
class DataValueOptions:
    """The options of an import of data values; the defaults are DHIS2's.

    Raises:
        InvalidRequestError: There is no such strategy.
    """

    strategy: Strategy = "CREATE_AND_UPDATE"
    """What may be done. From 2.43 on DHIS2 takes CREATE and UPDATE for CREATE_AND_UPDATE, so the client refuses them
    there."""
    dry_run: bool = False
    """Check, and write nothing."""
    force: bool = False
    """Superusers: skip what the version lets them skip (approvals, input periods, future periods)."""
    schemes: IdSchemes = field(default_factory=IdSchemes)
    """What identifiers are."""
    skip_audit: bool = False
    """Up to 2.42: write no audit, with the authority `F_SKIP_DATA_IMPORT_AUDIT`."""

    def __post_init__(self) -> None:
        if self.strategy not in STRATEGIES:
            raise InvalidRequestError(
                f"There is no import strategy {self.strategy!r}.", next_step=f"Strategies: {', '.join(STRATEGIES)}."
            )

    def params(self) -> dict[str, ParamValue]:
        """The query parameters; those with DHIS2's default are left out."""
        return {
            "importStrategy": None if self.strategy == "CREATE_AND_UPDATE" else self.strategy,
            "dryRun": self.dry_run or None,
            "force": self.force or None,
            "skipAudit": self.skip_audit or None,
            **self.schemes.params(),
        }

    def with_head(self, head: Mapping[str, str]) -> DataValueOptions:
        """The options with what the content itself states in its head, which goes before the rest, as in DHIS2."""
        given = self.schemes
        schemes = IdSchemes(
            all=head.get("idScheme", given.all),
            data_element=head.get("dataElementIdScheme", given.data_element),
            org_unit=head.get("orgUnitIdScheme", given.org_unit),
            category_option_combo=head.get("categoryOptionComboIdScheme", given.category_option_combo),
            attribute_option_combo=head.get("attributeOptionComboIdScheme", given.attribute_option_combo),
            data_set=head.get("dataSetIdScheme", given.data_set),
        )
        return replace(self, schemes=schemes, dry_run=self.dry_run or head.get("dryRun") == "true")
