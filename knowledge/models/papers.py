"""Discharge documents and what was understood of them.

A patient's text is sealed. Their embeddings are rotated by a matrix only the
patient's key can make, and lexemes are keyed hashes (docs/decisions/0021).
"""

import uuid
from uuid import UUID

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from pgvector.django import VectorField

from compliance.fields import EncryptedBinaryField, EncryptedJSONField, EncryptedTextField
from knowledge.models.paper import DIMENSIONS, Paper


class Document(Paper):
    """One version of one document of a patient."""

    patient = models.ForeignKey("clinic.Patient", on_delete=models.CASCADE, related_name="documents")
    title = EncryptedTextField()
    file_id = models.UUIDField(null=True, editable=False)  # compliance.files

    def sealed_for(self) -> UUID:
        return self.patient_id


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
