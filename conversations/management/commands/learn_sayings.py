"""`manage.py learn_sayings`: reads how patients put things into vectors, after lexicon/sayings.yaml was changed."""

from typing import Any

import yaml
from django.core.management.base import BaseCommand, CommandError

from conversations.guardrails import lexicon, likeness
from knowledge import embeddings


class Command(BaseCommand):
    help = "Make conversations/guardrails/lexicon/sayings.npz from sayings.yaml."

    def handle(self, *args: Any, **options: Any) -> None:
        written: dict[str, list[str]] = yaml.safe_load(likeness.WRITTEN.read_text())
        unknown = sorted(set(written) - lexicon.names() - {likeness.HARMLESS})
        if unknown:
            raise CommandError(f"No concept of the lexicon: {', '.join(unknown)}. Name them as symptoms.yaml does.")
        sayings = [(concept, text) for concept, texts in written.items() for text in texts]
        likeness.learn(sayings, embeddings.embed)
        self.stdout.write(f"{len(sayings)} sayings of {len(written) - 1} concepts.")
