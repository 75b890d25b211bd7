"""Words that sound exactly alike, spelled as a call about health means them.

A recogniser trained on books writes "a new pane in my chest". Only true homophones
belong here: what merely resembles a symptom is for the guard to ask back about.
"""

import re

_MEANT = {"pane": "pain", "panes": "pains", "soar": "sore", "soars": "sores", "heel": "heal"}
# "My heel hurts" is a foot; only "to heel" is a wound.
_ALIKE = re.compile(
    r"\b(?:panes?|soars?(?=\s+(?:throat|spot|leg|arm|hip|knee|back|muscle))|(?<=to )heel)\b", re.IGNORECASE
)


def as_meant(text: str) -> str:
    return _ALIKE.sub(lambda found: _like(found[0], _MEANT[found[0].lower()]), text)


def _like(written: str, meant: str) -> str:
    """`meant` with the capitals of `written`."""
    return meant.capitalize() if written[:1].isupper() else meant
