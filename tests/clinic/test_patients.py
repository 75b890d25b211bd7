"""Enrolling and correcting patients, and who may see whom."""

import dataclasses
import datetime

import pytest

from clinic import care, patients
from clinic.models import Patient
from tests import cast
from tests.clinic import trail

pytestmark = pytest.mark.django_db


def details() -> patients.Details:
    return patients.Details(
        care_team=cast.orthopaedics(),
        name="Elsa Holm",
        called="Elsa",
        born=datetime.date(1949, 5, 1),
        procedure="Left knee replacement",
        discharged_on=datetime.date(2026, 11, 20),
        phone="+46 70 000 00 00",
    )


def test_enrolling_stores_the_patient_and_is_audited():
    elsa = patients.enrol(details())
    again = Patient.objects.get(pk=elsa.pk)
    assert (again.name, again.born, again.phone) == ("Elsa Holm", "1949-05-01", "+46 70 000 00 00")
    assert trail.only(patients.ENROLLED).patient_id == elsa.pk


def test_a_correction_says_which_fields_but_not_what_they_held():
    elsa = patients.enrol(details())
    patients.correct(elsa, dataclasses.replace(details(), called="Mrs Holm"))
    assert Patient.objects.get(pk=elsa.pk).called == "Mrs Holm"
    assert trail.only(patients.CORRECTED).detail == {"fields": "called"}


def test_a_clinician_sees_the_patients_of_their_team_only():
    maria, tomas = cast.maria(), cast.another_patient()
    assert set(care.patients_of(cast.dr_osei())) == {maria}
    assert set(care.patients_of(cast.stranger())) == {tomas}
    assert set(care.patients_of(cast.admin())) == {maria, tomas}
    assert not care.patients_of(cast.officer()).exists()


def test_search_opens_sealed_names():
    maria, _ = cast.maria(), cast.another_patient()
    everyone = Patient.objects.all()
    assert care.matching(everyone, "lind HIP") == [maria]
    assert care.matching(everyone, "nobody") == []
