"""Pauses that SIGTERM and SIGINT cut short, for commands that run until they are stopped."""

import queue
import signal


class Stopping:
    """Made on the main thread. A `threading.Event`, set in a handler while it is waited for, would deadlock."""

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[None] = queue.SimpleQueue()  # its put() may be called from a handler
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._asked.put(None))

    def within(self, seconds: float) -> bool:
        """Rest this long; True, at once, if asked to stop."""
        try:
            self._asked.get(timeout=seconds)
        except queue.Empty:
            return False
        return True
