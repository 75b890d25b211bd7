"""What conversations keep: sessions, what was said, and what was agreed."""

from conversations.models.sessions import Session, Utterance

__all__ = ["Session", "Utterance"]
