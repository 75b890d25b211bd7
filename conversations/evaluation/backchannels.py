"""Whether "mm-hm" is told from an interruption: `{text, duration_s, label: backchannel|interruption}`.

Beside our rule stand the two that voice frameworks ship: Pipecat's (fewer than three words do not interrupt) and
LiveKit's (half a second of sound interrupts, whatever is said).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from conversations.evaluation import Report, cases, rows
from conversations.live.backchannels import is_backchannel, words_in

Rule = Callable[[str, float], bool]

RULES: dict[str, Rule] = {
    "ours": is_backchannel,
    "pipecat_min_words": lambda text, duration_s: len(words_in(text)) < 3,
    "livekit_min_duration": lambda text, duration_s: duration_s < 0.5,
}


def evaluate(paths: list[Path]) -> Report:
    acts = [act for path in paths for act in cases(path, "text", "duration_s", "label")]
    figures = {name: _scores(acts, rule) for name, rule in RULES.items()}
    table = "\n".join(f"{name}\n{rows(scores)}" for name, scores in figures.items())
    return Report(table, {**figures["ours"], "rules": figures})


def _scores(acts: list[dict[str, Any]], rule: Rule) -> dict[str, float]:
    said = [(rule(act["text"], float(act["duration_s"])), act["label"] == "backchannel") for act in acts]
    hits = sum(found and true for found, true in said)
    precision = hits / max(1, sum(found for found, _ in said))
    recall = hits / max(1, sum(true for _, true in said))
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}
