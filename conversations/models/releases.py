"""Releases, their rollouts, and what each call says about the release that it ran."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Func, Value

from conversations.models.sessions import Session


class Release(models.Model):
    """What calls are run with (conversations.releases.bundle). A trigger holds that it never changes once made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    # what people call it
    number = models.BigIntegerField(
        editable=False, unique=True, db_default=Func(Value("conversations_release_number"), function="nextval")
    )
    digest = models.CharField(max_length=64, unique=True)
    software = models.CharField(max_length=64)  # digest of the parts that only this software can run
    parts = models.JSONField()
    note = models.CharField(max_length=200)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]


class Rollout(models.Model):
    """A release on its way to patients, compared all the while with `base`, which the others keep."""

    class State(models.TextChoices):
        RUNNING = "running", "Being rolled out"
        COMPLETE = "complete", "In use"
        REPLACED = "replaced", "Replaced"
        ROLLED_BACK = "rolled_back", "Rolled back"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="rollouts")
    base = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")  # null: as installed
    state = models.CharField(max_length=16, choices=State.choices, default=State.RUNNING)
    percent = models.PositiveSmallIntegerField()
    teams = models.ManyToManyField("clinic.CareTeam", related_name="+", blank=True)  # none: all of them
    limits = models.JSONField()  # conversations.releases.gates.Limits, as they were when it began
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=40, blank=True)  # of a rollback: a measure, or "person"

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=models.Q(state=state), name=name)
            for state, name in (("running", "one_rollout_at_a_time"), ("complete", "one_release_in_use"))
        ]


class CallMeasure(models.Model):
    """How a call went: counts only, kept turn by turn by the process that runs it."""

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="measure")
    turns = models.PositiveIntegerField(default=0)
    failed_turns = models.PositiveIntegerField(default=0)  # a reply broke, or the model was left out
    sentences = models.PositiveIntegerField(default=0)
    stopped = models.PositiveIntegerField(default=0)  # of them, by the gate
    rating = models.PositiveSmallIntegerField(null=True)  # the patient's, 1 to 5
