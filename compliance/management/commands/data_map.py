"""`manage.py data_map`: the record of processing activities (GDPR Art. 30), from the descriptions of the tables."""

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from compliance import data_map
from compliance.consent_texts import CURRENT, FALLBACK, PUBLISHED
from compliance.data_map import About, Description
from compliance.fields import SealedField

MEASURES = (
    "Fields marked *sealed* are encrypted with AES-256-GCM under a key per patient, bound to table, column and row; "
    "the wrapped keys lie in a database of their own. Every access is in an append-only, signed trail. Staff sign "
    "in with two factors; clinicians see their care teams' patients only, others behind broken glass."
)


class Command(BaseCommand):
    help = "Print the record of processing activities (GDPR Art. 30) as Markdown."

    def handle(self, *args: Any, **options: Any) -> None:
        for line in [*self._head(), *self._tables(), *self._consents()]:
            self.stdout.write(line)

    def _head(self) -> list[str]:
        return [
            "# Record of processing activities (GDPR Art. 30)",
            "",
            "Made from the code by `manage.py data_map`. Add who you are, and your data protection officer.",
            "",
            f"**Recipients of patient data:** {_recipients()}; people whom the patient names.",
            "",
            f"**Security (Art. 32):** {MEASURES}",
            "",
        ]

    def _tables(self) -> list[str]:
        by_subject: dict[About, list[Description]] = defaultdict(list)
        for table in data_map.descriptions().values():
            by_subject[table.about].append(table)
        lines = []
        for about in About:
            lines += [f"## Data about {about.value}", "", "| table | purpose | data | kept |", "|---|---|---|---|"]
            lines += [_row(table) for table in sorted(by_subject[about], key=lambda one: one.label)]
            lines.append("")
        return lines

    def _consents(self) -> list[str]:
        lines = [f"## Consent asked for (texts of {CURRENT})", ""]
        return lines + [f"- {purpose.label}: “{text}”" for purpose, text in PUBLISHED[CURRENT][FALLBACK].items()]


def _row(table: Description) -> str:
    kinds: dict[str, list[str]] = defaultdict(list)
    for column in data_map.columns(table.model):
        kind = table.kind_of(column.name)
        if kind:
            kinds[kind.value].append(f"{column.name} (sealed)" if isinstance(column, SealedField) else column.name)
    data = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in kinds.items())
    kept = table.words_kept if table.keep_for else table.why_kept or "as long as it is needed"
    return f"| {table.label} | {table.purpose} | {data} | {kept} |"


def _recipients() -> str:
    """Whoever outside this installation gets words, or the sound of a voice."""
    found = (
        [f"the language model at {settings.LLM_BASE_URL} ({settings.LLM_COVERED_BY})"] if settings.LLM_BASE_URL else []
    )
    for what, provider in (("transcription", settings.EARS), ("speech", settings.VOICE)):
        if provider.outside:
            found.append(f"{what} by {provider.base_url or provider.service} ({provider.covered_by})")
    if settings.LIVEKIT.url:
        server = settings.LIVEKIT
        found.append(f"sound and pictures of calls through the LiveKit server at {server.url} ({server.covered_by})")
    return "; ".join(found) or "nobody outside this installation"
