"""`manage.py soak --minutes 59`: one long call, and whether anything grows in it."""

import asyncio
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from conversations.database import in_database
from conversations.load import soak
from conversations.load.guests import invited
from conversations.models import Session
from conversations.synthetic_patient import NotLetIn

LONGEST_MIN = 59.0  # a call ends after an hour


class Command(BaseCommand):
    help = "Hold one long call with a synthetic patient, and print how memory, delay and lip-sync change over it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--minutes", type=float, default=10.0, help="at most 59")
        parser.add_argument("--url", default=settings.BASE_URL, help="of the deployment, on this machine")
        parser.add_argument("--invitations", type=Path, help="a file with a `LINK BORN` line; in demo mode one is made")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        minutes = options["minutes"]
        if not 0 < minutes <= LONGEST_MIN:
            raise CommandError(f"Write --minutes as a number up to {LONGEST_MIN:.0f}: a call ends after an hour.")
        [guest] = invited(options["invitations"], 1)
        try:
            seen = asyncio.run(soak.soak(options["url"], guest, minutes, _process_of, options["seed"]))
        except NotLetIn as problem:
            raise CommandError(f"The call did not come about: {problem}.") from problem
        self.stdout.write(seen.report())


def _process_of(session_id: str) -> int:
    def find() -> int:
        return int(Session.objects.get(pk=session_id).process_id or 0)

    return in_database(find)
