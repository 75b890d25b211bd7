"""What a patient asked of us, what keeps us from it, and who saw a record in an emergency."""

import uuid
from uuid import UUID

from django.conf import settings
from django.db import models

from compliance.fields import EncryptedTextField


class RightsRequest(models.Model):
    """A request for a copy, or for erasure. Erasure takes two people: one asks, another approves."""

    class Kind(models.TextChoices):
        COPY = "copy", "A copy of everything"
        ERASURE = "erasure", "Erasure"

    class Ground(models.TextChoices):
        PATIENT_ASKED = "patient_asked", "The patient asked for it"
        CONSENT_WITHDRAWN = "consent_withdrawn", "Consent was withdrawn for good"
        NO_LONGER_NEEDED = "no_longer_needed", "The data is no longer needed"
        MISTAKE = "mistake", "Enrolled by mistake"

    class Decision(models.TextChoices):
        OPEN = "", "Waiting"
        APPROVED = "approved", "Approved"
        DECLINED = "declined", "Declined"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    patient_id = models.UUIDField(db_index=True)
    ground = models.CharField(max_length=32, choices=Ground.choices, default=Ground.PATIENT_ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=16, choices=Decision.choices, blank=True, default=Decision.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient_id", "kind"], condition=models.Q(decision=""), name="one_open_request_a_kind"
            )
        ]


class LegalHold(models.Model):
    """While one stands, nothing of this patient is erased or aged out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient_id = models.UUIDField(db_index=True)
    reference = models.CharField(max_length=80)  # a case number, nothing about the patient
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )


class Restriction(models.Model):
    """While one stands, the patient's data is kept and not used (GDPR Art. 18)."""

    class Ground(models.TextChoices):
        CONTESTED = "contested", "The patient says that something in it is wrong"
        UNLAWFUL = "unlawful", "Its use was unlawful, and the patient wants it kept"
        CLAIMS = "claims", "The patient needs it for a legal claim"
        OBJECTION = "objection", "The patient objected, and we are looking into it"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient_id = models.UUIDField()
    ground = models.CharField(max_length=16, choices=Ground.choices)
    placed_at = models.DateTimeField()
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_because = EncryptedTextField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient_id"], condition=models.Q(lifted_at=None), name="one_restriction_a_patient"
            )
        ]

    def sealed_for(self) -> UUID:
        return self.patient_id


class Correction(models.Model):
    """One field that was corrected; those of one sitting share their `group`."""

    class AskedBy(models.TextChoices):
        PATIENT = "patient", "The patient"
        RELATIVE = "relative", "A relative or guardian"
        STAFF = "staff", "A member of staff"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    group = models.UUIDField()
    patient_id = models.UUIDField(db_index=True)
    table = models.CharField(max_length=80)
    row = models.CharField(max_length=64)
    field = models.CharField(max_length=80)
    was = EncryptedTextField(blank=True)
    now = EncryptedTextField(blank=True)
    asked_by = models.CharField(max_length=16, choices=AskedBy.choices)
    why = EncryptedTextField(blank=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)  # as in the audit trail

    def sealed_for(self) -> UUID:
        return self.patient_id


class BrokenGlass(models.Model):
    """A clinician saw, for an hour and with a reason, the record of a patient who is not theirs."""

    class Verdict(models.TextChoices):
        OPEN = "", "Waiting for review"
        JUSTIFIED = "justified", "Justified"
        NOT_JUSTIFIED = "not_justified", "Not justified"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    patient_id = models.UUIDField(db_index=True)
    reason = EncryptedTextField()
    broken_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    verdict = models.CharField(max_length=16, choices=Verdict.choices, blank=True, default=Verdict.OPEN)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["user", "-ends_at"])]

    def sealed_for(self) -> UUID:
        return self.patient_id
