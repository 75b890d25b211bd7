"""Disks that die in the middle of it: power that goes away under the database, and a disk without room for anything.

File systems of their own take root: without it these tests are skipped, and `make faults` says "not tried".
"""

import os
import random
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from clinic import servers
from clinic.embedded import OWNER_ROLE, postgres_data
from tests.bench.bench_queue import _sessions
from tests.browser.ward import ward
from tests.faults import disks
from tests.stack import Stack, started

SEED = int(os.environ.get("FAULT_SEED", "7"))
pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif("FAULTS" not in os.environ, reason="make faults"),
    pytest.mark.skipif("FAULTS" in os.environ and not disks.allowed(), reason="mounting takes root"),
]


@dataclass
class Writers:
    """Several connections that commit numbers as quickly as they can, and remember which were acknowledged."""

    folder: Path
    enough: int  # `reached` is set once so many were
    acknowledged: list[int] = field(default_factory=list)
    unsure: list[int] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)

    def work(self, first: int) -> None:
        number = first
        with psycopg.connect(_at(self.folder), autocommit=True) as connection:
            try:
                while True:
                    connection.execute("INSERT INTO promises VALUES (%s)", [number])
                    self.acknowledged.append(number)
                    number += 1
                    if len(self.acknowledged) >= self.enough:
                        self.reached.set()
            except psycopg.Error:
                self.unsure.append(number)


@pytest.mark.parametrize("seed", range(SEED, SEED + 3))
def test_what_was_acknowledged_outlives_a_loss_of_power(seed: int):
    writers, kept = after_a_loss_of_power(seed, durable=True)
    assert len(writers.acknowledged) > 100
    assert set(writers.acknowledged) <= kept
    assert kept <= {*writers.acknowledged, *writers.unsure}


def test_power_is_really_lost():
    """The same without fsync: were nothing missing then, the test above would prove nothing."""
    writers, kept = after_a_loss_of_power(SEED, durable=False)
    assert not set(writers.acknowledged) <= kept


def after_a_loss_of_power(seed: int, *, durable: bool) -> tuple[Writers, set[int]]:
    """Who wrote what until the power was gone, and what is there once it is back."""
    with servers.scratch_folder() as folder, disks.ext4(folder) as disk:
        data = postgres_data(disk.at)
        with servers.running_postgres(disk.at, durable=durable):
            with psycopg.connect(_at(data), autocommit=True) as connection:
                connection.execute("CREATE TABLE promises (number bigint PRIMARY KEY)")
                connection.execute("CHECKPOINT")
            os.sync()
            writers = Writers(data, random.Random(seed).randint(200, 2000))
            threads = [threading.Thread(target=writers.work, args=(n * 1_000_000,)) for n in range(4)]
            for thread in threads:
                thread.start()
            assert writers.reached.wait(120)
            disk.lose_power()
            for thread in threads:
                thread.join()
        disk.unmount()
        disk.mount()
        if not durable and not _starts(disk.at):
            return writers, set()
        with servers.running_postgres(disk.at), psycopg.connect(_at(data)) as connection:
            return writers, {number for (number,) in connection.execute("SELECT number FROM promises")}


ROOM_MIB = 700
TRIES = 3000  # escalations, until one finds no room
BACK_S = 90.0
_KEPT = """
from clinic.models import Escalation, OutboxEntry
from compliance.models import AuditEvent
raised = Escalation.objects.filter(rule="fault.test")
told = AuditEvent.objects.filter(action="escalation.raised", detail__rule="fault.test")
announced = OutboxEntry.objects.filter(topic="escalation.raised", payload__rule="fault.test")
print(told.count(), announced.count(), *raised.values_list("pk", flat=True))
"""


def test_on_a_full_disk_all_is_refused_and_all_goes_on_once_there_is_room():
    """The database, the patients' keys, sealed files, logs and Redis share one small disk."""
    with servers.scratch_folder() as folder, disks.small(folder, ROOM_MIB) as disk, started(folder) as stack:
        osei = _sessions(stack, 1)[0]
        with ward(stack) as raise_escalation:
            said = [raise_escalation(rule="fault.test")]
            disk.fill()
            while "id" in said[-1]:
                assert len(said) < TRIES, "there is room on a full disk"
                said.append(raise_escalation(rule="fault.test"))
            assert {status(stack, path, osei) for path in ("/queue/", "/patients/")} <= {
                200,
                503,
            }  # written down, or refused
            disk.empty()
            began_s = time.monotonic()
            while "error" in said[-1] or status(stack, "/queue/", osei) != 200:
                assert time.monotonic() - began_s < BACK_S, "there is room, and still nothing is taken"
                said.append(raise_escalation(rule="fault.test"))
        told, announced, *kept = stack.shell(_KEPT).split()
    assert sorted(kept) == sorted(one["id"] for one in said if "id" in one)
    assert int(told) == int(announced) == len(kept)


def status(stack: Stack, path: str, session_key: str) -> int:
    """Of a page, asked for by whoever is signed in with `session_key`."""
    request = urllib.request.Request(stack.url + path, headers={"Cookie": f"sessionid={session_key}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return int(response.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def _starts(data: Path) -> bool:
    try:
        with servers.running_postgres(data):
            return True
    except servers.EmbeddedFailure:
        return False


def _at(folder: Path) -> str:
    return f"host={folder} user={OWNER_ROLE} dbname=postgres"
