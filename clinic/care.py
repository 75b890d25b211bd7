"""Who may see whom: the one place that decides it for people."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from clinic.models import Patient, User
from compliance import break_glass, restriction
from compliance.access import Claim, Role, allowed_of


@dataclass(frozen=True)
class Reach:
    """What a clinician's open page may show now: their teams' patients, and those behind broken glass."""

    teams: frozenset[UUID]
    patients: frozenset[UUID] = frozenset()

    def covers(self, team_id: UUID, patient_id: UUID) -> bool:
        return team_id in self.teams or patient_id in self.patients


def reaches(claims: Collection[Claim]) -> dict[Claim, Reach]:
    """The reach of each clinician whose session may go on; of all open pages in four questions to the database."""
    found = {claim: user for claim, user in allowed_of(claims).items() if user.role == Role.CLINICIAN}
    clinicians = {user.pk for user in found.values()}
    opened = break_glass.broken_by_each(clinicians)
    teams: dict[UUID, set[UUID]] = {user_id: set() for user_id in clinicians}
    for user_id, team_id in User.care_teams.through.objects.filter(user_id__in=clinicians).values_list(
        "user_id", "careteam_id"
    ):
        teams[user_id].add(team_id)
    return {claim: Reach(frozenset(teams[claim[0]]), opened[claim[0]]) for claim in found}


def patients_of(user: User) -> QuerySet[Patient]:
    """Admins enrol everyone; a clinician sees their care teams' patients, and others behind broken glass.

    Another system sees nobody whose data is restricted: what leaves the clinic is used.
    """
    found = _patients_of(user).filter(erased_at=None)
    return found.exclude(pk__in=restriction.everybody()) if user.is_service else found


def _patients_of(user: User) -> QuerySet[Patient]:
    if user.role == Role.ADMIN:
        return Patient.objects.all()
    if user.role == Role.CLINICIAN:
        return Patient.objects.filter(Q(care_team__in=user.care_teams.all()) | Q(pk__in=break_glass.broken_by(user.pk)))
    return Patient.objects.none()


def may_see(user: User, patient_id: UUID) -> bool:
    return patients_of(user).filter(pk=patient_id).exists()


def treats(user_id: UUID | str, patient_id: UUID) -> bool:
    """Whether this account is open, a clinician's, and may see the patient now."""
    clinician = User.objects.filter(pk=user_id, is_active=True, role=Role.CLINICIAN).first()
    return clinician is not None and may_see(clinician, patient_id)


def matching(patients: QuerySet[Patient], words: str) -> list[Patient]:
    """Those whose name or reason for care holds every word. Names are sealed: this opens each one."""
    wanted = words.casefold().split()
    return [
        patient
        for patient in patients
        if all(word in f"{patient.name} {patient.called} {patient.procedure}".casefold() for word in wanted)
    ]
