"""The database refuses to change the audit trail and the consent ledger: to the application, and to the owner."""

import pytest
from django.db import DatabaseError, connection, transaction

from clinic.embedded import APP_ROLE
from compliance import audit, consent, privileges, sealing
from compliance.models import Purpose
from tests import cast

pytestmark = pytest.mark.django_db

LOOKED = audit.action("test.looked", "{actor} looked at {patient}", "R")
FORBIDDEN = "42501"


@pytest.fixture(autouse=True)
def something_recorded(settings, tmp_path):
    settings.AUDIT_SIGNING_KEY_PATH = tmp_path / "key"
    maria = cast.maria()
    consent.grant(maria.pk, [Purpose.AI_CALL])
    audit.record(LOOKED, patient_id=maria.pk)
    sealing.seal()
    run("SET CONSTRAINTS ALL IMMEDIATE")


def run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def refusal(statement):
    """The SQLSTATE with which the database refuses `statement`, or None."""
    try:
        with transaction.atomic():
            run(statement)
    except DatabaseError as problem:
        return problem.__cause__.sqlstate
    return None


@pytest.fixture
def as_application():
    """Everything is done as the application's role, with the privileges that prepare_database gives."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for statement in privileges.grants(APP_ROLE, [name for (name,) in cursor.fetchall()]):
            cursor.execute(statement)
    run(f"SET ROLE {APP_ROLE}")
    yield
    run("RESET ROLE")


@pytest.mark.parametrize("table", privileges.APPEND_ONLY)
def test_the_application_can_only_append(as_application, table):
    column = {"compliance_auditleaf": "hash", "compliance_auditnode": "hash", "compliance_treehead": "root"}
    name = column.get(table, "at" if table != "compliance_cosignature" else "line")
    for statement in (
        f"UPDATE {table} SET {name} = {name}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
        f"ALTER TABLE {table} DISABLE TRIGGER append_only",
        f"DROP TABLE {table}",
    ):
        assert refusal(statement) == FORBIDDEN, statement


def test_the_application_cannot_step_around_the_triggers(as_application):
    assert refusal("SET session_replication_role = replica") == FORBIDDEN
    assert refusal("DROP FUNCTION compliance_append_only() CASCADE") == FORBIDDEN
    assert refusal("CREATE TABLE mine (id int)") == FORBIDDEN


def test_the_application_cannot_choose_an_events_number_or_transaction(as_application):
    columns = 'uid, at, action, actor, "where", subject, outcome, reason, detail'
    values = "gen_random_uuid(), now(), 'a', 'b', '', '', 'ok', '', '{}'"
    assert refusal(f"INSERT INTO compliance_auditevent (id, {columns}) VALUES (1, {values})") == FORBIDDEN
    assert refusal(f"INSERT INTO compliance_auditevent (xid, {columns}) VALUES ('1', {values})") == FORBIDDEN
    assert refusal(f"INSERT INTO compliance_auditevent ({columns}) VALUES ({values})") is None


def test_the_application_can_do_its_work(as_application):
    consent.withdraw(cast.maria().pk, Purpose.AI_CALL)
    audit.record(LOOKED)
    assert sealing.seal() == 2


def test_the_application_owns_nothing(as_application):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = %s", [APP_ROLE]
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("table", ["compliance_auditevent", "compliance_auditleaf", "compliance_consententry"])
def test_even_the_owner_is_refused_by_a_trigger(table):
    assert refusal(f"DELETE FROM {table}") == FORBIDDEN
    run("SET session_replication_role = replica")  # a superuser may; the trigger is ENABLE ALWAYS
    assert refusal(f"DELETE FROM {table}") == FORBIDDEN
    run("SET session_replication_role = DEFAULT")


def test_every_append_only_table_has_its_trigger():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only' AND tgenabled = 'A'"
        )
        assert {name for (name,) in cursor.fetchall()} == set(privileges.APPEND_ONLY)
