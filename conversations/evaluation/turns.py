"""Turn-taking on real two-party calls: how often we cut in, how soon we answer.

`{id, user_wav, other_wav, speech: [[start_s, end_s]], pauses: [{end_s, kind: hold|shift, next_s}]}`, wavs beside the
manifest. `cut_in_rate`: share of holds where the turn was taken before the speaker went on. `response_*`: for shifts,
from the end of speech to the decision, computing included; a pause that nobody ends counts as taken after 3 s.
"""

from collections.abc import Sequence
from pathlib import Path

from conversations.evaluation import Report, percentile
from conversations.evaluation.hearing.calls import LONGEST_SILENCE_S, Call, calls
from conversations.evaluation.hearing.detectors import Taken, computing_s, first_in, hear, ours, silence, smart_turn

SOON_S = 0.3
COLUMNS = ("cut_in_rate", "response_p50_ms", "response_p90_ms", "taken_by_300ms", "compute_p95_ms")

Judged = Sequence[tuple[Call, Sequence[Taken]]]


def evaluate(paths: list[Path]) -> Report:
    found = [call for path in paths for call in calls(path)]
    heard = [hear(call) for call in found]
    figures = {
        "ours": scores([(one.call, ours(one)) for one in heard]),
        "smart_turn": scores([(call, smart_turn(call)) for call in found]),
        "silence_700ms": scores([(call, silence(call, 0.7)) for call in found]),
        "silence_1000ms": scores([(call, silence(call, 1.0)) for call in found]),
    }
    computing_ms = [1000 * took_s for one in heard for took_s in computing_s(one.told)]
    figures["ours"]["compute_p95_ms"] = percentile(computing_ms, 0.95)
    return Report(_table(figures), {"detectors": figures})


def scores(judged: Judged) -> dict[str, float]:
    cut_in: list[bool] = []
    response_s: list[float] = []
    took_s: list[float] = []
    for call, taken in judged:
        took_s += [one.took_s for one in taken]
        for pause in call.pauses:
            first = first_in(pause, taken)
            if pause.is_hold:
                cut_in.append(first is not None or pause.next_s - pause.end_s >= LONGEST_SILENCE_S)
            else:
                response_s.append(max(0.0, first.at_s - pause.end_s) if first else LONGEST_SILENCE_S)
    return {
        "cut_in_rate": sum(cut_in) / max(1, len(cut_in)),
        "response_p50_ms": 1000 * percentile(response_s, 0.5),
        "response_p90_ms": 1000 * percentile(response_s, 0.9),
        "taken_by_300ms": sum(one <= SOON_S for one in response_s) / max(1, len(response_s)),
        "compute_p95_ms": 1000 * percentile(took_s, 0.95),
        "holds": len(cut_in),
        "shifts": len(response_s),
    }


def _table(figures: dict[str, dict[str, float]]) -> str:
    lines = [f"{'':<16}" + "".join(f"{name:>18}" for name in COLUMNS)]
    for detector, found in figures.items():
        lines.append(f"{detector:<16}" + "".join(f"{found[name]:>18.3f}" for name in COLUMNS))
    return "\n".join(lines)
