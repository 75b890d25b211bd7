"""What a question waits for: where the dialogue does not say, the words do. Pure."""

import re

from conversations.live.completeness import AUXILIARIES, OPENERS, WORD
from conversations.live.events import Expecting

OPEN = re.compile(
    r"\b(how (are|were|is|did|have|can i help)|what (happened|happens|brings|is it like|was it like)|tell me|describe"
    r"|explain|talk me through|let me know|anything else|why)\b"
)
CHOICE = re.compile(r"\bor\b")


def expected_by(text: str) -> Expecting:
    """The last question of what was said, if it ends with one or invites an answer."""
    sentences = [sentence for sentence in re.split(r"(?<=[.?!])\s+", text.lower().strip()) if WORD.search(sentence)]
    if not sentences:
        return Expecting.NOTHING
    last = sentences[-1]
    if OPEN.search(last):
        return Expecting.OPEN
    if not last.endswith("?"):
        return Expecting.NOTHING
    opening = next((word for word in WORD.findall(last) if word not in OPENERS), "")
    return Expecting.YES_NO if opening in AUXILIARIES and not CHOICE.search(last) else Expecting.SHORT
