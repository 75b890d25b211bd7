"""What a model is told, assembled from a versioned template. Documents and speech are marked as data. Pure."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from clinic.discharge_plan import DischargePlan
from conversations.live.dialogue import Passage
from conversations.mind.case import Case
from conversations.mind.model import Message
from conversations.mind.wording import acts

FOLDER = Path(__file__).parent / "prompts"
VERSION = "v2"  # a prompt in use is never edited: releases name it by its digest; add the next file
TURNS = 12  # of the conversation, the latest
PHRASES = ("acknowledge", "acknowledge_words", "acknowledge_well", "acknowledge_slow", "thanks", "not_in_documents")


@lru_cache
def _template(version: str) -> str:
    return (FOLDER / f"{version}.txt").read_text()


def system(
    case: Case, names: Mapping[str, str], passages: Sequence[Passage], asked: str, version: str = VERSION
) -> Message:
    """The system message of one turn."""
    protocol, plan, memory = case.protocol, case.plan, case.memory
    content = _template(version).format(
        persona=protocol.persona.get("name", "the recovery assistant"),
        manner=protocol.persona.get("manner", "warm, calm, plain words"),
        clinic=names["clinic"],
        called=_data(names["called"]),
        day="unknown" if case.day is None else case.day,
        asked=asked or "the question",
        phrases="; ".join(f'"{text}"' for act in PHRASES for text in acts()[act]),
        guardrails="\n".join(f"- {_data(rule)}" for rule in protocol.guardrails),
        plan=_plan(plan),
        memory="\n".join(f"- {_data(fact.text)} ({fact.learned_on})" for fact in memory) or "nothing",
        noticed=_data(case.noticed()) or "nothing",
        passages="\n".join(_passage(number, passage) for number, passage in enumerate(passages, 1)) or "none",
    )
    return {"role": "system", "content": content}


def conversation(history: Sequence[tuple[str, str]], words: str) -> list[Message]:
    """The latest turns and the patient's words now. `history` holds (patient or assistant, what was said)."""
    roles = {"patient": "user", "assistant": "assistant"}
    earlier: list[Message] = [{"role": roles[who], "content": _data(said)} for who, said in history[-TURNS:] if said]
    return [*earlier, {"role": "user", "content": _data(words)}]


def _plan(plan: DischargePlan) -> str:
    lines = [f"medicine: {m.name} {m.dose} {m.route} {m.times} {m.reason}".strip() for m in plan.medicines]
    lines += [f"expected: {s.name}, at most {s.at_most}" for s in plan.expected_symptoms]
    lines += [f"warning sign: {flag.name} {flag.action}".strip() for flag in plan.red_flags]
    lines += [f"{instruction.kind}: {instruction.text}" for instruction in plan.instructions]
    return "\n".join(_data(line) for line in lines) or "none"


def _passage(number: int, passage: Passage) -> str:
    return f'<passage number="{number}" heading="{_data(passage.heading)}">{_data(passage.text)}</passage>'


def _data(text: str) -> str:
    """Text that cannot close the tag it stands in, nor end a quotation."""
    return text.replace("<", "‹").replace(">", "›").replace('"', "”")
