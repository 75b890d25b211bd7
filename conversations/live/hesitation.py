"""Whether an answer came hesitantly, against how this patient usually answers. Pure.

Who is not sure of an answer is slower to begin it, pauses and says "um" (Smith and Clark, 1993, Journal of Memory and
Language 32; Brennan and Williams, 1995, ibid. 34), and looks away meanwhile (Doherty-Sneddon and Phelps, 2005, Memory
and Cognition 33). Each of these has other causes too, so one alone is nothing. After a question about a medicine it is
a reason to ask once more (`conversations.mind`); it is never a finding, and it is kept nowhere.
"""

import re
from dataclasses import dataclass, replace

from conversations.live.signs import Usual

LONG_S = 2.0  # shorter is nobody's hesitation: 0.2 s is usual in conversation (Stivers et al., 2009)
LONG_UNKNOWN_S = 4.0  # before this patient's usual is known
LEARNING = 3  # answers before there is a usual
PAUSE_S = 1.5  # silence within an answer
STANDS_OUT = 0.3  # of a sign
FILLERS = re.compile(
    r"\b(?:u+h+|u+m+|e+r+m?|h+m+|let me (?:think|see)|what was it|i(?:'m| am) not (?:really )?sure|i guess|i think|"
    r"maybe|i don't (?:really )?(?:know|remember))\b"
)
MANY_FILLERS = 2
FEW_WORDS = 6  # in an answer this short one filler is many


@dataclass(frozen=True, slots=True)
class Answering:
    """How an answer came. `late` in spreads from usual, None while there is none; `halting` and `away` are signs."""

    latency_s: float = 0.0
    late: float | None = None
    longest_pause_s: float = 0.0
    halting: float = 0.0
    away: float = 0.0


def hesitated(answer: Answering, words: str) -> bool:
    """Two signs together, of which the face is at most one."""
    voice = (_is_late(answer), _is_broken(answer), _is_filled(words))
    return sum(voice) + (any(voice) and answer.away >= STANDS_OUT) >= 2


def _is_late(answer: Answering) -> bool:
    if answer.late is None:
        return answer.latency_s >= LONG_UNKNOWN_S
    return answer.latency_s >= LONG_S and answer.late >= 2


def _is_broken(answer: Answering) -> bool:
    return answer.halting >= STANDS_OUT or answer.longest_pause_s >= PAUSE_S


def _is_filled(words: str) -> bool:
    text = words.casefold().replace("’", "'")
    count = len(FILLERS.findall(text))
    return count >= MANY_FILLERS or (count > 0 and len(text.split()) <= FEW_WORDS)


class Hesitation:
    """Follows questions and answers through a call."""

    def __init__(self) -> None:
        self._usual = Usual(least=0.4)
        self._asked_s: float | None = None
        self._stopped_s: float | None = None
        self._answer = Answering()

    def asked(self, at_s: float) -> None:
        """Our own words ended; what came before is the usual from now on."""
        if self._stopped_s is not None and self._answer.latency_s > 0:
            self._usual = self._usual.after(self._answer.latency_s)
        self._asked_s, self._stopped_s, self._answer = at_s, None, Answering()

    def began(self, at_s: float) -> None:
        """The patient begins to speak, or goes on after a pause."""
        if self._stopped_s is not None:
            pause_s = max(self._answer.longest_pause_s, at_s - self._stopped_s)
            self._answer = replace(self._answer, longest_pause_s=pause_s)
        elif self._asked_s is not None and at_s > self._asked_s:
            latency_s = at_s - self._asked_s
            known = self._usual.count >= LEARNING
            late = self._usual.stands_out([latency_s]) if known else None
            self._answer = Answering(latency_s, late)

    def stopped(self, at_s: float, *, halting: float, away: float) -> None:
        """The patient's sound ended; with the signs "hesitating" and "looking away" of this stretch."""
        self._stopped_s = at_s
        self._answer = replace(
            self._answer, halting=max(self._answer.halting, halting), away=max(self._answer.away, away)
        )

    def in_answer(self, words: str) -> bool:
        """Whether what was said since `asked`, in these words, came hesitantly."""
        return hesitated(self._answer, words)
