"""What a DHIS2 version does differently on the wire: one frozen row for each version, read by everything else.

Code asks `behaviour.plain_ping_is_open`, never which version it is.
Source of each fact: section 8.3 of the wire facts, and the recordings of real servers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Behaviour:
    """How the server of one version behaves."""

    name: str
    """`"v42"`: names the tables of the version."""
    release: str
    """What `system/info` says: the release whose answers were recorded."""
    revision: str
    """Short commit hash of that release."""
    api_versions: range
    """Which `/api/NN/` prefixes the server takes."""
    login_page: str
    """Where a request without credentials is sent."""
    login_redirect_is_absolute: bool
    """Whether the redirect to it names scheme and host. (44: inferred from the default of Spring Security 7.)"""
    plain_ping_is_open: bool
    """Whether `/api/system/ping` needs no credentials."""
    tells_session_timeout: bool
    """Whether `system/info` has `sessionTimeout` and `capability`, and answers set a `SESSION_EXPIRE` cookie."""
    has_not_empty_filter: bool
    """Whether the filter operator `!empty` exists."""
    joins_filters: bool
    """Whether repeated `filter` parameters are joined by commas and split again by a pattern."""
    path_takes_any_id: bool
    """Whether `GET /{plural}/{id}` takes any text as id (404); otherwise only eleven letters and digits match (405)."""
    checks_path_uid: bool
    """Whether a malformed uid in a path is a 400 rather than a 404."""
    mapping_error_status: int
    """The status when a body is JSON but not of the right shape."""
    locale_needs_translate: bool
    """Whether `locale` counts only beside `translate=true`."""
    strict_fields: bool
    """Whether a malformed `fields` is an error."""
    emits_external_sharing: bool
    """Whether `sharing.external` and `access.externalize` are sent."""
    has_user_credentials: bool
    """Whether users carry the old `userCredentials` beside the flat properties."""
    unknown_order_is_error: bool
    """Whether ordering by an unknown property is a 400."""
    keeps_odd_orders: bool
    """Whether a sort key with an unknown direction, or of a list, stands; otherwise it is left out."""
    sorts_without_case_in_memory_only: bool
    """Whether the database sorts names by code points even where case should not count."""
    lenient_list_parameters: bool
    """Whether a malformed `page`, `pageSize`, `paging` or `rootJunction` counts as absent rather than as a 400."""
    query_replaces_filters: bool
    """Whether a list with `query` ignores `filter` and `order`."""
    sets_come_by_hash: bool
    """Whether lists that are sets in DHIS2 always come in the order of Java's hash sets (elsewhere it changes)."""
    plain_dashboard_items: bool
    """Whether dashboard items have no sharing and no attribute values, and the end of an address for `href`."""
    bridges_lists_to_gist: bool
    """Whether plain lists may be answered by the gist API."""
    gist_always_names_next_page: bool
    """Whether the pager of a gist that does not count names a next page even on the last."""
    names_periods: bool
    """Whether the periods of a favorite are shown with a name."""
    counts_page_of_own_lists: bool
    """Whether the total of a list of units by their place counts only the page, and its order is the usual one."""
    empty_needs_collection: bool
    """Whether the filter operator `empty` is refused on what is no list."""
    object_takes_filters: bool
    """Whether a single object is tried against `filter`, where a wrong one is a 409."""
    splits_fields_for_links: bool
    """Whether `href` is worked out for `*` beside other fields; otherwise only where `fields` is `*` alone."""
    takes_metadata_xml: bool
    """Whether objects may be sent as XML."""
    method_not_allowed: str
    """Pattern of the 405 message; `{}` is the method."""
    unsupported_media: str
    """Pattern of the 415 message: `{0}` is the content type in quotes, if any, with a blank behind it, `{1}` itself."""
    hides_unset_settings: bool
    """Whether settings and times that nobody set are absent, rather than empty or a default."""
    unreadable_body: str
    """Pattern of the 400 message about a body that is no JSON; the parser's text, line and column."""
    missing_parameter: str
    """Pattern of the container's message about a missing parameter; `{0}` is its name, `{1}` its Java type."""
    not_acceptable: str
    """The container's message about a media type that cannot be made."""
    runs_in_jetty: bool
    """Whether the recorded servers ran in Jetty; otherwise Tomcat: their error pages look different."""
    ping_skips_security: bool
    """Whether `/api/ping` is outside the security filters: it answers even when wrong credentials are sent."""
    refuses_foreign_origins: bool
    """Whether a request with an `Origin` that is not allow-listed is dropped: 200, empty, nothing done."""
    refuses_scripts_in_xml: bool
    """Whether the 401 for `X-Requested-With` heeds `Accept: application/xml` even without credentials."""
    redirects_absolutely: bool
    """Whether the redirect of an ended session, and the one of a logout, name scheme and host."""
    logged_out_page: str
    """Where a logout leads."""
    start_page: str
    """`redirectUrl` of a successful login."""
    wants_lower_case: bool
    """Whether a password needs a lower-case letter."""
    system_user: str
    """Who owns what the server made by itself."""
    names_role_holders: bool
    """Whether the refusal to delete a role names a user who has it."""
    me_shows_all_settings: bool
    """Whether `/api/me` shows every setting of the user, whatever `settings[…]` names."""
    me_has_attribute_values: bool
    """Whether `/api/me` has the attribute values of the user."""
    tells_two_factor_type: bool
    """Whether `/api/me` has `twoFactorType`."""
    wrong_code_status: str
    """`loginStatus` of a login without the right one-time code."""
    pat_response_type: str
    """`responseType` of the answer that holds the secret of a new personal access token."""
    has_plain_responses: bool
    """Whether `/api/NN/` below 38 answers some imports with the bare report instead of the envelope, and 200."""
    period_types: frozenset[str]
    """Names of the period types; any other is no value."""
    min_max_filter_parameter: str
    """What the list of limits calls its filters."""
    audit_type_parameter: str
    """What the list of audits calls the type."""
    names_job_response: bool
    """Whether the answer that starts a job has a `responseType`."""
    names_users_in_reports: bool
    """Whether a user among the arguments of a report is written with the identifier."""
    checks_option_combos: bool
    """Whether an option combination without a category combination is refused with E1133."""
    refuses_single_option_combos: bool
    """Whether option combinations come by generation and metadata import only."""
    null_pointer_in_checks: bool
    """Whether a failure inside a check says what was null; otherwise only that the checks gave no reports."""
    unsupported_strategy: str
    """What the server says when an import strategy has no checks: the text of its failure."""
    patch_read_by_framework: bool
    """Whether a JSON Patch is read by the web framework: unreadable ones are a 400 with `JSON parse error: `."""
    data_elements_by_code_fail: bool
    """Whether importing data elements with `identifier=CODE` ends in a failure of the server."""
    old_oauth2: bool
    """Whether the authorization server is the old one (`/uaa/oauth`, opaque tokens), its clients with lists."""
    checks_client_settings: bool
    """Whether scopes and settings of an OAuth2 client are checked, and PKCE is asked for unless it says otherwise."""
    old_merge_errors: bool
    """Whether the refusals of a merge have codes of their own for each type, which its report names in capitals."""
    names_missing_authorities: bool
    """Whether a 403 says which authorities would do."""
    limits_route_urls: bool
    """Whether a route may only lead to addresses that the configuration allows: `https`, by default."""
    names_pushed_requests: bool
    """Whether the authorization server says where requests may be pushed to (`/oauth2/par`)."""
    wants_whole_option_combo_sets: bool
    """Whether an import of option combinations must hold all of their category combination."""
    protects_templates: bool
    """Whether a notification template that a rule's action names cannot be deleted."""
    unit_circle: str | None
    """The failure when a unit is put below itself; None where it is done. (41: inferred from 42.)"""
    enters_data_in_groups: bool
    """Whether data values are imported by groups of one data set, all checks always on; otherwise row by row."""
    reads_numbers_as_values: bool
    """Whether a JSON number or boolean is taken for the text of a data value."""
    lists_latest_values_first: bool
    """Whether the database gave data values combo by combo, latest first, where units were named one by one."""
    offers_analytics_xlsx: bool
    """Whether analytics can be asked for as XLSX; otherwise nothing makes that media type."""
    limits_output_periods: bool
    """Whether the analytics tables have columns for the period types that were chosen only."""
    hides_sql_errors: bool
    """Whether a missing analytics table is told without the words of the database."""
    names_period_types: bool
    """Whether period types are listed by name, each with a name to show; otherwise from days to years."""
    shows_more_event_columns: bool
    """Whether lists of event analytics say when an event was made and completed, and where its enrollment was."""
    writes_event_numbers_as_doubles: bool
    """Whether event analytics writes whole numbers with a decimal."""
    fails_without_event_metadata: bool
    """Whether sums over events with `skipMeta` end in a failure."""
    names_geometry_sources: bool
    """Whether lists of events say of what a geometry is, where it may be of several things."""
    asks_for_occurred_date: bool
    """Whether lists of event analytics look at `occurredDate`."""
    limits_sums_of_enrollments: bool
    """Whether sums over enrollments look at `sortOrder` and `limit`."""
    names_stages_of_sums: bool
    """Whether the columns of sums over events name the stage of a data element."""
    forgets_columns_of_cells: bool
    """Whether the cells of grids as HTML are all alike; otherwise those that are no numbers are aligned."""
    tells_aggregation_of_dimensions: bool
    """Whether dimensions of events say how their values are aggregated, and their filters know `in`."""
    groups_enrollments_by_texts: bool
    """Whether enrollments can be counted by values that are no numbers."""
    hides_confidential_dimensions: bool
    """Whether confidential attributes are no dimensions."""
    entity_column: str
    """What analytics calls the column of tracked entities."""
    entity_file: str
    """What it calls a file of tracked entities."""
    unknown_enrollment_column: str
    """The database's failure where enrollments of a program without registration are asked for."""
    logs_values_only: bool
    """Whether change logs have values only, take no filter, and are sorted by their time alone."""
    tells_generated_limits: bool
    """Whether data entry says of limits whether they were worked out."""
    writes_type_as_attribute: bool
    """Whether the type of a response is an attribute in the XML of a report."""
    reports_adx_groups: bool
    """Whether an import of ADX says which group it failed in, and what was wrong as a conflict."""
    searches_files_of_events: bool
    """Whether a file of an event is searched by event and data element, so that its refusal names both."""
    reports_integrity: bool
    """Whether a job of data integrity that names no type makes a report, and tells its start and its end."""
    fails_on_errors_of_jobs: bool
    """Whether asking for the errors of a job that has run fails."""
    fails_unreadable_data: bool
    """Whether the job of an import of data values that cannot read its body has failed, and says why."""
    analytics_table_stages: tuple[str, ...]
    """What the job that builds the analytics tables tells of a type (`{0}`, with `{1}` parts), the first if none."""
    data_import_steps: tuple[str, ...]
    """What the job of an import of data values tells, the first, with the name of the format, before anything is read.

    `{0}` is how many values were written, `{1}`, `{2}` and `{3}` how many were new, were changed, and were ignored.
    An import by groups tells more by itself.
    """
    takes_old_tracker_parameters: bool
    """Whether tracker's lists take `skipPaging`, and the old names whose identifiers semicolons separate."""
    repeats_tracker_pager: bool
    """Whether the pager of tracker's lists is there twice, nested and flat, and links to no other page."""
    reads_tracker_filters_pairwise: bool
    """Whether tracker's filters are pairs of operator and value, whose type nobody checks."""
    tells_tracker_denials: bool
    """Whether a tracker object out of reach is a 403 with the reason; otherwise it is not found."""
    has_enrollment_status_parameter: bool
    """Whether lists take `enrollmentStatus` (of enrollments `status`) beside the older `programStatus`."""
    takes_tracker_id_schemes: bool
    """Whether tracker's lists name metadata by the identifier schemes that a request asks for."""
    names_users_of_event_values: bool
    """Whether data values of events say who wrote them, and `followup` is spelled in one way only."""
    wants_tracker_program: bool
    """Whether lists of enrollments and events need `program`."""
    searches_own_units: bool
    """Whether the units that a user enters data for are always searched beside the search units."""
    limits_attribute_searches: bool
    """Whether attributes can block operators of filters, and ask for some characters at least."""
    splits_events: bool
    """Whether single events have no enrollment, and lists of their own beside those of other events."""
    fails_on_units_below: bool
    """Whether `orgUnitMode=CHILDREN` of tracked entities ends in a failure where a unit has a parent."""
    ambiguous_entity_order: bool
    """Whether ordering tracked entities by their identifier makes a broken query."""
    limits_owners_by_units: bool
    """Whether `orgUnitMode` holds beside ownership even where it names no units."""
    transfer_unit_parameters: tuple[str, ...]
    """What names the new owner in a transfer of ownership: the parameter, and a former name of it."""
    checks_transfers: bool
    """Whether a transfer of ownership to an unknown unit, or to the one that owns already, is refused."""
    shows_storer_of_entities: bool
    """Whether tracked entities have `storedBy`."""
    lists_attributes_by_enrollment: bool
    """Whether lists of tracked entities show the attributes of programs not asked for, as they were lately."""
    keeps_attributes_in_sets: bool
    """Whether the attributes of one entity come in the order of a Java set, and those of several latest first."""
    shows_storer_of_events: bool
    """Whether events have `storedBy`."""
    reads_async_literally: bool
    """Whether a tracker import is direct only where `async` is spelled `false`."""
    reads_tracker_uids_strictly: bool
    """Whether a malformed uid in a tracker import is a 400; otherwise the error E1048 of its object."""
    tracker_import_method: str
    """What the refusal of an empty tracker import names: the method that reads the body."""
    locates_tracker_jobs: bool
    """Whether the address of a tracker job is right, and in a `Location` too; otherwise it lacks `/api`."""
    names_importer_in_options: bool
    """Whether the parameters of a tracker job name who started it."""
    updates_lose_stored_by: bool
    """Whether an update of a tracker object empties its `storedBy`."""
    forgets_stored_by_of_entities: bool
    """Whether tracked entities have no `storedBy`; otherwise it is who sent them last (43: first)."""
    keeps_empty_attributes: bool
    """Whether an attribute that comes without a text, and was not there, is stored as it came."""
    releases_replaced_files: bool
    """Whether a file is free again when another takes its place in a data value of an event."""
    keeps_provided_elsewhere: bool
    """Whether `providedElsewhere` of a data value of an event is stored."""
    refuses_every_repeated_event: bool
    """Whether an event that is refused is also looked at for being the second of its stage."""
    counts_repetitions_as_updates: bool
    """Whether a tracker object that is sent twice at once is created, then updated."""
    refuses_confidential_values: bool
    """Whether values of confidential attributes are refused where encryption is not set up."""
    printed_user: tuple[str, ...]
    """The fields of an assigned user that errors print."""
    prints_whole_user: bool
    """Whether errors print the sender with name and code, not only as an object with a hash code."""
    prints_constants: bool
    """Whether the messages of tracker imports print constants, and say nothing about a field that there is not."""
    printed_event: tuple[str, tuple[str, ...]]
    """How an event among the arguments of an error is printed: its class, and its fields."""
    printed_single_event: tuple[str, tuple[str, ...]]
    """The same for an event without an enrollment."""
    repeated_attribute_failure: str | None
    """How the import of a new attribute fails that an entity has twice; None where the later value counts."""
    keeps_sent_stored_by: bool
    """Whether tracker objects keep the `storedBy` that was sent; otherwise it is who sent them."""
    ties_completion_to_status: bool
    """Whether `completedAt` of tracker objects is kept, and refused with a status that does not go with it."""
    checks_stored_completion: bool
    """Whether an event expires by the date on which it was completed, whatever is sent."""
    enrolls_with_option_combo: bool
    """Whether enrollments have an attribute option combo."""
    names_entity_refusals: bool
    """Whether the refusal to change a tracked entity names what is missing; superusers are never refused."""
    entity_change_log_flag: str | None
    """What a tracked entity type must say for changes to be logged; None where they always are."""
    event_change_log_flag: str | None
    """What a program must say for changes of its events to be logged; None where they always are."""
    rules_see_stored_values: bool
    """Whether program rules look at the stored data values of an event beside those that are sent."""


