"""What stood out in how a patient looked and sounded during a call."""

import uuid
from uuid import UUID

from django.db import models

from compliance.fields import EncryptedJSONField
from conversations.models.sessions import Session


class Noticed(models.Model):
    """`lines` are `conversations.live.noticed.Line` as JSON. There is a row only while the patient agrees to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="noticed")
    at = models.DateTimeField()
    utterances = models.PositiveIntegerField()
    lines = EncryptedJSONField()

    def sealed_for(self) -> UUID:
        return self.session.patient_id
