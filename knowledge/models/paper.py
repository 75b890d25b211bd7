"""What every document has, whoever it is for: a version, how far it was read, who approved it."""

import uuid

from django.conf import settings
from django.db import models

from knowledge.errors import SENTENCES, Refusal

DIMENSIONS = 384


class Paper(models.Model):
    """One version of one document. Only an approved version grounds anything."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READING = "reading", "Reading"
        REVIEW = "review", "Ready for review"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Replaced"
        RETIRED = "retired", "Retired"
        REFUSED = "refused", "Could not be read"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=16)  # pdf, docx, html, txt, md, ccda, fhir
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveIntegerField()
    version = models.PositiveIntegerField(default=1)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL)
    state = models.CharField(max_length=16, choices=State.choices, default=State.WAITING)
    step = models.CharField(max_length=32, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)  # percent
    refusal = models.CharField(max_length=32, blank=True)  # errors.Refusal
    pages = models.PositiveIntegerField(default=0)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(null=True, blank=True)  # the reading worker's last sign of life
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["state", "touched_at"])]

    @property
    def refusal_sentence(self) -> str:
        """Why it could not be taken in and what to do about it."""
        return str(SENTENCES[Refusal(self.refusal)]) if self.refusal else ""

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state not in (self.State.WAITING, self.State.READING)
