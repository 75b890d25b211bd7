"""Patients: the list, the page of one, enrolling and correcting, invitations."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import care, invitations, patients, plans
from clinic.forms import CorrectionForm, PatientForm, of_patient
from clinic.models import Escalation, Invitation, Patient, Plan
from clinic.patient_page import panels_for
from clinic.views.record import patient_for, staff
from compliance import audit, consent, corrections, restriction
from compliance.access import Role, role_required

PAGE_SIZE = 50
SHOWN_AT_MOST = 100


@role_required(Role.ADMIN, Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
def patient_list(request: HttpRequest) -> HttpResponse:
    """A search is posted: a name has no place in an address."""
    everyone = _with_counts(care.patients_of(staff(request))).order_by("-discharged_on", "id")
    words = request.POST.get("words", "").strip()
    page = Paginator(everyone, PAGE_SIZE).get_page(request.GET.get("page"))
    found = care.matching(everyone, words)[:SHOWN_AT_MOST] if words else list(page)
    audit.record(patients.LISTED, detail={**audit.naming(one.pk for one in found), "search": bool(words)})
    context = {"patients": found, "words": words, "page": None if words else page, "any": everyone.exists()}
    return render(request, "clinic/patients.html", context)


def _with_counts(queryset: Any) -> Any:
    approved = Plan.objects.filter(patient=OuterRef("pk"), state=Plan.State.APPROVED)
    drafted = Plan.objects.filter(patient=OuterRef("pk"), state=Plan.State.DRAFT)
    waiting = Count("escalations", filter=~Q(escalations__state=Escalation.State.RESOLVED))
    return queryset.select_related("care_team").annotate(
        plan_approved=Exists(approved), plan_drafted=Exists(drafted), waiting=waiting
    )


@role_required(Role.ADMIN, Role.CLINICIAN)
@require_safe
def patient_page(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    return _page(request, patient_for(request, patient_id))


def _page(request: HttpRequest, patient: Patient, **more: Any) -> HttpResponse:
    audit.record(patients.READ, patient_id=patient.pk)
    approved = patient.plans.filter(state=Plan.State.APPROVED).first()
    context = {
        "patient": patient,
        "born": patient.born,
        "plan": plans.as_data(approved) if approved else None,
        "plan_row": approved,
        "draft": patient.plans.filter(state=Plan.State.DRAFT).order_by("-version").first(),
        "invitations": patient.invitations.order_by("-made_at")[:8],
        "now": timezone.now(),
        "max_failures": invitations.MAX_FAILURES,
        "escalations": patient.escalations.select_related("acknowledged_by").order_by("-raised_at")[:12],
        "follow_ups": patient.follow_ups.order_by("opens_at"),
        "granted": sorted(consent.agreed(patient.pk)),
        "restricted": restriction.stands(patient.pk),
        "corrections": corrections.told(patient.pk),
        "panels": panels_for(patient, staff(request)),
        **more,
    }
    return render(request, "clinic/patient.html", context)


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    form = PatientForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        patient = patients.enrol(form.details())
        messages.success(request, _("Enrolled. Next: their discharge papers, then an invitation."))
        return redirect("clinic:patient", patient.pk)
    return render(request, "clinic/patient_form.html", {"form": form, "patient": None})


@role_required(Role.ADMIN)
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id)
    form = CorrectionForm(request.POST or None, initial=of_patient(patient))
    if request.method == "POST" and form.is_valid():
        patients.correct(patient, form.details(), form.provenance())
        messages.success(request, _("Corrected."))
        return redirect("clinic:patient", patient.pk)
    audit.record(patients.READ, patient_id=patient.pk)
    return render(request, "clinic/patient_form.html", {"form": form, "patient": patient})


@role_required(Role.ADMIN, Role.CLINICIAN)
@require_POST
def invite(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Shows the link in the answer itself, once: it is kept nowhere that could be read back."""
    patient = patient_for(request, patient_id)
    invitation, link = invitations.make(patient)
    return _page(request, patient, new_link=link, new_invitation=invitation)


@role_required(Role.ADMIN, Role.CLINICIAN)
@require_POST
def revoke(request: HttpRequest, patient_id: UUID, invitation_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id)
    invitations.revoke(get_object_or_404(Invitation, pk=invitation_id, patient=patient))
    messages.success(request, _("The link no longer opens anything."))
    return redirect("clinic:patient", patient.pk)
