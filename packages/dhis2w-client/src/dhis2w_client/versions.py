"""What a DHIS2 version changes: the only place that knows.

Code asks a `Dialect` for a capability (`dialect.accepts_xml_metadata`), never whether a version is at least some
number.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec

from dhis2w_client.errors import UnsupportedVersionError

_NUMBER = re.compile(r"\s*v?(?:2\.)?(\d{2,3})(?!\d)", re.IGNORECASE)


class Dhis2(enum.StrEnum):
    """The DHIS2 versions the client knows. The values are their names: `"v41"` … `"v44"` (44 is a preview)."""

    V41 = "v41"
    V42 = "v42"
    V43 = "v43"
    V44 = "v44"

    @property
    def number(self) -> int:
        """The number after `2.`, for example 42."""
        return int(self.value[1:])


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one DHIS2 version does differently, as capabilities.

    Facts from DHIS2's source at 2.41.9.1, 2.42.5.2, 2.43.1 and the branch of 2.44, and from recordings of the first
    three.
    """

    version: Dhis2
    """The version these capabilities belong to."""
    accepts_xml_metadata: bool
    """Whether metadata objects may be sent as XML."""
    filters_not_empty: bool
    """Whether lists know the filter operator `!empty`."""
    splits_filters_at_commas: bool
    """Whether lists join all filters and split them at commas again, which tears values with a comma apart."""
    hears_query_alone: bool
    """Whether lists forget filters and order beside `query`."""
    translates_only_when_told: bool
    """Whether `locale` counts only beside `translate=true`."""
    answers_lists_by_gist: bool
    """Whether lists may come from the Gist backend (`"gist": true`), with its stricter `fields` parser."""
    groups_data_values_by_data_set: bool
    """Whether an import of data values must name its data set, where an element is in several (E8002, E8003)."""
    imports_at_once: int
    """How many imports of data values may run side by side; up to 2.42, which writes by row, they lock each other."""
    warns_with_success: bool
    """Whether a data value import with warnings answers 200; otherwise it answers 409."""
    reads_camel_case_follow_up: bool
    """Whether an import of data values reads the mark `followUp`; otherwise `followup`, as all versions write it."""
    honours_import_strategy: bool
    """Whether an import of data values tells CREATE, UPDATE and both apart."""
    reads_attribute_combo_scheme: bool
    """Whether an import of data values has a scheme of identifiers for attribute option combos."""
    reads_lenient_values: bool
    """Whether an import of data values takes `yes` and `no` as truths, and `5.0` as a whole number."""
    turns_input_periods_round: bool
    """Whether an import of data values takes closed input periods for open ones, and heeds approvals only of values
    that name their attribute option combo."""
    reads_changes_by_moment_alone: bool
    """Whether data values can be read by `lastUpdated` without periods or dates (E2002)."""
    acceptances_path: str
    """Where approvals are accepted."""
    filters_min_max: bool
    """Whether the list of limits hears `filter`."""
    audit_type_parameter: str
    """What the list of audits calls the type."""
    maps_broken_bodies_to_conflict: bool
    """Whether a body of the wrong shape answers 409; otherwise it answers 500."""
    shows_user_credentials: bool
    """Whether users carry the old `userCredentials` object."""
    has_legacy_oauth2: bool
    """Whether the authorization server is the one of 2.41: other clients, other paths, opaque tokens."""
    lists_sessions: bool
    """Whether `/api/sessions` exists."""
    tells_session_timeout: bool
    """Whether `system/info` has `sessionTimeout` and `capability`."""
    merges_data_elements: bool
    """Whether data elements, category options and category option combos can be merged."""
    merges_categories: bool
    """Whether categories and category combos can be merged."""
    wants_whole_option_combo_sets: bool
    """Whether an import must hold all option combos of a category combo, where it holds some (E1130)."""
    chooses_output_periods: bool
    """Whether analytics tables are built for the period types of a setting, which is empty at first."""
    aggregates_tracked_entities: bool
    """Whether analytics aggregate tracked entities."""
    links_tracker_pages: bool
    """Whether a page of a tracker list says where the next one is."""
    needs_program_of_lists: bool
    """Whether enrollments and events are only listed for one program."""
    lists_entities_of_children: bool
    """Whether entities can be listed by `orgUnitMode=CHILDREN`; otherwise DHIS2 fails on it."""
    tells_events_apart: bool
    """Whether events with and without registration have lists of their own."""
    adds_notes: bool
    """Whether a note can be added without its enrollment or event."""
    owner_parameter: str
    """What a transfer of ownership calls the new owner."""
    checks_new_owners: bool
    """Whether a transfer to a unit that does not exist is refused."""
    tracker_parameters: Mapping[tuple[str, str], str]
    """Other names of parameters of tracker lists, by list and part of a selection."""
    calendar: str = "iso8601"
    """The calendar in which the connected server names periods (`keyCalendar`), where the client has that one."""


