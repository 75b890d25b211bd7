"""From words to a verdict: what was found, in which light, and which rule it falls under.

Called on every partial and final transcript; about 2 ms. Nothing here asks a model.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from clinic.discharge_plan import DischargePlan
from conversations.guardrails import (
    degree,
    frames,
    graver,
    lexicon,
    likeness,
    measures,
    mentions,
    replies,
    rules,
    spoken_numbers,
)
from conversations.guardrails.compare import Compared, PlanReading
from conversations.guardrails.context import Status
from conversations.guardrails.degree import Degree
from conversations.guardrails.reading import Mention, Reading
from conversations.live import continued
from conversations.live.dialogue import Assessment, Finding, Verdict
from conversations.live.events import Expecting, Words

SURE_ENOUGH = 0.6  # below this the recogniser may have misheard a warning sign: ask back


@dataclass(frozen=True)
class Asked:
    """The question that the words may answer: its text, the symptom it is about, and what is being asked back."""

    text: str = ""
    about: str = ""
    expecting: Expecting = Expecting.NOTHING
    asked_back: Finding | None = None
    reciting: bool = False  # how a medicine is taken: what it is for is no complaint
    supposing: bool = False  # "which signs would make you call?": what is named need not be there


NOTHING_ASKED = Asked()


class Guard:
    """Holds what one patient's words are compared with."""

    def __init__(self, plan: DischargePlan, day: int | None = None, embed: likeness.Embed | None = None) -> None:
        """With `embed`, what the lexicon has no word for is compared with known sayings."""
        self._embed = embed
        self._plan = PlanReading(plan, day)
        lines = [line for m in plan.medicines for line in (m.reason, f"{m.dose}, {m.times}")]
        self._recited = {mention.concept for line in lines for mention in mentions.read(line).mentions}

    def assess(self, words: Words, asked: Asked = NOTHING_ASKED) -> Assessment:
        """As the words stand; or with its halves together, where a pause has broken a sentence, if that is graver."""
        assessment = self._assess(words, asked)
        whole = continued.mended(words.text)
        if whole != words.text.strip():
            together = self._assess(replace(words, text=whole), asked, by_likeness=False)
            if together.verdict.order > assessment.verdict.order:
                return together
        return assessment

    def _assess(self, words: Words, asked: Asked, *, by_likeness: bool = True) -> Assessment:
        reading = mentions.read(words.text, final=words.final)
        text = spoken_numbers.digits(" ".join(token.word for token in reading.tokens))
        findings = [*self._symptoms(reading, words, asked), *self._numbers(text, words, reading)]
        if words.final:
            findings += [*self._reply(reading, words, asked, findings), *self._requests(text, words)]
            findings += self._alike(reading, words, asked, findings, text) if by_likeness else []
        findings = _without_normal(findings, text)
        if words.confidence < SURE_ENOUGH and words.source == "speech" and not asked.asked_back:
            findings = [_ask_back(finding) for finding in findings]
        worst = max((finding.verdict for finding in findings), key=lambda verdict: verdict.order, default=Verdict.NONE)
        return Assessment(worst, tuple(findings))

    # -- symptoms ----------------------------------------------------------------

    def _symptoms(self, reading: Reading, words: Words, asked: Asked) -> Iterator[Finding]:
        for mention in reading.mentions:
            if not words.final and _may_go_on(mention, reading):
                continue
            if asked.reciting and not mention.rule and mention.concept in self._recited:
                continue
            if asked.supposing and not _is_now(mention, reading):
                continue
            how = degree.of(reading.tokens, mention.first, mention.last)
            finding = self._judge(graver.judged(mention, how, reading.mentions), how, words.text)
            if finding:
                yield finding

    def _judge(self, mention: Mention, how: Degree, quote: str) -> Finding | None:
        match mention.status:
            case Status.ABSENT | Status.HYPOTHETICAL:
                return None
            case Status.UNLIKELY:
                compared = Compared("symptom.unsure") if mention.rule else None
            case Status.OTHER:
                compared = Compared("speaker.someone_elses_emergency") if mention.rule else None
            case Status.PAST:
                compared = Compared("symptom.past")
            case Status.RESOLVED:
                compared = Compared("emergency.passed" if mention.rule else "symptom.resolved")
            case _:
                compared = self._compare(mention, how)
        if compared is None:
            return None
        verdict = rules.declared()[compared.rule].verdict
        if mention.doubtful:
            verdict = Verdict.ASK_BACK
        return Finding(mention.concept, compared.rule, verdict, quote, compared.excerpt)

    def _compare(self, mention: Mention, how: Degree) -> Compared:
        if mention.rule:
            return Compared(mention.rule)
        if mention.concept == frames.UNPLACED:
            return Compared("symptom.unplaced")
        return self._plan.compare(mention, how)

    def _numbers(self, text: str, words: Words, reading: Reading) -> Iterator[Finding]:
        supposed = {m.concept for m in reading.mentions if m.status is Status.HYPOTHETICAL}
        for measure in measures.find(text):
            if measure.concept in supposed or _SUPPOSED.search(text[: measure.start]):
                continue
            if measure.urgency == "emergency":
                yield Finding(measure.concept, "emergency.worded", Verdict.EMERGENCY, words.text)
            elif measure.concept:
                compared = self._plan.compare(Mention(measure.concept, 0, 0), Degree())
                yield Finding(
                    measure.concept,
                    compared.rule,
                    rules.declared()[compared.rule].verdict,
                    words.text,
                    compared.excerpt,
                )

    def _alike(
        self, reading: Reading, words: Words, asked: Asked, found: list[Finding], text: str
    ) -> Iterator[Finding]:
        """What is told in words of which the lexicon knows none."""
        if self._embed is None or asked.asked_back or asked.reciting or asked.supposing:
            return
        if any(rules.declared()[finding.rule].finds for finding in found):
            return
        if any(measures.find(text)):  # a normal reading is told in words too
            return
        taken = [(mention.first, mention.last) for mention in reading.mentions]
        for alike, part in likeness.find(reading.tokens, taken, self._embed):
            yield self._placed(alike, degree.of_text(part), words.text)

    def _placed(self, alike: likeness.Alike, how: Degree, quote: str) -> Finding:
        """An emergency, or what the plan expects, if it is like nothing else; otherwise it is passed on."""
        if alike.emergency:
            rule = lexicon.shared().emergencies[alike.concept]
            return Finding(alike.concept, rule, rules.declared()[rule].verdict, quote, f"Like: {alike.saying}")
        if alike.concept not in lexicon.shared().emergencies:
            compared = self._plan.compare(Mention(alike.concept, 0, 0), how)
            if compared.rule == "plan.expected":
                verdict = rules.declared()[compared.rule].verdict
                return Finding(alike.concept, compared.rule, verdict, quote, compared.excerpt)
        rule = "symptom.alike"
        return Finding(alike.concept, rule, rules.declared()[rule].verdict, quote, f"Like: {alike.saying}")

    # -- answers and requests ------------------------------------------------------

    def _reply(self, reading: Reading, words: Words, asked: Asked, found: list[Finding]) -> Iterator[Finding]:
        """A bare yes or no, in the light of the question."""
        if asked.asked_back:
            yield from _answered_back(asked.asked_back, words, found)
        elif asked.about and not _speaks_of_it(reading, asked.about):
            answer = replies.yes_or_no(words.text)
            how = degree.of_text(words.text)
            rated = degree.answered_rating(words.text.casefold()) if asked.expecting is Expecting.SHORT else None
            if rated is not None:
                how = replace(how, level="mild" if rated < 4 else "moderate" if rated < 7 else "severe")
            goes_on = answer is None and how.worse and not reading.mentions
            if answer or (rated is not None and rated > 0) or goes_on:
                placed = mentions.located(words.text, asked.about) or mentions.read(f"i have {asked.about}").mentions
                for mention in placed:
                    present = graver.judged(replace(mention, status=Status.PRESENT), how, reading.mentions)
                    finding = self._judge(present, how, words.text)
                    if finding:
                        yield finding

    def _requests(self, text: str, words: Words) -> Iterator[Finding]:
        for rule, found in rules.requests(text):
            yield Finding(found, rule.id, rule.verdict, words.text)


