"""Fits and judges `conversations.live.floor`: when has a patient finished?

    python -m conversations.training.floor MANIFEST [--curve docs/….svg]

MANIFEST names two-party calls (the format of `manage.py evaluate turns`). The real ears hear each call; at several
moments of every pause the evidence is noted, with whether the speaker went on. A ridge logistic regression over it is
fitted with stretches of 40 s held out. With one call to learn from, its weights are a guide: the shipped ones
(weights/floor.json) are those of several such fits, rounded, with completeness shrunk (telephone speech garbles words
more than a browser's microphone does), fading shrunk (docs/decisions/0098) and the demanded certainty set by hand to a
monotone curve on the plateau of scores. Prints the fit, then cut-in against response time for every detector;
`--curve` draws that.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from conversations.evaluation.hearing.calls import Pause, calls
from conversations.evaluation.hearing.detectors import HeardCall, hear, ours, replay, silence, smart_turn
from conversations.evaluation.turns import scores
from conversations.live.events import Frame
from conversations.live.floor import Evidence, FloorModel, floor_model
from conversations.live.turn import TurnTaking
from conversations.training.curve import Line, draw

MOMENTS_S = (0.25, 0.35, 0.45, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0)
STRETCH_S = 40.0
REGULARISATION = 0.3
NEVER = FloorModel({}, ((1e9, 0.0),), gives_up_s=1e9)
STRICTER = (-1.0, -0.6, -0.3, 0.0, 0.3, 0.6, 1.0, 1.5)
SILENCES_S = (0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.2, 1.5)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Moment:
    evidence: Evidence
    finished: bool
    stretch: tuple[str, int]


def moments(heard: HeardCall) -> Iterator[Moment]:
    """The evidence at each of MOMENTS_S into every pause that still lasts."""
    turn = TurnTaking(model=NEVER)
    wanted = [(pause.end_s + at_s, pause) for pause in heard.call.pauses for at_s in MOMENTS_S]
    wanted = sorted((one for one in wanted if _still_silent(*one)), key=lambda one: one[0])
    for told, _, _ in replay(heard, turn):
        while wanted and told.at_s >= wanted[0][0] and isinstance(told.event, Frame):
            _, pause = wanted.pop(0)
            if turn.said(told.at_s) is not None:
                stretch = (heard.call.id, int(pause.end_s // STRETCH_S))
                yield Moment(turn.evidence(told.at_s), not pause.is_hold, stretch)


def _still_silent(at_s: float, pause: Pause) -> bool:
    return at_s < pause.next_s if pause.is_hold else at_s < pause.end_s + 2.0


def fit(found: Sequence[Moment]) -> None:
    """Prints the weights, and the AUC on held-out stretches."""
    names = list(found[0].evidence.features())
    features = np.array([[one.evidence.features()[name] for name in names] for one in found])
    finished = np.array([one.finished for one in found])
    stretches = sorted({one.stretch for one in found})
    fold = np.array([stretches.index(one.stretch) for one in found])
    guessed = np.zeros(len(found))
    for held_out in range(len(stretches)):
        model = _regression(features[fold != held_out], finished[fold != held_out])
        guessed[fold == held_out] = model.decision_function(features[fold == held_out])
    whole = _regression(features, finished)
    shown = {name: round(float(weight), 2) for name, weight in zip(names, whole.coef_[0], strict=True)}
    print(f"{len(found)} moments in {len(stretches)} stretches")
    print(f"fitted: bias {whole.intercept_[0]:.2f}, {shown}")
    print(f"AUC on held-out stretches: fitted {roc_auc_score(finished, guessed):.3f}, ", end="")
    shipped = [floor_model().finished_log_odds(one.evidence) for one in found]
    print(f"shipped weights {roc_auc_score(finished, shipped):.3f}")


def _regression(features: Floats, finished: npt.NDArray[np.bool_]) -> LogisticRegression:
    return LogisticRegression(C=REGULARISATION, max_iter=500).fit(features, finished)


def lines(heard: Sequence[HeardCall]) -> list[Line]:
    """Cut-in rate against median response, for each detector over its one knob."""
    model = floor_model()
    found = [Line("ours", []), Line("fixed silence", []), Line("Smart Turn as Pipecat ships it", [])]
    for stricter in STRICTER:
        weights = {**model.weights, "bias": model.weights["bias"] - stricter}
        found[0].points.append(
            _point(scores([(one.call, ours(one, replace(model, weights=weights))) for one in heard]))
        )
    for longest_s in SILENCES_S:
        found[1].points.append(_point(scores([(one.call, silence(one.call, longest_s)) for one in heard])))
    found[2].points.append(_point(scores([(one.call, smart_turn(one.call)) for one in heard])))
    return found


def _point(figures: dict[str, float]) -> tuple[float, float, float]:
    return figures["response_p50_ms"], 100 * figures["cut_in_rate"], figures["response_p90_ms"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--curve", type=Path)
    given = parser.parse_args()
    heard = [hear(call) for call in calls(given.manifest)]
    fit([moment for one in heard for moment in moments(one)])
    found = lines(heard)
    for line in found:
        for p50_ms, cut_in, p90_ms in line.points:
            print(f"{line.name:<32} cut-in {cut_in:5.1f} %   p50 {p50_ms:5.0f} ms   p90 {p90_ms:5.0f} ms")
    if given.curve:
        given.curve.write_text(draw(found))


if __name__ == "__main__":
    main()
