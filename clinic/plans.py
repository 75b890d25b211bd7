"""A patient's discharge plan: proposed from a document, corrected by a person, approved by a person.

Only an approved plan guards a conversation, and only one is approved at a time.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from clinic import discharge_plan
from clinic.discharge_plan import DischargePlan
from clinic.errors import PlanClosed
from clinic.models import Patient, Plan, User
from compliance import audit

PROPOSED = audit.action("plan.proposed", "{actor} proposed a plan for {patient}", "C")
REVISED = audit.action("plan.revised", "{actor} edited the draft plan of {patient}", "U")
APPROVED = audit.action("plan.approved", "{actor} approved the plan of {patient}", "U")


def propose(patient_id: UUID, plan: DischargePlan, *, document_id: UUID | None = None) -> Plan:
    """Store a draft. It guards nothing until a person approves it."""
    with transaction.atomic():
        Patient.objects.select_for_update().get(pk=patient_id)  # two proposals at once get two versions
        latest = Plan.objects.filter(patient_id=patient_id).aggregate(n=Max("version"))["n"] or 0
        draft = Plan.objects.create(
            patient_id=patient_id,
            version=latest + 1,
            content=discharge_plan.to_json(plan),
            document_id=document_id,
        )
        audit.record(PROPOSED, patient_id=patient_id, subject=f"plan:{draft.pk}", detail={"version": draft.version})
    return draft


def revise(draft: Plan, plan: DischargePlan) -> Plan:
    """Replace a draft's content. Raises `PlanClosed` if it is no draft any more."""
    with transaction.atomic():
        locked = Plan.objects.select_for_update().get(pk=draft.pk)
        if locked.state != Plan.State.DRAFT:
            raise PlanClosed
        locked.content = discharge_plan.to_json(plan)
        locked.save(update_fields=["content"])
        audit.record(REVISED, patient_id=locked.patient_id, subject=f"plan:{locked.pk}")
    return locked


def approve(draft: Plan, by: User) -> Plan:
    """Make this the plan that guards conversations; the one before is replaced. Raises `PlanClosed`."""
    with transaction.atomic():
        Patient.objects.select_for_update().get(pk=draft.patient_id)
        locked = Plan.objects.select_for_update().get(pk=draft.pk)
        if locked.state != Plan.State.DRAFT:
            raise PlanClosed
        approved = Plan.objects.filter(patient_id=locked.patient_id, state=Plan.State.APPROVED)
        approved.update(state=Plan.State.SUPERSEDED)
        locked.state, locked.approved_by, locked.approved_at = Plan.State.APPROVED, by, timezone.now()
        locked.save(update_fields=["state", "approved_by", "approved_at"])
        audit.record(APPROVED, patient_id=locked.patient_id, subject=f"plan:{locked.pk}")
    return locked


def as_data(plan: Plan) -> DischargePlan:
    return discharge_plan.from_json(plan.content)


def current_plan(patient_id: UUID) -> DischargePlan:
    """The approved plan, or `discharge_plan.EMPTY` if there is none."""
    plan = Plan.objects.filter(patient_id=patient_id, state=Plan.State.APPROVED).first()
    return as_data(plan) if plan else discharge_plan.EMPTY
