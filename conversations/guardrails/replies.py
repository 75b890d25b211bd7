"""Yes and no, in all their everyday forms. Pure."""

import re

_YES = re.compile(
    r"\b(yes|yeah|yea|yep|yup|ya|yah|yessir|sure|sure do|correct|right|of course|absolutely|definitely|certainly|"
    r"affirmative|indeed|"
    r"i do|i have|i am|i did|i can|i was|there is|there are|there was|it is|it does|it has|they are|they do|uh-huh|"
    r"uh huh|mm-hm|mmhm|mm-hmm|"
    r"mhm|a little|a bit|a little bit|some|a few|kind of|kinda|sort of|sorta|slightly|sometimes|once in a while|a lot|"
    r"maybe|perhaps|possibly|i think so|i guess so|i guess|probably|i believe so|i suppose|most of the time|pretty "
    r"much|that's right|you bet|okay|ok)\b(?!'t\b)"
)
_NO = re.compile(
    r"\b(no|nope|nah|naw|never|none|not|nothing|don't|dont|do not|haven't|havent|hasn't|isn't|aren't|didn't|can't|"
    r"cannot|negative|"
    r"without|neither|nobody|no way|uh-uh|nuh-uh|wasn't|weren't|doesn't)\b"
)
_UNSURE = re.compile(
    r"\b(not sure|don't know|do not know|dunno|no idea|"
    r"can't say(?! (?:that |as )?i (?:have|do|did|am|was)\b)|can't tell|couldn't say|couldn't tell|hard to say|"
    r"hard to tell|not certain|who knows)\b"
)
_NOT_A_NO = re.compile(
    r"\b(no doubt|not only|not just|no question|no better|not better|not getting better|no wonder|no idea)\b"
)
_LEAD = re.compile(r"^\W*(?:(?:oh|well|um+|uh+|er+|so|and|hmm+|ah|gosh|you know|honestly|actually|i mean|like)\b\W*)*")


_PLAIN = re.compile(
    r"^(?:(?P<no>no|nope|nah|never)|yes|yeah|yep|yup|i do|i have|i did)\b(?! (?:idea|doubt|question|wonder|better|not))"
)


def plainly(text: str) -> bool | None:
    """True or False where a sentence begins with yes or no; None where one would have to guess."""
    said = _NOT_A_NO.sub(" ", text.casefold().replace("’", "'"))
    for part in re.split(r"[.!?]+\s+", said):
        found = _PLAIN.match(_LEAD.sub("", part))
        if found:
            return found["no"] is None
    return None


def yes_or_no(text: str) -> bool | None:
    """True for yes, "maybe a bit" included; False for no; None when the words are neither, or unsure."""
    said = _NOT_A_NO.sub(" ", text.casefold().replace("’", "'"))
    said = _LEAD.sub("", said)
    if not _PLAIN.match(said):  # "My sister had a cough last winter. Well, no."
        later = [_LEAD.sub("", part) for part in re.split(r"[.!?]+\s+", said)[1:]]
        said = next((part for part in later if _PLAIN.match(part)), said)
    hedged = _UNSURE.search(said)
    if hedged:
        rest = said[hedged.end() :]
        return (
            True if re.search(r"\b(maybe|perhaps|possibly|a bit|a little|might|could be|i think so)\b", rest) else None
        )
    first_no, first_yes = _NO.match(said), _YES.match(said)
    if first_no:
        return False
    if first_yes:
        turned = re.match(r"\w+\W+(?:not|no|never|don't)\b", said)
        return not turned or bool(re.match(r"(?:yes|yeah|yep|yup)", said))
    if _NO.search(said):
        return False
    return True if _YES.search(said) else None
