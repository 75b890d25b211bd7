"""What the demo clinic tells the person who started it: addresses and sign-ins, kept for `manage.py up` and tests."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings


def path() -> Path:
    return Path(settings.DATA_DIR) / "run" / "demo.json"


def write(sign_ins: list[dict[str, Any]]) -> None:
    where = path()
    where.parent.mkdir(parents=True, exist_ok=True)
    where.unlink(missing_ok=True)
    where.touch(mode=0o600)
    where.write_text(json.dumps({"sign_ins": sign_ins}, indent=1))
