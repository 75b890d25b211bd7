"""Rotating the key-encryption key while patients' keys are read all the time.

KEYS (default 100,000) says how many patients there are.
"""

import os
import random
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID, uuid4

from tests.bench import Figure
from tests.bench.database import aftercare

KEYS = int(os.environ.get("KEYS", "100000"))
READERS, PAUSE_S = 4, 0.04  # about 100 reads a second between them


def measure() -> Iterable[Figure]:
    with tempfile.TemporaryDirectory(prefix="keys") as folder, aftercare(Path(folder)):
        patients = _fill()
        yield from _rotating(patients)


def _fill() -> list[UUID]:
    from django.db import connections

    from compliance import keyring
    from compliance.key_providers import provider

    patients = [uuid4() for _ in range(KEYS)]
    with connections["keys"].cursor() as cursor:
        columns = "patient_id, version, wrapped, key_encryption_key, made_at"
        with cursor.copy(f"COPY compliance_patientkey ({columns}) FROM STDIN") as copy:
            for one in patients:
                made = provider().wrap(os.urandom(32), keyring._context(one, 1))
                copy.write_row((one, 1, made.secret, made.under, "2026-11-22T00:00:00Z"))
    return patients


def _rotating(patients: list[UUID]) -> Iterable[Figure]:
    from django.core.management import call_command

    from compliance import keyring
    from compliance.key_providers import provider
    from compliance.models import PatientKey

    some = random.sample(patients, 200)
    expected = {one: keyring.key_for(one) for one in some}
    stop = threading.Event()
    took: list[float] = []
    failures: list[str] = []
    readers = [threading.Thread(target=_read, args=(expected, stop, took, failures)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    began, load = time.perf_counter(), os.getloadavg()[0]
    call_command("rotate_keys", "--new", verbosity=0)
    lasted = time.perf_counter() - began
    stop.set()
    for reader in readers:
        reader.join()
    call_command("rotate_keys", "--forget-old", verbosity=0)
    keyring.forget_cached()
    left = PatientKey.objects.exclude(key_encryption_key=provider().current()).count()
    unreadable = sum(keyring.key_for(one) != key for one, key in expected.items())
    took.sort()
    yield Figure("rotation", lasted, "s", "<= 60", f"{KEYS} keys, load {load:.1f}")
    yield Figure(
        "reads meanwhile", len(took) / lasted, "reads/s", "", f"p99 {took[int(len(took) * 0.99)] * 1000:.0f} ms"
    )
    yield Figure("reads that failed", len(failures), "reads", "<= 0")
    yield Figure("keys under the old one afterwards", left, "keys", "<= 0")
    yield Figure("keys that changed", unreadable, "keys", "<= 0", "of 200, after the old one was forgotten")


def _read(expected: dict[UUID, object], stop: threading.Event, took: list[float], failures: list[str]) -> None:
    from django.db import connections

    from compliance import keyring

    chance = random.Random()
    known = list(expected)
    while not stop.wait(PAUSE_S):
        one = chance.choice(known)
        keyring.forget_cached()
        began = time.perf_counter()
        try:
            if keyring.key_for(one) != expected[one]:
                failures.append("another key")
        except Exception as problem:
            failures.append(type(problem).__name__)
        took.append(time.perf_counter() - began)
    connections.close_all()
