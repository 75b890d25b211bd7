"""The clinic's library of patient education. It says nothing about any patient and is kept in the clear."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from pgvector.django import HalfVectorField, HnswIndex

from knowledge.models.paper import DIMENSIONS, Paper


class Leaflet(Paper):
    """One version of one document of the library."""

    title = models.CharField(max_length=200)
    original = models.BinaryField()  # as it was uploaded
    title_vector = HalfVectorField(dimensions=DIMENSIONS, null=True)


class LeafletPage(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    document = models.ForeignKey(Leaflet, on_delete=models.CASCADE, related_name="page_set")
    number = models.PositiveIntegerField()  # from 1
    text = models.TextField()
    layout = models.JSONField(null=True)  # extraction.pages.to_json without the text

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "number"], name="one_leaflet_page_a_number")]


class LeafletChunk(models.Model):
    """A passage with its headings. Only those of an approved leaflet are `live`, and only live ones are indexed."""

    document = models.ForeignKey(Leaflet, on_delete=models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    heading = models.TextField(blank=True)
    text = models.TextField()
    page = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    live = models.BooleanField(default=False)
    vector = HalfVectorField(dimensions=DIMENSIONS)
    aims = ArrayField(models.FloatField(), default=list)  # log chances that its section is about each of aims.AIMS
    lexemes = SearchVectorField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "position"], name="one_leaflet_chunk_a_position")]
        indexes = [
            HnswIndex(
                name="leaflet_meaning",
                fields=["vector"],
                m=16,
                ef_construction=64,
                opclasses=["halfvec_cosine_ops"],
                condition=models.Q(live=True),
            ),
            GinIndex(name="leaflet_words", fields=["lexemes"], condition=models.Q(live=True), fastupdate=False),
        ]
