"""What was promised to a patient whom nobody could join: that a person calls them, and when."""

import uuid

from django.conf import settings
from django.db import models

from clinic.models.escalations import Escalation


class CallBack(models.Model):
    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        DONE = "done", "Done"
        UNANSWERED = "unanswered", "The patient did not answer"
        MISSED = "missed", "Nobody called in time"
        MOVED = "moved", "Another time was agreed"
        DROPPED = "dropped", "No longer needed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="call_backs")
    due_at = models.DateTimeField()
    # who calls; nobody yet if the clock promised it
    caller = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=16, choices=State.choices, default=State.PLANNED)
    made_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)  # when the patient had heard it in the call
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="planned"), name="call_backs_planned")]
        constraints = [
            models.UniqueConstraint(
                fields=["escalation"], condition=models.Q(state="planned"), name="one_call_back_at_a_time"
            )
        ]
