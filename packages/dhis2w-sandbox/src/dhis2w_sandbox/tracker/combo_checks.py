"""Checks of the attribute option combo of events: that it is there, the program's, and the user's to write for.

Source: `DataRelationsValidator` (43: `CategoryOptionComboValidator`), `CategoryOptValidator` of dhis2-core.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dhis2w_sandbox.boot import DEFAULT_OPTION_COMBO
from dhis2w_sandbox.documents import linked
from dhis2w_sandbox.server import stamp
from dhis2w_sandbox.tracker.bundle import Bundle
from dhis2w_sandbox.tracker.instants import instant, moment
from dhis2w_sandbox.tracker.payload import SentEnrollment, SentEvent
from dhis2w_sandbox.tracker.reporter import Reporter

Json = dict[str, Any]


def check_combo(bundle: Bundle, reporter: Reporter, event: SentEvent, program: Json) -> None:
    """E1054, E1055, E1115, E1116, E1117: the combo and the options that an event names."""
    category_combo = linked(program, "categoryCombo")
    is_default = bundle.is_default(category_combo)
    combo = bundle.option_combo(event)
    names_combo = not event.attribute_option_combo.is_blank
    before = reporter.noted
    if names_combo and combo is None:
        reporter.error(event, "E1115", event.attribute_option_combo.argument)
    for option in event.category_options:
        if bundle.find("categoryOption", option) is None:
            reporter.error(event, "E1116", option.argument)
    none_named = not names_combo and not event.category_options
    default_named = combo is not None and bundle.is_default(linked(combo, "categoryCombo"))
    if not is_default and (none_named or default_named):
        reporter.error(event, "E1055")
    if reporter.noted > before:
        return
    if not names_combo and is_default:
        combo = bundle.get("categoryOptionCombo", DEFAULT_OPTION_COMBO)
    if combo is None:
        _report_mismatch(bundle, reporter, event, program)
    elif names_combo and linked(combo, "categoryCombo") != category_combo:
        shown = bundle.shown("categoryCombo", bundle.get("categoryCombo", category_combo))
        reporter.error(event, "E1054", event.attribute_option_combo.argument, shown)
    elif event.category_options and not _has_exactly(bundle, combo, event):
        _report_mismatch(bundle, reporter, event, program)


def _has_exactly(bundle: Bundle, combo: Json, event: SentEvent) -> bool:
    named = [bundle.find("categoryOption", option) for option in event.category_options]
    return {option["id"] for option in named if option} == {row["id"] for row in combo.get("categoryOptions") or ()}


def _report_mismatch(bundle: Bundle, reporter: Reporter, event: SentEvent, program: Json) -> None:
    options = f"[{', '.join(option.text or '' for option in event.category_options)}]"
    if event.attribute_option_combo.is_blank:
        category_combo = bundle.get("categoryCombo", linked(program, "categoryCombo"))
        reporter.error(event, "E1117", bundle.shown("categoryCombo", category_combo), options)
    else:
        reporter.error(event, "E1117", event.attribute_option_combo.argument, options)


def check_access(bundle: Bundle, reporter: Reporter, item: SentEvent | SentEnrollment, combo: Json | None) -> None:
    """E1099: the options of a combo that the user may not write data for."""
    for row in (combo or {}).get("categoryOptions") or ():
        if not bundle.scope.may("write", "categoryOption", row["id"]):
            option = bundle.get("categoryOption", row["id"])
            shown = bundle.shown("categoryOption", option, bundle.options.schemes.category_option)
            reporter.error(item, "E1099", bundle.me(), shown)


def check_dates(bundle: Bundle, reporter: Reporter, event: SentEvent, program: Json) -> None:
    """E1056, E1057: options that are not valid yet, or not any more, on the event's date."""
    if bundle.is_default(linked(program, "categoryCombo")):
        combo: Json | None = bundle.get("categoryOptionCombo", DEFAULT_OPTION_COMBO)
    else:
        combo = bundle.option_combo(event)
    date = event.occurred_at or event.scheduled_at or bundle.server.now()
    for row in (combo or {}).get("categoryOptions") or ():
        option = bundle.get("categoryOption", row["id"])
        start = _day(option.get("startDate"))
        end = _day(option.get("endDate"), int(program.get("openDaysAfterCoEndDate") or 0))
        if start and date < start:
            reporter.error(event, "E1056", date[:10], start[:10], option.get("name"))
        if end and date > end:
            reporter.error(event, "E1057", date[:10], end[:10], option.get("name"), program.get("name"))


def _day(text: str | None, days_later: int = 0) -> str | None:
    """A date, or one some days later, in canonical form."""
    day = instant(text) if text else None
    return stamp(moment(day) + timedelta(days=days_later)) if day else None
