"""Raises escalations inside a running stack, as a call would: a process with the stack's settings.

with ward(stack) as raise_escalation:
    number = raise_escalation(severity="urgent", quote="my calf is hot")
"""

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.stack import ROOT, Stack, environment

LOOP = """
import json, sys, time, uuid
import django
django.setup()
from clinic import escalations
from clinic.discharge_plan import Severity
from clinic.models import Patient
from compliance import audit
from django.db import connections
maria = next(patient for patient in Patient.objects.all() if patient.called == "Maria")
for line in sys.stdin:
    facts = json.loads(line)
    try:
        with audit.acting_as(audit.Actor("system:test")):
            raised = escalations.escalate(
                patient_id=maria.pk, session_id=uuid.UUID(facts["session"]), turn=facts["turn"], rule=facts["rule"],
                severity=Severity(facts["severity"]), quote=facts["quote"], position_ms=1000,
            )
    except Exception as problem:
        connections.close_all()
        print(json.dumps({"error": type(problem).__name__}), flush=True)
        continue
    print(json.dumps({"id": str(raised.pk), "at": time.time()}), flush=True)
"""
Raise = Callable[..., dict[str, Any]]


@contextmanager
def ward(stack: Stack) -> Iterator[Raise]:
    """Yields `raise_escalation(severity=…, quote=…, rule=…)`, which answers {"id", "at"}: committed then."""
    port = int(stack.url.rsplit(":", 1)[1])
    process = subprocess.Popen(
        [sys.executable, "-c", LOOP],
        cwd=ROOT,
        env=environment(stack.data, port, DJANGO_SETTINGS_MODULE="clinic.settings"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    session, turns = str(uuid.uuid4()), iter(range(1, 1_000_000))

    def raise_escalation(severity: str = "urgent", quote: str = "", rule: str = "plan.not_expected") -> dict[str, Any]:
        assert process.stdin and process.stdout
        facts = {"session": session, "turn": next(turns), "severity": severity, "quote": quote, "rule": rule}
        process.stdin.write(json.dumps(facts) + "\n")
        process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        return answer

    try:
        yield raise_escalation
    finally:
        if process.stdin:
            process.stdin.close()
        process.wait(10)
