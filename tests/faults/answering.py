"""Clinicians who answer what their queue shows, as `tests.faults.escalations` needs them in a long run.

Nobody leaves ten thousand open. What has been on the page for a while, and has been paged, is
resolved by name; attempts that a fault cut short are repeated.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping

from tests.stack import ROOT

AFTER_S = 5.0  # on the page
EVERY_S = 1.0
MOST = 60  # at once
_LOOP = """
import json, sys
import django
django.setup()
from clinic import escalations
from clinic.errors import EscalationClosed
from clinic.models import Escalation, User
from compliance import audit
from compliance.errors import AuditUnavailable, KeyServiceUnavailable
from django.db import Error, connections
osei = None
for line in sys.stdin:
    answered = []
    try:
        osei = osei or User.objects.get(username="osei")
        for one in Escalation.objects.filter(pk__in=json.loads(line), attempts__isnull=False).distinct():
            with audit.acting_as(audit.Actor(f"user:{osei.pk}")):
                try:
                    escalations.resolve(one, osei, outcome="advised", note="")
                except EscalationClosed:
                    pass
            answered.append(str(one.pk))
    except (Error, AuditUnavailable, KeyServiceUnavailable):
        connections.close_all()
    print(json.dumps(answered), flush=True)
"""


class Answering:
    """A thread, and a process with the stack's settings: `first_seen` (escalation → Unix time) grows meanwhile."""

    def __init__(self, settings: Mapping[str, str], first_seen: Mapping[str, float]) -> None:
        self.answered: set[str] = set()
        self.broke = ""  # why nobody answers any longer, though they should
        self._settings, self._first_seen = settings, first_seen
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        command = [sys.executable, "-c", _LOOP]
        with subprocess.Popen(
            command, cwd=ROOT, env=dict(self._settings), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin and process.stdout
            while not self._over.wait(EVERY_S):
                process.stdin.write(json.dumps(self._due()) + "\n")
                process.stdin.flush()
                answer = process.stdout.readline()
                if not answer:
                    self.broke = "the process that answers has ended"
                    return
                self.answered.update(json.loads(answer))
            process.stdin.close()

    def _due(self) -> list[str]:
        shown = list(self._first_seen.items())  # in the order in which they came
        long_ago = (key for key, at in shown if key not in self.answered and time.time() - at > AFTER_S)
        return [key for key, _ in zip(long_ago, range(MOST), strict=False)]
