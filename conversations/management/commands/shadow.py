"""`manage.py shadow 7`: release 7 answers past calls beside the one in use, and nobody hears it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from compliance import audit
from conversations.errors import ReleaseRefused
from conversations.models import Release
from conversations.releases import comparing, shadow

NOTHING = "There is nothing to answer: no call of the last fourteen days whose patient agrees to what it takes."


class Command(BaseCommand):
    help = "Let a release answer the words of sampled past calls beside the one in use, and compare. Nobody hears it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("release", type=int, help="its number")
        parser.add_argument("--calls", type=int, default=20, help="at most so many, of the last fourteen days")

    def handle(self, *args: Any, release: int, calls: int, **options: Any) -> None:
        candidate = Release.objects.filter(number=release).first()
        if candidate is None:
            raise CommandError(f"There is no release {release}. The page Releases lists them.")
        with audit.acting_as(audit.Actor("system:shadow")):
            try:
                pairs = list(shadow.answer_again(candidate, calls))
            except ReleaseRefused as problem:
                raise CommandError(str(problem)) from None
        if not pairs:
            raise CommandError(NOTHING)
        self.stdout.write(comparing.table(pairs))
