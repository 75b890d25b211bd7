"""What is remembered of a patient, where it can be seen and put right: by the patient, and by a clinician.

Nothing is rewritten: a correction adds a row, and what it replaces is kept, unused.
"""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.models import Patient, User
from clinic.views.record import patient_for, staff
from compliance import audit, consent
from compliance.access import Role, patient_only, role_required
from compliance.errors import ConsentMissing
from compliance.models import Purpose
from conversations import progress
from conversations.models import MemoryFact


class FactForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What is right"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


@patient_only
@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    return _own_page(request)


def _own_page(request: HttpRequest, wrong: UUID | None = None) -> HttpResponse:
    patient = _patient(request)
    audit.record(progress.READ, patient_id=patient.pk)
    facts = list(progress.remembered(patient.pk))
    context = {
        "patient": patient,
        "facts": facts,
        "contradicting": progress.contradicting(facts),
        "may_remember": Purpose.MEMORY in consent.granted(patient.pk),
        "wrong": wrong,
    }
    return render(request, "conversations/memory.html", context, status=422 if wrong else 200)


@patient_only
@require_POST
def correct_mine(request: HttpRequest, fact_id: UUID) -> HttpResponse:
    fact = _fact(_patient(request).pk, fact_id)
    form = FactForm(request.POST)
    if not form.is_valid():
        return _own_page(request, wrong=fact.pk)
    if _corrected(fact, form):
        return _back(request, _("Thank you. We will go by that from now on."))
    messages.error(request, str(form.errors["text"][0]))
    return redirect("conversations:memory")


@patient_only
@require_POST
def settle_mine(request: HttpRequest, fact_id: UUID) -> HttpResponse:
    progress.settle(_fact(_patient(request).pk, fact_id))
    return _back(request, _("Thank you. We will go by that from now on."))


@patient_only
@require_POST
def forget_mine(request: HttpRequest, fact_id: UUID) -> HttpResponse:
    progress.forget(_fact(_patient(request).pk, fact_id))
    return _back(request, _("Removed. It will not be used again."))


@role_required(Role.CLINICIAN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def fact_page(request: HttpRequest, patient_id: UUID, fact_id: UUID) -> HttpResponse:
    """One fact, with the words it was learned from; a clinician may correct it."""
    patient = patient_for(request, patient_id)
    fact = _fact(patient.pk, fact_id)
    form = FactForm(request.POST or None, initial={"text": fact.text})
    if request.method == "POST" and form.is_valid() and _corrected(fact, form, by=staff(request)):
        return _back(request, _("Corrected. What was remembered before is kept, unused."), patient)
    audit.record(progress.READ, patient_id=patient.pk, subject=f"memory:{fact.pk}")
    return render(request, "conversations/memory_fact.html", {"patient": patient, "fact": fact, "form": form})


@role_required(Role.CLINICIAN)
@require_POST
def settle(request: HttpRequest, patient_id: UUID, fact_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id)
    progress.settle(_fact(patient.pk, fact_id))
    return _back(request, _("The other answers are kept, unused."), patient)


@role_required(Role.CLINICIAN)
@require_POST
def forget(request: HttpRequest, patient_id: UUID, fact_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id)
    progress.forget(_fact(patient.pk, fact_id))
    return _back(request, _("Removed. It will not be used again."), patient)


def _corrected(fact: MemoryFact, form: FactForm, by: User | None = None) -> bool:
    """Whether the correction was kept; if not, the form says why."""
    try:
        progress.correct(fact, text=form.cleaned_data["text"], by=by)
    except ConsentMissing:
        form.add_error("text", _("Remembering is turned off, so this can only be removed."))
        return False
    return True


def _back(request: HttpRequest, done: str, patient: Patient | None = None) -> HttpResponse:
    """To the clinician's page of this patient, or to the patient's own."""
    messages.success(request, done)
    return redirect("clinic:patient", patient.pk) if patient else redirect("conversations:memory")


def _patient(request: HttpRequest) -> Patient:
    return get_object_or_404(Patient, pk=request.session["patient_id"], erased_at=None)


def _fact(patient_id: UUID, fact_id: UUID) -> MemoryFact:
    fact: MemoryFact = get_object_or_404(progress.remembered(patient_id), pk=fact_id)
    return fact
