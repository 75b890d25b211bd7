"""Meaning as vectors: the same whatever runs beside a text, and little of it padding."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from knowledge import embeddings

SENTENCES = [f"On day {day} walk {100 * day} steps and rest your leg." for day in range(40)]
PASSAGE = " ".join(SENTENCES[:12])


def test_texts_mean_the_same_whatever_runs_beside_them():
    """Not to the last bit: activations are quantised by the range of all texts in a batch."""
    together = embeddings.embed_many([*SENTENCES, PASSAGE])
    alone = np.stack([embeddings.embed_one(text) for text in (*SENTENCES, PASSAGE)])
    assert (together * alone).sum(axis=1).min() > 0.98


def test_each_text_is_run_once_beside_texts_of_nearly_its_length():
    lengths = [170, 20, 22, 168, 160, 21, 20, 7, 1, *[25] * 40]
    batches = embeddings._batches(lengths)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[index] for index in batch)
        assert len(batch) * longest <= embeddings.BATCH_TOKENS
        assert min(lengths[index] for index in batch) >= embeddings.ALIKE * longest


def test_a_document_gives_way_and_a_question_does_not() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    found: list[int] = []

    def look(work: embeddings.Work, batches: list[list[int]]) -> list[None]:
        found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        for batch in batches:
            work(batch)
        return []

    with ThreadPoolExecutor(1, initializer=embeddings._give_way) as pool:
        pool.submit(embeddings._embed, ["Rest."], look).result()
    assert found == [max(own, embeddings.NICE)]
    embeddings.embed_many(["Rest."])
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == own


def test_no_texts_have_no_vectors():
    assert embeddings.embed([]).shape == (0, embeddings.DIMENSIONS)
    assert embeddings._batches([]) == []
