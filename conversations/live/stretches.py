"""What the patient has said and nobody has answered yet, stretch by stretch, and what the guard makes of it. Pure.

The ears know where sound was, not where a sentence was: a pause makes two stretches of "I can't – breathe". Each is
assessed by itself and, if it seems to go on from the one before, together with it. An answer meets all of them.
"""

from collections.abc import Callable
from dataclasses import replace

from conversations.live import continued
from conversations.live.dialogue import Assessment, Finding, Verdict
from conversations.live.events import Words

Assess = Callable[[Words], Assessment]
STILL_S = 8.0  # what begins later than this after the stretch before is not the rest of it
NOTHING = Assessment(Verdict.NONE)


class Stretches:
    def __init__(self, assess: Assess) -> None:
        self._assess = assess
        self._open: dict[tuple[str, float], Assessment] = {}  # of what is not answered yet
        self._latest: Words | None = None
        self._before: Words | None = None  # the stretch that came before the latest

    @property
    def assessment(self) -> Assessment:
        """Of all that is not answered yet."""
        worst = max(
            (one.verdict for one in self._open.values()), key=lambda verdict: verdict.order, default=Verdict.NONE
        )
        findings: list[Finding] = []
        for one in self._open.values():
            findings += [finding for finding in one.findings if finding not in findings]
        return Assessment(worst, tuple(findings)) if self._open else NOTHING

    def take(self, words: Words) -> Assessment:
        """Of these words. Later words of the same stretch replace earlier ones, but guesses never calm an alarm."""
        if self._latest and _of(self._latest) != _of(words):
            self._before = self._latest
        self._latest = words
        assessment = self._assess(words)
        whole = self._whole(words)
        if whole:
            together = self._assess(whole)
            assessment = together if together.verdict.order > assessment.verdict.order else assessment
        known = self._open.get(_of(words), NOTHING)
        if words.final or assessment.verdict.order > known.verdict.order:
            self._open[_of(words)] = assessment
        return assessment

    def answered(self) -> None:
        self._open.clear()

    def _whole(self, words: Words) -> Words | None:
        """Together with the stretch before, if they seem to be halves of a sentence."""
        before = self._before
        if before is None or words.source != "speech" or before.source != "speech":
            return None
        if words.start_s - before.at_s > STILL_S or not continued.goes_on(before.text, words.text):
            return None
        sure = min(before.confidence, words.confidence)
        return replace(words, text=f"{before.text} {words.text}", confidence=sure)


def _of(words: Words) -> tuple[str, float]:
    """What is typed comes at once and whole; a stretch of speech is known by its start."""
    return words.source, words.start_s if words.source == "speech" else words.at_s
