"""The protocols of a clinic, every version of them."""

import uuid

from django.conf import settings
from django.db import models


class ProtocolVersion(models.Model):
    """`content` is what `conversations.protocols.to_json` makes: no patient's data. Published versions never change."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "In use"
        RETIRED = "retired", "Replaced"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=16, choices=State.choices, default=State.DRAFT)
    content = models.JSONField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="one_protocol_a_version"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(state="published"), name="one_published_protocol_a_name"
            ),
        ]
