"""How far two reviewers agree beyond chance: Cohen's kappa (Educ. Psychol. Meas. 20, 1960). Pure."""

from collections.abc import Sequence


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """1 for full agreement, 0 for what chance alone would give. None where chance alone would always agree."""
    if not pairs:
        return None
    count = len(pairs)
    observed = sum(first == second for first, second in pairs) / count
    first_yes, second_yes = (sum(pair[side] for pair in pairs) / count for side in (0, 1))
    expected = first_yes * second_yes + (1 - first_yes) * (1 - second_yes)
    return None if expected == 1.0 else (observed - expected) / (1 - expected)


def in_words(value: float) -> str:
    """A code for the pages, after Landis and Koch (1977)."""
    steps = ((0.8, "almost_perfect"), (0.6, "substantial"), (0.4, "moderate"), (0.2, "fair"))
    return next((word for least, word in steps if value > least), "slight")
