"""Makes the embedding model's file, so that the first call need not wait for it."""

from django.conf import settings
from django.core.management.base import BaseCommand

from knowledge import embeddings


class Command(BaseCommand):
    help = "Export the embedding model to ONNX under AFTERCARE_DATA/models. Does nothing if it is there."

    def handle(self, *args: object, **options: object) -> None:
        path = embeddings.export(settings.DATA_DIR / "models")
        self.stdout.write(f"Embedding model: {path}")
