"""One row an event. It holds references and codes, never a patient's words."""

import uuid

from django.db import models


class AuditEvent(models.Model):
    """Who did what, when, where, why, to whose record, and how it ended (ASTM E2147-18)."""

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=80)
    actor = models.CharField(max_length=80)  # "user:<uuid>", "patient:<uuid>", "system:callhost"
    where = models.CharField(max_length=120, blank=True)
    patient_id = models.UUIDField(null=True)
    subject = models.CharField(max_length=120, blank=True)  # "escalation:<uuid>"
    outcome = models.CharField(max_length=16, default="ok")  # ok, refused, failed
    reason = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["patient_id", "-id"]),
            models.Index(fields=["action", "-id"]),
            models.Index(fields=["actor", "-id"]),
        ]
