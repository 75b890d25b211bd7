"""A small clinic to look at: `manage.py load_demo` fills an empty database with it, and does nothing twice.

Maria Lindqvist went home three days ago with a new hip and an approved discharge
document; Tomas Berg's papers still wait to be uploaded. For demo mode only: the
passwords are printed on the screen.
"""

import datetime
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone

import knowledge
from clinic import invitations, patients
from clinic.models import CareTeam, Patient, User
from compliance import audit
from compliance.access import Role
from knowledge import ingestion
from knowledge.models import Document

PASSWORD = "slow-river-under-birches"  # noqa: S105  (printed by `make run`; demo mode only)


@dataclass(frozen=True)
class Person:
    username: str
    first: str
    last: str
    role: Role
    team: str = ""


STAFF = (
    Person("osei", "Abena", "Osei", Role.CLINICIAN, "Orthopaedics"),
    Person("admin", "Jonas", "Ek", Role.ADMIN),
    Person("officer", "Ines", "Duarte", Role.OFFICER),
)
SAMPLE = Path(knowledge.__file__).parent / "samples" / "hip_replacement.pdf"
MARIA_BORN = datetime.date(1958, 3, 2)
READ_WITHIN_S = 120.0


def load() -> list[dict[str, str]]:
    """Make what is missing; returns who can come in, and how."""
    with audit.acting_as(audit.Actor("system:demo")):
        for person in STAFF:
            _staff(person)
        maria = _patient("Orthopaedics", "Maria Lindqvist", "Maria", MARIA_BORN, "Right hip replacement", days_home=3)
        _patient("Cardiology", "Tomas Berg", "Tomas", datetime.date(1971, 11, 19), "Heart failure", days_home=7)
        _papers(maria)
        _, link = invitations.make(maria)
    return _sign_ins(link)


def _sign_ins(link: str) -> list[dict[str, str]]:
    address = settings.BASE_URL + settings.LOGIN_URL
    staff = [
        {
            "who": f"{person.first} {person.last}, {person.role.label.lower()}",
            "address": address,
            "how": f"{person.username} / {PASSWORD}",
            "username": person.username,
            "password": PASSWORD,
            "role": str(person.role),
        }
        for person in STAFF
    ]
    born = MARIA_BORN.isoformat()
    return [{"who": "Maria, patient", "address": link, "how": f"born {born}", "born": born, "role": "patient"}, *staff]


def newcomer(called: str, *, papers: bool = True) -> str:
    """One more patient like Maria, with papers of their own; returns their invitation. For tests and load tests."""
    name = f"{called} {uuid.uuid4().hex[:6]}"
    patient = _patient("Orthopaedics", name, called, MARIA_BORN, "Right hip replacement", days_home=3)
    if papers:
        _papers(patient)
    return invitations.make(patient)[1]


def _papers(maria: Patient) -> None:
    """Her discharge papers: uploaded, read and approved, as the administrator would."""
    known = Document.objects.filter(patient_id=maria.pk).exclude(state=Document.State.REFUSED)
    if known.exists():
        return
    admin = User.objects.get(username="admin")
    document = ingestion.upload(
        patient_id=maria.pk, name=SAMPLE.name, title="Discharge papers", data=SAMPLE.read_bytes(), by=admin
    )
    ingestion.ingest(document.pk)
    _until_read(document)
    ingestion.approve(document, by=admin)


def _until_read(document: Document) -> None:
    """A worker may have been quicker to take it."""
    deadline = time.monotonic() + READ_WITHIN_S
    while time.monotonic() < deadline:
        document.refresh_from_db()
        if document.state not in (Document.State.WAITING, Document.State.READING):
            return
        time.sleep(0.1)


def _team(name: str) -> CareTeam:
    return CareTeam.objects.get_or_create(name=name)[0]


def _staff(person: Person) -> None:
    if User.objects.filter(username=person.username).exists():
        return
    user = User(username=person.username, first_name=person.first, last_name=person.last, role=person.role)
    user.email = f"{person.username}@clinic.example"
    user.set_password(PASSWORD)
    user.save()
    if person.team:
        user.care_teams.add(_team(person.team))


def _patient(team: str, name: str, called: str, born: datetime.date, procedure: str, *, days_home: int) -> Patient:
    care_team = _team(team)
    for patient in Patient.objects.filter(care_team=care_team, erased_at=None):
        if patient.name == name:
            return patient
    discharged_on = timezone.localdate() - datetime.timedelta(days=days_home)
    return patients.enrol(patients.Details(care_team, name, called, born, procedure, discharged_on))