DIALECTS: dict[Dhis2, Dialect] = {
    dialect.version: dialect
    for dialect in (
        Dialect(
            version=Dhis2.V41,
            accepts_xml_metadata=True,
            filters_not_empty=False,
            splits_filters_at_commas=False,
            hears_query_alone=True,
            translates_only_when_told=False,
            answers_lists_by_gist=False,
            groups_data_values_by_data_set=False,
            imports_at_once=1,
            warns_with_success=False,
            reads_camel_case_follow_up=False,
            honours_import_strategy=True,
            reads_attribute_combo_scheme=False,
            reads_lenient_values=False,
            turns_input_periods_round=False,
            reads_changes_by_moment_alone=True,
            acceptances_path="dataAcceptances",
            filters_min_max=True,
            audit_type_parameter="auditType",
            maps_broken_bodies_to_conflict=False,
            shows_user_credentials=True,
            has_legacy_oauth2=True,
            lists_sessions=False,
            tells_session_timeout=False,
            merges_data_elements=False,
            merges_categories=False,
            wants_whole_option_combo_sets=False,
            chooses_output_periods=False,
            aggregates_tracked_entities=False,
            links_tracker_pages=False,
            needs_program_of_lists=False,
            lists_entities_of_children=True,
            tells_events_apart=False,
            adds_notes=False,
            owner_parameter="ou",
            checks_new_owners=False,
            tracker_parameters={
                ("trackedEntities", "enrollment_status"): "programStatus",
                ("enrollments", "status"): "programStatus",
                ("events", "enrollment_status"): "programStatus",
            },
        ),
        Dialect(
            version=Dhis2.V42,
            accepts_xml_metadata=False,
            filters_not_empty=True,
            splits_filters_at_commas=True,
            hears_query_alone=False,
            translates_only_when_told=True,
            answers_lists_by_gist=False,
            groups_data_values_by_data_set=False,
            imports_at_once=1,
            warns_with_success=False,
            reads_camel_case_follow_up=False,
            honours_import_strategy=True,
            reads_attribute_combo_scheme=False,
            reads_lenient_values=False,
            turns_input_periods_round=False,
            reads_changes_by_moment_alone=True,
            acceptances_path="dataApprovals/dataAcceptances",
            filters_min_max=True,
            audit_type_parameter="auditType",
            maps_broken_bodies_to_conflict=False,
            shows_user_credentials=False,
            has_legacy_oauth2=False,
            lists_sessions=True,
            tells_session_timeout=False,
            merges_data_elements=True,
            merges_categories=False,
            wants_whole_option_combo_sets=False,
            chooses_output_periods=False,
            aggregates_tracked_entities=False,
            links_tracker_pages=True,
            needs_program_of_lists=False,
            lists_entities_of_children=False,
            tells_events_apart=False,
            adds_notes=True,
            owner_parameter="orgUnit",
            checks_new_owners=False,
            tracker_parameters={},
        ),
        Dialect(
            version=Dhis2.V43,
            accepts_xml_metadata=False,
            filters_not_empty=True,
            splits_filters_at_commas=True,
            hears_query_alone=False,
            translates_only_when_told=True,
            answers_lists_by_gist=False,
            groups_data_values_by_data_set=True,
            imports_at_once=3,
            warns_with_success=True,
            reads_camel_case_follow_up=True,
            honours_import_strategy=False,
            reads_attribute_combo_scheme=True,
            reads_lenient_values=True,
            turns_input_periods_round=True,
            reads_changes_by_moment_alone=False,
            acceptances_path="dataApprovals/dataAcceptances",
            filters_min_max=True,
            audit_type_parameter="auditType",
            maps_broken_bodies_to_conflict=True,
            shows_user_credentials=False,
            has_legacy_oauth2=False,
            lists_sessions=True,
            tells_session_timeout=True,
            merges_data_elements=True,
            merges_categories=True,
            wants_whole_option_combo_sets=True,
            chooses_output_periods=True,
            aggregates_tracked_entities=False,
            links_tracker_pages=True,
            needs_program_of_lists=True,
            lists_entities_of_children=False,
            tells_events_apart=True,
            adds_notes=True,
            owner_parameter="orgUnit",
            checks_new_owners=True,
            tracker_parameters={},
        ),
        Dialect(
            version=Dhis2.V44,
            accepts_xml_metadata=False,
            filters_not_empty=True,
            splits_filters_at_commas=True,
            hears_query_alone=False,
            translates_only_when_told=True,
            answers_lists_by_gist=True,
            groups_data_values_by_data_set=True,
            imports_at_once=3,
            warns_with_success=True,
            reads_camel_case_follow_up=True,
            honours_import_strategy=False,
            reads_attribute_combo_scheme=True,
            reads_lenient_values=True,
            turns_input_periods_round=True,
            reads_changes_by_moment_alone=False,
            acceptances_path="dataApprovals/dataAcceptances",
            filters_min_max=False,
            audit_type_parameter="type",
            maps_broken_bodies_to_conflict=True,
            shows_user_credentials=False,
            has_legacy_oauth2=False,
            lists_sessions=True,
            tells_session_timeout=True,
            merges_data_elements=True,
            merges_categories=True,
            wants_whole_option_combo_sets=True,
            chooses_output_periods=True,
            aggregates_tracked_entities=True,
            links_tracker_pages=True,
            needs_program_of_lists=True,
            lists_entities_of_children=False,
            tells_events_apart=True,
            adds_notes=True,
            owner_parameter="orgUnit",
            checks_new_owners=True,
            tracker_parameters={},
        ),
    )
}
"""The dialect of each version."""

