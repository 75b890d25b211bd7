"""One of everything that the API may name, Maria's wherever possible."""

import datetime
from typing import Any

from django.utils import timezone

from clinic import discharge_plan, escalations, invitations, plans
from clinic.models import WebhookEndpoint
from clinic.webhooks import deliveries
from compliance import consent, files
from compliance.models import Purpose
from conversations import progress
from conversations.models import ObjectiveRecord, Session, Utterance
from knowledge.models import Document
from tests import cast

PLAN = discharge_plan.DischargePlan(
    medicines=(discharge_plan.Medicine("Metoprolol", "50 mg", "by mouth", "twice a day", "blood pressure"),),
    expected_symptoms=(discharge_plan.ExpectedSymptom("soreness", "mild", 7),),
    red_flags=(discharge_plan.RedFlag("calf pain", "Call us at once"),),
    instructions=(discharge_plan.Instruction("activity", "Walk a little every hour."),),
)


def everything() -> dict[str, Any]:
    maria = cast.maria()
    consent.grant(maria.pk, [Purpose.AI_CALL, Purpose.VOICE, Purpose.MEMORY])
    session = Session.objects.create(patient=maria)
    now = timezone.now()
    Utterance.objects.create(
        session=session, turn=1, speaker="patient", text="the canary aches", position_ms=900, at=now
    )
    raised = escalations.escalate(
        patient_id=maria.pk,
        session_id=session.pk,
        turn=1,
        rule="chest_pain",
        severity=discharge_plan.Severity.URGENT,
        quote="the canary sings in my chest",
    )
    document = Document.objects.create(
        patient=maria, title="canary papers", kind="txt", sha256="0" * 64, bytes=1, uploaded_by=cast.admin()
    )
    document.file_id = files.seal_file(maria.pk, "canary.txt", b"the canary")
    document.save()
    plan = plans.approve(plans.propose(maria.pk, PLAN), cast.dr_osei())
    fact = progress.learn(maria.pk, kind="symptom", topic="dizziness", text="that the canary was dizzy")
    record = ObjectiveRecord.objects.create(
        session=session,
        name="health_status",
        state="pending",
        variables={"pain": {"value": 4, "type": "number", "quote": "canary, four", "turn": 1}},
    )
    endpoint = WebhookEndpoint.objects.create(url="https://hooks.example/", secret="whsec_AAAA")
    return {
        "patient_id": maria.pk,
        "conversation_id": session.pk,
        "escalation_id": raised.pk,
        "document_id": document.pk,
        "plan_id": plan.pk,
        "memory_id": fact.pk if fact else None,
        "record_id": record.pk,
        "invitation_id": invitations.make(maria, lifetime=datetime.timedelta(hours=1))[0].pk,
        "webhook_id": endpoint.pk,
        "delivery_id": deliveries.test(endpoint).pk,
        "persona_id": "after_surgery",
        "objectives_id": "after_surgery",
    }
