"""What was found in a patient's words."""

from collections.abc import Sequence
from dataclasses import dataclass

from conversations.guardrails.context import Status
from conversations.guardrails.text import Token


@dataclass(frozen=True)
class Mention:
    """A symptom that was named. `first` and `last` are tokens; `region` and `sensation` are set where it was "
    "composed."""

    concept: str
    first: int
    last: int
    rule: str = ""  # its emergency rule, or empty
    region: str = ""
    sensation: str = ""
    status: Status = Status.PRESENT
    general: tuple[str, ...] = ()  # less exact names for the same: "bruising" for a bruise of the leg
    doubtful: bool = False  # found by likeness, not by its own words


@dataclass(frozen=True)
class Reading:
    tokens: Sequence[Token]
    mentions: Sequence[Mention]
