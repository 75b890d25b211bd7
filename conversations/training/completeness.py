"""Trains `conversations.live.completeness`: is a turn's text whole?

    python -m conversations.training.completeness CONSULTATIONS

CONSULTATIONS is a file of turns, one JSON object a line with `consultation` and `text` (PriMock57: mock consultations
of doctors with actors, CC BY 4.0). A turn's end is a positive. Every other place between two words is a negative, by
weight where speakers pause: after a comma or a filler, between sentences. Prints the cross-validated AUC, by whole
consultation, and writes the weights.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from conversations.live.completeness import ENDS, FILLERS, WEIGHTS, WORD, features, tokens

PLACES = {"end": 1.0, "sentence": 0.35, "comma": 0.4, "filler": 0.5, "between words": 0.08}
SEEN_AT_LEAST = 8
REGULARISATION = 0.1
FOLDS = 3


@dataclass(frozen=True)
class Example:
    names: frozenset[str]
    place: str
    consultation: str


def examples(path: Path) -> Iterator[Example]:
    for line in path.read_text().splitlines():
        turn = json.loads(line)
        text = re.sub(r"<UNIN/>|</?[A-Z]+/?>", "", turn["text"])
        for names, place in cuts(tokens(text)):
            yield Example(names, place, turn["consultation"])


def cuts(found: list[str]) -> Iterator[tuple[frozenset[str], str]]:
    """The text up to each word, and what kind of place that is."""
    words: list[str] = []
    clause: list[str] = []
    last_word = max((at for at, token in enumerate(found) if WORD.fullmatch(token)), default=-1)
    for at, token in enumerate(found[: last_word + 1]):
        if token in ENDS:
            clause = []
        if WORD.fullmatch(token):
            words.append(token)
            clause.append(token)
            place = "end" if at == last_word else _place(token, found[at + 1])
            yield frozenset(features(words, clause)), place


def _place(token: str, following: str) -> str:
    if following in (",", "--", "..."):
        return "comma"
    if following in ENDS:
        return "sentence"
    return "filler" if token in FILLERS else "between words"


def train(found: list[Example]) -> tuple[dict[str, float], float]:
    """Weights, and the AUC on consultations that were held out."""
    counts = Counter(name for example in found for name in example.names)
    columns = {name: at for at, name in enumerate(sorted(name for name, n in counts.items() if n >= SEEN_AT_LEAST))}
    known = [[columns[name] for name in example.names if name in columns] for example in found]
    pointers = np.cumsum([0, *(len(row) for row in known)])
    matrix = csr_matrix((np.ones(pointers[-1]), np.concatenate(known), pointers), shape=(len(found), len(columns)))
    whole = np.array([example.place == "end" for example in found])
    weight = np.array([PLACES[example.place] for example in found])
    model = LogisticRegression(C=REGULARISATION, max_iter=300)
    held_out = _held_out([example.consultation for example in found])
    guessed = np.zeros(len(found))
    for fold in range(FOLDS):
        model.fit(matrix[held_out != fold], whole[held_out != fold], weight[held_out != fold])
        guessed[held_out == fold] = model.decision_function(matrix[held_out == fold])
    auc = float(roc_auc_score(whole, guessed, sample_weight=weight))
    model.fit(matrix, whole, weight)
    weights = {name: round(float(model.coef_[0][at]), 3) for name, at in columns.items()}
    return {
        "bias": round(float(model.intercept_[0]), 3),
        **{name: w for name, w in weights.items() if abs(w) >= 0.02},
    }, auc


def _held_out(consultations: list[str]) -> npt.NDArray[np.int_]:
    order = {name: at % FOLDS for at, name in enumerate(sorted(set(consultations)))}
    return np.array([order[name] for name in consultations])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("consultations", type=Path)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    weights, auc = train(list(examples(given.consultations)))
    given.out.write_text(json.dumps(weights, indent=0, sort_keys=True) + "\n")
    print(f"{len(weights)} weights, AUC {auc:.3f} on consultations held out")


if __name__ == "__main__":
    main()
