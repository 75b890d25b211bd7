"""How strong the patient says a symptom is, and whether it is getting worse. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import yaml

from conversations.guardrails import spoken_numbers
from conversations.guardrails.phrases import listed
from conversations.guardrails.spelling import LEXICON
from conversations.guardrails.text import Token, tokens

ORDER = ("mild", "moderate", "severe")
_SCALE = re.compile(
    r"\b(?P<n>10|\d(?:\.\d)?|zero|one|two|three|four|five|six|seven|eight|nine|ten)\s*(?:out of|/|on a scale|"
    r"of)\s*(?:10|ten|one)\b"
)
_RATED = re.compile(
    r"\b(?:pain|it|that|hurts|headache|ache)(?:'s| is| was|'s at| is at| at)?\s*(?:about |around |like |maybe |at |"
    r"a |an |level )*"
    r"(?P<n>10|\d|one|two|three|four|five|six|seven|eight|nine|ten)\b(?!\s*(?:days?|weeks?|hours?|times?|minutes?|"
    r"months?|o'clock|am|pm|of them))"
)
_MORE = re.compile(r"\b(?:(?:a lot|much|even|far|way|lots) more|more (?:\w+ ){0,4}than)\b(?! happy| than happy)")
_WAS_WORSE = re.compile(r"\b(?:was|were|used to be) (?:a lot |much |even |far )?worse\b")
_NUMBERS = {word: float(n) for n, word in enumerate("zero one two three four five six seven eight nine ten".split())}


@dataclass(frozen=True)
class Degree:
    """`level` is mild, moderate or severe, or empty where nothing was said about it."""

    level: str = ""
    worse: bool = False
    better: bool = False
    sudden: bool = False
    new: bool = False

    def exceeds(self, at_most: str) -> bool:
        """Whether this is stronger than a plan calls normal. What is not said counts as no more than normal."""
        if not self.level:
            return False
        allowed = ORDER.index(at_most) if at_most in ORDER else 1
        return ORDER.index(self.level) > allowed


def of(said: Sequence[Token], first: int, last: int) -> Degree:
    """The degree of what stands at tokens `first` to `last`, from the clause around it and what follows on."""
    start, end = _reach(said, first, last)
    text = " ".join(token.word for token in said[start : end + 1])
    found = {name: bool(pattern.search(text)) for name, pattern in _patterns().items()}
    found["worse"] = bool(_MORE.search(text) or _patterns()["worse"].search(_WAS_WORSE.sub(" ", text)))
    better = found["better"] and not found["worse"]
    return Degree(_level(text, found), found["worse"], better, found["sudden"], found["new"])


def of_text(text: str) -> Degree:
    said = tokens(text)
    return of(said, 0, len(said) - 1) if said else Degree()


def rating(text: str) -> float | None:
    """A pain rating from 0 to 10, if one is given."""
    found = _SCALE.search(text) or _RATED.search(text)
    return _NUMBERS[found["n"]] if found and found["n"] in _NUMBERS else float(found["n"]) if found else None


_COUNTED = re.compile(
    r"\b\d+ (?:days?|weeks?|hours?|times?|minutes?|months?|years?|pills?|tablets?|mg|milligrams?|steps?|o'clock|am|"
    r"pm)\b"
)


def answered_rating(text: str) -> float | None:
    """The rating in an answer to "from zero to ten?": the highest number that fits and counts nothing else."""
    said = rating(f"it is {text}")
    if said is not None:
        return said
    written = re.sub(r"\bone\b(?! of)", "1", spoken_numbers.digits(text)).replace("out of 10", "")
    numbers = re.findall(r"(?<![\d.,/])\d+(?:\.\d)?(?![\d/])", _COUNTED.sub(" ", written))
    fitting = [float(number) for number in numbers if float(number) <= 10]
    return max(fitting) if fitting else None


def _level(text: str, found: Mapping[str, bool]) -> str:
    rated = rating(text)
    if rated is not None:
        return "mild" if rated < 4 else "moderate" if rated < 7 else "severe"
    mild_over_severe = re.search(
        r"\b(?:not|isn't|wasn't) (?:too |so |that |very |really |terribly )?(?:bad|severe|terrible|awful|serious)", text
    )
    if found["severe"] and not mild_over_severe:
        return "severe"
    if found["moderate"]:
        return "moderate"
    return "mild" if found["mild"] or mild_over_severe else ""


def _reach(said: Sequence[Token], first: int, last: int) -> tuple[int, int]:
    """The sentence it stands in, and the next one if that goes on about it ("It's getting worse.")."""
    start, end = first, last
    while start > 0 and not said[start - 1].ends_sentence:
        start -= 1
    while end + 1 < len(said) and not said[end + 1].ends_sentence:
        end += 1
    following = end + 2
    if following < len(said) and said[following].word in _GOES_ON:
        end = following
        while end + 1 < len(said) and not said[end + 1].ends_sentence:
            end += 1
    return start, end


_GOES_ON = frozenset(
    {"it", "it's", "that", "that's", "they", "they're", "still", "and", "really", "worse", "about", "maybe", "not"}
)


@lru_cache
def _patterns() -> dict[str, re.Pattern[str]]:
    data = yaml.safe_load((LEXICON / "degrees.yaml").read_text())
    return {
        name: re.compile(
            r"(?<![\w'])(?:"
            + "|".join(re.escape(p) for p in sorted(listed(words), key=len, reverse=True))
            + r")(?![\w'])"
        )
        for name, words in data.items()
    }