_SUPPOSED = re.compile(r"\b(?:if|in case|unless)(?: [\w']+){0,3} ?$")  # "if my sugar goes over 300"
_NOW = re.compile(
    r"\b(?:i have|i've|i'm|i am|i feel|i had|i got|i can't|now|today|tonight|since|already|still|yesterday|keeps?|"
    r"this (?:morning|afternoon|evening|week)|last night|has been|have been)\b"
)
_IF = re.compile(r"\b(?:if|when|whenever|would|should|in case|like)\b")


def _is_now(mention: Mention, reading: Reading) -> bool:
    """Whether an answer about what might happen tells what is there: "bleeding, and I'm bleeding now"."""
    said = reading.tokens
    first, last = mention.first, mention.last
    while first > 0 and not said[first - 1].ends_sentence:
        first -= 1
    while last + 1 < len(said) and not said[last + 1].ends_sentence:
        last += 1
    sentence = " ".join(token.word for token in said[first : last + 1])
    return bool(_NOW.search(_IF.split(sentence)[0]))


def _may_go_on(mention: Mention, reading: Reading) -> bool:
    """In a partial transcript the last words may still be turned round ("chest pain, no")."""
    return mention.last >= len(reading.tokens) - 1 and mention.first < 2


def _ask_back(finding: Finding) -> Finding:
    if finding.verdict.order >= Verdict.ESCALATE.order:
        return replace(finding, verdict=Verdict.ASK_BACK)
    return finding


def _answered_back(asked: Finding, words: Words, found: list[Finding]) -> Iterator[Finding]:
    """ "Did you say chest pain?" – only a clear no lets it go."""
    if any(finding.concept == asked.concept for finding in found):
        return
    answer = replies.yes_or_no(words.text)
    if answer:
        yield replace(asked, verdict=rules.declared()[asked.rule].verdict)
    elif answer is None:
        yield replace(asked, rule="symptom.unclear", verdict=Verdict.ESCALATE)


def _speaks_of_it(reading: Reading, about: str) -> bool:
    return any(about in (mention.concept, *mention.general) for mention in reading.mentions)


def _without_normal(findings: list[Finding], text: str) -> list[Finding]:
    """A thermometer that reads 98.6 outweighs "I took my temperature, no idea if it's a fever"."""
    normal = {m.name for m in measures.find(text) if not m.concept}
    if "temperature" not in normal or any(m.concept for m in measures.find(text) if m.name == "temperature"):
        return findings
    worded = re.search(r"\b(?:feverish|chills|burning up|shivering)\b", text)
    return findings if worded else [finding for finding in findings if finding.concept != "fever"]
