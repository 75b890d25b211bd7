"""`manage.py export_fhir PATIENT --by USERNAME > file`: one patient's record for another system."""

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic import care
from clinic.models import User
from compliance import audit
from conversations.exchange.fhir import export


class Command(BaseCommand):
    help = "Write everything that a member of staff may see of a patient as a FHIR bundle."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("patient", metavar="PATIENT", help="the patient's id")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who exports it, and whose rights count")

    def handle(self, *args: Any, **options: Any) -> None:
        by = User.objects.filter(username=options["by"], is_active=True).first()
        patient = care.patients_of(by).filter(pk=options["patient"]).first() if by else None
        if by is None or patient is None:
            raise CommandError("There is no such patient, or they are not this person's to see.")
        with audit.acting_as(audit.Actor(f"user:{by.pk}", "export_fhir")):
            self.stdout.write(json.dumps(export.bundle(patient, by), ensure_ascii=False))
