"""What conversations keep: sessions, what was said, what was found out, and what is remembered."""

from conversations.models.memory import MemoryFact
from conversations.models.noticed import Noticed
from conversations.models.progress import ObjectiveRecord
from conversations.models.protocols import ProtocolVersion
from conversations.models.releases import CallMeasure, Release, Rollout
from conversations.models.reviews import CallReview
from conversations.models.sessions import Session, Utterance
from conversations.models.telemetry import LinkReport, TurnTiming

__all__ = [
    "CallMeasure",
    "CallReview",
    "LinkReport",
    "MemoryFact",
    "Noticed",
    "ObjectiveRecord",
    "ProtocolVersion",
    "Release",
    "Rollout",
    "Session",
    "TurnTiming",
    "Utterance",
]
