"""Finds the symptoms in a patient's words: by phrase, by part of the body and sensation, and by what is left.

Pure; about a millisecond for a long sentence.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from conversations.guardrails import context, frames, lexicon, misheard, telling
from conversations.guardrails.lexicon import NOT_A_SYMPTOM, Concept, Sensation
from conversations.guardrails.phrases import Match
from conversations.guardrails.reading import Mention, Reading
from conversations.guardrails.text import (
    Essential,
    Token,
    essentials,
    form,
    is_gap,
    is_not_the_patient,
    is_soft,
    tokens,
)

_LONGEST_GAP = 6
_CHANGED = frozenset(map(form, "loss change disturbance problem trouble issue pattern disorder movement".split()))


def read(text: str, *, final: bool = True) -> Reading:
    """Every symptom named in the words, with its status."""
    said = tokens(text)
    kept = essentials(said)
    phrases = list(_phrases(said, kept))
    nothing = {place for mention in phrases if not mention.concept for place in range(mention.first, mention.last + 1)}
    found = _settle([*phrases, *(m for m in _composed(kept) if not nothing & {m.first, m.last})])
    if final:
        spans = [(mention.first, mention.last) for mention in found]
        found += frames.unplaced(said, kept, spans)
        found += _misheard(said, [m for m in found if m.concept not in ("", frames.UNPLACED)])
    return Reading(said, _with_status(said, _placed([mention for mention in found if mention.concept], said)))


def located(text: str, about: str) -> list[Mention]:
    """Where the answer to "any pain?" puts it: "yes, in my chest"."""
    known = lexicon.shared()
    sensation = next((match.meaning for match in known.sensations.find(essentials(tokens(about)))), None)
    if sensation is None:
        return []
    found = []
    for region in known.regions.find(essentials(tokens(text))):
        name = sensation.at(region.meaning)
        if name:
            concept = known.concept(name)
            found.append(Mention(name, 0, 0, concept.rule, region.meaning, sensation.name))
    return found


def _phrases(said: Sequence[Token], kept: Sequence[Essential]) -> Iterator[Mention]:
    known = lexicon.shared()
    for match in known.phrases.find(kept):
        concept = match.meaning
        if concept is not NOT_A_SYMPTOM and _is_about_something_else(kept, match):
            continue
        if not concept.framed or frames.is_state(kept, match.first, match.last):
            yield _mention(concept, kept, match.first, match.last)
    text = " ".join(token.word for token in said)
    if not known.any_exact.search(text):
        return
    starts = _starts(said)
    for pattern, concept in known.exact:
        for found in pattern.finditer(text):
            first = starts.get(found.start())
            if first is not None:
                yield Mention(concept.name, first, first + found.group().strip().count(" "), concept.rule)


def _starts(said: Sequence[Token]) -> dict[int, int]:
    """Where each token starts in the words joined by single spaces."""
    places, place = {}, 0
    for token in said:
        places[place] = token.index
        place += len(token.word) + 1
    return places


def _is_about_something_else(kept: Sequence[Essential], match: Match[Concept]) -> bool:
    """ "Pain medicine", "chest x-ray", "hernia repair"; "no appetite loss" denies, where "no appetite" complains."""
    following = _next(kept, match.last)
    if kept[match.first].form == "no" and following in _CHANGED:
        return True
    return is_not_the_patient(following)


def _next(kept: Sequence[Essential], last: int) -> str:
    """The word right behind, if nothing was set aside between: "pain pills", but not "threw up my pills"."""
    if last + 1 >= len(kept) or kept[last + 1].first != kept[last].last + 1:
        return ""
    return kept[last + 1].form


def _composed(kept: Sequence[Essential]) -> Iterator[Mention]:
    """A part of the body and what it does: "my ankles are puffed up", "numbness in the left hand"."""
    known = lexicon.shared()
    regions = known.regions.find(kept)
    if not regions:
        return
    for sensation in known.sensations.find(kept):
        if is_not_the_patient(_next(kept, sensation.last)):
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
    """The parts of the body that a sensation belongs to: on one side, nearest first, or the wound among them."""
    before = [r for r in regions if r.last < sensation.first and _joined(kept, r.last + 1, sensation.first, regions)]
    after = [r for r in regions if r.first > sensation.last and _joined(kept, sensation.last + 1, r.first, regions)]
    wounds = [region for region in [*before, *after] if region.meaning == "incision"]
    return wounds or before or after


def _joined(kept: Sequence[Essential], start: int, end: int, regions: Sequence[Match[str]]) -> bool:
    """Whether only small words, or other parts of the body, stand between."""
    if end - start > _LONGEST_GAP:
        return False
    inside = {place for region in regions for place in range(region.first, region.last + 1)}
    return all(place in inside or is_gap(kept[place].form) or is_soft(kept[place].form) for place in range(start, end))


def _mention(concept: Concept, kept: Sequence[Essential], first: int, last: int) -> Mention:
    return Mention(concept.name, kept[first].first, kept[last].last, concept.rule)


def _misheard(said: Sequence[Token], placed: Sequence[Mention]) -> Iterator[Mention]:
    """What sounds like a warning sign. "Chess pain" holds a pain, which must not hide what may have been said."""
    for concept, first, last in misheard.find(said):
        if not any(m.first <= last and m.last >= first and (m.rule or _within(first, last, m)) for m in placed):
            yield Mention(concept, first, last, lexicon.shared().emergencies.get(concept, ""), doubtful=True)


def _within(first: int, last: int, mention: Mention) -> bool:
    return mention.first <= first and last <= mention.last


# -- which finds stand ------------------------------------------------------------


def _settle(found: Sequence[Mention]) -> list[Mention]:
    """Drop what a longer find covers. An emergency is only covered by a wound, or by what is no symptom at all."""
    settled: list[Mention] = []
    for mention in sorted(found, key=lambda m: (m.first - m.last, not m.rule, bool(m.region))):
        covering = [other for other in settled if other.first <= mention.first and mention.last <= other.last]
        covers = next((other for other in covering if _covers(other, mention)), None)
        if covers is None:
            settled.append(mention)
        elif covers.concept and mention.concept != covers.concept:
            settled[settled.index(covers)] = replace(covers, general=(*covers.general, mention.concept))
    return sorted(settled, key=lambda m: m.first)


def _placed(found: Sequence[Mention], said: Sequence[Token]) -> list[Mention]:
    """Without "it's getting worse" where the same sentence says what."""
    named = [mention for mention in found if mention.concept != lexicon.UNWELL]
    return [mention for mention in found if mention in named or not any(_together(mention, o, said) for o in named)]


def _together(mention: Mention, other: Mention, said: Sequence[Token]) -> bool:
    first, last = min(mention.first, other.first), max(mention.last, other.last)
    return not any(token.ends_sentence for token in said[first:last])


def _covers(longer: Mention, shorter: Mention) -> bool:
    if not shorter.rule or not longer.concept or longer.region == "incision":
        return True
    return bool(longer.rule)


# -- whether they are there --------------------------------------------------------


_FIRST_PERSON = frozenset({"i", "me", "my", "myself", "i'm"})
_LIGHT_VERBS = frozenset({"have", "feel", "get"})


def _with_status(said: Sequence[Token], found: Sequence[Mention]) -> list[Mention]:
    reached = context.shared().categories(said, [(_named_from(mention, said), mention.last) for mention in found])
    settled = [
        replace(mention, status=context.status(categories - _meaningless(mention, said)))
        for mention, categories in zip(found, reached, strict=True)
    ]
    return [telling.settled(mention, _next_named(mention, settled, len(said)), said) for mention in settled]


def _next_named(mention: Mention, found: Sequence[Mention], end: int) -> int:
    """Where something else begins to be told of."""
    others = (m.first for m in found if m.first > mention.last and m.concept != mention.concept)
    return min(others, default=end)


def _named_from(mention: Mention, said: Sequence[Token]) -> int:
    """Without the verb that a denial takes with it: in "I don't have a temperature", the temperature."""
    light = said[mention.first].form in _LIGHT_VERBS and mention.last > mention.first
    return mention.first + 1 if light else mention.first


def _meaningless(mention: Mention, said: Sequence[Token]) -> frozenset[str]:
    """What cannot be meant: "everybody would be better off without me" is about the patient, and no mere idea."""
    ours = any(token.word in _FIRST_PERSON for token in said[mention.first : mention.last + 1])
    idea = {"HYPOTHETICAL", "HISTORICAL"} if mention.rule == "emergency.self_harm" else set()
    return frozenset(idea | ({"OTHER"} if ours else set()))
