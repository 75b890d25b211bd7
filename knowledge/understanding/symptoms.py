"""Expected symptoms and warning signs, from lists and from sentences. Pure.

The guard compares a patient's words with these, so each comes as a phrase of its own:
"pain, redness or swelling in your calf" is three signs, each in the calf.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from clinic.discharge_plan import ExpectedSymptom, RedFlag, Severity, Source
from knowledge import lexicon
from knowledge.extraction.pages import BlockKind
from knowledge.facts import facts
from knowledge.understanding.lines import Line, Section, section_of

_SYMPTOM = re.compile(
    r"\b(?:" + "|".join(re.escape(form) for line in lexicon.lines("symptoms") for form in line.split("|")) + r")\b",
    re.IGNORECASE,
)
_EMERGENCY = re.compile(
    r"\b(?:911|999|112|000|ambulance|emergency (?:room|department|services?|number)|nearest emergency|the ER\b|"
    r"the ED\b|"
    r"A&E|life[- ]threatening|emergency (?:care|help|treatment|medical))\b",
    re.IGNORECASE,
)
_CALLS = (
    r"(?:call|phone|ring|contact|tell|notify|see|seek|get|go to|return to|come back|report|dial|let us know|reach)\b"
)
_CALL_IF = re.compile(
    rf"^(?P<action>(?:please\s+)?(?:you should\s+|you must\s+|immediately\s+)?{_CALLS}[^.]*?)\s*,?\s*\b(?:if|"
    rf"when|for)\b:?\s+(?P<what>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_IF_CALL = re.compile(
    rf"^(?:if|when)\s+(?P<what>.+?),\s*(?:then\s+|please\s+)?(?P<action>{_CALLS}.*)$", re.IGNORECASE | re.DOTALL
)
_NORMAL = (
    re.compile(
        r"^(?:it(?: is|'s) (?:normal|common|usual|expected|ok|okay|fine) (?:to|if you|for you to)\s+)(?P<what>.+)$",
        re.I | re.S,
    ),
    re.compile(r"^(?:do not|don't) worry if\s+(?P<what>.+)$", re.I | re.S),
    re.compile(r"^(?P<what>.+?)\s+(?:may|can|will|might) last\b(?P<more>.*)$", re.I | re.S),
    re.compile(
        r"^(?:(?:you (?:can|should|will|may) )?expect(?: to (?:have|feel|see|notice)?)?)\s+(?P<what>.+)$", re.I | re.S
    ),
    re.compile(
        r"^(?P<what>.+?)\s+(?:is|are)\s+(?:all\s+)?(?:completely |quite |very |to be )?(?:normal|common|"
        r"expected|usual|not unusual)\b"
        r"(?P<more>.*)$",
        re.I | re.S,
    ),
)
_MAY = re.compile(
    r"^(?:you(?:r \w+)?|there) (?:may|might|will|could|can)(?: also| still)? (?P<what>(?:have|feel|notice|see|"
    r"be|experience|get|"
    r"urinate|bruise|swell|hurt|look).+)$",
    re.I | re.S,
)
_LEADING = re.compile(
    r"^(?:if\s+|when\s+|that\s+)?(?:you\s+|your child\s+|there\s+(?:is|are)\s+)?(?:may\s+|might\s+|will\s+|also\s+)?"
    r"(?:(?:have(?: an?y?)?|has|had|notice|feel|feeling|see|experience|develop|get|are|is|be|start to have|"
    r"having|of)\b)?"
    r"\s*(?:any\s+)?"
    r"(?:signs? of\s+|symptoms? (?:of|like|such as)\s+)?",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\s+(?:in|on|around|near|at|of|down|over)\s+(?:your|the|one|both|either|any|a|an)\b.*$", re.IGNORECASE
)
_TIMED = re.compile(
    r",?\s*\b(?:for|during|in|on|over|within|lasting|until|after)\s+(?:up to\s+|about\s+|the\s+|the first\s+|"
    r"your\s+|at least\s+)*"
    r"(?:first\s+|next\s+)?(?:\d+|a|an|one|two|three|four|five|six|seven|eight|ten|twelve|few|several|a few|"
    r"first|second|some)?"
    r"(?:\s*(?:to|or|-)\s*(?:\d+|\w+))?\s*(?:few\s+)?(?:hours?|days?|weeks?|months?|while)\b.*$"
    r"|\s+(?:today|tonight|at first|for now)$|\s+because\b.*$",
    re.IGNORECASE,
)
_DEGREES = (
    (r"\bsevere\b|\bvery bad\b|\bstrong\b", "severe"),
    (r"\bmoderate\b|\bmedium\b", "moderate"),
    (
        r"\bmild\b|\bslight(?:ly)?\b|\bminor\b|\ba little\b|\bsome\b|\ba bit\b|\blow[- ]grade\b|\bsmall amounts?\b",
        "mild",
    ),
)
_DEGREE_WORDS = re.compile(
    r"^(?:a\s+|an\s+)?(?:mild|moderate|slight|minor|some|a little|a bit of|low[- ]grade)"
    r"(?:\s*(?:to|or|-)\s*(?:mild|moderate|severe))?\s+(?:of\s+)?",
    re.IGNORECASE,
)
_DAYS = {"day": 1, "week": 7, "month": 30}


def expected(lines: Sequence[Line]) -> tuple[ExpectedSymptom, ...]:
    found: dict[str, ExpectedSymptom] = {}
    for line in lines:
        if line.section in (Section.RED_FLAGS, Section.RECORD):
            continue
        for text, source in line.sentences():
            for symptom in _expected_in(text, source, line.section is Section.EXPECTED):
                found.setdefault(symptom.name.casefold(), symptom)
    return tuple(found.values())


def _expected_in(text: str, source: Source, listed: bool) -> Iterator[ExpectedSymptom]:
    bare = text.strip().rstrip(".!")
    if section_of(bare) is Section.RED_FLAGS or re.search(r"\bnot (?:a )?normal\b|\babnormal\b", bare, re.IGNORECASE):
        return
    match = next((m for pattern in _NORMAL if (m := pattern.match(bare))), None) or _MAY.match(bare)
    what = match["what"] if match else bare if listed and not re.match(r"(?:it|this|these|they)\b", bare, re.I) else ""
    if not what or not _SYMPTOM.search(what):
        return
    if not match and re.match(rf"(?:{_CALLS}|take|use|do|keep|stand|put|rest|walk|drink|eat)", what, re.IGNORECASE):
        return
    for name in phrases(_TIMED.sub("", what) or what):
        clean = _DEGREE_WORDS.sub("", name).strip()
        if clean and _SYMPTOM.search(clean):
            yield ExpectedSymptom(clean, _degree(what), _until_day(bare), source)


def _degree(text: str) -> str:
    """The worst degree named; moderate if none is."""
    return next((degree for pattern, degree in _DEGREES if re.search(pattern, text, re.IGNORECASE)), "moderate")


def _until_day(text: str) -> int | None:
    days = [int(amount.value) for amount in facts(text).amounts if amount.unit == "day"]
    days += [int(amount.value * 30) for amount in facts(text).amounts if amount.unit == "month"]
    if days:
        return max(days)
    vague = re.search(r"\b(?:a )?(few|several|couple of) (day|week|month)s\b", text, re.IGNORECASE)
    if vague:
        return {"few": 3, "several": 4, "couple of": 2}[vague[1].lower()] * _DAYS[vague[2].lower()]
    return 1 if re.search(r"\bfirst day\b", text, re.IGNORECASE) else None


def red_flags(lines: Sequence[Line]) -> tuple[RedFlag, ...]:
    found: dict[str, RedFlag] = {}
    for line in lines:
        for flag in _flags_in(line):
            held = found.get(flag.name.casefold())
            if held is None or flag.severity.order > held.severity.order:
                found[flag.name.casefold()] = flag
    return tuple(found.values())


def _flags_in(line: Line) -> Iterable[RedFlag]:
    if line.section is Section.RECORD:
        return
    opening = line.lead_in or (line.heading if line.section is Section.RED_FLAGS else "")
    listed = line.section is Section.RED_FLAGS and bool(opening)
    for text, source in line.sentences():
        bare = text.strip().rstrip(".!")
        match = _CALL_IF.match(bare) or _IF_CALL.match(bare)
        if match and not _NO_SIGN.search(match["what"]):
            yield from _flagged(match["what"], match["action"], source)
        elif listed and not match and _is_sign(bare, line):
            yield from _flagged(bare, _action(opening), source)


_NO_SIGN = re.compile(
    r"\b(?:question|appointment|cancel|refill|concern|results?|your visit|emergency care|you need (?:help|a)|"
    r"directions)",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"^(?:do not|don't|never|always|take|keep|drive|bring|have someone|it|this|these|call|go|tell|see|use|wear|"
    r"avoid|please|"
    r"ask|follow|return|if you cannot reach)\b",
    re.IGNORECASE,
)


def _is_sign(text: str, line: Line) -> bool:
    """An item of a list that "call us if" opens is a sign whatever its words; a loose sentence must name a symptom."""
    if _TOLD.match(text) or _NO_SIGN.search(text):
        return False
    return bool(
        _SYMPTOM.search(text) or re.match(r"you\b", text, re.IGNORECASE) or line.kind is BlockKind.ITEM
    ) and bool(line.lead_in or _SYMPTOM.search(text))


def _flagged(what: str, action: str, source: Source) -> Iterator[RedFlag]:
    severity = Severity.EMERGENCY if _EMERGENCY.search(action) else Severity.URGENT
    told = re.sub(r"^for example,\s*", "", action.strip(" ,:"), flags=re.IGNORECASE)
    told = told.capitalize() if told.isupper() else told[:1].upper() + told[1:]
    for name in phrases(what):
        yield RedFlag(name, told, severity, source)


def _action(opening: str) -> str:
    """What an opening line tells to do: "Call 911 right away if you have:" → "Call 911 right away"."""
    return re.sub(
        r",?\s*\b(?:if|when|for)\b(?:\s+(?:you|any|there|one|the|these|it)\b.*)?:?\s*$",
        "",
        opening,
        flags=re.IGNORECASE,
    ).strip(" ,:")


_CLAUSES = re.compile(r";\s*(?:or\s+|and\s+)?|,?\s+or (?:if|when)\s+|,\s*(?:or|and) (?:if |when )?(?=you |your )", re.I)


def phrases(what: str) -> list[str]:
    """The symptoms in a phrase, each whole by itself."""
    whole: list[str] = []
    for clause in _CLAUSES.split(what):
        bare = _LEADING.sub("", clause.strip(), count=1).strip(" ,.")
        whole += _parted(bare) if bare else []
    return [name for name in (_tidy(each) for each in whole) if name]


def _parted(phrase: str) -> list[str]:
    """Parts that are symptoms in their own right, sharing where the last one is."""
    parts = [part.strip() for part in re.split(r",\s*(?:or\s+|and\s+)?|\s+(?:or|and)\s+", phrase) if part.strip()]
    alone = [_stands_alone(part) for part in parts]
    if len(parts) < 2 or not (all(alone) or (len(parts) >= 3 and sum(alone) >= 0.7 * len(parts))):
        return [phrase]
    place = _PLACE.search(parts[-1])
    shared = place[0] if place and not any(_PLACE.search(part) for part in parts[:-1]) else ""
    return [part + (shared if _LOCAL.search(part) else "") for part in parts[:-1]] + parts[-1:]


_LOCAL = re.compile(
    r"\b(?:pain|ache|redness|swelling|warmth|numbness|tenderness|soreness|bruising|itching|tingling|weakness)$",
    re.IGNORECASE,
)


def _stands_alone(part: str) -> bool:
    """A part that begins with a verb or an adjective of its own noun ("red", "hot") belongs to the whole."""
    if not _SYMPTOM.search(part):
        return False
    first = part.split()[0].lower()
    return first not in _ADJECTIVES or len(part.split()) > 1


_ADJECTIVES = frozenset(
    "red hot warm swollen puffy tender sore pale blue cold dark yellow draining leaking oozing bleeding".split()
) - {"bleeding"}


def _tidy(name: str) -> str:
    name = re.sub(r"^(?:an?|the|any|some|your own)\s+(?=\w)", "", name.strip(" ,.:"), flags=re.IGNORECASE)
    return " ".join(name.split())[:160]
