"""What is remembered of a patient from one call to the next."""

import uuid
from uuid import UUID

from django.conf import settings
from django.db import models

from compliance.fields import EncryptedTextField
from conversations.models.sessions import Session


class MemoryFact(models.Model):
    """One fact, with the words it was learned from. Corrections add a row; nothing is rewritten."""

    class Kind(models.TextChoices):
        SYMPTOM = "symptom", "How they have been"
        MEDICINE = "medicine", "Medicines"
        HOME = "home", "Home and help"
        PREFERENCE = "preference", "How they like to be talked to"
        ANSWER = "answer", "Something that needn't be asked again"

    class State(models.TextChoices):
        CURRENT = "current", "In use"
        CORRECTED = "corrected", "Replaced by a correction"
        FORGOTTEN = "forgotten", "No longer used"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey("clinic.Patient", on_delete=models.CASCADE, related_name="memory")
    session = models.ForeignKey(Session, null=True, blank=True, on_delete=models.SET_NULL, related_name="learned")
    turn = models.PositiveIntegerField(null=True, blank=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    topic = models.CharField(max_length=80)  # a concept, or "objective.variable": facts of one topic may contradict
    text = EncryptedTextField()
    quote = EncryptedTextField(blank=True)
    confidence = models.FloatField(default=1.0)
    learned_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.CURRENT)
    corrects = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="corrections")
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-learned_at"]
        indexes = [models.Index(fields=["patient", "state", "topic"])]

    def sealed_for(self) -> UUID:
        return self.patient_id
