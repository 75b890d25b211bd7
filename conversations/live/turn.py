"""Who has the floor. The only place that says so: what was heard and played comes in, decisions come out.

Pure policy: time is an argument, nothing is awaited, nothing is remembered beyond this call.
"""

import math
from collections import deque
from dataclasses import replace
from enum import StrEnum

from conversations.live.backchannels import is_backchannel
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
    Hold,
    Interrupt,
    ListeningNod,
    Prepare,
    Reply,
    SpeechStarted,
    SpeechStopped,
    Unduck,
    Words,
)
from conversations.live.fading import USUAL_FALL_DB, Fading
from conversations.live.floor import Evidence, FloorModel, Patience, floor_model, wording
from conversations.live.overlap import Overlap, Startle, Tolerance
from conversations.live.vad import VadThresholds

READINGS = 3  # of the end of the sound, whose mean counts: one alone is noisy
# A mumble: this near to the voice's level, and not clearly noise.
SURE_SPEECH_P, MUMBLE_P, MUMBLE_DB, VOICE_FALLS_DB = 0.8, 0.1, 25.0, 0.1
LONGEST_MUMBLING_S = 1.5
QUIETEST_DB = -100.0
SOUNDING_P = VadThresholds().start_p
# Learning a patient's pace: pauses they went on after, weighed against a prior.
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 2.5
PRIOR_PAUSE_S, PRIOR_PAUSES = 0.65, 4
REMEMBERED_PAUSES = 12
LEAST_PATIENT, MOST_PATIENT = 0.9, 1.6


class Holder(StrEnum):
    NOBODY = "nobody"  # silence, nothing owed
    PATIENT = "patient"  # speaking, or pausing with something said
    OURS = "ours"  # decided to reply; not heard yet
    AGENT = "agent"  # we are heard


