"""The consent ledger as the officer reads it: who agreed to what, in which words, and when they withdrew it."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from compliance import audit, consent, people
from compliance.access import Role, role_required
from compliance.models import ConsentEntry, Purpose

READ = audit.action("consent.ledger_read", "{actor} looked at the consent ledger", "R")
READ_ONE = audit.action("consent.patient_read", "{actor} looked at what {patient} consented to", "R")
PAGE = 50

officer_only = role_required(Role.OFFICER)


@require_GET
@officer_only
def ledger(request: HttpRequest) -> HttpResponse:
    audit.record(READ)
    before = request.GET.get("before", "")
    found = ConsentEntry.objects.order_by("-number")
    if before.isdigit():
        found = found.filter(number__lt=int(before))
    entries = list(found[: PAGE + 1])
    context = {"entries": _named(entries[:PAGE]), "next": entries[PAGE - 1].number if len(entries) > PAGE else None}
    return render(request, "compliance/consents.html", context)


@require_GET
@officer_only
def of_patient(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    audit.record(READ_ONE, patient_id=patient_id)
    entries = list(ConsentEntry.objects.filter(patient_id=patient_id).order_by("-number"))
    if not entries:
        raise Http404
    now = consent.agreed(patient_id)
    context = {
        "patient": people.Directory([], [patient_id]).patient(patient_id),
        "patient_id": patient_id,
        "purposes": [{"label": purpose.label, "on": purpose in now} for purpose in Purpose],
        "entries": _named(entries),
    }
    return render(request, "compliance/consents_of_patient.html", context)


def _named(entries: list[ConsentEntry]) -> list[dict[str, Any]]:
    directory = people.Directory([], [entry.patient_id for entry in entries])
    return [
        {
            "entry": entry,
            "patient": directory.patient(entry.patient_id),
            "text": consent.text_of(entry.text_sha256),
        }
        for entry in entries
    ]
