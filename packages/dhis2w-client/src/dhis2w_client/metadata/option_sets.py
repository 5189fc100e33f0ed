"""`client.metadata.option_sets`: an option set brought to a list of options.

Source: "Option sets" in DHIS2's developer guide; `OptionSet` owns the order of its options.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dhis2w_client.errors import InvalidRequestError
from dhis2w_client.filters import where
from dhis2w_client.json_value import as_object
from dhis2w_client.metadata.bundle import Bundle
from dhis2w_client.metadata.plan import MetadataPlan, owned, plan_of
from dhis2w_client.metadata.uids import new_uid

if TYPE_CHECKING:
    from dhis2w_client.metadata.metadata_api import MetadataApi
    from dhis2w_client.pages import Row


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of an option set."""

    code: str
    """Its code, which data hold; an option with this code is the same one."""
    name: str
    """Its name."""
    color: str | None = None
    """Its colour, such as `#E31A1C`; None leaves it as it is."""


class OptionSetService:
    """Bringing option sets to a list: `client.metadata.option_sets`."""

    def __init__(self, api: MetadataApi) -> None:
        self._api = api

    async def plan_sync(self, id: str, choices: Sequence[Choice], *, remove: bool = False) -> MetadataPlan:
        """Plan to give an option set these options, in this order; `client.metadata.apply(plan)` does it.

        Args:
            id: UID of the option set.
            choices: Its options. Those that are there are renamed, the others made.
            remove: Delete options that are not in the list. DHIS2 does so even where data use their codes. Default:
                they stay, behind the others.

        Raises:
            ObjectNotFoundError: There is no such option set.
            InvalidRequestError: A code is there twice.
        """
        codes = [choice.code for choice in choices]
        if len(set(codes)) < len(codes):
            raise InvalidRequestError("Each code of an option set can be there once.")
        option_set = await owned(self._api, "optionSets", id)
        options = await self._api.rows("options", ":owner", where("optionSet.id").eq(id))
        before = Bundle({"optionSets": [option_set], "options": options})
        kept = wanted_options(id, options, choices)
        others = [row for row in options if row["code"] not in codes]
        whole = kept if remove else [*kept, *others]
        after = {**option_set, "options": [{"id": row["id"]} for row in whole]}
        return plan_of(
            before,
            Bundle({"optionSets": [after], "options": whole}),
            self._api.dialect.version,
            delete=Bundle({"options": [{"id": row["id"]} for row in others]}) if remove and others else None,
        )


def wanted_options(option_set: str, options: Sequence[Row], choices: Sequence[Choice]) -> list[Row]:
    """The options of a list, each from the one that has its code, or new."""
    by_code = {row["code"]: row for row in options}
    wanted: list[Row] = []
    for choice in choices:
        current = by_code.get(choice.code) or {"id": new_uid(), "code": choice.code, "optionSet": {"id": option_set}}
        option: Row = {**current, "name": choice.name}
        if choice.color:
            option["style"] = {**as_object(current.get("style")), "color": choice.color}
        wanted.append(option)
    return wanted
