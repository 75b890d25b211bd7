"""The consent ledger: an immutable row for each grant and each withdrawal."""

import uuid

from django.db import models


class Purpose(models.TextChoices):
    AI_CALL = "ai_call", "Video call with an AI assistant"
    VOICE = "voice", "Turning your voice into words"
    PERCEPTION = "perception", "Noticing expression and voice"
    RECORDING = "recording", "Recording the call"
    MEMORY = "memory", "Remembering between calls"
    EXTERNAL_MODEL = "external_model", "Using services outside the clinic"
    SHARING = "sharing", "Sharing with people you name"
    PICTURES = "pictures", "Showing pictures to your care team"


class ConsentEntry(models.Model):
    """`number` is the order that counts: clocks may go back."""

    number = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    at = models.DateTimeField()
    patient_id = models.UUIDField(db_index=True)
    purpose = models.CharField(max_length=32, choices=Purpose.choices)
    granted = models.BooleanField()
    text_version = models.CharField(max_length=32)
    text_sha256 = models.CharField(max_length=64)
    language = models.CharField(max_length=16)
    method = models.CharField(max_length=32)  # "page", "voice", "paper"

    class Meta:
        indexes = [models.Index(fields=["patient_id", "purpose", "-number"], name="consent_latest")]
