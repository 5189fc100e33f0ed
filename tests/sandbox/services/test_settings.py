"""System settings and the configuration: what is set counts, and for other parts of the server too."""

from sender import Sender


def test_a_setting_counts_where_it_is_read(admin_of_each: Sender) -> None:
    assert admin_of_each("POST", "/api/systemSettings/minPasswordLength?value=14").status == 200
    user = {"firstName": "A", "surname": "B", "username": "somebody", "password": "Ab1#efghij"}

    role = admin_of_each.read("/api/userRoles?fields=id")["userRoles"]
    reply = admin_of_each("POST", "/api/users", {**user, "userRoles": role})

    assert reply.status == 409


def test_all_or_nothing_from_42_on(admin: Sender) -> None:
    reply = admin("POST", "/api/systemSettings", {"keySqlViewMaxLimit": 7, "keyAccountRecovery": "perhaps"})

    assert reply.status == 400
    assert admin.read("/api/systemSettings?key=keySqlViewMaxLimit") == {"keySqlViewMaxLimit": -1}


def test_an_empty_value_gives_the_default_back(admin: Sender) -> None:
    admin("POST", "/api/systemSettings/applicationTitle?value=Mine")
    admin("POST", "/api/systemSettings/applicationTitle?value=")

    assert admin.read("/api/systemSettings/applicationTitle") == {"applicationTitle": "DHIS 2"}


def test_the_choices_of_a_setting(admin: Sender) -> None:
    assert admin("POST", "/api/systemSettings/keyCacheStrategy?value=no_cache").status == 200
    assert admin.read("/api/systemSettings/keyCacheStrategy") == {"keyCacheStrategy": "NO_CACHE"}
    assert admin("POST", "/api/systemSettings/keyCacheStrategy?value=forever").status == 400


def test_nobody_without_the_authority_sets_anything(admin_of_each: Sender) -> None:
    low = admin_of_each.somebody()

    assert low("POST", "/api/systemSettings/applicationTitle?value=x").status == 403
    assert low("POST", "/api/configuration/infrastructuralPeriodType", "Monthly", media="text/plain").status == 403


def test_the_identifier_of_a_server_stays(admin_of_each: Sender) -> None:
    first = admin_of_each("GET", "/api/configuration/systemId").body

    assert len(first) == 36
    assert admin_of_each("GET", "/api/configuration/systemId").body == first
