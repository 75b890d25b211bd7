"""`manage.py simulate_rollout`: whether the gates roll back bad releases, and leave good ones alone."""

import statistics
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand

from conversations.releases import simulation
from conversations.releases.simulation import Outcome, Release


class Command(BaseCommand):
    help = "Try the release gates on simulated rollouts: healthy ones and three kinds of harm."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--healthy", type=int, default=1000, help="healthy rollouts to simulate")
        parser.add_argument("--harmful", type=int, default=100, help="rollouts of each kind of harm")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, healthy: int, harmful: int, seed: int, **options: Any) -> None:
        self._tell(simulation.HEALTHY, [simulation.rollout(simulation.HEALTHY, seed + n) for n in range(healthy)])
        for release in simulation.HARMFUL:
            self._tell(release, [simulation.rollout(release, seed + n) for n in range(harmful)])

    def _tell(self, release: Release, outcomes: Iterable[Outcome]) -> None:
        found = list(outcomes)
        stopped = [outcome.calls for outcome in found if outcome.measure]
        when = f", after {statistics.median(stopped):.0f} of its calls (median)" if stopped else ""
        self.stdout.write(f"{release.name}: {len(stopped)} of {len(found)} rolled back{when}")
