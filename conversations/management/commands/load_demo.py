"""`manage.py load_demo`: the demo clinic, once; and a fresh invitation for its patient, each time."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clinic import demo_summary
from conversations import demo


class Command(BaseCommand):
    help = "Fill the database with a small clinic to look at. Demo mode only."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo clinic has known passwords: it is for AFTERCARE_MODE=demo only.")
        demo_summary.write(demo.load())
        self.stdout.write("· the demo clinic is there")