_PERIOD_TYPES_41 = frozenset(
    {
        "BiMonthly",
        "BiWeekly",
        "Daily",
        "FinancialApril",
        "FinancialJuly",
        "FinancialNov",
        "FinancialOct",
        "Monthly",
        "Quarterly",
        "QuarterlyNov",
        "SixMonthly",
        "SixMonthlyApril",
        "SixMonthlyNov",
        "TwoYearly",
        "Weekly",
        "WeeklySaturday",
        "WeeklySunday",
        "WeeklyThursday",
        "WeeklyWednesday",
        "Yearly",
    }
)
_PERIOD_TYPES_42 = _PERIOD_TYPES_41 | {"FinancialSep"}
_PERIOD_TYPES_43 = _PERIOD_TYPES_42 | {"FinancialFeb", "FinancialAug", "WeeklyFriday"}
_PERIOD_TYPES_44 = _PERIOD_TYPES_43 | {"FinancialYearly"}

_EVENT_41 = (
    *("event", "status", "program", "programStage", "enrollment", "orgUnit", "relationships", "occurredAt"),
    *("scheduledAt", "deleted", "createdAt", "createdAtClient", "updatedAt", "updatedAtClient"),
    *("attributeOptionCombo", "attributeCategoryOptions", "completedBy", "completedAt", "geometry"),
    *("assignedUser", "createdBy", "updatedBy", "dataValues", "notes"),
)
_EVENT_42 = (
    *("event", "status", "program", "programStage", "enrollment", "orgUnit", "occurredAt", "scheduledAt", "storedBy"),
    *("createdAtClient", "updatedAtClient", "attributeOptionCombo", "attributeCategoryOptions", "completedAt"),
    *("geometry", "assignedUser", "dataValues", "notes"),
)
_EVENT_43 = tuple(key for key in _EVENT_42 if key != "storedBy")

