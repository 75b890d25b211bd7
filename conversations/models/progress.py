"""What a call found out: one row an objective."""

import uuid
from uuid import UUID

from django.conf import settings
from django.db import models

from compliance.fields import EncryptedJSONField
from conversations.models.sessions import Session


class ObjectiveRecord(models.Model):
    """`variables` maps an output variable to its value, type, the patient's words and the turn they were said in."""

    class State(models.TextChoices):
        ACTIVE = "active", "Being talked about"
        PENDING = "pending", "Waiting for a clinician to confirm"
        COMPLETED = "completed", "Reached"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="objectives")
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=16, choices=State.choices, default=State.ACTIVE)
    variables = EncryptedJSONField()
    made_at = models.DateTimeField(auto_now_add=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["made_at"]
        constraints = [models.UniqueConstraint(fields=["session", "name"], name="one_record_an_objective")]

    def sealed_for(self) -> UUID:
        return self.session.patient_id
