"""Reading an answer in the light of what was asked. Pure."""

import re
from dataclasses import dataclass

from conversations.guardrails.replies import yes_or_no
from conversations.objectives import Value, Variable, VariableType

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_DEGREES = {"no pain": 0.0, "none": 0.0, "nothing": 0.0, "not at all": 0.0}


@dataclass(frozen=True)
class Read:
    value: Value
    evidence: str


def read(variable: Variable, text: str) -> Read | None:
    """The typed value of an answer with the words it was read from, or None if it doesn't answer."""
    said = text.casefold().replace("’", "'").strip()
    if not said:
        return None
    match variable.type:
        case VariableType.YES_NO:
            value: Value | None = yes_or_no(said)
        case VariableType.NUMBER:
            value = number(said, variable.minimum, variable.maximum)
        case VariableType.CHOICE:
            value = choice(said, variable.options)
        case _:
            value = text.strip() if len(re.findall(r"\w+", said)) >= 1 else None
    return None if value is None else Read(value, text.strip())


def number(said: str, minimum: float, maximum: float) -> float | None:
    """The number meant: digits or words, the higher of a range, within bounds."""
    for phrase, value in _DEGREES.items():
        if phrase in said and minimum <= value:
            return value
    found = [float(digits) for digits in re.findall(r"\d+(?:\.\d+)?", re.sub(r"\b(?:out )?of (?:10|ten)\b", "", said))]
    words = re.findall(r"[a-z]+", re.sub(r"\bout of ten\b", "", said).replace("-", " "))
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in _TENS:
            found.append(_TENS[word] + (_SMALL.index(following) if following in _SMALL[1:10] else 0))
        elif word in _SMALL and not (found and found[-1] % 10 and found[-1] > 20):
            found.append(float(_SMALL.index(word)))
    fitting = [value for value in found if minimum <= value <= maximum]
    return max(fitting) if fitting else None


def choice(said: str, options: tuple[str, ...]) -> str | None:
    named = [option for option in options if re.search(rf"\b{re.escape(option.casefold())}\b", said)]
    return named[0] if len(named) == 1 else None


_ASKING = re.compile(
    r"^\W*(?:um+|uh+|well|so|and|but|okay|ok|also|oh|hi|hello|please|,|\s)*"
    r"(?:can|could|may|should|shall|am i|is it|is there|are there|do i|does|did|will|would|when|what|where|which|who|"
    r"why|how)\b"
)
_WONDERING = re.compile(
    r"\b(i (?:was )?wonder(?:ing)?|i(?:'d| would)? (?:want|like) to (?:know|ask)|i have a question|"
    r"(?:can|could) you tell me|tell me (?:about|how|when|what|if|whether)|do you know (?:if|when|what|how|whether)|"
    r"am i allowed|is it (?:ok|okay|"
    r"alright|all right|safe|normal))\b"
)
_REPEAT = re.compile(
    r"\b(say that again|repeat|pardon|come again|what did you say|didn't (?:hear|catch|get)|couldn't hear|"
    r"what was (?:that|the question))\b|^\W*(?:what|sorry|huh)\W*$"
)


def clauses(text: str) -> list[str]:
    """The patient's words, split where a recogniser or a typist ends a sentence."""
    return [clause.strip() for clause in re.findall(r"[^.!?]+(?:[.](?=\d)[^.!?]+)*[.!?]*", text) if clause.strip()]


def asks(clause: str) -> bool:
    """Whether the patient asks something."""
    said = clause.casefold().replace("’", "'")
    return said.rstrip().endswith("?") or bool(_ASKING.search(said) or _WONDERING.search(said))


def wants_repeat(text: str) -> bool:
    return bool(_REPEAT.search(text.casefold().replace("’", "'")))


_ENOUGH = re.compile(
    r"\b(okay|ok|got it|i know|never mind|nevermind|that's fine|that's enough|stop|thanks|thank you|sure)\b"
)


def enough(text: str) -> bool:
    """Whether the patient has no need to hear the rest of an answer that they cut off."""
    return bool(_ENOUGH.search(text.casefold().replace("’", "'")))
