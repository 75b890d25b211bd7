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
    said = _plain(text).strip()
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
    said = _plain(clause)
    return said.rstrip().endswith("?") or bool(_ASKING.search(said) or _WONDERING.search(said))


def wants_repeat(text: str) -> bool:
    return bool(_REPEAT.search(_plain(text)))


_ENOUGH = re.compile(
    r"\b(okay|ok|got it|i know|never mind|nevermind|that's fine|that's enough|stop|thanks|thank you|sure)\b"
)
_LEAVES = re.compile(
    r"\b(good ?bye|bye|bye-bye|(?:i )?(?:have to|need to|gotta|got to|must) (?:go|leave|hang up)|hang up|end "
    r"(?:the|this) call|"
    r"talk (?:to you )?later|call me (?:back )?later|that's all for today|i'm hanging up|let's stop here)\b"
)
_DONE = re.compile(
    r"\b(that's (?:all|it|everything)|that is all|nothing else|no more questions|i'm (?:good|fine|all set|done)|"
    r"all set|all good)\b"
)
_WELL = re.compile(r"\b(fine|good|great|well|better|okay|wonderful|excellent|healing|all right|alright)\b")
_NOT_WELL = re.compile(r"\b(not|isn't|don't|no|but|bad|worse|pain|hurt|sore|hard|trouble|problem)\b")
_THANKS = re.compile(r"\b(thanks|thank you|appreciate)\b")
_WHO = re.compile(
    r"\b(are you (?:a |an )?(?:real|human|person|robot|machine|computer|ai|bot|nurse|doctor|recording)|who are "
    r"you|what are you|"
    r"who am i (?:talking|speaking) (?:to|with)|is this (?:a )?(?:real|robot|computer|machine|recording|ai|human|"
    r"person))\b"
)


def enough(text: str) -> bool:
    """Whether the patient has no need to hear the rest of an answer that they cut off."""
    return bool(_ENOUGH.search(_plain(text)))


def leaves(text: str) -> bool:
    """Whether the patient wants to end the call."""
    return bool(_LEAVES.search(_plain(text)))


def is_done(text: str) -> bool:
    """Whether "is there anything else?" was answered with no."""
    return yes_or_no(text) is False or bool(_DONE.search(_plain(text)))


def is_well(text: str) -> bool:
    """Whether an answer is plainly good news."""
    said = _plain(text)
    return bool(_WELL.search(said)) and not _NOT_WELL.search(said)


def thanks(text: str) -> bool:
    return bool(_THANKS.search(_plain(text)))


def asks_who(clause: str) -> bool:
    """Whether the patient asks what they are talking with."""
    return bool(_WHO.search(_plain(clause)))


def _plain(text: str) -> str:
    return text.casefold().replace("’", "'")
