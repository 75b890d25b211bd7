"""What conversations bring to a patient's page: calls, and what is remembered. For clinicians only."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic import patient_page
from clinic.models import Patient, User
from compliance.access import Role
from conversations import progress, trends
from conversations.models import ObjectiveRecord, Session

LATEST = 10
PLOTTED = 20


def register() -> None:
    clinicians = frozenset({Role.CLINICIAN})
    for name, title, context, place in (
        ("trends", _("Over time"), _trends, 15),
        ("calls", _("Calls"), _calls, 20),
        ("memory", _("Remembered for the next call"), _memory, 60),
    ):
        patient_page.register(
            patient_page.Panel(name, title, f"conversations/parts/{name}.html", context, clinicians, place)
        )


def _calls(patient: Patient, user: User) -> Mapping[str, Any]:
    return {"calls": Session.objects.filter(patient=patient).order_by("-made_at")[:LATEST]}


def _trends(patient: Patient, user: User) -> Mapping[str, Any]:
    """Of the latest calls only: their answers are sealed, and each is opened."""
    latest = Session.objects.filter(patient=patient, joined_at__isnull=False).order_by("-joined_at")[:PLOTTED]
    calls = {one.pk: one for one in latest}
    told: dict[UUID, dict[str, Any]] = {key: {} for key in calls}
    for record in ObjectiveRecord.objects.filter(session__in=calls).select_related("session"):
        told[record.session_id].update(record.variables)
    return {
        "trends": trends.trends(
            trends.Call(str(key), timezone.localdate(calls[key].joined_at), variables)
            for key, variables in told.items()
        )
    }


def _memory(patient: Patient, user: User) -> Mapping[str, Any]:
    facts = list(progress.remembered(patient.pk))
    return {"facts": facts, "contradicting": progress.contradicting(facts)}
