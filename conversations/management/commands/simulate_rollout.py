"""`manage.py simulate_rollout`: whether the gates roll back bad releases, and leave good ones alone.

Fails if one harm was missed, or if more than one of a hundred healthy rollouts was taken back.
"""

import statistics
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from conversations.releases import simulation
from conversations.releases.simulation import Release

FALSE_SHARE = 0.01  # of healthy rollouts that may be rolled back: docs/decisions/0080
TELL_EVERY = 100


class Command(BaseCommand):
    help = "Try the release gates on simulated rollouts: healthy ones and three kinds of harm."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--healthy", type=int, default=1000, help="healthy rollouts to simulate")
        parser.add_argument("--harmful", type=int, default=100, help="rollouts of each kind of harm")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, healthy: int, harmful: int, seed: int, **options: Any) -> None:
        wrong = self._stopped(simulation.HEALTHY, range(seed, seed + healthy))
        missed = [
            release.name
            for release in simulation.HARMFUL
            if self._stopped(release, range(seed, seed + harmful)) < harmful
        ]
        if wrong > FALSE_SHARE * healthy:
            raise CommandError(f"More than {FALSE_SHARE:.0%} of the healthy rollouts were rolled back.")
        if missed:
            raise CommandError(f"Not always rolled back: {', '.join(missed)}.")

    def _stopped(self, release: Release, seeds: Sequence[int]) -> int:
        """How many rollouts of `release` were rolled back; told as it goes."""
        calls: list[int] = []
        for done, seed in enumerate(seeds, 1):
            outcome = simulation.rollout(release, seed)
            if outcome.measure:
                calls.append(outcome.calls)
            if done % TELL_EVERY == 0 and done < len(seeds):
                self.stderr.write(f"· {release.name}: {done} of {len(seeds)}, {len(calls)} rolled back")
        when = f", after {statistics.median(calls):.0f} of its calls (median)" if calls else ""
        self.stdout.write(f"{release.name}: {len(calls)} of {len(seeds)} rolled back{when}")
        return len(calls)
