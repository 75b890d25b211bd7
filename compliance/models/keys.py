"""Wrapped patient keys, in the database `keys`."""

from django.db import models


class PatientKey(models.Model):
    patient_id = models.UUIDField()
    version = models.PositiveIntegerField(default=1)
    wrapped = models.BinaryField()
    key_encryption_key = models.CharField(max_length=64, default="file")
    made_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient_id", "version"], name="one_key_a_version")]
