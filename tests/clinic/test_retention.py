"""What the clinic keeps of a patient can be handed out whole, and taken away without a trace."""

import pytest
from django.db import connection

from clinic import escalations, follow_ups, invitations, plans
from clinic.discharge_plan import DischargePlan, RedFlag, Severity
from clinic.models import Patient
from compliance import retention
from tests import cast

pytestmark = pytest.mark.django_db
TABLES = (
    "clinic_followup",
    "clinic_reminder",
    "clinic_plan",
    "clinic_invitation",
    "clinic_escalation",
    "clinic_escalationevent",
    "clinic_pageattempt",
)


def ours() -> list[retention.Keeper]:
    return [keeper for name, keeper in retention.keepers().items() if name.startswith("clinic.")]


def a_record() -> Patient:
    maria = cast.maria()
    plans.approve(plans.propose(maria.pk, DischargePlan(red_flags=(RedFlag("fever"),))), cast.admin())
    invitations.make(maria)
    follow_ups.plan_for(maria)
    raised = escalations.escalate(
        patient_id=maria.pk, session_id=None, turn=1, rule="plan.red_flag", severity=Severity.URGENT, quote="I am hot"
    )
    escalations.resolve(raised, cast.dr_osei(), outcome="advised", note="Paracetamol.")
    return maria


def test_an_export_holds_every_part():
    maria = a_record()
    exported = {keeper.name: keeper.export(maria.pk) for keeper in ours()}
    assert exported["clinic.patient"]["name"] == "Maria Lindqvist"
    assert exported["clinic.plans"][0]["content"]["red_flags"][0]["name"] == "fever"
    assert exported["clinic.escalations"][0]["quote"] == "I am hot"
    assert exported["clinic.escalations"][0]["note"] == "Paracetamol."
    assert exported["clinic.follow_ups"][0]["visit"] == "day_2"
    assert len(exported["clinic.invitations"]) == 1


def test_after_erasing_nothing_is_left_but_a_number():
    maria, tomas = a_record(), cast.another_patient()
    assert all(keeper.erase(maria.pk) for keeper in ours())
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone()[0] == 0, table
        cursor.execute("SELECT name, born, procedure, phone FROM clinic_patient WHERE id = %s", [maria.pk])
        assert [bytes(value or b"") for value in cursor.fetchone()] == [b""] * 4
    assert Patient.objects.get(pk=tomas.pk).name == "Tomas Berg"


def test_erasing_twice_changes_nothing():
    maria = a_record()
    for keeper in ours():
        keeper.erase(maria.pk)
    assert [keeper.erase(maria.pk) for keeper in ours()] == [0, 0, 0, 0, 0]


def test_an_erased_patient_is_on_nobodys_pages():
    maria = a_record()
    for keeper in ours():
        keeper.erase(maria.pk)
    browser = cast.signed_in(cast.admin())
    assert browser.get(f"/patients/{maria.pk}/").status_code == 404
    assert browser.get("/patients/").status_code == 200
