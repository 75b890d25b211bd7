"""A retrieved passage: the text, where it stands, and how likely it is to help. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Passage:
    """`score` is the calibrated chance, 0 to 1, that the passage answers; `start` and `end` count in page `page`."""

    text: str
    heading: str
    score: float
    document_id: str
    title: str
    version: int
    page: int
    start: int
    end: int
