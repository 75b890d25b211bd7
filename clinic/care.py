"""Who may see whom: the one place that decides it for people."""

from uuid import UUID

from django.db.models import Q, QuerySet

from clinic.models import Patient, User
from compliance import break_glass
from compliance.access import Role


def patients_of(user: User) -> QuerySet[Patient]:
    """Admins enrol everyone; a clinician sees their care teams' patients, and others behind broken glass."""
    if user.role == Role.ADMIN:
        return Patient.objects.filter(erased_at=None)
    if user.role == Role.CLINICIAN:
        theirs = Q(care_team__in=user.care_teams.all()) | Q(pk__in=break_glass.broken_by(user.pk))
        return Patient.objects.filter(theirs, erased_at=None)
    return Patient.objects.none()


def may_see(user: User, patient_id: UUID) -> bool:
    return patients_of(user).filter(pk=patient_id).exists()


def matching(patients: QuerySet[Patient], words: str) -> list[Patient]:
    """Those whose name or reason for care holds every word. Names are sealed: this opens each one."""
    wanted = words.casefold().split()
    return [
        patient
        for patient in patients
        if all(word in f"{patient.name} {patient.called} {patient.procedure}".casefold() for word in wanted)
    ]
