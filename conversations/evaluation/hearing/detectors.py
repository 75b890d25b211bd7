"""Who takes the turn when: ours, and the stock detectors. Each hears only what was said up to its decision."""

import math
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from loguru import logger

from conversations.evaluation.hearing.calls import Call, Pause
from conversations.evaluation.hearing.recordings import RATE_HZ, stretch
from conversations.evaluation.hearing.simulation import Told, listen
from conversations.live.events import (
    AgentStarted,
    AgentStopped,
    EndEstimate,
    Expecting,
    Frame,
    Reply,
    SpeechStarted,
    SpeechStopped,
)
from conversations.live.floor import FloorModel
from conversations.live.questions import expected_by
from conversations.live.turn import TurnTaking
from conversations.live.vad import VoiceActivity
from conversations.providers.loudness import levelled
from conversations.providers.moonshine_graphs import Moonshine
from conversations.providers.silero import FRAME, SileroVad

LONGEST_QUESTION_S = 8.0


@dataclass(frozen=True)
class Taken:
    """The turn was taken, until the speaker was heard again; `took_s` of the time was computing."""

    at_s: float
    took_s: float
    until_s: float = math.inf


# -- ours ----------------------------------------------------------------------------


@dataclass(frozen=True)
class HeardCall:
    """A call as the ears tell it, with what we "said" between the other's turns."""

    call: Call
    told: Sequence[Told]
    our_turns: Sequence[tuple[float, Expecting]]  # when each ended, and what it asked


def hear(call: Call) -> HeardCall:
    return HeardCall(call, listen(call.user), list(_our_turns(call)))


def _our_turns(call: Call) -> Iterator[tuple[float, Expecting]]:
    """Where the other took over, we would have spoken: known to us, words and all, before the patient answers."""
    graphs = Moonshine()
    starts = [start_s for start_s, _ in call.speech]
    for pause in call.pauses:
        at = bisect_left(starts, pause.end_s)
        if pause.is_hold or at == len(starts):
            continue
        said = stretch(call.other, max(pause.end_s, starts[at] - LONGEST_QUESTION_S), starts[at])
        yield starts[at] - 0.01, expected_by(graphs.decode(levelled(said)).text)


def ours(heard: HeardCall, model: FloorModel | None = None) -> list[Taken]:
    taken: list[Taken] = []
    for told, reply, took_s in replay(heard, TurnTaking(model=model)):
        if isinstance(told.event, SpeechStarted):
            _given_back(taken, told.event.at_s)
        if reply is not None:
            taken.append(Taken(told.at_s + took_s, took_s))
    return taken


def _given_back(taken: list[Taken], at_s: float) -> None:
    """They are heard again: if the turn was taken, it no longer is."""
    if taken and taken[-1].until_s == math.inf:
        taken[-1] = replace(taken[-1], until_s=at_s)


def replay(heard: HeardCall, turn: TurnTaking) -> Iterator[tuple[Told, Reply | None, float]]:
    """Feed a call to the policy: each event, the reply if one was decided, and what deciding took.

    A reply is not spoken: the recording goes on, so who went on talking takes the floor back. Where the other side of
    the recording took over, we are taken to have spoken until the patient's next words.
    """
    waiting = list(heard.our_turns)
    for told in heard.told:
        while waiting and told.at_s >= waiting[0][0]:
            ended_s, expecting = waiting.pop(0)
            turn.answered()
            turn.on(AgentStarted(ended_s), ended_s)
            turn.on(AgentStopped(ended_s, expecting), ended_s)
        began = time.perf_counter()
        decisions = turn.on(told.event, told.at_s)
        took_s = time.perf_counter() - began
        yield told, next((one for one in decisions if isinstance(one, Reply)), None), took_s


# -- the stock ones ------------------------------------------------------------------


def smart_turn(call: Call) -> list[Taken]:
    """As Pipecat ships it: its VAD, its graph and features, asked once at the end of each stretch, else 3 s."""
    logger.disable("pipecat")
    from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
    from pipecat.audio.vad.silero import SileroVADAnalyzer
    from pipecat.audio.vad.vad_analyzer import VADState

    vad, analyzer = SileroVADAnalyzer(sample_rate=RATE_HZ), LocalSmartTurnAnalyzerV3(sample_rate=RATE_HZ)
    vad.set_sample_rate(RATE_HZ)
    taken: list[Taken] = []
    turn_began: float | None = None
    speaking, quiet_since_s = False, 0.0
    for end in range(FRAME, len(call.user), FRAME):
        now_s = end / RATE_HZ
        was, speaking = (
            speaking,
            vad._run_analyzer(call.user[end - FRAME : end].tobytes())
            in (
                VADState.SPEAKING,
                VADState.STOPPING,
            ),
        )
        if speaking and not was:
            _given_back(taken, now_s - PIPECAT_START_S)
        if speaking:
            turn_began, quiet_since_s = turn_began or now_s - PIPECAT_LEAD_IN_S, now_s
        elif was and turn_began is not None:
            began = time.perf_counter()
            sound = stretch(call.user, max(turn_began, now_s - 8.0), now_s).astype(np.float32) / 32768.0
            finished = analyzer._predict_endpoint(sound)["prediction"] == 1
            took_s = time.perf_counter() - began
            if finished:
                taken.append(Taken(now_s + took_s, took_s))
                turn_began = None
        elif turn_began is not None and now_s - quiet_since_s >= PIPECAT_STOP_S:
            taken.append(Taken(now_s, 0.0))
            turn_began = None
    return taken


PIPECAT_LEAD_IN_S = 0.7  # 500 ms before the speech, and the VAD's 200 ms
PIPECAT_START_S = 0.2  # its VAD notices speech this late
PIPECAT_STOP_S = 3.0


def silence(call: Call, longest_s: float) -> list[Taken]:
    """A fixed silence by Silero, from the end of the last sound."""
    vad, activity = SileroVad(), VoiceActivity()
    taken: list[Taken] = []
    due_s: float | None = None
    for end in range(FRAME, len(call.user), FRAME):
        now_s = end / RATE_HZ
        change = activity.step(vad.speech_p(call.user[end - FRAME : end]), now_s)
        if isinstance(change, SpeechStarted):
            _given_back(taken, change.at_s)
        if change is not None:
            due_s = change.at_s + longest_s if isinstance(change, SpeechStopped) else None
        if due_s is not None and now_s >= due_s:
            taken.append(Taken(now_s, 0.0))
            due_s = None
    return taken


def computing_s(told: Sequence[Told]) -> list[float]:
    """What each floor decision cost: a frame's voice activity, or a reading of the end of the sound."""
    return [one.took_s for one in told if isinstance(one.event, Frame | EndEstimate)]


def first_in(pause: Pause, taken: Sequence[Taken]) -> Taken | None:
    """The first time the turn was, or still was, taken in a pause."""
    return next((one for one in taken if one.at_s < pause.until_s and one.until_s > pause.end_s), None)
