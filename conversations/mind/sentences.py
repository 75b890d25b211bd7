"""Text as sentences, whole or as it streams in. Pure."""

import re

_END = re.compile(r"[.!?]+[\"”’)\]]*\s+(?=\S)|\s*\n+\s*(?=\S)")
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_ABBREVIATIONS = ("dr.", "mr.", "mrs.", "ms.", "st.", "e.g.", "i.e.", "a.m.", "p.m.", "approx.", "vs.", "no.", "etc.")


def split(text: str) -> list[str]:
    """The sentences of a text. A dot inside a number or an abbreviation ends none."""
    splitter = Splitter()
    return [*splitter.feed(text), *splitter.rest()]


class Splitter:
    """Takes in pieces of any size and gives back whole sentences."""

    def __init__(self) -> None:
        self._buffer = ""

    def feed(self, piece: str) -> list[str]:
        """The sentences that are certainly finished: something follows them."""
        self._buffer += piece
        found, start = [], 0
        for end in _END.finditer(self._buffer):
            sentence = self._buffer[start : end.end()].strip()
            if sentence.casefold().endswith(_ABBREVIATIONS) and "\n" not in end.group():
                continue
            found.append(_clean(sentence))
            start = end.end()
        self._buffer = self._buffer[start:]
        return [sentence for sentence in found if sentence]

    def rest(self) -> list[str]:
        """What is left when nothing more will come."""
        left, self._buffer = _clean(self._buffer), ""
        return [left] if left else []


def _clean(sentence: str) -> str:
    return " ".join(_BULLET.sub("", sentence).split())
