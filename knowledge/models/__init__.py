"""A patient's documents (`papers`) and the clinic's library (`library`)."""

from knowledge.models.library import Leaflet, LeafletChunk, LeafletPage
from knowledge.models.paper import DIMENSIONS, Paper
from knowledge.models.papers import Chunk, Document, Page

__all__ = ["DIMENSIONS", "Chunk", "Document", "Leaflet", "LeafletChunk", "LeafletPage", "Page", "Paper"]
