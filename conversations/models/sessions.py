"""A call, and the words of it as they were heard."""

import uuid
from uuid import UUID

from django.db import models

from compliance.fields import EncryptedJSONField, EncryptedTextField


class Session(models.Model):
    """One follow-up call. It outlives the process that runs it: `epoch` counts those."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting to start"
        LIVE = "live", "In the call"
        LOST = "lost", "Reconnecting"
        ENDED = "ended", "Ended"

    class Reason(models.TextChoices):
        COMPLETED = "completed", "Everything was talked about"
        PATIENT_LEFT = "patient_left", "The patient left"
        CONNECTION_LOST = "connection_lost", "The connection was lost"
        CONSENT_WITHDRAWN = "consent_withdrawn", "Consent was withdrawn"
        MAX_DURATION = "max_duration", "The time was up"
        HANDED_OVER = "handed_over", "A clinician took over"
        FAILED = "failed", "Something broke on our side"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey("clinic.Patient", on_delete=models.CASCADE, related_name="sessions")
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    reason = models.CharField(max_length=32, choices=Reason.choices, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    wanted_at = models.DateTimeField(null=True)  # a page waits for a process since
    host = models.CharField(max_length=80, blank=True)  # which callhost runs it
    process_id = models.PositiveIntegerField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)
    joined_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    dialogue = EncryptedJSONField(null=True)  # conversations.live.dialogue state, for the next process
    # what it runs with; null: as installed
    release = models.ForeignKey("conversations.Release", null=True, on_delete=models.PROTECT, related_name="sessions")
    settings = models.JSONField(default=dict)  # appearance, pace, captions: codes only

    class Meta:
        indexes = [
            models.Index(fields=["wanted_at"], condition=models.Q(host=""), name="session_wanted"),
            models.Index(fields=["heartbeat_at"], condition=models.Q(state="live"), name="session_beating"),
        ]

    def sealed_for(self) -> UUID:
        return self.patient_id


class Utterance(models.Model):
    """What one side said. For the assistant: what was heard, never what was merely generated."""

    class Speaker(models.TextChoices):
        PATIENT = "patient", "Patient"
        ASSISTANT = "assistant", "Assistant"
        CLINICIAN = "clinician", "Clinician"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="utterances")
    turn = models.PositiveIntegerField()
    speaker = models.CharField(max_length=16, choices=Speaker.choices)
    source = models.CharField(max_length=16, default="speech")  # speech, typed
    text = EncryptedTextField()
    citation = EncryptedJSONField(null=True)
    position_ms = models.PositiveIntegerField()
    interrupted = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["session_id", "at"]

    def sealed_for(self) -> UUID:
        return self.session.patient_id
