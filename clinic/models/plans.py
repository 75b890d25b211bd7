"""A patient's discharge plan: versions, of which one at most is approved."""

import uuid
from uuid import UUID

from django.conf import settings
from django.db import models

from clinic.models.people import Patient
from compliance.fields import EncryptedJSONField


class Plan(models.Model):
    class State(models.TextChoices):
        DRAFT = "draft", "Waiting for review"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Replaced"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="plans")
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    content = EncryptedJSONField()  # clinic.discharge_plan.to_json
    document_id = models.UUIDField(null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "version"], name="one_plan_a_version"),
            models.UniqueConstraint(fields=["patient"], condition=models.Q(state="approved"), name="one_approved_plan"),
        ]

    def sealed_for(self) -> UUID:
        return self.patient_id
