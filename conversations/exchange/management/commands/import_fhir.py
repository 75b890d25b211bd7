"""`manage.py import_fhir PATH… --team NAME --by USERNAME`: records of other systems become patients here."""

import argparse
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic.models import CareTeam, Patient, User
from compliance import audit
from compliance.access import Role
from conversations.exchange.fhir.parts import Resource
from conversations.exchange.intake import records, taking
from conversations.exchange.intake.records import NotTaken, Record
from knowledge import ingestion
from knowledge.models import Document


class Command(BaseCommand):
    help = "Take in FHIR bundles (.json), bulk data (.ndjson) and C-CDA (.xml): each file, or why not."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="files, or folders of them")
        parser.add_argument("--team", required=True, help="the care team that new patients belong to")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="the administrator who takes them in")
        parser.add_argument("--patient", metavar="ID", help="whose records these are, if the files do not say")
        parser.add_argument("--discharged", type=date.fromisoformat, metavar="DATE", help="if the files do not say")
        parser.add_argument(
            "--read", action="store_true", help="read the documents now instead of leaving it to a worker"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        terms = _terms(options)
        counts = {"imported": 0, "refused": 0}
        with audit.acting_as(audit.Actor(f"user:{terms.by.pk}", "import_fhir")):
            for name, outcome, told in _results(options["paths"], terms, read=options["read"]):
                counts[outcome] += 1
                self.stdout.write(f"{outcome:8}  {name}: {told}")
        self.stdout.write(json.dumps(counts))


def _terms(options: dict[str, Any]) -> taking.Terms:
    team = CareTeam.objects.filter(name=options["team"]).first()
    by = User.objects.filter(username=options["by"], is_active=True, role=Role.ADMIN).first()
    if team is None or by is None:
        raise CommandError("--team must name a care team, and --by an administrator.")
    patient = None
    if options["patient"]:
        patient = Patient.objects.filter(pk=options["patient"], erased_at=None).first()
        if patient is None:
            raise CommandError("--patient names nobody on record.")
    return taking.Terms(team, by, options["discharged"], patient)


def _results(paths: list[Path], terms: taking.Terms, *, read: bool) -> Iterator[tuple[str, str, str]]:
    """Name, outcome and what to tell, a record each. Files of bulk data belong together."""
    for name, found in _records(paths):
        if isinstance(found, NotTaken):
            yield name, "refused", str(found)
            continue
        try:
            taken = taking.take(found, terms)
            states = [_read(one) for one in taken.documents] if read else ["waiting to be read"] * len(taken.documents)
        except NotTaken as why:
            yield name, "refused", str(why)
            continue
        refused = [state for state in states if state.startswith("not readable")]
        told = f"{'new' if taken.enrolled else 'known'} patient {taken.patient_id}, {found.resources} resources"
        yield (
            name,
            "refused" if refused and not found.plan else "imported",
            "; ".join([told, *states, *_left_out(found)]),
        )


def _records(paths: list[Path]) -> Iterator[tuple[str, Record | NotTaken]]:
    bulk: list[Resource] = []
    for path in _files(paths):
        try:
            if path.suffix.lower() == ".ndjson":
                bulk += records.lines(path.read_bytes())
                continue
            for one in records.read(path.name, path.read_bytes()):
                yield path.name, one
        except NotTaken as why:
            yield path.name, why
    if bulk:
        for one in records.grouped(bulk):
            yield "bulk data", one


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            raise CommandError(f"{path} does not exist.")
        yield from sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _read(document_id: Any) -> str:
    ingestion.ingest(document_id)
    document = Document.objects.get(pk=document_id)
    if document.state == Document.State.REFUSED:
        return f"not readable: {document.refusal_sentence}"
    return f"{document.pages} pages, {document.get_state_display().lower()}"


def _left_out(record: Record) -> list[str]:
    """Events that happened elsewhere are not written into this clinic's ledgers."""
    return (
        [f"left where it was: {', '.join(f'{n} {type_}' for type_, n in record.left_out.items())}"]
        if record.left_out
        else []
    )
