"""Characters that a reader of the page does not see: found, reported, removed.

Zero-width and directional characters can hide words between words; the Unicode tag
block can carry a whole invisible message (ASCII smuggling).
"""

import re
import unicodedata

_TAGS = re.compile("[\U000e0000-\U000e007f]+")
_ZERO_WIDTH = re.compile("[\u200b\u200c\u200d\u2060-\u2064\ufeff\u180e\u034f\u115f\u1160\u3164\uffa0]+")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]+")
_VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]+")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000\t\r\n ]+")


def cleaned(text: str) -> tuple[str, list[tuple[str, str]]]:
    """`text` as a reader sees it, and what was hidden in it as (why, content) pairs."""
    found = [("tag", _spelled(run)) for run in _TAGS.findall(text)]
    zero_width = sum(len(run) for run in _ZERO_WIDTH.findall(text.lstrip("\ufeff")))
    if zero_width:
        found.append(("zero_width", f"{zero_width}"))
    if any(c in run for run in _BIDI.findall(text) for c in "\u202e\u202d\u2066\u2067"):
        found.append(("bidi", _BIDI.sub("", text)))
    for pattern in (_TAGS, _ZERO_WIDTH, _BIDI, _VARIATION):
        text = pattern.sub("", text)
    text = _CONTROL.sub(" ", unicodedata.normalize("NFC", text).replace("\u00ad", ""))
    return text, found


def _spelled(tags: str) -> str:
    """What a run of tag characters says."""
    return "".join(chr(ord(c) - 0xE0000) for c in tags if 0xE0020 <= ord(c) < 0xE007F)


def single_spaced(text: str) -> str:
    return _SPACES.sub(" ", text).strip()
