"""From P(speech) per frame to stretches of speech: hysteresis in named states. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from conversations.live.events import SpeechStarted, SpeechStopped

FRAME_S = 0.032
SURE_P = 0.8
QUIETEST_DB = -100.0
VOICE_FALLS_DB = 0.1  # a frame: the voice's peak level is forgotten at 3 dB a second


class Voice(StrEnum):
    QUIET = "quiet"
    RISING = "rising"  # a sound, not yet long enough to be speech
    SPEAKING = "speaking"
    FALLING = "falling"  # a gap, not yet long enough to be a pause


@dataclass(frozen=True)
class VadThresholds:
    """Frames are 32 ms. Two thresholds, so that a wavering voice is neither chopped nor dropped."""

    start_p: float = 0.5
    stop_p: float = 0.35
    start_frames: int = 3  # ~100 ms: a click is shorter, "no" is longer
    stop_frames: int = 4  # ~130 ms: the closure of a stop consonant is shorter
    fade_db: float = 35.0  # this far below the voice there is no speech left, only Silero's memory of it (~80 ms)


class VoiceActivity:
    """Fed each frame in turn; tells when speech started and stopped, with the times of the sound itself."""

    def __init__(self, thresholds: VadThresholds | None = None) -> None:
        self._thresholds = thresholds or VadThresholds()
        self.state = Voice.QUIET
        self.last_sound_s = 0.0
        self._voice_db = QUIETEST_DB
        self._since_s = 0.0
        self._frames = 0

    @property
    def speaking(self) -> bool:
        return self.state in (Voice.SPEAKING, Voice.FALLING)

    def step(self, speech_p: float, at_s: float, level_db: float = 0.0) -> SpeechStarted | SpeechStopped | None:
        """`at_s` is the end of the frame."""
        if speech_p >= SURE_P:
            self._voice_db = max(level_db, self._voice_db - VOICE_FALLS_DB)
        if not self.speaking:
            return self._while_quiet(speech_p >= self._thresholds.start_p, at_s)
        faded = level_db < self._voice_db - self._thresholds.fade_db
        return self._while_speaking(speech_p >= self._thresholds.stop_p and not faded, at_s)

    def _while_quiet(self, sounding: bool, at_s: float) -> SpeechStarted | None:
        if not sounding:
            self.state = Voice.QUIET
            return None
        if self.state is Voice.QUIET:
            self.state, self._frames, self._since_s = Voice.RISING, 0, at_s - FRAME_S
        self._frames += 1
        if self._frames < self._thresholds.start_frames:
            return None
        self.state, self.last_sound_s = Voice.SPEAKING, at_s
        return SpeechStarted(self._since_s)

    def _while_speaking(self, sounding: bool, at_s: float) -> SpeechStopped | None:
        if sounding:
            self.state, self.last_sound_s = Voice.SPEAKING, at_s
            return None
        if self.state is Voice.SPEAKING:
            self.state, self._frames = Voice.FALLING, 0
        self._frames += 1
        if self._frames < self._thresholds.stop_frames:
            return None
        self.state = Voice.QUIET
        return SpeechStopped(self.last_sound_s)
