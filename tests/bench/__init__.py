"""What `make bench` measures. Each `bench_<name>.py` beside this file has `measure() -> Iterable[Figure]`."""

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
