"""What a dialogue knows between turns. Frozen: a turn makes a new one, and only committing it counts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from conversations.guardrails.guard import NOTHING_ASKED, Asked
from conversations.live.dialogue import Finding, Verdict
from conversations.live.events import Expecting
from conversations.objectives import Progress


@dataclass(frozen=True)
class Pending:
    """What was asked last. `kind` is variable, ask_back, anything_else or emergency_check."""

    kind: str
    text: str
    key: str = ""  # of the variable
    about: str = ""
    expecting: Expecting = Expecting.YES_NO
    finding: Finding | None = None  # what is being asked back
    reciting: bool = False  # the patient tells how a medicine is taken
    supposing: bool = False  # the patient tells what might happen

    def asked(self) -> Asked:
        return Asked(self.text, self.about, self.expecting, self.finding, self.reciting, self.supposing)


@dataclass(frozen=True)
class State:
    progress: Progress = field(default_factory=Progress)
    pending: Pending | None = None
    turn: int = 0
    emergency: bool = False
    told: tuple[str, ...] = ()  # concepts and requests already passed on
    unfinished: str = ""  # the patient's question whose answer was cut off
    silences: int = 0
    doubted: tuple[str, ...] = ()  # variables asked once more because the answer came hesitantly
    ended: bool = False

    def asked(self) -> Asked:
        return self.pending.asked() if self.pending else NOTHING_ASKED

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["progress"] = self.progress.to_json()
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> "State":
        pending = data["pending"]
        return State(
            **{
                **data,
                "progress": Progress.from_json(data["progress"]),
                "pending": _pending(pending) if pending else None,
                "told": tuple(data["told"]),
                "doubted": tuple(data.get("doubted", ())),
            }
        )

    def after(self, **changes: Any) -> "State":
        return replace(self, **changes)


def _pending(data: Mapping[str, Any]) -> Pending:
    finding = data["finding"]
    return Pending(
        **{
            **data,
            "expecting": Expecting(data["expecting"]),
            "finding": Finding(**{**finding, "verdict": Verdict(finding["verdict"])}) if finding else None,
        }
    )
