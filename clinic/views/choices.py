"""What the patient agrees to: one switch a purpose, off until they turn it on, and a way out in one click."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from clinic import navigation
from clinic.models import Patient
from compliance import consent, restriction
from compliance.access import patient_only
from compliance.models import Purpose


def offered() -> tuple[Purpose, ...]:
    """The purposes this installation has a use for, in the order they are asked."""
    return tuple(Purpose(name) for name in settings.CONSENT_PURPOSES)


def patient_of(request: HttpRequest) -> Patient:
    return Patient.objects.get(pk=UUID(request.session["patient_id"]))


@patient_only
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    patient = patient_of(request)
    if request.method == "POST":
        _keep(patient, {Purpose(name) for name in request.POST.getlist("purpose") if name in Purpose.values})
        if _may_call(patient):
            return redirect(navigation.resolve("conversations:ready") or "clinic:choices")
        if restriction.stands(patient.pk):
            messages.info(request, _("Your choices are saved. They count once your data may be used again."))
        else:
            messages.info(request, _("Your choices are saved."))
        return redirect("clinic:choices")
    granted = consent.agreed(patient.pk)
    switches = [
        {
            "purpose": purpose,
            "text": consent.text(purpose, patient.language).words,
            "on": purpose in granted,
            "needed": purpose in NEEDED,
        }
        for purpose in offered()
    ]
    return render(
        request,
        "clinic/choices.html",
        {
            "patient": patient,
            "needed": [switch for switch in switches if switch["needed"]],
            "optional": [switch for switch in switches if not switch["needed"]],
            "granted": granted,
            "may_call": _may_call(patient),
            "restricted": restriction.stands(patient.pk),
            "ready": navigation.resolve("conversations:ready"),
        },
    )


NEEDED = frozenset(consent.NEEDED_FOR_A_CALL)


@patient_only
@require_POST
def withdraw(request: HttpRequest) -> HttpResponse:
    """Take everything back, at once. A running call ends by itself."""
    patient = patient_of(request)
    for purpose in consent.agreed(patient.pk):
        consent.withdraw(patient.pk, purpose)
    messages.success(request, _("You have taken back your consent. Nothing more is heard, shown or remembered."))
    return redirect("clinic:choices")


def _may_call(patient: Patient) -> bool:
    return consent.granted(patient.pk) >= NEEDED


def _keep(patient: Patient, wanted: set[Purpose]) -> None:
    """Write only what changed: a switch left as it was makes no new entry."""
    before = consent.agreed(patient.pk)
    asked = set(offered())
    consent.grant(patient.pk, sorted((wanted & asked) - before), language=patient.language)
    for purpose in sorted((before & asked) - wanted):
        consent.withdraw(patient.pk, purpose, language=patient.language)
