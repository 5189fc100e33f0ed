"""Who reads what: units, search scope, ownership, its transfer and its temporary grant."""

from looking import CLERK, ENTITIES, EVENTS, HERE, get, hire_clerk, listed, refused, register_two, send
from registering import CARE, OTHER, ROOT, UNIT, Registrar


def test_somebody_of_one_district_silently_gets_fewer(registrar: Registrar) -> None:
    register_two(registrar)
    hire_clerk(registrar, UNIT)
    assert listed(registrar, ENTITIES, CLERK) == ["PersonAnn01"]
    assert listed(registrar, EVENTS, CLERK) == ["EventVisitA", "EventVisitB"]


def test_a_unit_out_of_reach_is_refused(registrar: Registrar) -> None:
    register_two(registrar)
    hire_clerk(registrar, UNIT)
    reply = get(registrar, f"{ENTITIES}&orgUnits={OTHER}", CLERK)
    assert refused(reply) == (403, f"Organisation unit is not part of the search scope: {OTHER}")
    reply = get(registrar, f"{EVENTS}&orgUnit={OTHER}", CLERK)
    assert refused(reply) == (403, f"Organisation unit is not part of your search scope: {OTHER}")


def test_modes_and_units_have_to_fit(registrar: Registrar) -> None:
    assert refused(get(registrar, f"{ENTITIES}&orgUnitMode=SELECTED"))[0] == 400
    assert refused(get(registrar, f"{ENTITIES}&{HERE}&orgUnitMode=ACCESSIBLE"))[0] == 400
    assert refused(get(registrar, f"{ENTITIES}&orgUnitMode=NEAR"))[1].startswith("Value 'NEAR' is not valid")


def test_descendants_are_those_of_the_owning_unit(registrar: Registrar) -> None:
    register_two(registrar)
    below = f"{ENTITIES}&orgUnits={ROOT}&orgUnitMode=DESCENDANTS"
    assert listed(registrar, below) == ["PersonBob01", "PersonAnn01"]
    assert listed(registrar, f"{ENTITIES}&{HERE}") == ["PersonAnn01"]


def test_a_search_beyond_the_own_units_needs_an_attribute(registrar: Registrar) -> None:
    register_two(registrar)
    hire_clerk(registrar, UNIT, search=(ROOT,))
    status, text = refused(get(registrar, ENTITIES, CLERK))
    assert (status, text) == (409, "At least 1 attributes should be mentioned in the search criteria.")
    assert listed(registrar, f"{ENTITIES}&filter=AttrNumber1:eq:7", CLERK) == ["PersonBob01"]
    assert listed(registrar, f"{ENTITIES}&orgUnitMode=CAPTURE", CLERK) == ["PersonAnn01"]


def test_what_is_owned_elsewhere_is_not_shown(registrar: Registrar) -> None:
    register_two(registrar)
    hire_clerk(registrar, UNIT)
    older = registrar.sandbox.server.version == "v41"
    for target in ("trackedEntities/PersonBob01", "enrollments/EnrollBob01", "events/EventVisitC"):
        assert get(registrar, f"/api/tracker/{target}", CLERK).status == (403 if older else 404)


def test_a_transfer_moves_the_owner_and_not_the_unit(registrar: Registrar) -> None:
    register_two(registrar)
    name = registrar.sandbox.server.behaviour.transfer_unit_parameters[0]
    target = f"/api/tracker/ownership/transfer?trackedEntity=PersonAnn01&program={CARE}&{name}={OTHER}"
    assert registrar.request("PUT", target).parsed()["message"] == "Ownership transferred"
    shown = get(
        registrar, f"/api/tracker/trackedEntities/PersonAnn01?program={CARE}&fields=orgUnit,programOwners[orgUnit]"
    )
    assert shown.parsed() == {"orgUnit": UNIT, "programOwners": [{"orgUnit": OTHER}]}


