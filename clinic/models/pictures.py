"""What a patient held up to the camera for their care team. The picture itself is a sealed file."""

import uuid
from uuid import UUID

from django.db import models

from clinic.models.escalations import Escalation
from clinic.models.people import Patient
from compliance.fields import EncryptedTextField


class ShownPicture(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="pictures")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    file_id = models.UUIDField()
    about = EncryptedTextField(blank=True)  # what it shows, in the patient's words
    shown_at = models.DateTimeField()

    def sealed_for(self) -> UUID:
        return self.patient_id
