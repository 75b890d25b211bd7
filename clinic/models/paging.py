"""Who is on call, and each attempt to reach them."""

import uuid

from django.conf import settings
from django.db import models

from clinic.models.escalations import Escalation
from clinic.models.notices import StaffNotice
from clinic.models.people import CareTeam


class OnCallShift(models.Model):
    """One person, on call for one team, on one tier, from one time to another."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    team = models.ForeignKey(CareTeam, on_delete=models.CASCADE, related_name="shifts")
    tier = models.PositiveSmallIntegerField(choices=[(1, "First"), (2, "Second")])
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["team", "tier", "starts_at"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="shift_ends_after_start")
        ]


class Absence(models.Model):
    """Someone who is not to be paged for a while, whatever the rota says."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="absence_ends_after_start"
            )
        ]


class PageAttempt(StaffNotice):
    """To someone on call, about one escalation, on one rung of the ladder."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="attempts")
    rung = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="pages_waiting")]
