"""What `make bench` measures. Each `bench_<name>.py` beside this file has `measure() -> Iterable[Figure]`."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number. `target` says what it should be: "<= 700" and ">= 0.9" are judged, other words only shown."""

    name: str
    value: float
    unit: str
    target: str = ""
    note: str = ""

    def met(self) -> bool | None:
        """Whether the target is reached; None if there is nothing to judge."""
        sign, _, bound = self.target.replace("≤", "<=").replace("≥", ">=").partition(" ")
        try:
            limit = float(bound.split()[0])
        except (ValueError, IndexError):
            return None
        if sign == "<=":
            return self.value <= limit
        return self.value >= limit if sign == ">=" else None


def quantile(values: Iterable[float], share: float) -> float:
    """In whole hundredths, with values between two of them where it lies there. Raises ValueError below two values."""
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]
