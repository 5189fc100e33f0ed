"""How a bundle is imported: the parameters of `POST /api/metadata`, typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dhis2w_client.call import ParamValue


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of a metadata import; the defaults are DHIS2's.

    Left out is what DHIS2 does not read (`mergeMode`, `user`, `userOverrideMode`) and the strategies on which it fails
    with 500 (`SYNC`, `NEW`, `UPDATES` …). Source: `MetadataImportParams`; recording `meta/import-strategy`.
    """

    strategy: Literal["CREATE_AND_UPDATE", "CREATE", "UPDATE", "DELETE"] = "CREATE_AND_UPDATE"
    """What may be done with the objects."""
    atomic: bool = True
    """Whether one refusal keeps all from being written. Deletes are never all or nothing."""
    dry_run: bool = False
    """Validate, and write nothing."""
    identifier: Literal["UID", "CODE"] = "UID"
    """What links and objects are told apart by. With `CODE` and objects without `id` DHIS2 fails on some types."""
    report: Literal["ERRORS", "FULL", "DEBUG", "ERRORS_NOT_OWNER"] = "ERRORS"
    """Which objects the report names; the last also refuses links that the other side holds (E5006)."""
    preheat: Literal["REFERENCE", "ALL", "NONE"] = "REFERENCE"
    """Which stored objects DHIS2 loads first."""
    flush: Literal["AUTO", "OBJECT"] = "AUTO"
    """When DHIS2 writes to its database; `OBJECT` shows which object a database error is about."""
    skip_sharing: bool = False
    """Leave out the sharing settings of the bundle; new objects belong to the user alone."""
    skip_translation: bool = False
    """Leave out the translations of the bundle."""
    skip_validation: bool = False
    """Let DHIS2 check nothing (superusers alone)."""

    def params(self) -> dict[str, ParamValue]:
        """The query parameters; those with DHIS2's default are left out."""
        chosen: dict[str, tuple[ParamValue, ParamValue]] = {
            "importStrategy": (self.strategy, "CREATE_AND_UPDATE"),
            "atomicMode": ("ALL" if self.atomic else "NONE", "ALL"),
            "importMode": ("VALIDATE" if self.dry_run else "COMMIT", "COMMIT"),
            "identifier": (self.identifier, "UID"),
            "importReportMode": (self.report, "ERRORS"),
            "preheatMode": (self.preheat, "REFERENCE"),
            "flushMode": (self.flush, "AUTO"),
            "skipSharing": (self.skip_sharing, False),
            "skipTranslation": (self.skip_translation, False),
            "skipValidation": (self.skip_validation, False),
        }
        return {name: value for name, (value, default) in chosen.items() if value != default}
