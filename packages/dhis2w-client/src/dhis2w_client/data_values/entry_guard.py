"""When a data set takes values: what 2.43 does not heed, so that the client has to.

Its import reads input periods the wrong way round, and looks at approvals only where a value names its attribute
option combo. Source: `validateEntryTimeliness` of `DefaultDataEntryService` at 2.43.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from dhis2w_client.data_values.data_value import key_of
from dhis2w_client.data_values.import_report import Refusal
from dhis2w_client.json_value import as_array, as_object, as_text
from dhis2w_client.periods import calendar_named, parse_period

if TYPE_CHECKING:
    from dhis2w_client.data_values.push_options import DataValueOptions
    from dhis2w_client.data_values.value_batch import ValueBatch
    from dhis2w_client.metadata.metadata_api import MetadataApi

Groups: TypeAlias = "Mapping[str | None, Sequence[int]]"
"""The positions of values by data set."""
ENTRY_FIELDS = "dataInputPeriods[period[id],openingDate,closingDate],workflow[id],categoryCombo[isDefault]"
"""The fields of a data set that say when it takes values."""


@dataclass(frozen=True, slots=True)
class InputWindow:
    """From when to when values of a period may be entered, in the server's local time; None is no limit."""

    opens: str | None
    closes: str | None

    def includes(self, now: str) -> bool:
        """Whether it is open at a time, written as DHIS2 writes it: `2024-01-31T12:00:00.000`."""
        return (self.opens or "") <= now and (self.closes is None or now <= self.closes)


@dataclass(frozen=True, slots=True)
class EntryRules:
    """When one data set takes values."""

    windows: Mapping[str, Sequence[InputWindow]]
    """By period; where there are none at all, any period is taken."""
    combo: str | None = None
    """The attribute option combo that its values must name for DHIS2 to heed approvals; None where they need not."""

    def closed(self, batch: ValueBatch, positions: Sequence[int], now: str) -> dict[int, Refusal]:
        """The values that are outside of the input periods, by position."""
        refused: dict[int, Refusal] = {}
        for index in positions if self.windows else ():
            key = key_of(batch.values[index])
            period = str(parse_period(key.period, batch.dialect.version, calendar_named(batch.dialect.calendar)))
            if not any(window.includes(now) for window in self.windows.get(period, ())):
                text = f"the data set takes no values of {period} now, by its input periods"
                refused[index] = Refusal(index, key, None, text, as_text(batch.values[index].get("value")), sent=False)
        return refused


def needs_combo(row: Mapping[str, Any]) -> bool:
    """Whether DHIS2 heeds the approvals of a data set only where values name the default combo; from its JSON."""
    has_workflow = bool(as_object(row.get("workflow")).get("id"))
    return has_workflow and as_object(row.get("categoryCombo")).get("isDefault") is True


def rules_of(row: Mapping[str, Any], default_combo: str | None = None) -> EntryRules:
    """The rules of a data set, from its JSON.

    Args:
        row: The data set.
        default_combo: What names the default attribute option combo, where values should name it.
    """
    windows: dict[str, list[InputWindow]] = {}
    for each in map(as_object, as_array(row.get("dataInputPeriods"))):
        window = InputWindow(as_text(each.get("openingDate")), as_text(each.get("closingDate")))
        windows.setdefault(as_text(as_object(each.get("period")).get("id")) or "", []).append(window)
    return EntryRules(windows, default_combo if needs_combo(row) else None)


@dataclass(frozen=True, slots=True)
class EntryGuard:
    """Heeds the rules of data sets in place of a server that does not."""

    api: MetadataApi
    rules: Mapping[str | None, EntryRules]
    """By data set."""
    options: DataValueOptions

    async def closed(self, batch: ValueBatch, groups: Groups) -> dict[int, Refusal]:
        """What is outside of the input periods of its data set, by position, where DHIS2 would take it."""
        guarded = [group for group in groups if group in self.rules and self.rules[group].windows]
        if not guarded or self.options.force or not self.api.dialect.turns_input_periods_round:
            return {}
        now = as_text((await self.api.read("system/info")).get("serverDate")) or ""
        refused = [self.rules[group].closed(batch, groups[group], now) for group in guarded]
        return {index: refusal for found in refused for index, refusal in found.items()}

    def combo(self, group: str | None) -> dict[str, str]:
        """What names the combo of values of a data set that name none, where DHIS2 heeds approvals only so."""
        combo = self.rules[group].combo if group in self.rules else None
        return {"attributeOptionCombo": combo} if combo else {}
