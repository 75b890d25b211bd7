"""The follow-up calls that are due, and each message that reminded of one."""

import uuid

from django.db import models

from clinic.models.people import Invitation, Patient


class FollowUp(models.Model):
    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        INVITED = "invited", "Reminded"
        DONE = "done", "Done"
        MISSED = "missed", "Not reached"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="follow_ups")
    visit = models.CharField(max_length=32)  # clinic.visits.Visit.name
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    chosen_at = models.DateTimeField(null=True, blank=True)  # the time the patient chose instead
    contact_at = models.DateTimeField()  # when to remind next, or to close
    state = models.CharField(max_length=16, choices=State.choices, default=State.PLANNED)
    reminders = models.PositiveSmallIntegerField(default=0)
    session_id = models.UUIDField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["contact_at"], condition=models.Q(state__in=["planned", "invited"]), name="visits_due")
        ]
        constraints = [models.UniqueConstraint(fields=["patient", "visit"], name="one_follow_up_a_visit")]


class Reminder(models.Model):
    """One message to a patient. It says that the clinic asks, and holds a link; nothing else."""

    class State(models.TextChoices):
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Could not be sent"
        NO_ADDRESS = "no_address", "No phone or e-mail is known"

    id = models.BigAutoField(primary_key=True)
    follow_up = models.ForeignKey(FollowUp, on_delete=models.CASCADE, related_name="reminder_set")
    invitation = models.ForeignKey(Invitation, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    channel = models.CharField(max_length=16, blank=True)
    state = models.CharField(max_length=16, choices=State.choices, default=State.SENDING)
    problem = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()
