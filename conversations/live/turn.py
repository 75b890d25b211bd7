"""Who has the floor. The only place that says so: what was heard and played comes in, decisions come out.

Pure policy: time is an argument, nothing is awaited, nothing is remembered beyond this call.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from conversations.live.backchannels import is_backchannel, words_in
from conversations.live.events import (
    AgentStarted,
    AgentStopped,
    AskGently,
    Decision,
    Discard,
    Duck,
    EndEstimate,
    Expecting,
    Frame,
    Heard,
    Interrupt,
    ListeningNod,
    Prepare,
    Reply,
    SpeechStarted,
    SpeechStopped,
    Unduck,
    Words,
)
from conversations.live.floor import Evidence, Patience, likely_finished, silence_needed_s


class Holder(StrEnum):
    NOBODY = "nobody"  # silence, nothing owed
    PATIENT = "patient"  # speaking, or pausing with something said
    OURS = "ours"  # decided to reply; not heard yet
    AGENT = "agent"  # we are heard


@dataclass
class _Overlap:
    """The patient's sound while we are heard."""

    began_s: float
    text: str = ""
    settled: bool = False  # `text` is final


class TurnTaking:
    """One call's floor. `on` each event, in order, with the call's clock."""

    def __init__(self, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self.holder = Holder.NOBODY
        self._said: dict[float, Words] = {}
        self._speaking = False
        self._began_s = 0.0
        self._last_sound_s = 0.0
        self._finished_p: float | None = None
        self._prepared = ""
        self._expecting = Expecting.NOTHING
        self._interruptible = True
        self._overlap: _Overlap | None = None
        self._taken: dict[float, Words] = {}
        self._owed: Words | None = None
        self._replied_s = 0.0
        self._words_s = 0.0
        self._quiet_since_s = 0.0
        self._asked = 0
        self._nodded_s = 0.0

    def on(self, event: Heard | AgentStarted | AgentStopped, now_s: float) -> list[Decision]:
        match event:
            case Frame():
                return self._tick(now_s)
            case SpeechStarted():
                return self._started(event)
            case SpeechStopped():
                return self._stopped(event, now_s)
            case EndEstimate():
                return self._estimated(event, now_s)
            case Words(source="typed"):
                return self._typed(event, now_s)
            case Words():
                return self._worded(event, now_s)
            case AgentStarted():
                return self._agent_started(event)
            case AgentStopped():
                return self._agent_stopped(event, now_s)

    # -- the patient's sound ----------------------------------------------------

    def _started(self, event: SpeechStarted) -> list[Decision]:
        self._speaking, self._began_s, self._finished_p = True, event.at_s, None
        self._asked = 0
        match self.holder:
            case Holder.AGENT:
                self._overlap = self._overlap or _Overlap(event.at_s)
                return [Duck()]
            case Holder.OURS:  # they go on before we were heard: it was not our turn
                self.holder = Holder.PATIENT
                self._said, self._taken = {**self._taken, **self._said}, {}
                return [Discard()]
            case _:
                self.holder = Holder.PATIENT
                return self._discard()

    def _stopped(self, event: SpeechStopped, now_s: float) -> list[Decision]:
        self._speaking, self._last_sound_s, self._quiet_since_s = False, event.at_s, event.at_s
        if self.holder is Holder.AGENT:
            return self._judge_overlap(now_s)
        return []

    def _estimated(self, event: EndEstimate, now_s: float) -> list[Decision]:
        if self._speaking or event.at_s < self._last_sound_s:
            return []
        self._finished_p = event.finished_p
        return self._tick(now_s)

    def _worded(self, words: Words, now_s: float) -> list[Decision]:
        answered = self._taken.get(words.start_s)
        if answered is not None and self._began_s <= self._replied_s:
            return []  # a late result for what is being answered
        if not words.text:
            return []
        self._said[words.start_s], self._words_s = words, words.at_s
        if self.holder is Holder.AGENT:
            self._overlap = self._overlap or _Overlap(self._began_s)
            self._overlap.text = _beyond(answered, words)
            self._overlap.settled = words.final
            return self._judge_overlap(now_s)
        if self.holder is Holder.NOBODY:
            self.holder = Holder.PATIENT
        return [] if self._speaking else self._tick(now_s)

    def _typed(self, words: Words, now_s: float) -> list[Decision]:
        if self.holder is Holder.AGENT and not self._interruptible:
            self._owed = words
            return []
        interrupt: list[Decision] = [Interrupt()] if self.holder is Holder.AGENT else []
        return [*interrupt, *self._discard(), self._reply(words, words.at_s, now_s)]

    # -- silence ------------------------------------------------------------------

    def _tick(self, now_s: float) -> list[Decision]:
        match self.holder:
            case Holder.AGENT:
                return self._judge_overlap(now_s)
            case Holder.PATIENT if not self._speaking:
                return self._weigh(now_s)
            case Holder.NOBODY:
                return self._wait(now_s)
            case _:
                return []

    def _weigh(self, now_s: float) -> list[Decision]:
        """They paused. Prepare, reply, nod, or let them think."""
        silence_s = now_s - self._last_sound_s
        said = self.said(now_s)
        evidence = Evidence(self._finished_p, said.text if said else "", self._expecting, silence_s)
        needed_s = silence_needed_s(evidence, self._patience)
        if said is None:
            return self._nothing_said(silence_s, now_s)
        if silence_s >= needed_s and (said.final or silence_s >= needed_s + self._patience.words_s):
            return [self._reply(said, self._last_sound_s, now_s)]
        if self._words_s > self._began_s and said.text != self._prepared and likely_finished(evidence, self._patience):
            again: list[Decision] = self._discard()
            self._prepared = said.text
            return [*again, Prepare(said)]
        return self._nod(silence_s, now_s)

    def _nothing_said(self, silence_s: float, now_s: float) -> list[Decision]:
        """A sound without words: a cough, a door. Nothing to answer."""
        if silence_s < self._patience.noise_s:
            return []
        self.holder, self._quiet_since_s = Holder.NOBODY, self._last_sound_s
        return self._discard()

    def _nod(self, silence_s: float, now_s: float) -> list[Decision]:
        due = now_s - self._nodded_s >= self._patience.nod_every_s
        if not due or not self._patience.nod_after_s <= silence_s < self._patience.nod_after_s + 0.3:
            return []
        self._nodded_s = now_s
        return [ListeningNod()]

    def _wait(self, now_s: float) -> list[Decision]:
        waits = self._patience.ask_after_s
        if self._asked >= len(waits) or now_s - self._quiet_since_s < waits[self._asked]:
            return []
        self._asked += 1
        return [AskGently()]

    def said(self, now_s: float) -> Words | None:
        """All that the patient said since the floor was last theirs."""
        stretches = [self._said[start_s] for start_s in sorted(self._said)]
        if not stretches:
            return None
        return replace(
            stretches[-1],
            at_s=now_s,
            final=stretches[-1].final and self._words_s > self._began_s,
            text=" ".join(words.text for words in stretches),
            confidence=min(words.confidence for words in stretches),
            start_s=stretches[0].start_s,
        )

    def _reply(self, words: Words, floor_s: float, now_s: float) -> Reply:
        self.holder, self._replied_s = Holder.OURS, now_s
        self._taken, self._said, self._prepared, self._finished_p = self._said, {}, "", None
        return Reply(words, floor_s)

    def _discard(self) -> list[Decision]:
        prepared, self._prepared = self._prepared, ""
        return [Discard()] if prepared else []

    # -- our sound ----------------------------------------------------------------

    def _agent_started(self, event: AgentStarted) -> list[Decision]:
        self.holder, self._interruptible = Holder.AGENT, event.interruptible
        if self._speaking and self._overlap is None:
            self._overlap = _Overlap(self._began_s)
            return [Duck()]
        return []

    def _agent_stopped(self, event: AgentStopped, now_s: float) -> list[Decision]:
        self._expecting, self._quiet_since_s, self._asked = event.expecting, now_s, 0
        self._taken, self._overlap = {}, None
        owed, self._owed = self._owed, None
        if owed is not None:
            return [self._reply(owed, now_s, now_s)]
        self.holder = Holder.PATIENT if self._speaking or self._said else Holder.NOBODY
        return []

    def _judge_overlap(self, now_s: float) -> list[Decision]:
        """Their sound while we speak: a backchannel, a noise, or they want the floor."""
        if self._overlap is None:
            return []
        duration_s = (now_s if self._speaking else self._last_sound_s) - self._overlap.began_s
        if self._interruptible and self._wants_floor(self._overlap.text, duration_s):
            self._overlap = None
            self.holder = Holder.PATIENT
            return [Interrupt()]
        silence_s = now_s - self._last_sound_s
        settles_s = self._patience.overlap_settles_s if self._overlap.settled else self._patience.overlap_wordless_s
        if self._speaking or silence_s < settles_s:
            return []
        return self._carry_on(duration_s)

    def _wants_floor(self, text: str, duration_s: float) -> bool:
        if words_in(text):
            return not is_backchannel(text, duration_s)
        return self._speaking and duration_s >= self._patience.overlap_s

    def _carry_on(self, duration_s: float) -> list[Decision]:
        text = self._overlap.text if self._overlap else ""
        if self._interruptible or is_backchannel(text, duration_s):
            self._said = {}
        self._overlap = None
        return [Unduck()]


def _beyond(answered: Words | None, words: Words) -> str:
    """What `words` say beyond those already answered, when a stretch went on after a short pause."""
    return " ".join(words.text.split()[len(answered.text.split()) if answered else 0 :])
