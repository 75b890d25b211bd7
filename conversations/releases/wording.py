"""Releases in the words of the pages: what a part, a measure, a reason and a state are called."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PARTS = {
    "model.name": _("Language model"),
    "decoding.temperature": _("Temperature"),
    "decoding.max_tokens": _("Longest answer, in tokens"),
    "prompt.version": _("Prompt"),
    "prompt.sha256": _("Prompt, its hash"),
    "limits.first_sentence_s": _("Wait for a first sentence, in seconds"),
    "limits.turn_s": _("Wait for a whole answer, in seconds"),
    "software.version": _("Software version"),
    "software.sha256": _("Software, its hash"),
    "guardrails.sha256": _("Guardrail lexicon, its hash"),
    "voice.name": _("Voice"),
}
PROTOCOL = _("Protocol {name}, its hash")
PATIENCE = _("Turn-taking: {name}")
NO_MODEL = _("none: by protocol alone")

MEASURES: dict[str, Promise] = {
    "slow": _("Slower than nine of ten calls before"),
    "stopped": _("More stopped by the gate than in nine of ten"),
    "failed": _("Something failed"),
    "escalated": _("Escalated"),
    "not_escalated": _("Not escalated"),
    "missed": _("Something missed, says a review"),
    "rated_low": _("Rated low by the patient"),
}
BUDGETS: dict[str, Promise] = {
    "failed": _("Turns in which something failed: at most one in 200"),
    "slow": _("Answers later than 1.2 seconds: at most one in 20"),
}
REASONS: dict[str, Promise] = {**MEASURES, "person": _("A person decided so")}
HINDRANCES: dict[str, Promise] = {
    "software": _("It was made with other software than is installed here."),
    "prompt": _("Its prompt is not here, or has been edited since."),
    "protocol": _("One of its protocols is not here."),
    "model": _("It needs a language model, and none is connected."),
}


def of_part(name: str) -> str:
    prefix, _dot, rest = name.partition(".")
    if prefix == "protocol":
        return str(PROTOCOL).format(name=rest.replace("_", " "))
    if prefix == "turns":
        return str(PATIENCE).format(name=rest.replace("_", " "))
    return str(PARTS.get(name, name))


def of_value(name: str, value: object) -> str:
    """Hashes are shortened; nobody compares more than a dozen characters by eye."""
    if value is None:
        return "–"
    if name == "model.name" and not value:
        return str(NO_MODEL)
    hashed = name.endswith(".sha256") or name.startswith("protocol.")
    return str(value)[:12] if hashed else str(value)
