"""Whether a question finds the section that answers it, in a library of patient education.

CORPUS: `{doc_id, title, sections: [{section_id, text}]}`, QUESTIONS: `{question, doc_id,
section_id}`. Each stage is scored alone, so that one sees what it is worth. A question
that the set asks of several sections has one first place for all of them: `hit1_best`
and `hit5_best` are what a perfect ranking would score.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from conversations.evaluation import BadCases, Report, cases, percentile
from knowledge import aims, embeddings
from knowledge.library import sections_described
from knowledge.ranking import Lexicon, Scores, library_chance, library_score

STAGES = ("vector", "lexical", "fused", "reranked")
FUSED_LEXICAL = 0.3
KEPT = 50
SectionId = tuple[str, str]


@dataclass(frozen=True)
class _Library:
    """Passages with their sections, ready to be asked."""

    sections: list[SectionId]
    owners: np.ndarray[tuple[int], np.dtype[np.int64]]  # passage → section
    documents: np.ndarray[tuple[int], np.dtype[np.int64]]  # section → title
    vectors: Scores
    titles: Scores
    chances: Scores
    lexicon: Lexicon


def evaluate(paths: list[Path]) -> Report:
    if len(paths) != 2:
        raise BadCases("Name two files: the documents, then the questions.")
    began = time.perf_counter()
    library = _indexed(paths[0])
    index_s = time.perf_counter() - began
    asked: dict[str, set[SectionId]] = defaultdict(set)
    count = 0
    for case in cases(paths[1], "question", "doc_id", "section_id"):
        asked[case["question"]].add((case["doc_id"], case["section_id"]))
        count += 1
    embeddings.embed(["warm"])
    ranks, times_ms, chances = _ask(library, list(asked))
    figures = {stage: _figures(asked, ranks[stage], count) for stage in STAGES}
    best = {
        "hit1_best": len(asked) / count,
        "hit5_best": sum(min(5, len(sections)) for sections in asked.values()) / count,
    }
    speed = {"p50_ms": percentile(times_ms, 0.5), "p95_ms": percentile(times_ms, 0.95), "index_s": index_s}
    sure = {"answered": float(np.mean([chance[0] >= 0.5 for chance in chances]))}
    quiet = {"quiet_without_document": float(np.mean([chance[1] < 0.5 for chance in chances]))}
    return Report(
        _table(figures, best, {**speed, **sure, **quiet}),
        {**figures["reranked"], **speed, **best, **sure, **quiet, "stages": figures},
    )


def _indexed(corpus: Path) -> _Library:
    sections: list[SectionId] = []
    owners: list[int] = []
    documents: list[int] = []
    texts: list[str] = []
    vectors, titles, features = [], [], []
    for number, document in enumerate(cases(corpus, "doc_id", "title", "sections")):
        described = sections_described(document["title"], [section["text"] for section in document["sections"]])
        titles.append(described.title)
        for section, passages, own, aim in zip(
            document["sections"], described.passages, described.vectors, described.features, strict=True
        ):
            owners += [len(sections)] * len(passages)
            sections.append((document["doc_id"], section["section_id"]))
            documents.append(number)
            texts += [f"{document['title']}. {passage.text}" for passage in passages]
            vectors.append(own)
            features.append(aim)
    return _Library(
        sections,
        np.array(owners),
        np.array(documents),
        np.concatenate(vectors),
        np.stack(titles),
        aims.log_chances(features),
        Lexicon(texts),
    )


Ranks = Mapping[str, list[list[SectionId]]]


def _ask(library: _Library, questions: Sequence[str]) -> tuple[Ranks, list[float], list[tuple[float, float]]]:
    """The ranking of each stage for each question, how long each took, and how sure with and without its document."""
    ranks: dict[str, list[list[SectionId]]] = {stage: [] for stage in STAGES}
    times_ms: list[float] = []
    chances: list[tuple[float, float]] = []
    for question in questions:
        began = time.perf_counter()
        cosine, subject, reranked = _scores(library, question)
        order = _best(library, reranked)
        times_ms.append((time.perf_counter() - began) * 1000)
        lexical = library.lexicon.scores(question)
        ranks["reranked"].append(order)
        ranks["vector"].append(_best(library, cosine))
        ranks["lexical"].append(_best(library, lexical))
        ranks["fused"].append(_best(library, cosine + FUSED_LEXICAL * lexical))
        chances.append(_sureness(library, cosine, subject, reranked))
    return ranks, times_ms, chances


def _scores(library: _Library, question: str) -> tuple[Scores, Scores, Scores]:
    """Cosine, closeness of subject and title, and the re-ranked score of each passage."""
    whole, subject = embeddings.embed([question, aims.subject(question)])
    cosine: Scores = library.vectors @ whole
    documents = library.documents[library.owners]
    near: Scores = (library.titles @ subject)[documents]
    aim = aims.asked(question)
    chance = library.chances[library.owners, aim] if aim is not None else np.zeros_like(cosine)
    return cosine, near, library_score(cosine, near, chance)


def _best(library: _Library, scores: Scores) -> list[SectionId]:
    """Sections by their best passage."""
    found: dict[int, None] = {}
    for row in np.argsort(-scores, kind="stable"):
        found.setdefault(int(library.owners[row]))
        if len(found) == KEPT:
            break
    return [library.sections[section] for section in found]


def _sureness(library: _Library, cosine: Scores, subject: Scores, reranked: Scores) -> tuple[float, float]:
    """The chance given to the first passage, and to the first one if its document were not there."""
    first = int(np.argmax(reranked))
    elsewhere = library.documents[library.owners] != library.documents[library.owners[first]]
    other = int(np.argmax(np.where(elsewhere, reranked, -np.inf)))
    chance: Callable[[int], float] = lambda row: library_chance(float(cosine[row]), float(subject[row]))  # noqa: E731
    return chance(first), chance(other)


def _figures(asked: Mapping[str, set[SectionId]], ranks: list[list[SectionId]], count: int) -> dict[str, float]:
    hit1 = hit5 = doc1 = reciprocal = 0.0
    for rights, ranked in zip(asked.values(), ranks, strict=True):
        for right in rights:
            place = ranked.index(right) + 1 if right in ranked else 0
            hit1 += place == 1
            hit5 += 1 <= place <= 5
            doc1 += ranked[0][0] == right[0]
            reciprocal += 1 / place if place else 0.0
    return {"hit1": hit1 / count, "hit5": hit5 / count, "doc1": doc1 / count, "mrr": reciprocal / count}


def _table(figures: Mapping[str, Mapping[str, float]], best: Mapping[str, float], more: Mapping[str, float]) -> str:
    lines = [f"{'':<12}{'hit@1':>8}{'hit@5':>8}{'doc@1':>8}{'MRR':>8}"]
    for stage, row in figures.items():
        lines.append(f"{stage:<12}" + "".join(f"{row[name]:>8.3f}" for name in ("hit1", "hit5", "doc1", "mrr")))
    lines.append(f"{'best possible':<12}{best['hit1_best']:>7.3f}{best['hit5_best']:>8.3f}")
    lines += [f"{name:<24}{value:>10.3f}" for name, value in more.items()]
    return "\n".join(lines)
