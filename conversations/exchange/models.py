"""Machines that may talk to us, their tokens, and answers kept so that a repeated request does nothing twice."""

import uuid
from uuid import UUID

from django.conf import settings
from django.db import models

from compliance import keyring
from compliance.fields import EncryptedTextField


class ServiceClient(models.Model):
    """Another system. It acts as a service user, whose role and care teams say what it may see."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="service")
    purpose = models.CharField(max_length=120, blank=True)
    scopes = models.JSONField(default=list)  # the most that any of its tokens may hold
    jwks = models.JSONField(default=dict, blank=True)  # public keys for SMART Backend Services
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return str(self.user)


class ApiToken(models.Model):
    """A bearer token. Only its SHA-256 is kept. Made by a person, or (`made_by` empty) by the token endpoint."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    client = models.ForeignKey(ServiceClient, on_delete=models.CASCADE, related_name="tokens")
    token_sha256 = models.CharField(max_length=64, unique=True)
    last_four = models.CharField(max_length=4)
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class KeptAnswer(models.Model):
    """The answer to a request that came with an `Idempotency-Key`. `status` is empty while it is being worked on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    client = models.ForeignKey(ServiceClient, on_delete=models.CASCADE, related_name="+")
    key_sha256 = models.CharField(max_length=64)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    patient_id = models.UUIDField(null=True)  # whom the answer is about
    answer = EncryptedTextField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key_sha256"], name="one_answer_a_key")]

    def sealed_for(self) -> UUID:
        return self.patient_id or keyring.HOUSE
