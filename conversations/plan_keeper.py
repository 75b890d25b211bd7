"""Keeps the plans that `knowledge` understands from documents: it hands them down to `clinic.plans`.

Registered when the app is ready, because neither of the two may import the other.
"""

from typing import Any

from clinic import plans
from clinic.discharge_plan import EMPTY, DischargePlan
from clinic.models import Plan
from knowledge.models import Document
from knowledge.understanding import merged


class ClinicPlans:
    """A `knowledge.hooks.PlanKeeper`."""

    def proposed(self, document: Document, plan: DischargePlan) -> None:
        if plan == EMPTY:  # a leaflet is no plan, and must not replace one
            return
        replaced = str(document.replaces_id or "")
        whole = merged(plans.current_plan(document.patient_id), plan, without=replaced)
        draft = _latest(document, Plan.State.DRAFT)
        if draft:
            plans.revise(draft, whole)
        else:
            plans.propose(document.patient_id, whole, document_id=document.pk)

    def draft(self, document: Document) -> DischargePlan | None:
        latest = _latest(document)
        return plans.as_data(latest) if latest else None

    def approved(self, document: Document, by: Any) -> None:
        draft = _latest(document, Plan.State.DRAFT)
        if draft:
            plans.approve(draft, by)


def _latest(document: Document, *states: str) -> Plan | None:
    found = Plan.objects.filter(document_id=document.pk)
    if states:
        found = found.filter(state__in=states)
    return found.order_by("-version").first()
