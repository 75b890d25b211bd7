"""How far a voice has fallen at the end of a stretch of speech, against how loud this speaker usually is. Pure.

Who is done lets the voice fall; who pauses to go on holds it (Gravano and Hirschberg, 2011, Computer Speech and
Language 25: lower intensity is among the cues of a turn that is yielded).
"""

from collections import deque

import numpy as np

from conversations.live.events import Frame

SURE_SPEECH_P = 0.8
REMEMBERED_FRAMES = 600  # of sure speech: 19 s
FEWEST_FRAMES = 20  # before a speaker's level is known
USUAL_SHARE = 0.75  # of frames softer than what is called the speaker's level
# The end of a stretch, before its last sound: consonants and breath right at the end say little.
FROM_S, UNTIL_S = 0.4, 0.1
USUAL_FALL_DB = 5.0  # about what ends of stretches have fallen by, whoever speaks next
WINDOW_FRAMES = 64


class Fading:
    """One speaker's level. `heard` each frame, in order."""

    def __init__(self) -> None:
        self._spoken_db: deque[float] = deque(maxlen=REMEMBERED_FRAMES)
        self._latest: deque[Frame] = deque(maxlen=WINDOW_FRAMES)

    def heard(self, frame: Frame) -> None:
        self._latest.append(frame)
        if frame.speech_p >= SURE_SPEECH_P:
            self._spoken_db.append(frame.level_db)

    def fallen_db(self, last_sound_s: float) -> float:
        """At the end of the stretch whose last sound was then; the usual while this speaker is not known."""
        ending = [one.level_db for one in self._latest if FROM_S >= last_sound_s - one.at_s >= UNTIL_S]
        if not ending or len(self._spoken_db) < FEWEST_FRAMES:
            return USUAL_FALL_DB
        return float(np.quantile(self._spoken_db, USUAL_SHARE) - np.mean(ending))
