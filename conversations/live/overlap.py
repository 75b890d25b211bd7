"""The patient's sound while we are heard: a backchannel, a noise, or do they want the floor? Pure.

Who wants the floor wants silence at once, long before the words tell. So a sound as loud as their voice makes us pause
(`Hold`) until it is made out what it was.
"""

from dataclasses import dataclass

from conversations.live.backchannels import STOPPING, is_backchannel, words_in
from conversations.live.events import Decision, Hold, Unduck, Words

STARTLED_FRAMES = 2  # 64 ms of sound: a third frame will make it speech, and each costs those who interrupt 32 ms
CALM_FRAMES = 3


@dataclass(frozen=True)
class Tolerance:
    """How much of their sound we speak on over. Seconds."""

    guess_s: float = 0.35  # what a recogniser makes of less than this is a guess ("you", "two", "help")
    settles_s: float = 0.15  # silence after which a sound is judged, its words known
    wordless_s: float = 0.6  # the same while its words are not known
    longest_s: float = 1.2  # a sound this long is no backchannel, whatever the words
    short_s: float = 1.0  # a sound no longer than this interrupts us only with words that are clear
    clear: float = 0.6  # confidence in final words
    likely: float = 0.5  # confidence in words that are still being said
    faint_db: float = 15.0  # this far below their voice, a sound does not make us pause


@dataclass
class Startle:
    """Sound as loud as their voice that is not yet known to be speech. We pause for it, and go on if it was nothing."""

    held: bool = False
    _sounding: int = 0
    _quiet: int = 0

    def frame(self, *, sounding: bool) -> list[Decision]:
        self._sounding = self._sounding + 1 if sounding else 0
        self._quiet = 0 if sounding else self._quiet + 1
        if not self.held and self._sounding >= STARTLED_FRAMES:
            self.held = True
            return [Hold()]
        if self.held and self._quiet >= CALM_FRAMES:
            self.held = False
            return [Unduck()]
        return []


@dataclass
class Overlap:
    """One sound, from its start until it is judged."""

    began_s: float
    tolerance: Tolerance
    held: bool = False  # we paused for it
    text: str = ""
    settled: bool = False  # `text` is final
    _confidence: float = 1.0

    def worded(self, text: str, words: Words) -> None:
        """What the recogniser makes of it: `text` is the part of `words` that is new."""
        enough = words.at_s - self.began_s >= self.tolerance.guess_s and words.confidence >= self.tolerance.likely
        if self.held:  # we are silent already, and lose nothing by hearing them out
            enough = enough and not STOPPING.isdisjoint(words_in(text))
        if words.final or enough:
            self.text, self.settled, self._confidence = text, words.final, words.confidence

    def wants_floor(self, until_s: float, *, speaking: bool) -> bool:
        length_s = until_s - self.began_s
        words = words_in(self.text)
        if not words:
            return speaking and length_s >= self.tolerance.longest_s
        short = length_s <= self.tolerance.short_s
        unclear = self._confidence < self.tolerance.clear and STOPPING.isdisjoint(words)
        return not is_backchannel(self.text, length_s) and not (short and unclear)

    def is_over(self, silence_s: float) -> bool:
        """Silent for so long that what is known of it must do."""
        return silence_s >= (self.tolerance.settles_s if self.settled else self.tolerance.wordless_s)
