"""`manage.py load_test --calls 1,2,4,8`: synthetic patients call, and a report says how many fit."""

import asyncio
import os
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from conversations.load import driver, measured, report, speech
from conversations.load.guests import invited
from conversations.synthetic_patient import NotLetIn

SPEECH = "a folder of recorded lines, for your own language; what follows the last hyphen of a file's name is the voice"


class Command(BaseCommand):
    help = "Measure how many calls fit on this machine, with synthetic patients, and calculate what more would need."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--calls", default="1,2,4", help="how many at once, step by step: 1,2,4,8")
        parser.add_argument("--turns", type=int, default=8, help="that each patient takes at least, in each step")
        parser.add_argument("--speech", type=Path, default=speech.RECORDINGS, help=SPEECH)
        parser.add_argument("--url", default=settings.BASE_URL, help="of the deployment")
        parser.add_argument("--invitations", type=Path, help="a file of `LINK BORN` lines; in demo mode they are made")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--out", type=Path, help="also keep the points in this file, as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            steps = [int(part) for part in options["calls"].split(",")]
        except ValueError:
            raise CommandError("Write --calls as numbers with commas between them: 1,2,4.") from None
        try:
            lines = speech.lines(options["speech"])
        except ValueError as problem:
            raise CommandError(f"{problem}.") from None
        guests = invited(options["invitations"], sum(steps))
        self.stderr.write("· no calls")
        points = [asyncio.run(driver.idle())]
        for number, calls in enumerate(steps):
            group, guests = guests[:calls], guests[calls:]
            self.stderr.write(f"· {calls} calls")
            seed = options["seed"] + number
            work = driver.step(options["url"], group, lines, options["turns"], settings.CALL_VIDEO_FPS, seed)
            try:
                points.append(asyncio.run(work))
            except (NotLetIn, ValueError) as problem:
                self.stderr.write(f"· stopped at {calls} calls: {problem}")
                break
        if len(points) == 1:
            raise CommandError("Nothing was measured.")
        self.stdout.write(report.page(points, os.cpu_count() or 1))
        if options["out"]:
            measured.LoadTest(
                at=f"{datetime.now(UTC):%Y-%m-%d}",
                version=settings.VERSION,
                processor=measured.processor(),
                cores=os.cpu_count() or 1,
                height=settings.CALL_VIDEO_SIZE,
                fps=settings.CALL_VIDEO_FPS,
                points=tuple(points),
            ).save(options["out"])