class TurnTaking:
    """One call's floor. `on` each event, in order, with the call's clock."""

    def __init__(
        self, patience: Patience | None = None, model: FloorModel | None = None, tolerance: Tolerance | None = None
    ) -> None:
        self._patience = patience or Patience()
        self._tolerance = tolerance or Tolerance()
        self._model = model or floor_model()
        self.holder = Holder.NOBODY
        self._said: dict[float, Words] = {}
        self._speaking = False
        self._began_s = 0.0
        self._last_sound_s = 0.0
        self._stirred_s = 0.0
        self._voice_db = QUIETEST_DB
        self._fading, self._fallen_db = Fading(), USUAL_FALL_DB
        self._endings: deque[float] = deque(maxlen=READINGS)
        self._prepared = ""
        self._expecting = Expecting.NOTHING
        self._interruptible = True
        self._overlap: Overlap | None = None
        self._startle = Startle()
        self._level_db = QUIETEST_DB
        self._taken: dict[float, Words] = {}
        self._owed: Words | None = None
        self._replied_s = 0.0
        self._over_s = math.inf
        self._pace = self._patience
        self._pauses: deque[float] = deque(maxlen=REMEMBERED_PAUSES)
        self._words_s = 0.0
        self._quiet_since_s = 0.0
        self._asked = 0
        self._nodded_s = 0.0

    def on(self, event: Heard | AgentStarted | AgentStopped, now_s: float) -> list[Decision]:
        match event:
            case Frame():
                self._notice(event)
                return [*self._startled(event), *self._tick(now_s)]
            case SpeechStarted():
                return self._started(event)
            case SpeechStopped():
                return self._stopped(event, now_s)
            case EndEstimate():
                return self._estimated(event, now_s)
            case Words(source="typed" | "corrected"):
                return self._typed(event, now_s)
            case Words():
                return self._worded(event, now_s)
            case AgentStarted():
                return self._agent_started(event)
            case AgentStopped():
                return self._agent_stopped(event, now_s)

    # -- the patient's sound ----------------------------------------------------

    def _started(self, event: SpeechStarted) -> list[Decision]:
        self._learn_pace(event.at_s)
        self._speaking, self._began_s = True, event.at_s
        self._endings.clear()
        self._asked = 0
        match self.holder:
            case Holder.AGENT:
                return self._spoken_over(event.at_s)
            case Holder.OURS:  # they go on before we were heard: it was not our turn
                self.holder = Holder.PATIENT
                self._said, self._taken = {**self._taken, **self._said}, {}
                return [Discard()]
            case _:
                self.holder = Holder.PATIENT
                return self._discard()

    def _notice(self, frame: Frame) -> None:
        """A mumble within a pause, too short or unclear to be called speech, still says that they are not done."""
        self._level_db = frame.level_db
        self._fading.heard(frame)
        if frame.speech_p >= SURE_SPEECH_P:
            self._voice_db = max(frame.level_db, self._voice_db - VOICE_FALLS_DB)
        as_loud = frame.level_db >= self._voice_db - MUMBLE_DB
        if as_loud and frame.speech_p >= MUMBLE_P and frame.at_s - self._last_sound_s < LONGEST_MUMBLING_S:
            self._stirred_s = frame.at_s

    @property
    def _silent_since_s(self) -> float:
        return max(self._last_sound_s, self._stirred_s)

    def _stopped(self, event: SpeechStopped, now_s: float) -> list[Decision]:
        self._speaking, self._last_sound_s, self._quiet_since_s = False, event.at_s, event.at_s
        self._over_s = math.inf
        self._fallen_db = self._fading.fallen_db(event.at_s)
        if self.holder is Holder.AGENT:
            return self._judge_overlap(now_s)
        return []

    def _estimated(self, event: EndEstimate, now_s: float) -> list[Decision]:
        if event.at_s < self._began_s:
            return []
        self._endings.append(_log_odds(event.finished_p))
        return [] if self._speaking else self._tick(now_s)

    def _worded(self, words: Words, now_s: float) -> list[Decision]:
        answered = self._taken.get(words.start_s)
        if answered is not None and self._began_s <= self._replied_s:
            return []  # a late result for what is being answered
        if not words.text:
            return []
        self._said[words.start_s], self._words_s = words, words.at_s
        if self.holder is Holder.AGENT:
            self._overlap = self._overlap or Overlap(self._began_s, self._tolerance)
            self._overlap.worded(_beyond(answered, words), words)
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
        silence_s = now_s - self._silent_since_s
        said = self.said(now_s)
        if said is None:
            return self._nothing_said(silence_s, now_s)
        evidence = self.evidence(now_s)
        if self._model.is_over(evidence, self._pace):
            self._over_s = min(self._over_s, now_s)
            if said.final or now_s >= self._over_s + self._patience.words_s:
                return [self._reply(said, self._last_sound_s, now_s)]
        if (
            self._fresh
            and said.text != self._prepared
            and self._model.is_over(evidence, self._pace, self._pace.ahead_s)
        ):
            again: list[Decision] = self._discard()
            self._prepared = said.text
            return [*again, Prepare(said)]
        return self._nod(silence_s, now_s)

    @property
    def _fresh(self) -> bool:
        """Whether words of the latest stretch of speech have come."""
        return self._words_s > self._began_s

    def evidence(self, now_s: float) -> Evidence:
        """What speaks for and against the end of their turn."""
        said = self.said(now_s)
        ending = sum(self._endings) / len(self._endings) if self._endings else 0.0
        words = wording(said.text if said else "")
        return Evidence(now_s - self._silent_since_s, ending, words, self._expecting, self._fallen_db)

    def _learn_pace(self, resumed_s: float) -> None:
        """They went on after a pause: this is how long they pause."""
        pause_s = resumed_s - self._last_sound_s
        if self.holder not in (Holder.PATIENT, Holder.OURS) or not (self._said or self._taken):
            return
        if SHORTEST_PAUSE_S <= pause_s <= LONGEST_PAUSE_S:
            self._pauses.append(pause_s)
        usual_s = (PRIOR_PAUSES * PRIOR_PAUSE_S + sum(self._pauses)) / (PRIOR_PAUSES + len(self._pauses))
        learned = min(MOST_PATIENT, max(LEAST_PATIENT, usual_s / PRIOR_PAUSE_S))
        self._pace = replace(self._patience, factor=self._patience.factor * learned)

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
            final=stretches[-1].final and self._fresh,
            text=" ".join(words.text for words in stretches),
            confidence=min(words.confidence for words in stretches),
            start_s=stretches[0].start_s,
        )

    def _reply(self, words: Words, floor_s: float, now_s: float) -> Reply:
        self.holder, self._replied_s = Holder.OURS, now_s
        self._taken, self._said, self._prepared = self._said, {}, ""
        self._endings.clear()
        return Reply(words, floor_s)

    def _discard(self) -> list[Decision]:
        prepared, self._prepared = self._prepared, ""
        return [Discard()] if prepared else []

    def answered(self) -> None:
        """What was said has been answered by other means: the next reply owes it nothing."""
        self._said, self._prepared = {}, ""

    # -- our sound ----------------------------------------------------------------

    def _agent_started(self, event: AgentStarted) -> list[Decision]:
        self.holder, self._interruptible = Holder.AGENT, event.interruptible
        if self._speaking and self._overlap is None:
            return self._spoken_over(self._began_s)
        return []

    def _agent_stopped(self, event: AgentStopped, now_s: float) -> list[Decision]:
        self._expecting, self._quiet_since_s, self._asked = event.expecting, now_s, 0
        self._taken, self._overlap = {}, None
        owed, self._owed = self._owed, None
        if owed is not None:
            return [self._reply(owed, now_s, now_s)]
        self.holder = Holder.PATIENT if self._speaking or self._said else Holder.NOBODY
        return []

    def _spoken_over(self, began_s: float) -> list[Decision]:
        """Lower our voice, or pause where the sound is as loud as they are."""
        self._overlap = self._overlap or Overlap(began_s, self._tolerance, held=self._startle.held)
        return self._hold() or ([] if self._overlap.held else [Duck()])

    def _startled(self, frame: Frame) -> list[Decision]:
        """The first sound over ours, before it is known to be speech."""
        if self.holder is not Holder.AGENT or self._overlap or self._speaking or not self._interruptible:
            self._startle = Startle()
            return []
        return self._startle.frame(sounding=self._loud and frame.speech_p >= SOUNDING_P)

    @property
    def _loud(self) -> bool:
        """As loud as their voice, or nearly so."""
        return self._level_db >= self._voice_db - self._tolerance.faint_db

    def _hold(self) -> list[Decision]:
        """Pause, once, as soon as the sound is as loud as they are."""
        if self._overlap is None or self._overlap.held or not (self._loud and self._interruptible):
            return []
        self._overlap.held = True
        return [Hold()]

    def _judge_overlap(self, now_s: float) -> list[Decision]:
        """Their sound while we speak: a backchannel, a noise, or they want the floor."""
        if self._overlap is None:
            return []
        until_s = now_s if self._speaking else self._last_sound_s
        if self._interruptible and self._overlap.wants_floor(until_s, speaking=self._speaking):
            self._overlap = None
            self.holder = Holder.PATIENT
            return [Interrupt()]
        if self._speaking:
            return self._hold()
        if not self._overlap.is_over(now_s - self._last_sound_s):
            return []
        return self._carry_on(until_s - self._overlap.began_s)

    def _carry_on(self, duration_s: float) -> list[Decision]:
        text = self._overlap.text if self._overlap else ""
        if self._interruptible or is_backchannel(text, duration_s):
            self._said = {}
        self._overlap = None
        return [Unduck()]


def _beyond(answered: Words | None, words: Words) -> str:
    """What `words` say beyond those already answered, when a stretch went on after a short pause."""
    return " ".join(words.text.split()[len(answered.text.split()) if answered else 0 :])


def _log_odds(p: float) -> float:
    bounded = min(0.995, max(0.005, p))
    return math.log(bounded / (1.0 - bounded))
