"""From words to a verdict."""

import re
from dataclasses import dataclass

from clinic.discharge_plan import DischargePlan
from conversations.live.dialogue import Assessment, Finding, Verdict
from conversations.live.events import Expecting, Words

SURE_ENOUGH = 0.6  # below this the recogniser may have misheard: ask back


@dataclass(frozen=True)
class Asked:
    """The question that the words may answer: its text, the symptom it is about, and what is being asked back."""

    text: str = ""
    about: str = ""
    expecting: Expecting = Expecting.NOTHING
    asked_back: Finding | None = None


NOTHING_ASKED = Asked()

_EMERGENCIES = {
    "chest pain": r"chest (pain|hurts|pressure|tightness)|pain in my chest|pressure (in|on) my chest",
    "trouble breathing": r"(can't|cannot|can not|unable to) (breathe|catch my breath|get (any|my|enough) (air|breath))",
}
_DENIED = re.compile(r"\b(no|not|never|don't|haven't|isn't|without)\b[^.?!]{0,30}$")


class Guard:
    """Holds what one patient's words are compared with."""

    def __init__(self, plan: DischargePlan, day: int | None = None) -> None:
        self._plan = plan
        self._day = day

    def assess(self, words: Words, asked: Asked = NOTHING_ASKED) -> Assessment:
        text = words.text.casefold().replace("’", "'")
        findings = []
        for concept, pattern in _EMERGENCIES.items():
            found = re.search(pattern, text)
            if found and not _DENIED.search(text[: found.start()]):
                findings.append(
                    Finding(concept, f"emergency.{concept.replace(' ', '_')}", Verdict.EMERGENCY, words.text)
                )
        if re.search(r"\b(talk|speak) (to|with) (a|an|some|my) ?(real )?(person|human|nurse|doctor|body|one)", text):
            findings.append(Finding("a person", "request.human", Verdict.QUESTION, words.text))
        worst = max((finding.verdict for finding in findings), key=lambda v: v.order, default=Verdict.NONE)
        return Assessment(worst, tuple(findings))
