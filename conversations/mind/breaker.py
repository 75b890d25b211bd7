"""A circuit breaker: after repeated failures a provider is left alone for a while. Pure: time is an argument."""

from dataclasses import dataclass


@dataclass
class Breaker:
    """Closed: asked. Open: not asked. After `rest_s` one question goes through; its fate decides."""

    failures_to_open: int = 3
    rest_s: float = 30.0
    failures: int = 0
    opened_s: float | None = None

    def allows(self, now_s: float) -> bool:
        return self.opened_s is None or now_s - self.opened_s >= self.rest_s

    def succeeded(self) -> None:
        self.failures, self.opened_s = 0, None

    def failed(self, now_s: float) -> None:
        self.failures += 1
        if self.failures >= self.failures_to_open or self.opened_s is not None:
            self.opened_s = now_s
