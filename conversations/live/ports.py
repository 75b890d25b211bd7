"""The seams of the live loop. `providers/` fills them; `providers/scripted.py` holds an offline twin of each."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Protocol, runtime_checkable

import av
import numpy as np
import numpy.typing as npt

from conversations.live.events import Floor, Phoneme, Samples, Sound, Words


class Vad(Protocol):
    """Voice activity detection. Stateful: one per call."""

    def speech_p(self, samples: Samples) -> float:
        """P(speech) of 512 samples at 16 kHz (32 ms)."""
        ...


class EndOfTurn(Protocol):
    """Reads P(finished) from the last seconds of sound. Stateful: one per call."""

    def hear(self, samples: Samples) -> None:
        """Take in more mono 16 kHz sound; features are computed as it comes."""
        ...

    def finished_p(self) -> float:
        """P(the speaker has finished), for the sound up to now."""
        ...


class Transcriber(Protocol):
    """Speech to text. Stateful: one per call."""

    def begin(self, lead_in: Samples, at_s: float) -> None:
        """A stretch of speech begins; `lead_in` is the sound just before it was noticed."""
        ...

    def hear(self, samples: Samples) -> None: ...

    async def partial(self) -> Words | None:
        """The words so far, or None if there is nothing new."""
        ...

    async def final(self, at_s: float) -> Words:
        """The words of the stretch, which ends here."""
        ...


class Voice(Protocol):
    """Text to speech."""

    def speak(self, text: str) -> AsyncIterator[Sound]:
        """The sound of one sentence, in pieces, first piece as soon as possible."""
        ...


class Face(Protocol):
    """Draws the assistant for a moment of the call. Stateful: one per call."""

    def say(self, phonemes: Sequence[Phoneme], starts_s: float) -> None:
        """A sound will be heard from `starts_s` on the call's clock."""
        ...

    def hush(self, at_s: float) -> None:
        """Whatever was to be said after `at_s` will not be."""
        ...

    def attend(self, floor: Floor, at_s: float, *, concern: float = 0.0, nod: bool = False) -> None:
        """What is going on: who has the floor, how worrying (0 to 1) what was heard is, and whether to nod."""
        ...

    def draw(self, at_s: float) -> av.VideoFrame:
        """The picture for a moment: yuv420p; the caller stamps pts and time_base.

        The same frame again if nothing changed: it need not be sent each time (see `video.py`).
        """
        ...


@runtime_checkable
class FollowsNetwork(Protocol):
    """A `Face` that gives way to a narrow network."""

    def follow(self, carried: Callable[[], float]) -> None:
        """`carried()` is what the receiver says the network takes, in bits a second."""
        ...


Audio = npt.NDArray[np.float32]
