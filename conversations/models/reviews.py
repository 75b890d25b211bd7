"""What a clinician found who looked at a call again."""

from uuid import UUID

from django.conf import settings
from django.db import models

from compliance.fields import EncryptedTextField
from conversations.models.sessions import Session


class CallReview(models.Model):
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="reviews")
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    missed = models.BooleanField()  # something that should have been passed on was not
    untrue = models.BooleanField()
    manner = models.PositiveSmallIntegerField()  # 1 to 5
    note = EncryptedTextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "reviewer"], name="one_review_a_clinician")]

    def sealed_for(self) -> UUID:
        return self.session.patient_id
