"""What `manage.py up` shows: one coloured line a program, and plain sentences."""

import os
import sys
import time

_NAMES = ("web", "worker", "beat", "postgres", "keys", "callhost", "redis", "sealer", "witness", "prepare")
_COLOURS = {name: 32 + number % 6 for number, name in enumerate(_NAMES)}
_WIDTH = max(map(len, _COLOURS))


class Terminal:
    def __init__(self, *, verbose: bool = False) -> None:
        self.verbose = verbose
        self._colour = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._began = time.monotonic()

    def line(self, name: str, text: str) -> None:
        self.say(f"{self._painted(name)} │ {text}")

    def ready(self, name: str) -> None:
        self.line(name, f"ready after {time.monotonic() - self._began:.1f} s")

    def trouble(self, name: str, text: str) -> None:
        self.line(name, f"{name} {text}")

    def say(self, text: str = "") -> None:
        try:
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
        except OSError:  # the terminal is gone; the programs must still be stopped
            return

    def _painted(self, name: str) -> str:
        padded = name.ljust(_WIDTH)
        colour = _COLOURS.get(name.partition("-")[0], 37)
        return f"\x1b[{colour}m{padded}\x1b[0m" if self._colour else padded
