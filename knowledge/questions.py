"""Spoken questions made ready to search with. Pure."""

import re
from collections.abc import Collection

from knowledge.facts import facts
from knowledge.medicines import meant

_FILLERS = re.compile(
    r"\b(?:um+|uh+|er+|hmm+|well|so|okay|ok|like|you know|i mean|i was wondering|i wonder|can you tell me|please|"
    r"could you tell me|tell me|i'd like to know|i want to know|just|actually|basically|hey|hi|hello|sorry|excuse me|"
    r"kind of|sort of)\b,?",
    re.IGNORECASE,
)
_IDIOMS = tuple(
    (re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), words)
    for pattern, words in (
        (r"(?:get |be |sit )?behind the wheel", "drive a car"),
        (r"throw(?:ing)? up|chuck(?:ing)? up|sick to my stomach", "vomiting"),
        (r"go(?:ing)? number (?:one|1)", "urinate"),
        (r"go(?:ing)? number (?:two|2)|go(?:ing)? to the loo", "bowel movement"),
        (r"my waterworks|pass(?:ing)? water", "urine"),
        (r"black(?:ing|ed)? out|pass(?:ed|ing)? out|keel(?:ed|ing)? over", "faint"),
        (r"make love|be intimate|in bed with my (?:husband|wife|partner)", "sexual activity"),
        (r"have a (?:drink|beer|wine|glass of wine)|a few drinks", "drink alcohol"),
        (r"(?:hop|get|sit|soak) in (?:the|a) (?:hot )?tub", "take a bath"),
        (r"wash my hair", "shower"),
        (r"come out|taken out", "removed"),
        (r"what am i (?:taking|on)|which pills", "which medicines do I take"),
        (r"hop on a plane", "fly on an airplane"),
    )
)


def plain(question: str) -> str:
    """The question without the words that only fill time; never empty."""
    for pattern, words in _IDIOMS:
        question = pattern.sub(words, question)
    bare = " ".join(_FILLERS.sub(" ", question.replace("’", "'")).split()).strip(" ,.-")
    return bare or question


def with_medicines(question: str, present: Collection[str]) -> str:
    """The question with the generic names of medicines it means, as far as these documents name them.

    "What is the water pill for" becomes "… furosemide" for a patient who takes furosemide.
    """
    possible = frozenset().union(*meant(question)) & set(present)
    added = sorted(possible - set(re.findall(r"[a-z]+", question.lower())))
    return f"{question} ({', '.join(added)})" if added else question


_KINDS = (
    (r"\bhow (?:often|many times)\b", "rhythm"),
    (r"\bhow (?:many|much)\b.*\b(?:a day|in a day|per day|24 hours|at most|altogether|maximum)\b", "limit"),
    (r"\bhow (?:much|many|heavy|high|far|low|big)\b|\bwhat (?:dose|weight)\b", "amount"),
    (r"\bhow long\b|\bhow soon\b|\bwhen\b|\bwhat time\b|\bwhat day\b", "time"),
    (
        r"\b(?:who|whom|where) (?:do|should|can|to|must)\b.*\b(?:call|contact|ring|phone|reach)\b|\bphone number\b",
        "code",
    ),
    (r"\bwhat(?:'s| is| are| do)?\b.*\bfor\b\W*$|\bwhy (?:am|do|should|must|did)\b", "reason"),
    (r"\bwhat number\b|\bcall\b.*\bnumber\b", "code"),
)


def is_about_own_plan(question: str) -> bool:
    """Whether only the patient's own papers may answer: how much, how often, whom to call, when to come."""
    return bool(_OWN.search(question)) or (bool(meant(question)) and _kind(question) in {"rhythm", "amount", "limit"})


_OWN = re.compile(
    r"\b(?:my (?:\w+ )?(?:appointment|visit|follow-up|surgeon|doctor|nurse|dose|plan|result\w*)|phone number|"
    r"(?:who|whom) (?:do|should|can) i (?:call|contact|ring|phone))\b",
    re.IGNORECASE,
)


def _kind(question: str) -> str:
    """The kind of fact that is asked for; "" if none."""
    return next((kind for pattern, kind in _KINDS if re.search(pattern, question, re.IGNORECASE)), "")


def fits(question: str, text: str) -> float:
    """1 if `text` holds the kind of fact that is asked for, -0.5 if it holds none, 0 if no kind is asked for."""
    kind = _kind(question)
    if not kind:
        return 0.0
    held = facts(text)
    holds = {
        "rhythm": bool(held.rhythms or held.moments),
        "amount": bool(held.amounts),
        "limit": any(amount.compared for amount in held.amounts),
        "time": bool(
            _WHEN.search(text) or held.moments or held.rhythms or any(amount.unit in _TIMES for amount in held.amounts)
        ),
        "reason": bool(_REASON.search(text)) or " | " in text,
        "code": bool(held.codes),
    }
    return 1.0 if holds[kind] else -0.5


_REASON = re.compile(
    r"\b(?:for|because|to (?:help|prevent|treat|lower|get rid|control|reduce|stop|ease|relieve))\b", re.IGNORECASE
)
_WHEN = re.compile(r"\b(?:until|after|before|once|as soon as|when)\b", re.IGNORECASE)
_TIMES = frozenset({"minute", "day", "month"})
