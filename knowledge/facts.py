"""The exact facts in a sentence: amounts, how often, when, which side, which medicine.

Pure. These must match to the letter between what is said and what the document says,
whatever any model makes of their meaning.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from knowledge.medicines import medicines_in
from knowledge.words import stem

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBER_WORDS: dict[str, float] = {word: float(value) for value, word in enumerate(_SMALL)}
NUMBER_WORDS |= {word: 10.0 * value for value, word in enumerate(_TENS, start=2)}
NUMBER_WORDS |= {
    f"{ten}-{one}": 10.0 * t + o for t, ten in enumerate(_TENS, 2) for o, one in enumerate(_SMALL[1:10], 1)
}
NUMBER_WORDS |= {"half": 0.5, "hundred": 100.0, "dozen": 12.0}
_WORDS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?(?:/\d+)?|\b(?:{_WORDS})\b)"

# unit → (name, factor): amounts of one kind are compared in one unit
_UNITS: dict[str, tuple[str, float]] = {}
for _name, _factor, _spellings in (
    ("mg", 1.0, "mg mgs milligram milligrams"),
    ("mg", 0.001, "mcg mcgs ug µg μg microgram micrograms"),
    ("mg", 1000.0, "g gm gram grams"),
    ("kg", 1.0, "kg kgs kilo kilos kilogram kilograms"),
    ("lb", 1.0, "lb lbs pound pounds"),
    ("oz", 1.0, "oz ounce ounces"),
    ("ml", 1.0, "ml mls milliliter milliliters millilitre millilitres cc"),
    ("ml", 1000.0, "l liter liters litre litres"),
    ("unit", 1.0, "unit units iu"),
    ("mmol", 1.0, "mmol"),
    ("piece", 1.0, "tablet tablets tab tabs pill pills capsule capsules cap caps caplet caplets"),
    ("puff", 1.0, "puff puffs inhalation inhalations spray sprays"),
    ("drop", 1.0, "drop drops"),
    ("patch", 1.0, "patch patches"),
    ("teaspoon", 1.0, "teaspoon teaspoons tsp"),
    ("tablespoon", 1.0, "tablespoon tablespoons tbsp"),
    ("cup", 1.0, "cup cups glass glasses"),
    ("minute", 1.0, "minute minutes min mins"),
    ("minute", 60.0, "hour hours hr hrs"),
    ("day", 1.0, "day days"),
    ("day", 7.0, "week weeks wk wks"),
    ("month", 1.0, "month months"),
    ("month", 12.0, "year years yr yrs"),
    ("°f", 1.0, "°f fahrenheit f"),
    ("°c", 1.0, "°c celsius c"),
    ("degree", 1.0, "° degree degrees"),
    ("%", 1.0, "% percent"),
    ("inch", 1.0, "inch inches"),
    ("cm", 1.0, "cm centimeter centimeters centimetre centimetres"),
    ("mile", 1.0, "mile miles"),
    ("step", 1.0, "step steps stair stairs"),
    ("mmhg", 1.0, "mmhg"),
    ("time", 1.0, "time times"),
):
    for _spelling in _spellings.split():
        _UNITS[_spelling] = (_name, _factor)
_UNIT = "|".join(sorted((re.escape(unit) for unit in _UNITS), key=len, reverse=True))

_COMPARED = (
    (
        r"(?:no|not|never|don't|doesn't|cannot|can't|shouldn't|mustn't)\b[^.;,]{0,40}?\b(?:more|greater|higher|longer|heavier|bigger|later)\s+than",
        "≤",
    ),
    (r"(?:no|not|never)\b[^.;,]{0,40}?\b(?:less|fewer|lower)\s+than", "≥"),
    (r"(?:up\s+to|at\s+most|a\s+maximum\s+of|maximum(?:\s+of)?|max|no\s+more\s+than)", "≤"),
    (r"(?:at\s+least|a\s+minimum\s+of|minimum(?:\s+of)?|or\s+more)", "≥"),
    (r"(?:more|greater|higher|longer|heavier)\s+than|over|above|exceed(?:s|ing)?|past", ">"),
    (r"(?:less|fewer|lower|shorter)\s+than|under|below", "<"),
)
_AMOUNT = re.compile(
    rf"(?P<low>{_NUMBER})\s*(?:(?:to|-|–|or)\s*(?P<high>{_NUMBER})\s*)?[-\s]?(?P<unit>(?:{_UNIT})(?![a-z]))?",
    re.IGNORECASE,
)
_AFTER = re.compile(r"\s*(?:or|and)\s+(more|higher|above|over|less|lower|below|under|older|younger)\b", re.IGNORECASE)


_MEASURES = frozenset({*_UNITS, *NUMBER_WORDS, *map(stem, (*_UNITS, *NUMBER_WORDS)), "daily", "dai", "twic", "x"})


@dataclass(frozen=True, order=True)
class Amount:
    """A number with its unit. `compared` is "", "≤", "≥", "<" or ">"; `unit` is "" for a bare number."""

    value: float
    unit: str
    compared: str = ""


@dataclass(frozen=True)
class Facts:
    amounts: frozenset[Amount]
    rhythms: frozenset[str]  # "2/day", "every 360 minute"
    moments: frozenset[str]  # "morning", "bedtime", "8:00", "monday"
    sides: frozenset[str]
    medicines: frozenset[str]
    codes: frozenset[str]  # telephone numbers and the like


_CODE = re.compile(r"(?<!\w)\+?\(?\d{1,4}\)?(?:[\s.-]\(?\d{2,4}\)?){1,4}(?!\w)|\b\d{3}\b(?=\s*(?:$|[.,;)]))")
_CLOCK = re.compile(
    r"\b(\d{1,2})(?::(\d\d))?\s*(a\.?m\.?|p\.?m\.?|o'clock)(?![a-z])|\b(\d{1,2}):(\d\d)\b", re.IGNORECASE
)
_PERIOD = r"(?:day|daily|week|weekly|month|monthly|hour|hourly|night|nightly|morning|evening|year|meal)"
_COUNT_A_PERIOD = re.compile(
    rf"\b(?:(once|twice|thrice)|({_NUMBER})(?:\s*(?:to|-|–|or)\s*({_NUMBER}))?\s*(?:times?|x|×))\s*"
    rf"(?:a|an|per|each|every|/)?\s*({_PERIOD})\b",
    re.IGNORECASE,
)
_EVERY = re.compile(
    rf"\b(?:every|each|q)\s*(?:({_NUMBER}|other)(?:\s*(?:to|-|–|or)\s*({_NUMBER}))?\s*)?"
    r"(hours?|hrs?|h|days?|weeks?|months?|minutes?|mornings?|evenings?|nights?|meals?)\b",
    re.IGNORECASE,
)
_STRETCH = r"(?:for|in|within|after|of|than|least|about|another|over|until|only|almost|half)"
_ONCE_A = re.compile(
    rf"\b(?:(daily|nightly|weekly|monthly|hourly)|({_STRETCH}\s+)?(?:an?|per)\s+(day|night|week))\b", re.IGNORECASE
)
_A_UNIT = re.compile(rf"\b{_STRETCH}\s+an?\s+({_UNIT})(?![a-z])", re.IGNORECASE)
_LATIN = {
    "qd": "1/day",
    "od": "1/day",
    "bid": "2/day",
    "tid": "3/day",
    "qid": "4/day",
    "qhs": "bedtime",
    "prn": "needed",
}
_MOMENTS: dict[str, str] = {
    r"in the morning|each morning|every morning|mornings?|at breakfast|breakfast": "morning",
    r"at noon|noon|midday|at lunch|lunch|lunchtime": "noon",
    r"afternoons?": "afternoon",
    r"in the evening|evenings?|at dinner|dinner|supper": "evening",
    r"at night|nights?|nightly|at bedtime|bedtime|before bed|overnight": "night",
    r"with (?:a |your )?(?:food|meals?|milk)|after (?:food|meals?|eating)": "with food",
    r"on an empty stomach|without food|before (?:food|meals?|eating)": "without food",
    r"as needed|if needed|when needed|when required|as required|prn": "needed",
}
_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
_MONTHS = "january february march april june july august september october november december"
_NAMED = re.compile(rf"\b({'|'.join([*_DAYS.split(), *_MONTHS.split()])})s?\b", re.IGNORECASE)
_FEW = re.compile(r"\b(?:few|several|couple of)\s+(hours?|days?|weeks?|months?)\b", re.IGNORECASE)
_AROUND = re.compile(
    r"\b(before|after)\s+(?:(?:you|your|the|each|every|a|an|any|taking|being|having|getting|left|right|new|next|first)\s+)*([a-z]+)",
    re.IGNORECASE,
)
_SIDE = re.compile(
    r"\b(left|right|both|bilateral|either)\b(?!\s*(?:away|now|after|before|then|here|there|or\s+wrong|over|handed|alone|out))",
    re.IGNORECASE,
)
_NOT_A_SIDE = re.compile(
    r"(?:\b(?:all|that's|is|be|feels?|just|was|have|has|had|you've|it's|not|quite|the)\s+)(right|left)\s*(?=[.,;!?]|$)"
    r"|\b(?:have|has|had|you've|they)\s+left\b|\bleft\s+(?:the\s+)?(?:hospital|home|clinic)\b|\bboth\s+(?=\w+\s+and\b)",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)  # a passage is compared with every sentence of an answer
def facts(text: str) -> Facts:
    text = text.replace("’", "'").replace("½", "0.5").replace("¼", "0.25").replace("\u00a0", " ")
    codes = _codes(text)
    moments = _moments(text)
    bare = _CLOCK.sub(" ", _CODE.sub(lambda m: m[0] if _short(m[0]) else " ", text))
    rhythms, bare = _rhythms(bare)
    bare = re.sub(r"\btwice\b", "2 times", bare, flags=re.IGNORECASE)
    return Facts(
        amounts=frozenset(_amounts(bare)),
        rhythms=rhythms,
        moments=moments,
        sides=frozenset(_sides(text)),
        medicines=frozenset(medicines_in(text)),
        codes=codes,
    )


def is_measure(word: str) -> bool:
    """Whether a word is a number or a unit, which the facts compare exactly."""
    return word[:1].isdigit() or word in _MEASURES


def number(text: str) -> float:
    """The value of digits ("1,000", "1/2") or of a number word."""
    word = text.lower()
    if word in NUMBER_WORDS:
        return NUMBER_WORDS[word]
    if "/" in word:
        above, below = word.split("/")
        return float(above) / float(below) if float(below) else float(above)
    return float(word.replace(",", ""))


def _short(code: str) -> bool:
    return len(re.sub(r"\D", "", code)) < 7


def _codes(text: str) -> frozenset[str]:
    found = (re.sub(r"\D", "", match[0]) for match in _CODE.finditer(text))
    return frozenset(code for code in found if len(code) >= 7)


def _amounts(text: str) -> list[Amount]:
    found = []
    for match in _AMOUNT.finditer(text):
        if _is_pronoun(match, text):
            continue
        unit, factor = _UNITS.get((match["unit"] or "").lower(), ("", 1.0))
        compared = _compared(text, match)
        found += [
            Amount(round(number(each) * factor, 6), unit, compared) for each in (match["low"], match["high"]) if each
        ]
    for match in _A_UNIT.finditer(text):
        unit, factor = _UNITS[match[1].lower()]
        found.append(Amount(factor, unit, _compared(text, match)))
    return found


def _is_pronoun(match: "re.Match[str]", text: str) -> bool:
    """ "The one you have", "half an hour" as words rather than amounts."""
    word = match["low"].lower()
    if word != "one" or match["unit"]:
        return False
    return bool(re.match(r"\s+(?:of|that|who|you|is|or another)\b", text[match.end() :])) or bool(
        re.search(r"\b(?:the|this|that|any|no|some|each|every|another)\s*$", text[: match.start()], re.IGNORECASE)
    )


def _compared(text: str, match: "re.Match[str]") -> str:
    before = text[max(0, match.start() - 60) : match.start()]
    for pattern, sign in _COMPARED:
        if re.search(rf"(?:{pattern})\s*(?:a\s+|about\s+)?$", before, re.IGNORECASE):
            return sign
    after = _AFTER.match(text, match.end())
    if after:
        return "≥" if after[1].lower() in {"more", "higher", "above", "over", "older"} else "≤"
    return ""


def _rhythms(text: str) -> tuple[frozenset[str], str]:
    """How often, and the text without those words (so that "2" in "2 times a day" is not an amount too)."""
    found: set[str] = set()

    def counted(match: "re.Match[str]") -> str:
        once = {"once": 1.0, "twice": 2.0, "thrice": 3.0}.get((match[1] or "").lower())
        low = once if once is not None else number(match[2])
        period = _period(match[4])
        found.add(f"{low:g}/{period}")
        if match[3]:
            found.add(f"{number(match[3]):g}/{period}")
        return " "

    def spaced(match: "re.Match[str]") -> str:
        unit, factor = _UNITS.get(match[3].lower().rstrip("s"), (match[3].lower().rstrip("s"), 1.0))
        if match[3].lower() == "h":
            unit, factor = "minute", 60.0
        if not match[1]:
            found.add("1/hour" if factor == 60.0 else f"1/{_period(match[3].rstrip('s'))}")
        else:
            low = 2.0 if match[1].lower() == "other" else number(match[1])
            found.update(f"every {each * factor:g} {unit}" for each in (low, number(match[2]) if match[2] else low))
        return " "

    text = _COUNT_A_PERIOD.sub(counted, text)
    text = _EVERY.sub(spaced, text)
    for match in _ONCE_A.finditer(text):
        if not match[2]:
            found.add(f"1/{_period(match[1] or match[3])}")
    for word in re.findall(r"\b[a-z]\.?[a-z]\.?[a-z]?\b", text.lower()):
        if word.replace(".", "") in _LATIN and word.replace(".", "") != "od":
            found.add(_LATIN[word.replace(".", "")])
    return frozenset(each for each in found if each not in {"bedtime", "needed"}), text


def _period(word: str) -> str:
    word = word.lower()
    if word in {"daily", "night", "nightly", "morning", "evening", "day"}:
        return "day"
    return {"weekly": "week", "monthly": "month", "hourly": "hour"}.get(word, word)


def _moments(text: str) -> frozenset[str]:
    lower = text.lower()
    found = {name for pattern, name in _MOMENTS.items() if re.search(rf"\b(?:{pattern})\b", lower)}
    found |= {match[1].lower() for match in _NAMED.finditer(text)}
    found |= {f"few {match[1].rstrip('s').lower()}" for match in _FEW.finditer(text)}
    found |= {
        f"{match[1].lower()} {stem(match[2].lower())}"
        for match in _AROUND.finditer(text)
        if not is_measure(match[2].lower())
    }
    for match in _CLOCK.finditer(text):
        hour, minute = int(match[1] or match[4]) % 24, int(match[2] or match[5] or 0)
        half = (match[3] or "").lower().replace(".", "")
        hour = hour % 12 + (12 if half == "pm" else 0) if half in {"am", "pm"} else hour
        found.add(f"{hour}:{minute:02d}")
    return frozenset(found)


def _sides(text: str) -> set[str]:
    bare = _NOT_A_SIDE.sub(" ", text)
    found = {match[1].lower() for match in _SIDE.finditer(bare)} - {"either"}
    return {"both" if side == "bilateral" else side for side in found}