_V41 = Behaviour(
    name="v41",
    release="2.41.9.1",
    revision="7a50918",
    api_versions=range(28, 43),
    login_page="/dhis-web-login",
    login_redirect_is_absolute=True,
    plain_ping_is_open=False,
    tells_session_timeout=False,
    has_not_empty_filter=False,
    joins_filters=False,
    path_takes_any_id=True,
    checks_path_uid=False,
    mapping_error_status=500,
    locale_needs_translate=False,
    strict_fields=False,
    emits_external_sharing=False,
    has_user_credentials=True,
    unknown_order_is_error=False,
    keeps_odd_orders=False,
    sorts_without_case_in_memory_only=True,
    lenient_list_parameters=True,
    query_replaces_filters=True,
    sets_come_by_hash=True,
    plain_dashboard_items=False,
    bridges_lists_to_gist=False,
    gist_always_names_next_page=False,
    names_periods=True,
    counts_page_of_own_lists=True,
    empty_needs_collection=True,
    object_takes_filters=True,
    splits_fields_for_links=False,
    takes_metadata_xml=True,
    method_not_allowed="Request method '{}' not supported",
    unsupported_media="Content type '{1}' not supported",
    hides_unset_settings=True,
    unreadable_body="JSON parse error: {0}; nested exception is com.fasterxml.jackson.core.JsonParseException: {0}\n"
    " at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {1}, column: {2}]",
    missing_parameter="Required request parameter '{0}' for method parameter type {1} is not present",
    not_acceptable="Not Acceptable",
    runs_in_jetty=True,
    ping_skips_security=False,
    refuses_foreign_origins=False,
    refuses_scripts_in_xml=True,
    redirects_absolutely=True,
    logged_out_page="/dhis-web-login",
    start_page="/dhis-web-dashboard",
    wants_lower_case=False,
    system_user="system-process",
    names_role_holders=True,
    me_shows_all_settings=True,
    me_has_attribute_values=True,
    tells_two_factor_type=False,
    wrong_code_status="INCORRECT_TWO_FACTOR_CODE",
    pat_response_type="ApiTokenCreationResponse",
    has_plain_responses=True,
    period_types=_PERIOD_TYPES_41,
    min_max_filter_parameter="filter",
    audit_type_parameter="auditType",
    names_job_response=False,
    names_users_in_reports=False,
    checks_option_combos=False,
    refuses_single_option_combos=False,
    null_pointer_in_checks=False,
    unsupported_strategy=(
        'Cannot invoke "java.lang.Iterable.forEach(java.util.function.Consumer)" because "typeReports" is null'
    ),
    patch_read_by_framework=False,
    data_elements_by_code_fail=False,
    old_oauth2=True,
    checks_client_settings=False,
    names_missing_authorities=False,
    limits_route_urls=False,
    names_pushed_requests=False,
    old_merge_errors=True,
    wants_whole_option_combo_sets=False,
    protects_templates=True,
    unit_circle="Handler dispatch failed; nested exception is java.lang.StackOverflowError",
    enters_data_in_groups=False,
    reads_numbers_as_values=True,
    names_period_types=False,
    offers_analytics_xlsx=False,
    limits_output_periods=False,
    hides_sql_errors=True,
    lists_latest_values_first=True,
    shows_more_event_columns=False,
    writes_event_numbers_as_doubles=True,
    fails_without_event_metadata=False,
    names_geometry_sources=False,
    asks_for_occurred_date=False,
    limits_sums_of_enrollments=False,
    names_stages_of_sums=False,
    forgets_columns_of_cells=False,
    tells_aggregation_of_dimensions=False,
    groups_enrollments_by_texts=False,
    hides_confidential_dimensions=True,
    entity_column="trackedentityinstanceuid",
    entity_file="tei",
    unknown_enrollment_column="SqlState: 42703",
    searches_files_of_events=False,
    reports_integrity=True,
    fails_on_errors_of_jobs=False,
    fails_unreadable_data=False,
    analytics_table_stages=(
        "Table updates {0}",
        "Dropping staging tables (if any) {0}",
        "Creating analytics tables {0}",
        "Populating {1} analytics tables {0}",
        "Invoking analytics table hooks {0}",
        "Creating 0 indexes {0}",
        "Analyzing analytics tables {0}",
        "Swapping analytics tables {0}",
    ),
    data_import_steps=("Importing data...",),
    takes_old_tracker_parameters=True,
    repeats_tracker_pager=True,
    reads_tracker_filters_pairwise=True,
    tells_tracker_denials=True,
    has_enrollment_status_parameter=False,
    takes_tracker_id_schemes=False,
    names_users_of_event_values=False,
    wants_tracker_program=False,
    searches_own_units=False,
    limits_attribute_searches=False,
    splits_events=False,
    fails_on_units_below=False,
    ambiguous_entity_order=False,
    limits_owners_by_units=True,
    transfer_unit_parameters=("ou",),
    checks_transfers=False,
    shows_storer_of_entities=True,
    lists_attributes_by_enrollment=True,
    keeps_attributes_in_sets=True,
    shows_storer_of_events=True,
    reads_async_literally=True,
    reads_tracker_uids_strictly=False,
    tracker_import_method=(
        "public org.springframework.http.ResponseEntity<org.hisp.dhis.tracker.imports.report.ImportReport>"
        " org.hisp.dhis.webapi.controller.tracker.imports.TrackerImportController.syncPostJsonTracker("
        "org.hisp.dhis.webapi.controller.tracker.imports.ImportRequestParams,"
        "org.hisp.dhis.webapi.controller.tracker.imports.Body)"
    ),
    locates_tracker_jobs=True,
    names_importer_in_options=True,
    updates_lose_stored_by=True,
    forgets_stored_by_of_entities=False,
    keeps_empty_attributes=True,
    releases_replaced_files=False,
    keeps_provided_elsewhere=False,
    refuses_every_repeated_event=True,
    counts_repetitions_as_updates=True,
    refuses_confidential_values=True,
    printed_user=("uid", "username", "firstName", "surname"),
    prints_whole_user=True,
    prints_constants=False,
    printed_event=("Event", _EVENT_41),
    printed_single_event=("Event", _EVENT_41),
    repeated_attribute_failure=(
        'Cannot invoke "org.hisp.dhis.tracker.imports.report.PersistenceReport.getStats()" because "persistenceReport"'
        " is null"
    ),
    keeps_sent_stored_by=False,
    ties_completion_to_status=False,
    checks_stored_completion=False,
    enrolls_with_option_combo=False,
    names_entity_refusals=False,
    entity_change_log_flag="allowAuditLog",
    event_change_log_flag=None,
    rules_see_stored_values=True,
    logs_values_only=True,
    tells_generated_limits=True,
    writes_type_as_attribute=True,
    reports_adx_groups=True,
)
_V42 = replace(
    _V41,
    name="v42",
    release="2.42.5.2",
    revision="91f1f41",
    login_page="/dhis-web-login/",
    has_not_empty_filter=True,
    joins_filters=True,
    path_takes_any_id=False,
    locale_needs_translate=True,
    emits_external_sharing=True,
    has_user_credentials=False,
    sorts_without_case_in_memory_only=False,
    lenient_list_parameters=False,
    query_replaces_filters=False,
    sets_come_by_hash=False,
    counts_page_of_own_lists=False,
    empty_needs_collection=False,
    object_takes_filters=False,
    splits_fields_for_links=True,
    takes_metadata_xml=False,
    method_not_allowed="Request method '{}' is not supported",
    unsupported_media="Content-Type {0}is not supported",
    hides_unset_settings=False,
    unreadable_body="JSON parse error: {0}",
    missing_parameter="Required parameter '{0}' is not present.",
    not_acceptable="Acceptable representations: [application/json, application/*+json].",
    runs_in_jetty=False,
    ping_skips_security=True,
    refuses_foreign_origins=True,
    refuses_scripts_in_xml=False,
    redirects_absolutely=False,
    logged_out_page="/",
    start_page="/",
    wants_lower_case=True,
    system_user="XXXXXSystem",
    me_shows_all_settings=False,
    tells_two_factor_type=True,
    wrong_code_status="INCORRECT_TWO_FACTOR_CODE_TOTP",
    pat_response_type="ObjectReport",
    has_plain_responses=False,
    period_types=_PERIOD_TYPES_42,
    names_job_response=True,
    names_users_in_reports=True,
    checks_option_combos=True,
    null_pointer_in_checks=True,
    unsupported_strategy='Cannot invoke "java.util.List.iterator()" because "validationChecks" is null',
    data_elements_by_code_fail=True,
    old_oauth2=False,
    names_missing_authorities=True,
    limits_route_urls=True,
    old_merge_errors=False,
    protects_templates=False,
    unit_circle="Handler dispatch failed: java.lang.StackOverflowError",
    hides_sql_errors=False,
    lists_latest_values_first=False,
    fails_without_event_metadata=True,
    asks_for_occurred_date=True,
    forgets_columns_of_cells=True,
    entity_column="trackedentity",
    entity_file="trackedEntities",
    unknown_enrollment_column='ERROR: column "trackedentity" does not exist\n  Position: 19',
    searches_files_of_events=True,
    reports_integrity=False,
    fails_on_errors_of_jobs=True,
    fails_unreadable_data=True,
    offers_analytics_xlsx=True,
    analytics_table_stages=(
        "Table update of type: '{0}'",
        "Dropping staging tables: '{0}'",
        "Creating analytics tables: '{0}'",
        "Populating {1} analytics tables: '{0}'",
        "Invoking analytics table hooks: '{0}'",
        "Creating 0 indexes: '{0}'",
        "Analyzing analytics tables: '{0}'",
        "Swapping analytics tables: '{0}'",
    ),
    data_import_steps=(
        "Reading data set header",
        "Creating import context",
        "Preheat caches...",
        "Loading base metadata",
        "Run data set validation",
        "Importing values (list)",
        "Import summary: [imports={1}, updates={2}, ignores={3}]",
    ),
    takes_old_tracker_parameters=False,
    repeats_tracker_pager=False,
    reads_tracker_filters_pairwise=False,
    tells_tracker_denials=False,
    has_enrollment_status_parameter=True,
    takes_tracker_id_schemes=True,
    names_users_of_event_values=True,
    fails_on_units_below=True,
    lists_attributes_by_enrollment=False,
    keeps_attributes_in_sets=False,
    transfer_unit_parameters=("orgUnit", "ou"),
    reads_async_literally=False,
    reads_tracker_uids_strictly=True,
    tracker_import_method=(
        "public org.springframework.http.ResponseEntity<?>"
        " org.hisp.dhis.webapi.controller.tracker.imports.TrackerImportController.importJson("
        "jakarta.servlet.http.HttpServletRequest,"
        "org.hisp.dhis.webapi.controller.tracker.imports.ImportRequestParams,"
        "org.hisp.dhis.webapi.controller.tracker.imports.Body,org.hisp.dhis.user.UserDetails)"
        " throws org.hisp.dhis.feedback.ConflictException,java.io.IOException"
    ),
    locates_tracker_jobs=False,
    names_importer_in_options=False,
    forgets_stored_by_of_entities=True,
    releases_replaced_files=True,
    keeps_provided_elsewhere=True,
    searches_own_units=True,
    refuses_every_repeated_event=False,
    counts_repetitions_as_updates=False,
    printed_user=("uid", "username"),
    prints_whole_user=False,
    prints_constants=True,
    printed_event=("Event", _EVENT_42),
    printed_single_event=("Event", _EVENT_42),
    repeated_attribute_failure=(
        "A different object with the same identifier value was already associated with the session"
    ),
    keeps_sent_stored_by=True,
    ties_completion_to_status=True,
    entity_change_log_flag=None,
    rules_see_stored_values=False,
    logs_values_only=False,
    tells_generated_limits=False,
    writes_type_as_attribute=False,
    reports_adx_groups=False,
)
_V43 = replace(
    _V42,
    name="v43",
    release="2.43.1",
    revision="9cbfbf3",
    api_versions=range(28, 44),
    login_page="/login/",
    tells_session_timeout=True,
    checks_path_uid=True,
    mapping_error_status=409,
    emits_external_sharing=False,
    unknown_order_is_error=True,
    keeps_odd_orders=True,
    plain_dashboard_items=True,
    gist_always_names_next_page=True,
    names_periods=False,
    names_role_holders=False,
    me_has_attribute_values=False,
    period_types=_PERIOD_TYPES_43,
    refuses_single_option_combos=True,
    patch_read_by_framework=True,
    names_pushed_requests=True,
    wants_whole_option_combo_sets=True,
    unit_circle=None,
    enters_data_in_groups=True,
    reads_numbers_as_values=False,
    names_period_types=True,
    limits_output_periods=True,
    data_import_steps=("Deserializing {} data",),
    shows_more_event_columns=True,
    limits_sums_of_enrollments=True,
    names_stages_of_sums=True,
    forgets_columns_of_cells=False,
    tells_aggregation_of_dimensions=True,
    groups_enrollments_by_texts=True,
    writes_event_numbers_as_doubles=False,
    unknown_enrollment_column="ERROR: column ax.trackedentity does not exist\n  Position: 23",
    wants_tracker_program=True,
    limits_attribute_searches=True,
    splits_events=True,
    ambiguous_entity_order=True,
    shows_storer_of_entities=False,
    limits_owners_by_units=False,
    transfer_unit_parameters=("orgUnit",),
    checks_transfers=True,
    keeps_sent_stored_by=False,
    printed_event=("TrackerEvent", _EVENT_43),
    printed_single_event=("SingleEvent", tuple(key for key in _EVENT_43 if key != "scheduledAt")),
    repeated_attribute_failure=None,
    keeps_empty_attributes=False,
    updates_lose_stored_by=False,
    forgets_stored_by_of_entities=False,
    checks_stored_completion=True,
    enrolls_with_option_combo=True,
    names_entity_refusals=True,
    entity_change_log_flag="enableChangeLog",
    event_change_log_flag="enableChangeLog",
)
_V44 = replace(
    _V43,
    name="v44",
    release="2.44-SNAPSHOT",
    revision="3f8c14a",
    api_versions=range(28, 45),
    login_redirect_is_absolute=False,
    plain_ping_is_open=True,
    strict_fields=True,
    bridges_lists_to_gist=True,
    min_max_filter_parameter="filters",
    audit_type_parameter="type",
    period_types=_PERIOD_TYPES_44,
    checks_client_settings=True,
    reads_numbers_as_values=True,
    shows_storer_of_events=False,
    refuses_confidential_values=False,
    hides_confidential_dimensions=False,
    names_geometry_sources=True,
)

BEHAVIOURS: dict[str, Behaviour] = {row.name: row for row in (_V41, _V42, _V43, _V44)}
