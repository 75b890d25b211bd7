"""What the stages of a call pass to one another.

All times are seconds (`_s`) on the call's one clock, which starts at 0 when the
call does and is counted in audio samples.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Chunk:
    """20 ms of the patient's microphone: mono int16 at 16 kHz, shape (320,). Silence if the track stalls."""

    samples: Samples
    at_s: float  # end of the chunk


# -- ears → turn -------------------------------------------------------------


@dataclass(frozen=True)
class Frame:
    """One VAD frame (32 ms): probability of speech and level in dBFS."""

    at_s: float
    speech_p: float
    level_db: float


@dataclass(frozen=True)
class SpeechStarted:
    at_s: float  # when the sound began, not when it was noticed


@dataclass(frozen=True)
class SpeechStopped:
    at_s: float  # end of the last sound


@dataclass(frozen=True)
class EndEstimate:
    """P(the patient has finished), read from the sound so far."""

    at_s: float
    finished_p: float


@dataclass(frozen=True)
class Words:
    """What the patient said. `final` once the sound has settled.

    From the ears: one stretch of speech, known by `start_s`; later words with the same `start_s` replace earlier ones
    (even final ones, if the patient went on after a short pause). In a `Prepare` or `Reply`: everything since the
    floor was last theirs.
    """

    at_s: float
    text: str
    final: bool
    confidence: float = 1.0  # 0 to 1; below 0.6 a red flag is asked back
    source: str = "speech"  # speech, typed
    start_s: float = 0.0


Heard = Frame | SpeechStarted | SpeechStopped | EndEstimate | Words


class Expecting(StrEnum):
    """What was asked: a yes/no question needs less patience than "tell me how it happened"."""

    NOTHING = "nothing"
    YES_NO = "yes_no"
    SHORT = "short"
    OPEN = "open"


# -- out → turn ----------------------------------------------------------------


@dataclass(frozen=True)
class AgentStarted:
    at_s: float
    interruptible: bool = True


@dataclass(frozen=True)
class AgentStopped:
    at_s: float
    expecting: Expecting = Expecting.NOTHING


# -- turn → call ---------------------------------------------------------------


@dataclass(frozen=True)
class Prepare:
    """A likely end: think ahead, say nothing yet."""

    words: Words


@dataclass(frozen=True)
class Discard:
    """The patient went on: forget what was prepared."""


@dataclass(frozen=True)
class Reply:
    """The floor is ours: answer `words` (from what was prepared, if it was for these words)."""

    words: Words
    floor_s: float  # end of the patient's last sound


@dataclass(frozen=True)
class Duck:
    """They made a sound while we speak: go on in a lower voice until it is known what it is."""


@dataclass(frozen=True)
class Hold:
    """As loud as someone who wants the floor: pause in the middle of the word, and forget nothing."""


@dataclass(frozen=True)
class Unduck:
    """It was nothing, or a backchannel: carry on."""


@dataclass(frozen=True)
class Interrupt:
    """They want the floor: stop speaking."""


@dataclass(frozen=True)
class ListeningNod:
    """A backchannel opportunity: nod, or say "mm-hm"."""


@dataclass(frozen=True)
class AskGently:
    """Long silence: ask whether they are still there."""


Decision = Prepare | Discard | Reply | Duck | Hold | Unduck | Interrupt | ListeningNod | AskGently


# -- think → speak -------------------------------------------------------------


@dataclass(frozen=True)
class Citation:
    """Where an answer stands: computed by code from what was retrieved."""

    document_id: str
    title: str
    version: int
    page: int
    start: int
    end: int


@dataclass(frozen=True)
class Sentence:
    """One sentence that passed the gate. `act` names the dialogue act: answer, ask, acknowledge, emergency, …"""

    text: str
    act: str
    citation: Citation | None = None
    interruptible: bool = True
    expecting: Expecting = Expecting.NOTHING


# -- speak → face, out -----------------------------------------------------------


@dataclass(frozen=True)
class Phoneme:
    """An IPA symbol with its times in seconds from the start of its sound."""

    symbol: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Sound:
    """A piece of speech, mono int16 at `rate_hz`. `phonemes` is empty if the voice gives none."""

    samples: Samples
    rate_hz: int
    text: str = ""
    phonemes: tuple[Phoneme, ...] = field(default=())

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate_hz


class Floor(StrEnum):
    """Who has the floor, as the patient sees it."""

    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
