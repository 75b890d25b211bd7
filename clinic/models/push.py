"""Devices that show notifications to staff, and the key that we sign them with. Nothing here is about a patient."""

import uuid
from uuid import UUID

from django.conf import settings
from django.db import models

from compliance import keyring
from compliance.fields import EncryptedTextField


class PushDevice(models.Model):
    """A browser's subscription. Whoever knows its address and keys can write to it, so they are sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_devices")
    endpoint_sha256 = models.CharField(max_length=64, unique=True)
    endpoint = EncryptedTextField()
    point = EncryptedTextField()  # the browser's public key
    auth = EncryptedTextField()
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=40, blank=True)

    def sealed_for(self) -> UUID:
        return keyring.HOUSE


class PushIdentity(models.Model):
    """One row: the private key of this installation, where the settings name none."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    private = EncryptedTextField()

    def sealed_for(self) -> UUID:
        return keyring.HOUSE
