"""Escalations, their history, and the outbox that carries them out.

An escalation copies its evidence, so it still reads after the transcript is gone.
"""

import uuid
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Func, Value

from clinic.models.people import Patient
from compliance.fields import EncryptedTextField


class Escalation(models.Model):
    class Severity(models.TextChoices):
        EMERGENCY = "emergency", "Emergency"
        URGENT = "urgent", "Urgent"
        QUESTION = "question", "Question"

    class State(models.TextChoices):
        RAISED = "raised", "Raised"
        PAGED = "paged", "Paged"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        IN_PROGRESS = "in_progress", "In progress"
        RESOLVED = "resolved", "Resolved"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # what people call it, in pages and in messages that may hold nothing of the patient
    number = models.BigIntegerField(
        editable=False, unique=True, db_default=Func(Value("clinic_escalation_number"), function="nextval")
    )
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="escalations")
    version = models.PositiveIntegerField(default=0)  # grows with each step; open pages compare it
    session_id = models.UUIDField(null=True, blank=True, db_index=True)
    cause = models.CharField(max_length=160, unique=True)  # "<session>:<turn>:<rule>": one row for one cause
    severity = models.CharField(max_length=16, choices=Severity.choices)
    state = models.CharField(max_length=16, choices=State.choices, default=State.RAISED)
    rule = models.CharField(max_length=80)
    quote = EncryptedTextField(blank=True)  # the patient's own words
    plan_excerpt = EncryptedTextField(blank=True)
    perception_note = EncryptedTextField(blank=True)
    position_ms = models.PositiveIntegerField(null=True, blank=True)  # from the start of the call
    raised_at = models.DateTimeField()
    paging_since = models.DateTimeField(null=True, blank=True)  # where the ladder begins; again if it proves graver
    rung = models.PositiveSmallIntegerField(default=0)  # the next one (clinic.ladder)
    page_at = models.DateTimeField(null=True, blank=True)  # when that one is due; none once it is closed
    overdue_at = models.DateTimeField(null=True, blank=True)  # when it became an incident
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=40, blank=True)
    note = EncryptedTextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "severity", "raised_at"]),
            models.Index(fields=["page_at"], condition=models.Q(page_at__isnull=False), name="escalations_to_page"),
        ]

    def sealed_for(self) -> UUID:
        return self.patient_id


class EscalationEvent(models.Model):
    """One step of an escalation's life: who, when, what."""

    id = models.BigAutoField(primary_key=True)
    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=32)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT)
    detail = models.CharField(max_length=200, blank=True)


class OutboxEntry(models.Model):
    """Something that must happen after a commit. Written with its cause, delivered at least once."""

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=64)  # "escalation.raised"
    reference = models.UUIDField()
    payload = models.JSONField(default=dict)  # ids and codes only
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(done_at=None), name="outbox_waiting")]
