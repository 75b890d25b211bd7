"""Telling people that somebody broke the glass."""

from django.db import models

from clinic.models.notices import StaffNotice
from compliance.models import BrokenGlass


class GlassNotice(StaffNotice):
    """To an officer, or to who answers for the patient's team."""

    glass = models.ForeignKey(BrokenGlass, on_delete=models.CASCADE, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="glass_notices_waiting")]
