"""Finds the symptoms in a patient's words: by phrase, by part of the body and sensation, and by what is left.

Pure; about a millisecond for a long sentence.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from conversations.guardrails import context, frames, lexicon, replies
from conversations.guardrails.context import Status
from conversations.guardrails.lexicon import NOT_A_SYMPTOM, Concept, Sensation
from conversations.guardrails.phrases import Match
from conversations.guardrails.reading import Mention, Reading
from conversations.guardrails.text import (
    Essential,
    Token,
    essentials,
    is_gap,
    is_not_the_patient,
    is_soft,
    tokens,
)

_LONGEST_GAP = 6


def read(text: str, *, final: bool = True) -> Reading:
    """Every symptom named in the words, with its status."""
    said = tokens(text)
    kept = essentials(said)
    found = _settle([*_phrases(said, kept), *_composed(kept)], kept)
    if final:
        found += frames.unplaced(said, kept, [(m.first, m.last) for m in found])
    found = [mention for mention in found if mention.concept]
    categories = context.shared().categories(said, [(m.first, m.last) for m in found])
    settled = [replace(m, status=context.status(reached)) for m, reached in zip(found, categories, strict=True)]
    following = [*(mention.first for mention in settled[1:]), len(said)]
    return Reading(said, [_gone(mention, end, said) for mention, end in zip(settled, following, strict=False)])


_GONE = re.compile(
    r"\b(?:it|that|they|this|which)(?:'s| is| has| have| are| all|'ve)*(?: since| now| just| all)* "
    r"(?:completely |pretty much )?"
    r"(?:gone|went away|stopped|over|passed|resolved|cleared up|disappeared|subsided|better now)\b"
)


def _gone(mention: Mention, end: int, said: Sequence[Token]) -> Mention:
    """What is told before the next symptom is named: "but it went away"; "chest pain? No."."""
    rest = " ".join(token.word for token in said[mention.last + 1 : end])
    echoed = re.match(r"\? (.*)", rest)
    if echoed and mention.status in (Status.PRESENT, Status.POSSIBLE):
        denied = replies.yes_or_no(echoed[1]) is False
        return replace(mention, status=Status.ABSENT) if denied else mention
    if mention.status in (Status.PRESENT, Status.POSSIBLE) and _GONE.search(rest):
        return replace(mention, status=Status.RESOLVED)
    return mention


def _phrases(said: Sequence[Token], kept: Sequence[Essential]) -> Iterator[Mention]:
    known = lexicon.shared()
    for match in known.phrases.find(kept):
        concept = match.meaning
        if concept is not NOT_A_SYMPTOM and _is_about_something_else(kept, match.last):
            continue
        if not concept.framed or frames.is_state(kept, match.first, match.last):
            yield _mention(concept, kept, match.first, match.last)
    text = " ".join(token.word for token in said)
    starts = _starts(said)
    for pattern, concept in known.exact:
        for found in pattern.finditer(text):
            first = starts[found.start()]
            yield Mention(concept.name, first, first + found.group().count(" "), concept.rule)


def _starts(said: Sequence[Token]) -> dict[int, int]:
    """Where each token starts in the words joined by single spaces."""
    places, place = {}, 0
    for token in said:
        places[place] = token.index
        place += len(token.word) + 1
    return places


def _is_about_something_else(kept: Sequence[Essential], last: int) -> bool:
    """ "Pain medicine", "chest x-ray", "hernia repair"."""
    return last + 1 < len(kept) and is_not_the_patient(kept[last + 1].form)


def _composed(kept: Sequence[Essential]) -> Iterator[Mention]:
    """A part of the body and what it does: "my ankles are puffed up", "numbness in the left hand"."""
    known = lexicon.shared()
    regions = known.regions.find(kept)
    for sensation in known.sensations.find(kept):
        if _is_about_something_else(kept, sensation.last):
            continue
        for region in _beside(sensation, regions, kept):
            name = sensation.meaning.at(region.meaning)
            if name:
                concept = known.concept(name)
                first, last = min(region.first, sensation.first), max(region.last, sensation.last)
                mention = _mention(concept, kept, first, last)
                yield replace(mention, region=region.meaning, sensation=sensation.meaning.name)


def _beside(
    sensation: Match[Sensation], regions: Sequence[Match[str]], kept: Sequence[Essential]
) -> Iterable[Match[str]]:
    """The parts of the body that a sensation belongs to: the nearest on either side, and those joined to it."""
    before = [r for r in regions if r.last < sensation.first and _joined(kept, r.last + 1, sensation.first, regions)]
    after = [r for r in regions if r.first > sensation.last and _joined(kept, sensation.last + 1, r.first, regions)]
    near = before or after
    wounds = [region for region in [*before, *after] if region.meaning == "incision"]
    return wounds or near


def _joined(kept: Sequence[Essential], start: int, end: int, regions: Sequence[Match[str]]) -> bool:
    """Whether only small words, or other parts of the body, stand between."""
    if end - start > _LONGEST_GAP:
        return False
    inside = {place for region in regions for place in range(region.first, region.last + 1)}
    return all(place in inside or is_gap(kept[place].form) or is_soft(kept[place].form) for place in range(start, end))


def _mention(concept: Concept, kept: Sequence[Essential], first: int, last: int) -> Mention:
    return Mention(concept.name, kept[first].first, kept[last].last, concept.rule)


def _settle(found: Sequence[Mention], kept: Sequence[Essential]) -> list[Mention]:
    """Drop what a longer find covers. An emergency is only covered by a wound, or by what is no symptom at all."""
    settled: list[Mention] = []
    for mention in sorted(found, key=lambda m: (m.first - m.last, not m.rule, bool(m.region))):
        covering = [other for other in settled if other.first <= mention.first and mention.last <= other.last]
        if any(_covers(other, mention) for other in covering):
            continue
        settled.append(mention)
    return sorted(settled, key=lambda m: m.first)


def _covers(longer: Mention, shorter: Mention) -> bool:
    if not shorter.rule or not longer.concept or longer.region == "incision":
        return True
    return bool(longer.rule)
