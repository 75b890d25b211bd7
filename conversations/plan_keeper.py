"""Keeps the plans that `knowledge` understands from documents: it hands them down to `clinic.plans`.

Registered when the app is ready, because neither of the two may import the other.
"""

from typing import Any

from clinic import plans
from clinic.discharge_plan import DischargePlan
from clinic.models import Plan
from knowledge.models import Document


class ClinicPlans:
    """A `knowledge.hooks.PlanKeeper`."""

    def proposed(self, document: Document, plan: DischargePlan) -> None:
        draft = _latest(document, Plan.State.DRAFT)
        if draft:
            plans.revise(draft, plan)
        else:
            plans.propose(document.patient_id, plan, document_id=document.pk)

    def draft(self, document: Document) -> DischargePlan | None:
        latest = _latest(document)
        return plans.as_data(latest) if latest else None

    def corrected(self, document: Document, plan: DischargePlan) -> None:
        draft = _latest(document, Plan.State.DRAFT)
        if draft:
            plans.revise(draft, plan)

    def approved(self, document: Document, by: Any) -> None:
        draft = _latest(document, Plan.State.DRAFT)
        if draft:
            plans.approve(draft, by)


def _latest(document: Document, *states: str) -> Plan | None:
    found = Plan.objects.filter(document_id=document.pk)
    if states:
        found = found.filter(state__in=states)
    return found.order_by("-version").first()
