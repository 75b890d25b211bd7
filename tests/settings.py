"""The product's settings, on a data folder that belongs to this test run."""

import fcntl
import os
from pathlib import Path
from typing import IO

_VAR = Path(__file__).resolve().parent.parent / "var"
_locks: list[IO[str]] = []  # held until the process ends


def _own_data_folder() -> Path:
    """var/test, or var/test-2 and so on while another test run has that."""
    for number in range(1, 100):
        folder = _VAR / ("test" if number == 1 else f"test-{number}")
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".in-use").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _locks.append(lock)
        return folder
    raise RuntimeError("A hundred test runs are under way here; end some.")


os.environ["AFTERCARE_ENV_FILE"] = os.devnull  # a developer's .env must not decide what tests find
os.environ["AFTERCARE_DATA"] = str(_own_data_folder())

from clinic.settings import *  # noqa: E402, F403
from clinic.settings import STATIC_ROOT  # noqa: E402

STATIC_ROOT.mkdir(exist_ok=True)

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; nothing here is secret
