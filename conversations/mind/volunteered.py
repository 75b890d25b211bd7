"""What a patient answers before it is asked: "fine, no fever, the pain is about a three". Pure.

What this call has been told is not asked again.
"""

from collections.abc import Iterator, Sequence

from conversations import objectives
from conversations.guardrails import degree, measures, mentions, spoken_numbers
from conversations.guardrails.context import Status
from conversations.guardrails.reading import Mention
from conversations.objectives import Objective, Progress, Question, Value, VariableType

_SAME = frozenset({("swelling", "bloating")})
_SAYS = {Status.PRESENT: True, Status.POSSIBLE: True, Status.ABSENT: False, Status.RESOLVED: False}


def volunteered(
    wanted: Sequence[Objective], progress: Progress, text: str, pending: str = ""
) -> Iterator[tuple[Question, Value]]:
    """Open questions, other than the pending one, that the words answer."""
    found: Sequence[Mention] | None = None
    for objective in objectives.reachable(wanted, progress):
        for question in objectives.questions(objective, progress):
            if not question.variable.about or question.key == pending or progress.settled(question.key):
                continue
            if found is None:
                found = mentions.read(text).mentions
            value = _value(question, found, text)
            if value is not None:
                yield question, value


def names_it(about: str, text: str) -> bool | None:
    """Whether the words say that a symptom, or a more exact one, is there or is not; None if they say nothing of it."""
    if not about:
        return None
    region = next((mention.region for mention in mentions.read(f"i have {about}").mentions if mention.region), "")
    if any(measure.concept == about for measure in measures.find(spoken_numbers.digits(text.casefold()))):
        return True
    named = [mention for mention in mentions.read(text).mentions if _is_kind_of(mention, about, region)]
    return next((_SAYS[mention.status] for mention in named if mention.status in _SAYS), None)


def _is_kind_of(mention: Mention, about: str, region: str) -> bool:
    """A drainage at the wound is a wound problem; a swollen belly a swelling; a red calf trouble with the calf."""
    if about in (mention.concept, mention.sensation, *mention.general) or mention.concept.endswith(f" {about}"):
        return True
    if (about, mention.concept) in _SAME:
        return True
    if about == "wound problem":
        return mention.region == "incision" or mention.concept.startswith("wound ")
    return bool(region) and mention.region == region


def _value(question: Question, found: Sequence[Mention], text: str) -> Value | None:
    about = question.variable.about
    named = [mention for mention in found if mention.concept == about]
    if not named:
        return None
    match question.variable.type:
        case VariableType.YES_NO:
            return next((_SAYS[mention.status] for mention in named if mention.status in _SAYS), None)
        case VariableType.NUMBER:
            if all(mention.status is Status.ABSENT for mention in named):
                return question.variable.minimum
            return degree.rating(text.casefold())
        case _:
            return None
