"""Whom synthetic patients come in as: invitations from a file, or made on the spot in demo mode."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from conversations.load.driver import Guest


def invited(path: Path | None, count: int) -> list[Guest]:
    """Each call takes a patient of its own. Raises `CommandError`."""
    if path is None:
        if not settings.DEMO:
            raise CommandError("Outside demo mode, give --invitations: a file with a link and a date of birth a line.")
        from conversations import demo

        return [Guest(demo.newcomer("Load", papers=False), demo.MARIA_BORN.isoformat()) for _ in range(count)]
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()]
    if len(lines) < count or any(len(line) != 2 for line in lines):
        raise CommandError(f"{path} needs {count} lines, each with a link and a date of birth (1958-03-02).")
    return [Guest(*line) for line in lines]
