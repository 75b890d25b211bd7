"""What a call asks of the world outside its loop, and what it tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from conversations.live.dialogue import Effect, Finding
from conversations.live.events import Sentence

Message = dict[str, Any]


class Ending(StrEnum):
    """Why a call ended; the values are `Session.Reason`."""

    COMPLETED = "completed"
    PATIENT_LEFT = "patient_left"
    CONNECTION_LOST = "connection_lost"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    MAX_DURATION = "max_duration"
    FAILED = "failed"


@dataclass(frozen=True)
class Said:
    """Something one side said, as it was heard."""

    turn: int
    speaker: str  # patient, assistant
    text: str
    position_ms: int
    source: str = "speech"
    interrupted: bool = False
    sentence: Sentence | None = None


@dataclass(frozen=True)
class Timing:
    """One turn's stages, each in ms after the patient's last sound; what ran ahead is earlier than the decision.

    `guard_ms` and `gate_ms` are not points but lengths: work on the patient's last words, and on our first sentence.
    None is what this turn did not have: nobody was asked, or nothing was looked up.
    """

    turn: int
    decided_ms: int
    sentence_ms: int
    sound_ready_ms: int
    on_wire_ms: int
    recognised_ms: int | None = None
    retrieved_ms: int | None = None
    token_ms: int | None = None
    guard_ms: int | None = None
    gate_ms: int | None = None


class Desk(Protocol):
    """What the call asks of the world outside the live loop."""

    def publish(self, message: Message) -> None:
        """Tell the patient's page; never blocks."""
        ...

    async def escalate(self, finding: Finding, *, turn: int, position_ms: int) -> None:
        """Returns once the escalation is committed."""
        ...

    def record(self, said: Said) -> None:
        """Keep what was said; never blocks."""
        ...

    def apply(self, effects: Sequence[Effect], snapshot: dict[str, Any]) -> None:
        """Keep what a committed turn changed; never blocks."""
        ...
