"""Patients, the staff who care for them, and the link that lets a patient in."""

import uuid
from uuid import UUID

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from compliance.access import Role
from compliance.fields import EncryptedTextField


class CareTeam(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=80, unique=True)

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A member of staff. Patients have no account: they come by invitation."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    role = models.CharField(max_length=16, choices=Role.choices, blank=True)
    care_teams = models.ManyToManyField(CareTeam, related_name="members", blank=True)
    phone = models.CharField(max_length=40, blank=True)  # for pages by SMS
    is_service = models.BooleanField(default=False)  # another system: it cannot sign in, and is never paged

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Patient(models.Model):
    """Everything that says who the patient is, is sealed under their own key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    care_team = models.ForeignKey(CareTeam, on_delete=models.PROTECT, related_name="patients")
    name = EncryptedTextField()
    called = EncryptedTextField()  # how the assistant addresses them: "Maria"
    born = EncryptedTextField()  # ISO date; second factor of the invitation
    email = EncryptedTextField(null=True, blank=True)
    phone = EncryptedTextField(null=True, blank=True)
    procedure = EncryptedTextField()
    discharged_on = models.DateField()
    time_zone = models.CharField(max_length=64, default="UTC")
    language = models.CharField(max_length=16, default="en")
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    def sealed_for(self) -> UUID:
        return self.id

    def can_be_written_to(self) -> bool:
        return bool(self.email or self.phone)

    def days_since_discharge(self) -> int:
        return (timezone.localdate() - self.discharged_on).days


class Invitation(models.Model):
    """A link to a follow-up. Only the SHA-256 of its token is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="invitations")
    token_sha256 = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    failed_attempts = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class LinkFailure(models.Model):
    """One wrong try at an invitation link, kept to slow down whoever guesses."""

    id = models.BigAutoField(primary_key=True)
    address = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["address", "at"])]
