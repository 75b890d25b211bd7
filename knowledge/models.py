"""Discharge documents and what was understood of them.

A patient's text is sealed. Their embeddings are rotated by a matrix only the
patient's key can make, and lexemes are keyed hashes (docs/decisions/0021).
"""

import uuid
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from pgvector.django import VectorField

from compliance.fields import EncryptedBinaryField, EncryptedJSONField, EncryptedTextField
from knowledge.errors import SENTENCES, Refusal

DIMENSIONS = 384


class Document(models.Model):
    """One version of one document. Only an approved version grounds anything."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        READING = "reading", "Reading"
        REVIEW = "review", "Ready for review"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Replaced"
        REFUSED = "refused", "Could not be read"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.ForeignKey("clinic.Patient", on_delete=models.CASCADE, related_name="documents")
    title = EncryptedTextField()
    kind = models.CharField(max_length=16)  # pdf, docx, html, txt, md, ccda, fhir
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveIntegerField()
    file_id = models.UUIDField(null=True, editable=False)  # compliance.files
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
        indexes = [models.Index(fields=["state", "touched_at"])]

    def sealed_for(self) -> UUID:
        return self.patient_id

    @property
    def refusal_sentence(self) -> str:
        """Why it could not be taken in and what to do about it."""
        return str(SENTENCES[Refusal(self.refusal)]) if self.refusal else ""

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state not in (self.State.WAITING, self.State.READING)


class Page(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="page_set")
    number = models.PositiveIntegerField()  # from 1
    text = EncryptedTextField()
    layout = EncryptedJSONField(null=True)  # extraction.pages.to_json without the text

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="one_page_a_number")]

    def sealed_for(self) -> UUID:
        return self.document.patient_id


class Chunk(models.Model):
    """A passage with its headings; `start` and `end` are characters of page `page`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="chunks")
    patient = models.ForeignKey("clinic.Patient", on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    heading = EncryptedTextField(blank=True)
    text = EncryptedTextField()
    page = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    vector = VectorField(dimensions=DIMENSIONS)
    points = EncryptedBinaryField(null=True)  # float16 vectors of its sentences, in order
    lexemes = SearchVectorField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "position"], name="one_chunk_a_position")]

    def sealed_for(self) -> UUID:
        return self.patient_id
