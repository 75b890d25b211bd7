"""A message to one of the staff, and what became of it."""

from django.conf import settings
from django.db import models


class StaffNotice(models.Model):
    """One message to one person, by one channel. It says that something waits, and never what, or about whom."""

    class State(models.TextChoices):
        WAITING = "waiting", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Could not be sent"
        NOT_NEEDED = "not_needed", "No longer needed"

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=16)  # email, sms, push
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=80, blank=True)

    class Meta:
        abstract = True
