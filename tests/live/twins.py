"""Offline twins of the live loop's ports, and a call made of them."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from conversations.live.audio_in import AudioIn
from conversations.live.call import Call
from conversations.live.desk import Said
from conversations.live.dialogue import Assessment, Effect, Finding, Promised, Turn, Verdict
from conversations.live.events import Chunk, Decision, Heard, Reply, Sentence, Sound, Words
from conversations.live.out import Out

RATE_HZ = 24_000


@dataclass
class Line:
    """A considered reply that says these sentences."""

    lines: Sequence[Sentence]
    gate: asyncio.Event | None = None
    closed: bool = False
    thinking: Sentence | None = None

    async def sentences(self) -> AsyncIterator[Sentence]:
        try:
            for line in self.lines:
                if self.gate:
                    await self.gate.wait()
                yield line
        finally:
            self.closed = True

    def meanwhile(self) -> Sentence | None:
        return self.thinking


class ScriptedVoice:
    """A tone of 50 ms a word."""

    def __init__(self) -> None:
        self.spoken: list[str] = []

    async def speak(self, text: str) -> AsyncIterator[Sound]:
        self.spoken.append(text)
        samples = np.full(int(len(text.split()) * 0.05 * RATE_HZ), 1000, np.int16)
        yield Sound(samples, RATE_HZ, text)


@dataclass
class ScriptedDialogue:
    """Echoes what it heard; "chest" is an emergency."""

    considered: list[str] = field(default_factory=list)
    committed: list[str] = field(default_factory=list)
    greeting: str = "Hello."
    effects: Sequence[Effect] = ()

    def opening(self, *, resumed: bool) -> Turn:
        return Line([Sentence("Welcome back." if resumed else self.greeting, "greet")])

    def hear(self, words: Words) -> Assessment:
        if "chest" in words.text:
            finding = Finding("chest pain", "emergency.chest_pain", Verdict.EMERGENCY, words.text)
            return Assessment(Verdict.EMERGENCY, (finding,))
        return Assessment(Verdict.NONE)

    def consider(self, words: Words, assessment: Assessment) -> Turn:
        self.considered.append(words.text)
        if assessment.verdict is Verdict.EMERGENCY:
            return Line([Sentence("Call for help now.", "emergency", interruptible=False)])
        return Line([Sentence(f"You said {words.text}.", "answer"), Sentence("Tell me more please.", "ask")])

    def commit(self, turn: Turn, heard: str) -> Sequence[Effect]:
        self.committed.append(heard)
        return self.effects

    def still_there(self) -> Turn:
        return Line([Sentence("Are you there?", "ask")])

    def introduce(self, colleague: str) -> Turn:
        return Line([Sentence(f"{colleague} has joined us.", "introduce")])

    def take_back(self, colleague: str) -> Turn:
        return Line([Sentence(f"{colleague} has left.", "greet")])

    def promise(self, promised: Promised) -> None:
        self.promised = promised

    def closing(self, reason: str) -> Turn:
        return Line([Sentence("Goodbye.", "close")])

    def snapshot(self) -> dict[str, Any]:
        return {"committed": list(self.committed)}

    def restore(self, state: dict[str, Any]) -> None:
        self.committed = list(state["committed"])


@dataclass
class Notebook:
    """The call's desk, remembering everything asked of it."""

    published: list[dict[str, Any]] = field(default_factory=list)
    escalated: list[tuple[Finding, int]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    snapshots: list[dict[str, Any]] = field(default_factory=list)

    def publish(self, message: dict[str, Any]) -> None:
        self.published.append(message)

    async def escalate(self, finding: Finding, *, turn: int, position_ms: int) -> None:
        self.escalated.append((finding, turn))

    def record(self, said: Said) -> None:
        self.said.append(said)

    def apply(self, effects: Sequence[Effect], snapshot: dict[str, Any]) -> None:
        self.snapshots.append(snapshot)

    def floors(self) -> list[str]:
        return [message["floor"] for message in self.published if message["type"] == "floor"]


class Directed:
    """A turn policy that does as it is told: decisions are looked up by event; final words are answered."""

    def __init__(self) -> None:
        self.seen: list[object] = []
        self.next: dict[type, list[Decision]] = {}

    def on(self, event: Any, now_s: float) -> list[Decision]:
        self.seen.append(event)
        if type(event) in self.next:
            return self.next.pop(type(event))
        if isinstance(event, Words) and event.final:
            return [Reply(event, now_s)]
        return []


class Stage:
    """A call of twins. `hear` feeds it events; `play` lets sound reach the patient."""

    def __init__(self, dialogue: ScriptedDialogue | None = None) -> None:
        self.events: asyncio.Queue[Heard] = asyncio.Queue()
        self.dialogue = dialogue or ScriptedDialogue()
        self.desk, self.turn, self.voice, self.out = Notebook(), Directed(), ScriptedVoice(), Out()
        self.call = Call(
            audio_in=AudioIn(),
            ears=self._ears,
            turn=self.turn,
            dialogue=self.dialogue,
            voice=self.voice,
            out=self.out,
            desk=self.desk,
        )

    async def _ears(self, chunks: AsyncIterator[Chunk]) -> AsyncIterator[Heard]:
        while True:
            yield await self.events.get()

    async def hear(self, *events: Heard) -> None:
        for event in events:
            self.events.put_nowait(event)
        await settle()

    async def play(self, seconds: float = 10.0) -> None:
        """Pull sound as the wire would, without waiting."""
        for _ in range(int(seconds / 0.02)):
            self.out.next_frame()
            if _ % 5 == 0:
                await settle(5)
        await settle()


async def settle(rounds: int = 30) -> None:
    for _ in range(rounds):
        await asyncio.sleep(0)


def texts(said: Iterable[Said], speaker: str) -> list[str]:
    return [one.text for one in said if one.speaker == speaker]
