"""Where events are sent, and each attempt to send one."""

import uuid
from uuid import UUID

from django.db import models

from compliance import keyring
from compliance.fields import EncryptedTextField


class WebhookEndpoint(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    url = models.CharField(max_length=500)
    note = models.CharField(max_length=120, blank=True)
    events = models.JSONField(default=list)  # none means all
    secret = EncryptedTextField()
    former_secret = EncryptedTextField(null=True, blank=True)
    former_until = models.DateTimeField(null=True, blank=True)  # both sign until then
    made_at = models.DateTimeField(auto_now_add=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_because = models.CharField(max_length=40, blank=True)

    def sealed_for(self) -> UUID:
        return keyring.HOUSE


class WebhookDelivery(models.Model):
    """One event for one endpoint."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        GIVEN_UP = "given_up", "Given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    message_id = models.CharField(max_length=64)  # the same in every attempt, and for every endpoint
    event = models.CharField(max_length=64)
    body = models.JSONField()
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)  # being sent; if we die, due again then
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="webhooks_waiting")]
        constraints = [models.UniqueConstraint(fields=["endpoint", "message_id"], name="one_delivery_an_endpoint")]


class WebhookAttempt(models.Model):
    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempt_set")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField()  # 0: no answer
    duration_ms = models.PositiveIntegerField()
    problem = models.CharField(max_length=120, blank=True)
