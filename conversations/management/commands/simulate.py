"""`manage.py simulate --calls 50 --seed 1`: simulated patients talk with the assistant, and are counted."""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from conversations.simulation import calls, report
from conversations.simulation.lives import lives


class Command(BaseCommand):
    help = "Let simulated patients talk with the assistant, in text, and report what came of it. Leaves nothing behind."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--calls", type=int, default=50)
        parser.add_argument("--seed", type=int, default=1, help="another seed, other patients")
        parser.add_argument("--life", action="append", choices=sorted(lives()), default=[], help="only these patients")
        parser.add_argument("--transcripts", type=Path, help="write what was said to this file")

    def handle(self, *args: Any, **options: Any) -> None:
        began_s = time.monotonic()
        held = list(calls.run(options["calls"], options["seed"], names=options["life"]))
        figures = {**report.figures(held), "took_s": round(time.monotonic() - began_s, 1)}
        self.stdout.write(report.table(held))
        self.stdout.write(json.dumps(figures))
        if options["transcripts"]:
            text = "\n".join(line for call in held for line in report.readable(call))
            options["transcripts"].write_text(text + "\n")
