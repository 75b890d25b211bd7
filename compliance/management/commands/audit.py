"""`manage.py audit`: verify the audit trail, show its head, prove one entry.

Exit code 1 if anything is not as it was.
"""

import base64
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance import signing, stored_tree, trail_check
from compliance.errors import NoteBroken
from compliance.models import AuditLeaf


class Command(BaseCommand):
    help = "Verify the audit trail and show its proofs."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        verify = verbs.add_parser("verify", help="derive every entry again and compare it with the signed heads")
        verify.add_argument("--witness", type=Path, help="what a witness remembers (its seen.json)")
        verify.add_argument("--public-key", default="", help="the log's public key, if not beside the signing key")
        verify.add_argument("--record", action="store_true", help="record the outcome in the trail")
        verbs.add_parser("head", help="print the latest signed head with its cosignatures")
        prove = verbs.add_parser("prove", help="print the proof that an event is in the signed tree")
        prove.add_argument("event", type=int)

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        getattr(self, f"_{verb}")(**options)

    def _verify(self, witness: Path | None, public_key: str, record: bool, **_options: Any) -> None:
        began = time.perf_counter()
        try:
            report = trail_check.check_and_record() if record else trail_check.check("default", witness, public_key)
        except FileNotFoundError as problem:
            raise CommandError(f"{problem.filename} is needed to verify; give --public-key instead.") from None
        except NoteBroken as problem:
            raise CommandError(str(problem)) from None
        took_s = time.perf_counter() - began
        rate = round(report.entries / took_s) if took_s else 0
        self.stdout.write(f"{report.entries} entries under {report.heads} signed heads in {took_s:.1f} s ({rate}/s)")
        for finding in report.findings[:20]:
            self.stdout.write(f"✗ {finding}")
        if not report.ok:
            raise CommandError(f"The audit trail was changed. First bad: {report.first}")
        self.stdout.write("✓ Every entry is what was sealed.")

    def _head(self, **_options: Any) -> None:
        head = stored_tree.latest_head()
        if head is None:
            raise CommandError("Nothing is sealed yet. Is `manage.py seal` running?")
        lines = head.cosignatures.order_by("id").values_list("line", flat=True)
        self.stdout.write(head.note + "".join(lines), ending="")

    def _prove(self, event: int, **_options: Any) -> None:
        leaf, head = AuditLeaf.objects.filter(event_id=event).first(), stored_tree.latest_head()
        if leaf is None or head is None:
            raise CommandError(f"Event {event} is not sealed. Is `manage.py seal` running?")
        self.stdout.write(f"leaf {leaf.index} {base64.b64encode(bytes(leaf.hash)).decode()}")
        for step in stored_tree.proof_of(leaf, head):
            self.stdout.write(base64.b64encode(step).decode())
        self.stdout.write(f"\n{head.note}\n{signing.log_verifier()}")
