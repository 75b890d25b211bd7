"""Telling people that somebody broke the glass."""

from django.conf import settings
from django.db import models

from compliance.models import BrokenGlass


class GlassNotice(models.Model):
    """One message to one person, by one channel. It says that somebody broke the glass, and never for whom."""

    class State(models.TextChoices):
        WAITING = "waiting", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Could not be sent"

    id = models.BigAutoField(primary_key=True)
    glass = models.ForeignKey(BrokenGlass, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=16)  # email, sms
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=80, blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="glass_notices_waiting")]
