"""Sealed fields: what lies in the database is unreadable, and opens only in its place."""

import datetime

import pytest
from django.db import connection

from clinic.models import CareTeam, Patient
from compliance.errors import SealBroken

pytestmark = pytest.mark.django_db


def enrol(name: str) -> Patient:
    team, _ = CareTeam.objects.get_or_create(name="Ward 4")
    return Patient.objects.create(
        care_team=team,
        name=name,
        called=name,
        born="1958-03-02",
        procedure="hip",
        discharged_on=datetime.date(2026, 11, 1),
    )


def test_a_name_is_read_back_and_is_not_in_the_table():
    patient = enrol("Maria Lindqvist")
    with connection.cursor() as cursor:
        cursor.execute("SELECT p::text FROM clinic_patient p")
        row = cursor.fetchone()[0]
    assert "Maria" not in row
    assert Patient.objects.get(pk=patient.pk).name == "Maria Lindqvist"


def test_a_name_moved_to_another_patient_does_not_open():
    maria, stranger = enrol("Maria"), enrol("Stranger")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE clinic_patient SET name = (SELECT name FROM clinic_patient WHERE id = %s) WHERE id = %s",
            [maria.pk, stranger.pk],
        )
    with pytest.raises(SealBroken):
        _ = Patient.objects.get(pk=stranger.pk).name
