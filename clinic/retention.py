"""What the clinic keeps about a patient: how it is exported, aged out and erased.

Registered when Django starts (`clinic.apps`). Erasing leaves a patient's row as a bare
number, because the audit trail and other keepers may still refer to it.
"""

import datetime
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from clinic.models import Escalation, FollowUp, Invitation, Patient, Plan, ShownPicture
from compliance.fields import Sealed
from compliance.retention import Keeper, register

# Ten years: the length most European hospital records are kept; an installation's policy may be shorter.
RECORD = timedelta(days=3653)
NOTHING = Sealed(b"")


def _export_patient(patient_id: UUID) -> dict[str, Any]:
    patient = Patient.objects.get(pk=patient_id)
    facts = ("name", "called", "born", "email", "phone", "procedure", "time_zone", "language")
    return {
        **{fact: getattr(patient, fact) for fact in facts},
        "discharged_on": patient.discharged_on.isoformat(),
        "care_team": str(patient.care_team),
    }


def _erase_patient(patient_id: UUID) -> int:
    return Patient.objects.filter(pk=patient_id, erased_at=None).update(
        name=NOTHING,
        called=NOTHING,
        born=NOTHING,
        email=None,
        phone=None,
        procedure=NOTHING,
        discharged_on=datetime.date(1970, 1, 1),
        erased_at=timezone.now(),
    )


def _export_plans(patient_id: UUID) -> list[dict[str, Any]]:
    return [
        {"version": plan.version, "state": plan.state, "made_at": plan.made_at.isoformat(), "content": plan.content}
        for plan in Plan.objects.filter(patient_id=patient_id).order_by("version")
    ]


def _erase_plans(patient_id: UUID) -> int:
    return Plan.objects.filter(patient_id=patient_id).delete()[0]


def _export_invitations(patient_id: UUID) -> list[dict[str, Any]]:
    return [
        {
            "made_at": invitation.made_at.isoformat(),
            "expires_at": invitation.expires_at.isoformat(),
            "opened_at": invitation.opened_at.isoformat() if invitation.opened_at else None,
        }
        for invitation in Invitation.objects.filter(patient_id=patient_id).order_by("made_at")
    ]


def _erase_invitations(patient_id: UUID) -> int:
    return Invitation.objects.filter(patient_id=patient_id).delete()[0]


def _export_escalations(patient_id: UUID) -> list[dict[str, Any]]:
    rows = Escalation.objects.filter(patient_id=patient_id).select_related("acknowledged_by", "resolved_by")
    return [
        {
            "number": row.number,
            "raised_at": row.raised_at.isoformat(),
            "severity": row.severity,
            "state": row.state,
            "rule": row.rule,
            "quote": row.quote,
            "plan_excerpt": row.plan_excerpt,
            "perception_note": row.perception_note,
            "acknowledged_by": str(row.acknowledged_by or ""),
            "resolved_by": str(row.resolved_by or ""),
            "outcome": row.outcome,
            "note": row.note,
            "pictures": [
                {"shown_at": shown.shown_at.isoformat(), "about": shown.about}
                for shown in ShownPicture.objects.filter(escalation=row).order_by("shown_at")
            ],
        }
        for row in rows.order_by("raised_at")
    ]


def _erase_escalations(patient_id: UUID) -> int:
    with transaction.atomic():
        return Escalation.objects.filter(patient_id=patient_id).delete()[0]


def _export_follow_ups(patient_id: UUID) -> list[dict[str, Any]]:
    return [
        {
            "visit": call.visit,
            "opens_at": call.opens_at.isoformat(),
            "closes_at": call.closes_at.isoformat(),
            "state": call.state,
            "reminders": call.reminders,
        }
        for call in FollowUp.objects.filter(patient_id=patient_id).order_by("opens_at")
    ]


def _erase_follow_ups(patient_id: UUID) -> int:
    return FollowUp.objects.filter(patient_id=patient_id).delete()[0]


def register_keepers() -> None:
    register(Keeper("clinic.escalations", RECORD, _erase_escalations, _export_escalations))
    register(Keeper("clinic.plans", RECORD, _erase_plans, _export_plans))
    register(Keeper("clinic.follow_ups", RECORD, _erase_follow_ups, _export_follow_ups))
    register(Keeper("clinic.invitations", RECORD, _erase_invitations, _export_invitations))
    register(Keeper("clinic.patient", RECORD, _erase_patient, _export_patient))
