"""The rule behind an escalation, in the ward's words. Pure."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

RULES: Mapping[str, str | Promise] = {
    "plan.not_expected": gettext_lazy("A symptom that the plan does not expect"),
    "plan.worse_than_expected": gettext_lazy("Worse than the plan calls normal"),
    "plan.longer_than_expected": gettext_lazy("Lasts longer than the plan calls normal"),
    "plan.red_flag": gettext_lazy("A warning sign of the plan"),
    "request.human": gettext_lazy("Asked to talk with a person"),
    "question.not_in_documents": gettext_lazy("A question that the papers do not answer"),
    "picture.shown": gettext_lazy("Showed a picture"),
    "call.lost_after_red_flag": gettext_lazy("The call was lost after a warning sign"),
    "call.not_joined": gettext_lazy("Did not come to the follow-up"),
    "review.missed": gettext_lazy("A reviewing clinician found something that was not passed on"),
    "call_back.missed": gettext_lazy("Was promised a call, and nobody called"),
    "call_back.unanswered": gettext_lazy("Did not answer when called back"),
}
FAMILIES: Mapping[str, str | Promise] = {
    "emergency": gettext_lazy("Emergency words"),
    "plan": gettext_lazy("Compared with the plan"),
    "teach_back": gettext_lazy("Teach-back"),
    "symptom": gettext_lazy("Symptom"),
    "crisis": gettext_lazy("Crisis"),
    "speaker": gettext_lazy("Who is speaking"),
    "conduct": gettext_lazy("Conduct"),
    "request": gettext_lazy("Asked for it"),
    "question": gettext_lazy("Question"),
    "call": gettext_lazy("The call"),
    "model": gettext_lazy("Raised by the assistant"),
}


def in_words(rule: str) -> str:
    """`emergency.chest_pain` → "Emergency words: chest pain"."""
    known = next((known for known in RULES if rule == known or rule.startswith(f"{known}.")), None)
    if known:
        return str(RULES[known])
    family, _dot, rest = rule.partition(".")
    words = rest.replace("_", " ").replace(".", ", ")
    if family not in FAMILIES:
        return rule
    return _("{family}: {words}").format(family=FAMILIES[family], words=words) if words else str(FAMILIES[family])


VISITS: Mapping[str, str | Promise] = {
    "day_2": gettext_lazy("day 2 to 4"),
    "day_7": gettext_lazy("after a week"),
    "day_14": gettext_lazy("after two weeks"),
    "day_30": gettext_lazy("after a month"),
}


def visit_in_words(visit: str) -> str:
    """Which follow-up call it is."""
    return str(VISITS.get(visit, visit.replace("_", " ")))


STEPS: Mapping[str, str | Promise] = {
    "raised": gettext_lazy("Raised"),
    "heightened": gettext_lazy("Proved graver"),
    "paged": gettext_lazy("Paged"),
    "paged_again": gettext_lazy("Paged again"),
    "page_failed": gettext_lazy("A page could not be sent"),
    "picture": gettext_lazy("The patient showed a picture"),
    "call_back": gettext_lazy("Call-back promised"),
    "call_back_done": gettext_lazy("Called back"),
    "call_back_unanswered": gettext_lazy("Called back: no answer"),
    "call_back_missed": gettext_lazy("Nobody called back in time"),
    "call_back_dropped": gettext_lazy("Call-back no longer needed"),
    "overdue": gettext_lazy("Nobody answered: incident"),
    "acknowledged": gettext_lazy("Acknowledged"),
    "in_progress": gettext_lazy("Work begun"),
    "resolved": gettext_lazy("Resolved"),
}


def step_in_words(kind: str) -> str:
    """One step of an escalation's life."""
    return str(STEPS.get(kind, kind.replace("_", " ").capitalize()))


# What a step adds, as a code: whom the ladder reached, or by which channel.
DETAILS: Mapping[str, str | Promise] = {
    "emergency": gettext_lazy("Emergency"),
    "urgent": gettext_lazy("Urgent"),
    "question": gettext_lazy("Question"),
    "first": gettext_lazy("whoever is on call"),
    "second": gettext_lazy("both tiers on call"),
    "everyone": gettext_lazy("everyone on the team"),
    "incident": gettext_lazy("everyone, and the administrators"),
    "nobody": gettext_lazy("there is nobody to page"),
    "email": gettext_lazy("by e-mail"),
    "sms": gettext_lazy("by SMS"),
    "push": gettext_lazy("by notification"),
}
