"""`manage.py callhost`: runs calls, one process each."""

import asyncio
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from conversations.callhost import CallHost


class Command(BaseCommand):
    help = "Run calls, one process each. SIGTERM drains, SIGINT stops at once."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--capacity", type=int, default=settings.CALL_HOST_CAPACITY, help="calls at a time")
        parser.add_argument("--name", default="", help="how this host is known; by default its name and process id")

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(CallHost(capacity=options["capacity"], name=options["name"]).run())
