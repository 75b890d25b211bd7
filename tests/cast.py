"""The cast: the people whom tests and the demo tell stories about.

Maria is the patient, Dr Osei looks after her. The officer and the admin work for
the clinic. The stranger is a clinician of another care team, and must see nothing
of Maria. Each builder returns the same person when asked again.
"""

import datetime
from typing import Any

from django.test import Client
from django.utils import timezone

from clinic.models import CareTeam, Patient, User
from compliance.access import Role

PASSWORD = "slow-river-under-birches"
BORN = "1958-03-02"


def orthopaedics() -> CareTeam:
    return CareTeam.objects.get_or_create(name="Orthopaedics")[0]


def cardiology() -> CareTeam:
    return CareTeam.objects.get_or_create(name="Cardiology")[0]


def maria() -> Patient:
    """Maria Lindqvist, home for three days with a new hip."""
    return _patient(
        orthopaedics(),
        name="Maria Lindqvist",
        called="Maria",
        born=BORN,
        procedure="Right hip replacement",
        days_home=3,
    )


def another_patient() -> Patient:
    """Tomas Berg, of the other team."""
    return _patient(
        cardiology(), name="Tomas Berg", called="Tomas", born="1971-11-19", procedure="Heart failure", days_home=7
    )


def dr_osei() -> User:
    return _staff("osei", "Abena", "Osei", Role.CLINICIAN, orthopaedics())


def nurse_lind() -> User:
    """Dr Osei's colleague, of the same team."""
    return _staff("lind", "Karin", "Lind", Role.CLINICIAN, orthopaedics())


def stranger() -> User:
    """A clinician of another care team."""
    return _staff("stranger", "Viktor", "Hale", Role.CLINICIAN, cardiology())


def officer() -> User:
    return _staff("officer", "Ines", "Duarte", Role.OFFICER)


def admin() -> User:
    return _staff("admin", "Jonas", "Ek", Role.ADMIN)


def signed_in(user: User) -> Client:
    """A browser in which `user` has signed in."""
    client = Client()
    client.force_login(user)
    return client


def as_patient(patient: Patient) -> Client:
    """A browser which an invitation has let in as `patient`."""
    client = Client()
    session = client.session
    session["patient_id"] = str(patient.pk)
    session.save()
    return client


def _staff(username: str, first: str, last: str, role: Role, *teams: CareTeam) -> User:
    user, made = User.objects.get_or_create(
        username=username,
        defaults={"first_name": first, "last_name": last, "role": role, "email": f"{username}@clinic.example"},
    )
    if made:
        user.set_password(PASSWORD)
        user.save()
        user.care_teams.set(teams)
    return user


def _patient(team: CareTeam, *, days_home: int, **facts: Any) -> Patient:
    for patient in Patient.objects.filter(care_team=team):
        if patient.name == facts["name"]:
            return patient
    return Patient.objects.create(
        care_team=team, discharged_on=timezone.localdate() - datetime.timedelta(days=days_home), **facts
    )
