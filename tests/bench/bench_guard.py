"""What checking costs in a turn: the guard on the patient's words, and the gate on what is said back.

Over the everyday utterances of the project's own set; first-time costs (loading, compiling) are paid before.
Milliseconds of processor over all threads, so that whatever else the machine does counts for nothing.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from conversations.guardrails.guard import Guard
from conversations.live.events import Sentence, Words
from conversations.mind.gate import Gatekeeper, GroundingGate
from conversations.mind.wording import every_text
from knowledge import embeddings, grounding
from tests.bench import Figure, quantile
from tests.conversations.papers import FALSE, INVENTED, TRUE, passages
from tests.conversations.talk import MARIAS_PLAN, spoken, talk

Times = npt.NDArray[np.float64]
EVERYDAY = Path(__file__).parents[1] / "conversations" / "data" / "everyday.jsonl"


def measure() -> Iterable[Figure]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    said = [json.loads(line)["utterance"] for line in EVERYDAY.read_text().splitlines() if line.strip()]
    guard_ms = _guard(said)
    gate_ms = _gate()
    yield Figure("guard, p50", float(np.median(guard_ms)), "ms of a core", "", f"{len(said)} utterances")
    yield Figure("guard, p95", quantile(guard_ms, 0.95), "ms of a core", "<= 5")
    yield Figure("gate on a made sentence, p50", float(np.median(gate_ms)), "ms of a core")
    yield Figure("gate on a made sentence, p95", quantile(gate_ms, 0.95), "ms of a core")
    rng = np.random.default_rng(1)
    turns = rng.choice(guard_ms, 4000) + rng.choice(gate_ms, 4000) + rng.choice(gate_ms, 4000)
    yield Figure(
        "guard and gate in a turn, p95", quantile(turns, 0.95), "ms of a core", "<= 20", "a reply of two sentences"
    )
    yield Figure("gate on a vetted act, p95", quantile(_vetted(), 0.95), "ms of a core")


def _guard(said: list[str]) -> Times:
    guard = Guard(MARIAS_PLAN, 3, embeddings.embed)
    for text in said[:50]:
        guard.assess(Words(0.0, text, True))
    return _timed(lambda text: guard.assess(Words(0.0, text, True)), said)


def _gate() -> Times:
    """Sentences of all kinds, against passages that were readied while the model thought."""
    found = passages()
    grounding.prepare(found, embeddings.words)
    keeper = Gatekeeper(GroundingGate(embeddings.embed, embeddings.words), every_text(), {})
    sentences = [Sentence(text, "model") for text in (*TRUE, *FALSE, *INVENTED)]
    keeper.admit(sentences[0], found)
    return _timed(lambda sentence: keeper.admit(sentence, found), sentences)


def _vetted() -> Times:
    keeper: Gatekeeper = talk().dialogue.gatekeeper  # type: ignore[attr-defined]
    greeting = asyncio.run(_opening())
    return _timed(keeper.admit, [Sentence(text, "ask") for text in greeting] * 50)


async def _opening() -> list[str]:
    said = await talk().open()
    return [sentence.text for sentence in said] if spoken(said) else []


def _timed(work: Callable[[Any], object], items: Iterable[Any]) -> Times:
    taken = []
    for item in items:
        begun = time.process_time()
        work(item)
        taken.append((time.process_time() - begun) * 1000)
    return np.array(taken)
