"""Who says what in a step: whole rounds of the lines, shared among the patients. Pure.

How long an answer is waited for depends on the line more than on the load, so steps can be compared only if each line
was said equally often (docs/decisions/0099).
"""

import math
from collections import deque
from collections.abc import Iterator, Sequence

from conversations.load.speech import Line


class Rounds:
    """As many rounds as give each of so many `patients` at least `turns` lines to say."""

    def __init__(self, lines: Sequence[Line], patients: int, turns: int) -> None:
        voices = sorted({line.voice for line in lines})
        rounds = math.ceil(patients * turns / len(lines))
        self.count = rounds * len(lines)
        self._lines, self._voices = lines, voices
        self._left = {
            voice: deque(_from(number / len(voices), [line for line in lines if line.voice == voice]) * rounds)
            for number, voice in enumerate(voices)
        }

    def script(self, patient: int) -> Iterator[tuple[Line, bool]]:
        """The lines of one patient, and whether the answer counts. It never ends: who is done keeps others company.

        The first does not count. A patient keeps to one voice while lines are left for it.
        """
        voice = self._voices[patient % len(self._voices)]
        idle = [line for line in self._lines if line.voice == voice]
        turn = patient
        yield idle[turn % len(idle)], False
        while (line := self._next(voice)) is not None:
            yield line, True
        while True:
            turn += 1
            yield idle[turn % len(idle)], False

    def _next(self, voice: str) -> Line | None:
        left = self._left[voice] or max(self._left.values(), key=len)
        return left.popleft() if left else None


def _from(share: float, lines: Sequence[Line]) -> list[Line]:
    """The same lines, begun elsewhere: voices shall not say the same at the same time."""
    at = int(share * len(lines))
    return [*lines[at:], *lines[:at]]