LIBRARY_OF_CALENDAR = {"ethiopian": "abyssinica", "nepali": "nepali_datetime"}
"""The calendars that `dhis2w_client.periods` has besides ISO, and the module that each needs."""


def in_calendar(dialect: Dialect, calendar: str | None) -> Dialect:
    """The dialect of a server with a calendar; one that is not known or not installed is taken for ISO."""
    library = LIBRARY_OF_CALENDAR.get(calendar or "")
    return replace(dialect, calendar=calendar) if calendar and library and find_spec(library) else dialect


OLDEST = min(Dhis2, key=lambda version: version.number)
NEWEST = max(Dhis2, key=lambda version: version.number)


def version_named(name: object) -> Dhis2 | None:
    """The version that a setting names (`"43"`, `"v43"`, `43`, `Dhis2.V43`), or `None` when it names none."""
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str):
        return None
    text = name.strip().lower()
    wanted = text if text.startswith("v") else f"v{text}"
    return next((version for version in Dhis2 if version.value == wanted), None)


def minor_version(raw_version: str) -> int | None:
    """The number that tells DHIS2 releases apart: 42 for `2.42.6`, `2.42-SNAPSHOT` and `42.1`; `None` for `test`.

    DHIS2 builds name themselves `2.MINOR[.PATCH[.HOTFIX]][-QUALIFIER]`, and anybody may name a build otherwise.
    """
    match = _NUMBER.match(raw_version)
    return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class DialectChoice:
    """Which dialect to speak with a server, and whether that is a guess."""

    dialect: Dialect
    fallback: str | None
    """Why this is not the server's own dialect; `None` when it is."""


def choose_dialect(raw_version: str, *, allow_fallback: bool = True, expect: Dhis2 | None = None) -> DialectChoice:
    """Choose the dialect for a server that calls itself `raw_version`.

    A version newer than all known ones gets the newest dialect, an older one the oldest; one that cannot be read
    (`test`) gets the dialect of `expect`, or else the newest.

    Raises:
        UnsupportedVersionError: The version is not a known one, and `allow_fallback` is false.
    """
    number = minor_version(raw_version)
    for version in Dhis2:
        if version.number == number:
            return DialectChoice(DIALECTS[version], None)
    if number is None:
        nearest, why = expect or NEWEST, "names no DHIS2 version"
    elif number > NEWEST.number:
        nearest, why = NEWEST, f"is newer than all versions this client knows (up to 2.{NEWEST.number})"
    else:
        nearest, why = OLDEST, f"is older than all versions this client supports (from 2.{OLDEST.number})"
    shown = raw_version[:40]
    if not allow_fallback:
        raise UnsupportedVersionError(
            f"The server's version {shown!r} {why}.",
            raw_version=raw_version,
            next_step=f"allow_version_fallback=True would treat it as 2.{nearest.number}.",
        )
    return DialectChoice(DIALECTS[nearest], f"The server's version {shown!r} {why}; treating it as 2.{nearest.number}.")
