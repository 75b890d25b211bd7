"""The discharge plan: corrected and approved by a person before it guards a conversation."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic import discharge_plan, patients, plans
from clinic.errors import PlanClosed
from clinic.models import Plan
from clinic.plan_forms import PlanForm
from clinic.views.record import patient_for, staff
from compliance import audit
from compliance.access import Role, role_required


@role_required(Role.ADMIN, Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id)
    draft = patient.plans.filter(state=Plan.State.DRAFT).order_by("-version").first()
    form = PlanForm(plans.as_data(draft), request.POST or None) if draft else None
    if request.method == "POST" and draft and form and form.is_valid():
        return _save(request, draft, form)
    audit.record(patients.READ, patient_id=patient.pk, subject="plan")
    approved = patient.plans.filter(state=Plan.State.APPROVED).select_related("approved_by").first()
    context = {
        "patient": patient,
        "draft": draft,
        "form": form,
        "approved": approved,
        "content": plans.as_data(approved) if approved else None,
    }
    return render(request, "clinic/plan.html", context)


def _save(request: HttpRequest, draft: Plan, form: PlanForm) -> HttpResponse:
    try:
        draft = plans.revise(draft, form.plan())
        if "approve" in request.POST:
            plans.approve(draft, staff(request))
            messages.success(request, _("Approved. It guards every conversation from now on."))
            return redirect("clinic:patient", draft.patient_id)
    except PlanClosed:
        messages.warning(request, _("Someone approved this draft while you were editing. Please look at it again."))
        return redirect("clinic:plan", draft.patient_id)
    messages.success(request, _("Draft saved."))
    return redirect("clinic:plan", draft.patient_id)


@role_required(Role.ADMIN, Role.CLINICIAN)
@require_POST
def draft_plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """A new draft, beginning as the approved plan, or empty."""
    patient = patient_for(request, patient_id)
    if not patient.plans.filter(state=Plan.State.DRAFT).exists():
        current = plans.current_plan(patient.pk)
        plans.propose(patient.pk, current or discharge_plan.EMPTY)
    return redirect("clinic:plan", patient.pk)
