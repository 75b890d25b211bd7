"""Whether the machine itself stood still while something was timed.

On a virtual machine the host may give the processors to somebody else. A limit that was missed then says nothing of
the product, so what is marked `alone` is timed again: see tests/conftest.py. Load of our own making is no excuse.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

ENOUGH_S = 0.3  # of one processor
ENOUGH = 0.03  # of all of them


@dataclass
class Stolen:
    """Seconds of processor that the host kept, since `begin`: "steal" in proc(5), /proc/stat."""

    since_s: float = 0.0
    before_s: float = 0.0

    def begin(self) -> None:
        self.since_s, self.before_s = time.monotonic(), steal_s()

    def much(self) -> bool:
        stolen_s = steal_s() - self.before_s
        offered_s = (time.monotonic() - self.since_s) * (os.cpu_count() or 1)
        return is_much(stolen_s, offered_s)


def is_much(stolen_s: float, offered_s: float) -> bool:
    return stolen_s > ENOUGH_S and stolen_s > ENOUGH * offered_s


def steal_s(stat: Path = Path("/proc/stat")) -> float:
    """Since the machine started; 0 where the kernel does not say."""
    try:
        fields = stat.read_text().splitlines()[0].split()
    except OSError:
        return 0.0
    return int(fields[8]) / os.sysconf("SC_CLK_TCK") if len(fields) > 8 else 0.0
