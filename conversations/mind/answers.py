"""Reading an answer in the light of what was asked. Pure."""

import re
from dataclasses import dataclass

from conversations.guardrails import rules, spoken_numbers
from conversations.guardrails.replies import yes_or_no
from conversations.objectives import Value, Variable, VariableType

_COUNTS = {"one": "1", "once": "1", "a couple": "2", "twice": "2"}
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
    written = spoken_numbers.digits(re.sub(r"\b(?:out )?of (?:10|ten)\b", "", said))
    for word, digit in _COUNTS.items():
        written = re.sub(rf"\b{word}\b", digit, written)
    found = [float(digits) for digits in re.findall(r"\d+(?:\.\d+)?", written)]
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


_RHETORICAL = re.compile(
    r"^\W*(?:(?:are you |is that |does that make you )?(?:happy|satisfied|good enough|enough)(?: now)?|okay|ok|right|"
    r"see|understand|understood|you know|you know what|all right|alright|got (?:it|that)|"
    r"so what|is it|isn't it|right now|"
    r"(?:is it|was it|or|maybe|about)?\W*(?:\d+|zero|one|two|three|four|five|six|seven|eight|nine|ten))\W*$"
)


def asks(clause: str) -> bool:
    """Whether the patient asks something that wants an answer; "happy now?" and "is it… three?" don't."""
    said = _plain(clause)
    if _RHETORICAL.match(said):
        return False
    return said.rstrip().endswith("?") or bool(_ASKING.search(said) or _WONDERING.search(said))


_WANTING = frozenset(
    "i i'd i'll i'm want wanna would like need to can could may please just really now right away a an the "
    "hello hi hey well so and but okay ok yeah yes instead rather not you do".split()
)


def only_wants_person(clause: str) -> bool:
    """ "I want to talk to a person, please": a request, which answers nothing that was asked."""
    said = _plain(clause)
    found = next((words for rule, words in rules.requests(said) if rule.id == "request.human"), "")
    return bool(found) and set(re.findall(r"[\w']+", said.replace(found, " "))) <= _WANTING


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
    r"person)|who(?:'s| is) (?:this|that|calling|speaking|there))\b"
)
_WHY = re.compile(
    r"\bwhy (?:do|are|would|should) you (?:need|want|ask|keep|have)|\bwhat(?:'s| is) (?:this|that|it) for\b|"
    r"\bwhat do you need (?:that|this|it) for|\bwhy all (?:these|the) questions"
)
_HOW_LONG = re.compile(
    r"\bare we (?:done|finished|nearly|almost)|\bhow (?:much longer|many more|long (?:is|will|does) this)|"
    r"\bis (?:that|this) (?:all|it|everything|the last)\b|\b(?:how much|is there much|many) more\W*$"
)


def asks_why(clause: str) -> bool:
    """Whether the patient asks why they are being asked."""
    return bool(_WHY.search(_plain(clause)))


def asks_how_long(clause: str) -> bool:
    """Whether the patient asks how long the call goes on."""
    return bool(_HOW_LONG.search(_plain(clause)))


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


_ARRIVED = re.compile(
    r"\b(?:they(?:'re| are)|ambulance(?:'s| is| has)|paramedics? (?:is|are)|help(?:'s| is)|medics? (?:is|are)) "
    r"(?:here|arriv\w+|at the door|coming in|with me|inside|now here)"
)


def help_is_there(text: str) -> bool:
    """Whether somebody who can help has come."""
    return bool(_ARRIVED.search(_plain(text)))


def thanks(text: str) -> bool:
    return bool(_THANKS.search(_plain(text)))


def asks_who(clause: str) -> bool:
    """Whether the patient asks what they are talking with."""
    return bool(_WHO.search(_plain(clause)))


def _plain(text: str) -> str:
    return text.casefold().replace("’", "'")
