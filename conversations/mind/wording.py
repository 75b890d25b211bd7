"""The vetted dialogue acts: every sentence the assistant may say without a document behind it.

They are data, a file per language, so that a clinician can read all of them on one page.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent / "wording"
NO_NAMES: Mapping[str, str] = {}


@lru_cache
def acts(language: str = "en") -> Mapping[str, tuple[str, ...]]:
    """Act → its wordings; English for a language nobody has written yet."""
    path = FOLDER / f"{language}.yaml"
    if not path.exists():
        path = FOLDER / "en.yaml"
    data = yaml.safe_load(path.read_text())
    return {name: tuple([text] if isinstance(text, str) else text) for name, text in data.items()}


def say(act: str, names: Mapping[str, str] = NO_NAMES, turn: int = 0, language: str = "en") -> str:
    """A wording of the act; acts with several take turns, so that the assistant does not sound like a form."""
    wordings = acts(language)[act]
    return wordings[turn % len(wordings)].format(**names)


def every_text(language: str = "en") -> Iterator[str]:
    for wordings in acts(language).values():
        yield from wordings
