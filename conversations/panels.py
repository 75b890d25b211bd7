"""What conversations bring to a patient's page: calls, and what is remembered. For clinicians only."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from clinic import patient_page
from clinic.models import Patient, User
from compliance.access import Role
from conversations import progress
from conversations.models import Session

LATEST = 10


def register() -> None:
    clinicians = frozenset({Role.CLINICIAN})
    for name, title, context, place in (
        ("calls", _("Calls"), _calls, 20),
        ("memory", _("Remembered for the next call"), _memory, 60),
    ):
        patient_page.register(
            patient_page.Panel(name, title, f"conversations/parts/{name}.html", context, clinicians, place)
        )


def _calls(patient: Patient, user: User) -> Mapping[str, Any]:
    return {"calls": Session.objects.filter(patient=patient).order_by("-made_at")[:LATEST]}


def _memory(patient: Patient, user: User) -> Mapping[str, Any]:
    facts = list(progress.remembered(patient.pk))
    return {"facts": facts, "contradicting": progress.contradicting(facts)}
