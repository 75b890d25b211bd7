"""What every staff view needs: who asks, and whether this patient is theirs to see."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from clinic import care, escalations, patients
from clinic.models import Escalation, Patient, User
from compliance import audit


def staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (views behind role_required)
    return request.user


def patient_for(request: HttpRequest, patient_id: UUID) -> Patient:
    """The patient, if they are in this person's care. A refusal is audited."""
    patient = get_object_or_404(Patient, pk=patient_id, erased_at=None)
    if not care.may_see(staff(request), patient_id):
        audit.record(patients.REFUSED, patient_id=patient_id, outcome="refused")
        raise PermissionDenied
    return patient


def escalation_for(request: HttpRequest, escalation_id: UUID) -> Escalation:
    """The escalation, if its patient is in this person's care. A refusal is audited."""
    related = Escalation.objects.select_related("patient__care_team", "acknowledged_by", "resolved_by")
    escalation = get_object_or_404(related, pk=escalation_id)
    if not care.may_see(staff(request), escalation.patient_id):
        audit.record(
            escalations.REFUSED,
            patient_id=escalation.patient_id,
            subject=f"escalation:{escalation.pk}",
            outcome="refused",
        )
        raise PermissionDenied
    return escalation
