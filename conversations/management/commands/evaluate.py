"""`manage.py evaluate KIND PATH…`: scores the software on cases that anyone can bring."""

import json
import pkgutil
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from conversations import evaluation
from conversations.evaluation import BadCases


def kinds() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(evaluation.__path__) if not module.ispkg)


class Command(BaseCommand):
    help = "Score the software on cases of your own. Formats: docs/evaluation.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=kinds())
        parser.add_argument("path", nargs="+", type=Path)
        parser.add_argument("--out", type=Path, help="also write the figures to this file")

    def handle(self, *args: Any, kind: str, path: list[Path], out: Path | None, **options: Any) -> None:
        missing = [str(one) for one in path if not one.exists()]
        if missing:
            raise CommandError(f"There is no file {', '.join(missing)}.")
        try:
            report = import_module(f"conversations.evaluation.{kind}").evaluate(path)
        except BadCases as problem:
            raise CommandError(str(problem)) from problem
        figures = json.dumps(report.figures)
        self.stdout.write(report.table)
        self.stdout.write(figures)
        if out:
            out.write_text(figures + "\n")
