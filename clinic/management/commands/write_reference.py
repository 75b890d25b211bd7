"""`manage.py write_reference`: docs/reference from the code. `make docs` runs it."""

from typing import Any

from django.core.management.base import BaseCommand

from clinic import reference


class Command(BaseCommand):
    help = "Write the reference pages of the documentation from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        reference.FOLDER.mkdir(parents=True, exist_ok=True)
        for name, text in reference.pages().items():
            (reference.FOLDER / name).write_text(text)
            self.stdout.write(f"· docs/reference/{name}")
