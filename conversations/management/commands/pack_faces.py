"""Packs the people of `conversations/drawing` for browsers that draw the face themselves; run it after repainting."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from conversations.drawing import pack
from conversations.drawing.people import PEOPLE


class Command(BaseCommand):
    help = "Write what a browser needs to draw each person by itself."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--out", type=Path, default=pack.FOLDER, metavar="DIR", help="where to write")

    def handle(self, **options: Any) -> None:
        for who in PEOPLE.values():
            pack.write(who, options["out"])
        self.stdout.write(f"{len(PEOPLE)} people packed into {options['out']}.")
