"""Whether what was named is there after all, by what the sentence says before and behind it. Pure.

ConText's rules tell what a cue does to the words around it. Here is what takes a whole
sentence: "the doctor said to watch for fever, and now I have one" names a fever once, as
a warning and as a complaint.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from conversations.guardrails import replies
from conversations.guardrails.context import Status
from conversations.guardrails.reading import Mention
from conversations.guardrails.text import Token

_NOT_HERE = (Status.HYPOTHETICAL, Status.OTHER)
_THERE = (Status.PRESENT, Status.POSSIBLE)
_OVER = (Status.PAST, Status.RESOLVED)

_RECENTLY = (
    r"(?:today|tonight|yesterday|now|just now|recently|last (?:night|week|evening)|"
    r"this (?:morning|afternoon|evening|week)|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
)
_UNTIL = re.compile(rf"^[^.?!;]{{0,30}}\b(?:until|till|til|before) {_RECENTLY}\b")
_IT = r"(?:one|it|some|them|those|that|both|a bit|a little|a lot|plenty)\b"
_HERE = re.compile(
    rf"\bi(?:'ve| have| do have)? (?:got|have|had|saw|see|seen|noticed|found|feel|felt|do have) {_IT}|"
    rf"\bi(?:'ve| have| do have) {_IT}|"
    rf"\b(?:and|but|well|now|because) i (?:did|do|am|have|was)(?= (?:{_RECENTLY}|again)\b| ?[,.!?]|$)|"
    r"\b(?:and|but|well|now|because|,) (?:it|they) (?:is|are|has|have|does|did)(?!n't| not| never| no)\b|"
    r"\b(?:and|but|well|now|,) mine(?:'s| is| are| was| has| have)\b|"
    rf"\bthere(?:'s| is| are| was) {_IT}"
)
_UNSAID = re.compile(r"\b(?:not|n't|don't|never|no|if|when|whether|in case|unless|hope|hoping)\b|n't\b")
_WELL = re.compile(
    r"\b(?:fine|normal|good|ok|okay|clean|clear|dry|healed|healing|gone|better|nothing|never|not|no|none|well)\b"
)
_RELATIVE = re.compile(
    r"^ (?:that |which )?i(?:'ve got|'ve had|'ve been (?:having|getting)|'m (?:having|getting|feeling)| am having|"
    r" have(?! to\b)(?: now| got)?| got| get| keep (?:having|getting)| feel)\b"
)
_POINTED_AT = re.compile(r"(?:^|\s)(?:these|(?:about|with|of|on) my)(?: \w+)?$|(?:^|\s)this$")
_AGAIN = re.compile(
    r"\b(?:(?:it's|is|are|has come|have come|came|coming|comes|are coming) (?:right |all )?back(?! to\b)|back again|"
    r"started (?:up )?again|has returned|have returned|returned|"
    r"(?:it's|is|they're|are|hurts) (?:so |very |really |much |real )?(?:bad|worse|terrible|awful) (?:again|now|today)|"
    r"(?:feels?|is|it's) (?:just |exactly |much )?(?:the same|like (?:that|it|then))|"
    r"same (?:thing|feeling) (?:again|now))\b"
)
_TOLD = re.compile(
    r"\b(?:said|says|told|tells?|explain\w*|warn\w*|mention\w*|advis\w+|instruct\w*|reminded|read|reads|"
    r"paper\w*|leaflet|sheet|label|booklet|instructions?)\b"
)
_NORMAL = re.compile(
    r"^ (?:\w+ ){0,3}(?:(?:is|are|was|would be) (?:\w+ ){0,2}(?:normal|common|usual|expected)|"
    r"(?:can|could|may|might) (?:happen|come|occur)|(?:happens|comes) (?:with|from|after))\b"
)
_AFRAID = re.compile(
    r"\b(?:afraid|scared|worried|worry|frets?|nervous|terrified|dread|fear)\b[^.?!;]*"
    r"\b(?:(?:might|may|could|will|would)(?! be\b| have\b)|(?:i|it|she|he|they)'ll)\b"
)
_ASKED_WHETHER = re.compile(r"\b(?:can|could|will|would|might|may|does|do) (?:this|these|the|that|those|my)$")
_GOING_ROUND = re.compile(r"^ (?:is |that's |that is )?(?:going|doing) (?:a?round|the rounds)\b")
_KEPT_AWAY = re.compile(r"^ (?:away|off|down|at bay|from)\b")
_KEEPING = re.compile(r"\bto (?:keep|stop)\b(?: \w+){0,4}$")
_YEAR = re.compile(
    r"\b(?:in|since|back in|of) (?:19|20)\d\d\b|\bin '?\d\ds\b|"
    r"\bin the (?:fifties|sixties|seventies|eighties|nineties)\b"
)
_GONE = re.compile(
    r"\b(?:it|that|they|this|which)(?:'s| is| has| have| are| all|'ve)*(?: since| now| just| all)* "
    r"(?:completely |pretty much )?"
    r"(?:gone|went away|stopped|over(?! the\b| my\b)|passed|resolved|cleared up|disappeared|subsided|better now)\b"
)
_LONG_AGO = re.compile(
    r"\b(?:years? ago|last (?:year|winter|summer|spring|fall|month)|back then|when (?:i|he|she) was|died|passed away)\b"
)
_THEN = re.compile(r"^ (?:back )?then ?(?:[.,!?]|$)")
_ONCE = re.compile(r"\b(?:had|was|were|used to|when i)\b")


def settled(mention: Mention, end: int, said: Sequence[Token]) -> Mention:
    """The mention with the status that the whole sentence gives it. `end`: the token where the next mention begins."""
    first, last = _sentence(mention, said)
    before = _joined(said[first : mention.first])
    after = " " + _joined(said[mention.last + 1 : last + 1])
    rest = " " + _joined(said[mention.last + 1 : end])
    named = _joined(said[mention.first : mention.last + 1])
    status = _supposed(mention, before, named, after)
    here = status in _NOT_HERE and _is_here(mention, said, before, after, f"{named}{rest}")
    if here or _has_returned(status, after, rest):
        status = Status.PRESENT
    elif status is Status.OTHER and (_YEAR.search(before + after) or _LONG_AGO.search(before + after)):
        status = Status.ABSENT  # "my husband had his heart attack in 2009" calls for nothing
    elif status in _THERE:
        status = _ended(status, before, rest)
    return mention if status is mention.status else replace(mention, status=status)


def _supposed(mention: Mention, before: str, named: str, after: str) -> Status:
    """A thing said to be possible, feared, kept away or going round is not there."""
    if mention.status not in _THERE:
        return mention.status
    if _GOING_ROUND.search(after):
        return Status.OTHER
    told = _TOLD.search(before) and _NORMAL.search(after)
    kept = _KEPT_AWAY.search(after) and _KEEPING.search(f"{before} {named}")
    near = " ".join(after.split()[:3])
    feared = _AFRAID.search(f"{before} {named} {near}")
    return Status.HYPOTHETICAL if told or kept or feared or _ASKED_WHETHER.search(before) else mention.status


def _is_here(mention: Mention, said: Sequence[Token], before: str, after: str, rest: str) -> bool:
    """ "… and now I have one"; "is it this swelling?"; "… the chest pain I have"."""
    if _said_plainly(_HERE, rest):
        return True
    if mention.status is not Status.HYPOTHETICAL:
        return False
    word = said[mention.first].word
    is_verb = before.endswith("this") and word.endswith("s") and not word.endswith("ss")  # "what if this bleeds"
    return bool(_RELATIVE.search(after) or (_POINTED_AT.search(before) and not is_verb))


def _has_returned(status: Status, after: str, rest: str) -> bool:
    """ "Never, until today"; "the fever I had in hospital is back"."""
    if status is Status.ABSENT:
        return bool(_UNTIL.search(after))
    return status in _OVER and _said_plainly(_AGAIN, rest)


def _said_plainly(pattern: re.Pattern[str], rest: str) -> bool:
    """Whether it is said, and neither denied, supposed nor good news."""
    for found in pattern.finditer(rest):
        lead = " ".join(rest[: found.start()].split()[-4:])
        following = re.split(r"[.?!;]", rest[found.end() :])[0]
        if not _UNSAID.search(lead) and not _WELL.search(following):
            return True
    return False


def _ended(status: Status, before: str, rest: str) -> Status:
    """What is told before the next symptom is named: "but it went away"; "in 2015"; "chest pain? No."."""
    echoed = re.match(r" \? (.*)", rest)
    if echoed:
        return Status.ABSENT if replies.yes_or_no(echoed[1]) is False else status
    if _GONE.search(rest):
        return Status.RESOLVED
    return Status.PAST if _YEAR.search(rest) or (_THEN.search(rest) and _ONCE.search(before)) else status


def _sentence(mention: Mention, said: Sequence[Token]) -> tuple[int, int]:
    first, last = mention.first, mention.last
    while first > 0 and not said[first - 1].ends_sentence:
        first -= 1
    while last + 1 < len(said) and not said[last + 1].ends_sentence:
        last += 1
    return first, last


def _joined(said: Sequence[Token]) -> str:
    return " ".join(token.word for token in said)
