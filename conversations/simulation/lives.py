"""The made-up patients of `lives.yaml`, as data. Pure but for reading the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

import knowledge
from conversations.objectives import Value

HERE = Path(__file__).parent
PAPERS = (HERE / "papers", Path(knowledge.__file__).parent / "samples")


class Persona(StrEnum):
    TERSE = "terse"
    RAMBLING = "rambling"
    CONFUSED = "confused"
    HOSTILE = "hostile"
    WORSENING = "worsening"


@dataclass(frozen=True)
class Complaint:
    """Something that is wrong. `expect` is none, escalate, emergency or any; `when` the variable it answers."""

    says: str
    expect: str
    when: str = ""
    concept: str = ""


@dataclass(frozen=True)
class Question:
    asks: str
    in_papers: bool


@dataclass(frozen=True)
class Life:
    """One made-up patient. `answers` maps a variable to what is true when nothing is wrong, texts as alternatives."""

    name: str
    procedure: str
    papers: str
    called: str
    day: int
    answers: Mapping[str, Value | list[str]]
    milds: tuple[Complaint, ...]
    complaints: tuple[Complaint, ...]
    worsening: tuple[Complaint, ...]
    questions: tuple[Question, ...]

    def document(self) -> Path:
        """The discharge papers, in one of the formats that are uploaded."""
        return next(folder / self.papers for folder in PAPERS if (folder / self.papers).exists())


@dataclass(frozen=True)
class Manner:
    """How a persona says yes, no, a number {n} and a plain {text}; `asides` are what else comes out."""

    yes: tuple[str, ...]
    no: tuple[str, ...]
    number: tuple[str, ...]
    plain: tuple[str, ...]
    asides: tuple[str, ...]


@lru_cache
def lives() -> Mapping[str, Life]:
    data = _data()
    return {name: _life(name, life, data["answers"]) for name, life in data["lives"].items()}


@lru_cache
def manners() -> Mapping[Persona, Manner]:
    data = _data()
    return {
        Persona(name): Manner(
            **{part: tuple(phrases) for part, phrases in given.items()},
            asides=tuple(data["asides"].get(name, ())),
        )
        for name, given in data["personas"].items()
    }


def _life(name: str, life: dict[str, Any], usual: dict[str, Any]) -> Life:
    lists = {kind: tuple(Complaint(**item) for item in life[kind]) for kind in ("milds", "complaints", "worsening")}
    questions = tuple(Question(**item) for item in life["questions"])
    return Life(**{**life, **lists, "name": name, "questions": questions, "answers": {**usual, **life["answers"]}})


@lru_cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((HERE / "lives.yaml").read_text())
    return data
