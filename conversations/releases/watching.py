"""Looks at the release that is being rolled out, and takes it back when it makes something worse.

Celery beat calls `watch` every fifteen seconds: a verdict is acted on in well under a minute.
"""

import logging
from collections.abc import Mapping
from typing import Any

from conversations.errors import ReleaseRefused
from conversations.models import Rollout
from conversations.releases import assignment, book, gates, measured
from conversations.releases.gates import Gates, Limits, Reading

logger = logging.getLogger(__name__)


def watch() -> bool:
    """Whether a release was rolled back."""
    rollout = assignment.running()
    verdict = judged(rollout).verdict() if rollout else None
    if rollout is None or verdict is None:
        return False
    try:
        book.roll_back(rollout, verdict.measure, _figures(verdict))
    except ReleaseRefused:  # somebody else was quicker
        return False
    logger.warning("release %s was rolled back: %s", rollout.release.number, verdict.measure)
    return True


def judged(rollout: Rollout) -> Gates:
    """All that the calls of this rollout say until now."""
    return gates.read(limits_of(rollout), measured.during(rollout))


def limits_of(rollout: Rollout) -> Limits:
    return Limits(**rollout.limits)


def _figures(verdict: Reading) -> Mapping[str, Any]:
    sides = zip(("candidate", "control"), (verdict.candidate, verdict.control), strict=True)
    counts = {f"{name}_{what}": n for name, side in sides for what, n in zip(("bad", "calls"), side, strict=True)}
    return {**counts, "evidence": round(verdict.evidence, 1)}