def test_a_transfer_to_an_unknown_unit_is_told_by_newer_versions_only(newer_registrar: Registrar) -> None:
    register_two(newer_registrar)
    target = f"/api/tracker/ownership/transfer?trackedEntity=PersonAnn01&program={CARE}&orgUnit="
    assert newer_registrar.request("PUT", f"{target}UnitZzzz001").status == 404
    status, text = refused(newer_registrar.request("PUT", target + UNIT))
    assert (status, text.endswith(f"is already {UNIT}")) == (400, True)


def test_a_grant_opens_a_protected_program_for_a_while(registrar: Registrar) -> None:
    register_two(registrar)
    _protect(registrar)
    hire_clerk(registrar, UNIT, search=(ROOT,))
    target = f"/api/tracker/trackedEntities/PersonBob01?program={CARE}"
    assert get(registrar, target, CLERK).status in {403, 404}
    override = f"/api/tracker/ownership/override?trackedEntity=PersonBob01&program={CARE}&reason=emergency"
    assert send(registrar, "POST", override, CLERK).parsed()["message"] == "Temporary Ownership granted"
    assert get(registrar, target, CLERK).status == 200


def test_a_program_that_is_open_needs_no_grant(registrar: Registrar) -> None:
    register_two(registrar)
    hire_clerk(registrar, UNIT, search=(ROOT,))
    override = f"/api/tracker/ownership/override?trackedEntity=PersonBob01&program={CARE}&reason=emergency"
    status, text = refused(send(registrar, "POST", override, CLERK))
    assert (status, text.endswith(f"{CARE} access level is OPEN.")) == (403, True)


def _protect(registrar: Registrar) -> None:
    store = registrar.sandbox.server.store
    program = store.get("program", CARE)
    assert program is not None
    store.put("program", CARE, {**program, "accessLevel": "PROTECTED"})


def test_who_only_reads_a_program_transfers_nothing(registrar: Registrar) -> None:
    """`DefaultTrackerOwnershipManager.transferOwnership` (43: `TrackerProgramService`)."""
    register_two(registrar)
    hire_clerk(registrar, ROOT, search=(ROOT,))
    store = registrar.sandbox.server.store
    program = store.get("program", CARE) or {}
    store.put("program", CARE, {**program, "sharing": {**program["sharing"], "public": "rwr-----"}})
    name = registrar.sandbox.server.behaviour.transfer_unit_parameters[0]
    target = f"/api/tracker/ownership/transfer?trackedEntity=PersonAnn01&program={CARE}&{name}={OTHER}"
    told = refused(send(registrar, "PUT", target, CLERK))
    assert told == (403, f"Current user doesn't have data write access to the provided program {CARE}.")


def test_grants_are_checked_in_another_order_from_43_on(registrar: Registrar) -> None:
    """`DefaultTrackerOwnershipManager.grantTemporaryOwnership`."""
    register_two(registrar)
    checked = registrar.sandbox.server.behaviour.checks_transfers
    root = "/api/tracker/ownership/override?trackedEntity=PersonBob01&reason=emergency&program="
    unknown = refused(registrar.request("POST", f"{root}ProgNope001"))
    assert unknown == (
        (400, "Provided program, ProgNope001, does not exist.")
        if checked
        else (403, "Temporary ownership not created. Program supplied does not exist.")
    )
    status, text = refused(registrar.request("POST", f"{root}{CARE}"))
    assert (status, text.endswith("OPEN." if checked else "Current user is a superuser.")) == (403, True)


def test_units_for_entry_are_searched_too_from_42_on(registrar: Registrar) -> None:
    """`UserDetails.getUserEffectiveSearchOrgUnitIds`; a grant asks for `getUserSearchOrgUnitIds`."""
    register_two(registrar)
    hire_clerk(registrar, UNIT, search=(OTHER,))
    oldest = registrar.sandbox.server.version == "v41"
    found = get(registrar, f"/api/tracker/trackedEntities/PersonAnn01?program={CARE}", CLERK).status
    assert found == (403 if oldest else 200)
    _protect(registrar)
    target = f"/api/tracker/ownership/override?trackedEntity=PersonAnn01&program={CARE}&reason=emergency"
    status, text = refused(send(registrar, "POST", target, CLERK))
    assert (status, text.endswith("is not in the user's search scope.")) == (403, True)
