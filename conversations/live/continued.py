"""Sentences that a pause has broken in two: "I have a new pain." – "In my chest." Pure.

Recognisers close a sentence at every pause, and someone in pain pauses. What belongs together is read together as
well as apart, and the graver reading counts: see `guard.Guard.assess` and `conversations.live.stretches`.
"""

import re

BOUNDARY = re.compile(r"(?<=[.…])\s+")
TOKEN = re.compile(r"[a-z0-9']+")
LONGEST = 8  # words of what is taken for the rest of a sentence

# Said by themselves, they answer the question before; nothing is their other half.
ANSWERS = frozenset("yes yeah yep no nope nah okay ok fine good sure right thanks thank you well not really".split())
# A sentence does not begin with these, or not often in speech.
GOING_ON = frozenset(
    "in on at under around round near behind across down up over through inside between with without from to into onto "
    "along below above beside against near when whenever while like as than of for by since until all".split()
)
# A sentence does not end with these.
UNFINISHED = frozenset(
    "a an the my his her their our your this that these those some any more no not i i'm it it's he she they "
    "am is are was were be been being have has had having do does did don't doesn't didn't "
    "can can't cannot could couldn't will won't would wouldn't should might may must "
    "feel feels feeling felt get gets getting got keep keeps started start hardly barely nearly almost "
    "in on at of with and or but so very really too quite like to from for "
    "new bad severe sharp strong terrible awful sudden left right".split()
)
# How much, said after a breath.
DEGREES = frozenset(
    "a lot badly heavily really very so much too terribly awfully severely constantly everywhere all over the time "
    "quite bit bad worse and more".split()
)
NAMED_FIRST = frozenset(("my", "the", "this", "that", "these", "both"))  # "My chest." – "Hurts."


def mended(text: str) -> str:
    """`text` without the full stops inside sentences that seem to go on after them; itself if there are none."""
    whole, *rest = BOUNDARY.split(text.strip())
    last = whole
    for part in rest:
        if belong(last, part):
            whole, last = f"{whole.rstrip('.…')} {part}", f"{last} {part}"
        else:
            whole, last = f"{whole} {part}", part
    return whole


def goes_on(before: str, after: str) -> bool:
    """Whether the first sentence of `after` seems to be the rest of the last one of `before`."""
    if not before.strip() or not after.strip():
        return False
    return belong(BOUNDARY.split(before.strip())[-1], BOUNDARY.split(after.strip())[0])


def belong(first: str, second: str) -> bool:
    """Whether two sentences seem to be halves of one."""
    begun, rest = TOKEN.findall(first.lower()), TOKEN.findall(second.lower())
    if not begun or not rest or first.rstrip().endswith(("?", "!")) or ANSWERS.issuperset(begun):
        return False
    return (
        begun[-1] in UNFINISHED
        or (rest[0] in GOING_ON and len(rest) <= LONGEST)
        or (len(rest) <= 4 and DEGREES.issuperset(rest))
        or (len(begun) <= 3 and begun[0] in NAMED_FIRST and len(rest) <= LONGEST)
    )
